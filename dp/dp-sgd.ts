/**
 * DP-SGD (Abadi et al. 2016, algorithm 1) on the integer road of `sgd.ts`, for the three places where the noise
 * can be added and the two units of privacy.
 *
 * Every mode takes the same step: draw the noise and the Poisson sample, sum the clipped integer gradients,
 * add the noise. All random draws come before the first record is touched, so that their timing tells nothing
 * about data. What is divided by is q·N as planned, a public constant: the realised batch is as private as
 * the records in it.
 */
import { FedwardError } from '../proto/errors.ts';
import { GRID_SENSITIVITY } from '../proto/plan.ts';
import type { DpEvent } from './accounting/events.ts';
import { sampleDiscreteGaussian } from './sampling/discrete-gaussian.ts';
import type { BitSource } from './sampling/entropy.ts';
import { poissonSample } from './sampling/poisson.ts';
import { addClippedGradients, addNoise, clampToInt32, type LayerFactors } from './sgd.ts';
import { EntityClipper, entityCount, gatherEntities } from './sgd-entity.ts';

/**
 * `record`: neighbouring data sets differ by one record. `entity`: by one entity with all of its records, at one
 * hospital; an entity that two hospitals know is two entities.
 */
export type PrivacyUnit = 'record' | 'entity';

interface CommonOptions {
  readonly unit: PrivacyUnit;
  /** L2 bound C of one unit's gradient. */
  readonly clip: number;
  /** σ relative to C, of the noise in the sum over all who add to it. */
  readonly noiseMultiplier: number;
  /** Poisson sampling rate q of units, per step. */
  readonly sampleRate: number;
  /** q·N: units that a step is planned to draw, over all whose gradients are in the sum that is normalised. */
  readonly expectedBatch: number;
}

/** `local` and `central`: whoever holds the records adds all the noise. `distributed`: each adds a share. */
export type DpSgdOptions = CommonOptions &
  (
    | { readonly mode: 'local' | 'central' }
    /** `honest` is h: the fewest whose shares are in the sum and unknown to the adversary. */
    | { readonly mode: 'distributed'; readonly honest: number }
  );

/** Where gradients come from: the only contact with data. `participant/trainer.ts` makes one. */
export interface GradientSource {
  readonly records: number;
  /** For each record the index of its entity, from 0 and below `records`; needed for the unit `entity`. */
  readonly entities?: Int32Array;
  /**
   * The factors of the records at `rows`. Those of one record must be the same to the last bit whatever else
   * is in the batch, or one record's presence would move the gradients of others.
   */
  layerFactors(weights: Float32Array, rows: Int32Array): readonly LayerFactors[];
}

/** Records in the order in which they are summed; without `ends` each is a unit of its own. */
export interface Batch {
  readonly rows: Int32Array;
  /** Unit k's records end before index `ends[k]` of `rows`. */
  readonly ends?: Int32Array;
}

/** Rows per pass: 256 × 2,048 features are 2 MB, which stay in the cache; the sum is exact however it is cut. */
const CHUNK_ROWS = 256;

/**
 * The exact integer sum of the batch's clipped gradients, in units of C/2^16. It is bare: no noise is in it, and
 * one unit moves it by at most 2^16 in L2.
 *
 * @param weights flat, as the source's network has them.
 * @throws FedwardError `INVALID_ARGUMENT` when the source's factors do not fit `weights`.
 */
export function clippedSum(
  source: GradientSource,
  weights: Float32Array,
  { rows, ends }: Batch,
  clip: number,
): Float64Array {
  const sum = new Float64Array(weights.length);
  if (ends === undefined) {
    for (const { layers } of passes(source, weights, rows)) addClippedGradients(sum, layers, clip);
    return sum;
  }
  const clipper = new EntityClipper(sum, clip);
  let unit = 0;
  for (const { layers, start, stop } of passes(source, weights, rows)) {
    for (let from = start; from < stop; ) {
      const end = ends[unit] ?? rows.length;
      const to = Math.min(end, stop);
      clipper.add(layers, from - start, to - start);
      if (to === end) {
        clipper.close();
        unit++;
      }
      from = to;
    }
  }
  return sum;
}

/** The batch in passes; each holds the records from `start` to `stop` − 1 of `rows`. */
function* passes(source: GradientSource, weights: Float32Array, rows: Int32Array) {
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const stop = Math.min(start + CHUNK_ROWS, rows.length);
    yield { layers: source.layerFactors(weights, rows.subarray(start, stop)), start, stop };
  }
}

/** All that is random in one step, drawn before any record is touched. */
interface Draw {
  readonly noise: Int32Array;
  /** Indices of the units in the sample. */
  readonly units: Int32Array;
}

export class DpSgd {
  /** Integer σᵢ = ⌈σ·2^16/√h⌉ of the discrete Gaussian that is added per coordinate, in units of C/2^16. */
  readonly sigma: number;
  readonly #options: DpSgdOptions;
  /** h, 1 where one party adds all the noise. */
  readonly #honest: number;

  /** @throws FedwardError `INVALID_ARGUMENT` that names the first option out of range. */
  constructor(options: DpSgdOptions) {
    checkOptions(options);
    this.#options = Object.freeze({ ...options });
    this.#honest = options.mode === 'distributed' ? options.honest : 1;
    this.sigma = Math.ceil((options.noiseMultiplier * GRID_SENSITIVITY) / Math.sqrt(this.#honest));
  }

  /**
   * What one step costs an adversary to whom `contributions` shares of the noise are unknown: h by default, 1 if
   * all others collude.
   */
  stepEvent(dimension: number, contributions = this.#honest): DpEvent {
    const { sigma } = this;
    const sum = { type: 'discreteGaussianSum', sensitivity: GRID_SENSITIVITY } as const;
    return {
      type: 'poissonSampled',
      rate: this.#options.sampleRate,
      event: { ...sum, sigma, contributions, dimension },
    };
  }

  /**
   * Mode `distributed`: one party's clipped integer sum, clamped, with its share of the noise, mod 2^32. Private
   * at the full σ only in a sum over h honest parties.
   *
   * @param bound largest magnitude of a coordinate before noise, so that the sum over all parties cannot wrap.
   */
  share(source: GradientSource, weights: Float32Array, bound: number, bits: BitSource): Int32Array {
    this.#requireMode('distributed');
    const { noise, units } = this.#draw(source, weights.length, bits);
    const vector = clampToInt32(this.#clippedSum(source, weights, units), bound);
    addNoise(vector, noise);
    noise.fill(0);
    return vector;
  }

  /** Mode `central`: the noisy mean gradient of one step over all the records there are, for any optimiser. */
  gradient(source: GradientSource, weights: Float32Array, bits: BitSource): Float64Array {
    this.#requireMode('central');
    return this.#noisyMean(source, weights, this.#draw(source, weights.length, bits));
  }

  /**
   * Mode `local`: the change of the weights over `steps` steps of gradient descent, each on a fresh sample and
   * with fresh noise of the full σ, so that it is private whoever reads it.
   */
  descend(
    source: GradientSource,
    weights: Float32Array,
    { steps, learningRate }: { readonly steps: number; readonly learningRate: number },
    bits: BitSource,
  ): Float32Array {
    this.#requireMode('local');
    const draws = Array.from({ length: steps }, () => this.#draw(source, weights.length, bits));
    const local = weights.slice();
    for (const draw of draws) {
      this.#noisyMean(source, local, draw).forEach((gradient, i) => {
        local[i] = (local[i] ?? 0) - learningRate * gradient;
      });
    }
    return local.map((value, i) => value - (weights[i] ?? 0));
  }

  /** An integer sum in real units per planned unit: over (2^16/C)·q·N, whatever the realised batch was. */
  normalise(sum: ArrayLike<number>): Float64Array {
    const { clip, expectedBatch } = this.#options;
    const normaliser = (GRID_SENSITIVITY / clip) * expectedBatch;
    return Float64Array.from(sum, (units) => units / normaliser);
  }

  #noisyMean(source: GradientSource, weights: Float32Array, { noise, units }: Draw): Float64Array {
    const sum = this.#clippedSum(source, weights, units);
    // Float64 has room for both, exactly: nothing needs to be clamped here.
    noise.forEach((value, i) => {
      sum[i] = (sum[i] ?? 0) + value;
    });
    noise.fill(0);
    return this.normalise(sum);
  }

  #draw(source: GradientSource, dimension: number, bits: BitSource): Draw {
    const { unit, sampleRate } = this.#options;
    const population = unit === 'entity' ? entityCount(entitiesOf(source)) : source.records;
    const noise = sampleDiscreteGaussian(this.sigma, dimension, bits);
    return { noise, units: poissonSample(population, sampleRate, bits) };
  }

  #clippedSum(source: GradientSource, weights: Float32Array, units: Int32Array): Float64Array {
    const { unit, clip } = this.#options;
    const batch = unit === 'entity' ? gatherEntities(entitiesOf(source), units) : { rows: units };
    return clippedSum(source, weights, batch, clip);
  }

  #requireMode(mode: DpSgdOptions['mode']): void {
    if (this.#options.mode === mode) return;
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `This is a step of mode "${mode}", and the noise was planned for mode "${this.#options.mode}".`,
    );
  }
}

function entitiesOf({ entities, records }: GradientSource): Int32Array {
  if (entities?.length === records) return entities;
  throw new FedwardError(
    'INVALID_ARGUMENT',
    'The privacy unit is "entity", so entities must name one for each record: use a reader that gives an entity id, or the unit "record".',
  );
}

function checkOptions(options: DpSgdOptions): void {
  const require = (name: string, value: number, valid: boolean, range: string): void => {
    if (valid) return;
    throw new FedwardError('INVALID_ARGUMENT', `${name} must be ${range}; got ${value}.`);
  };
  for (const name of ['clip', 'noiseMultiplier', 'expectedBatch'] as const) {
    const value = options[name];
    require(name, value, value > 0 && Number.isFinite(value), 'a positive number');
  }
  const { sampleRate } = options;
  require('sampleRate', sampleRate, sampleRate > 0 && sampleRate <= 1, 'above 0 and at most 1');
  if (options.mode !== 'distributed') return;
  const { honest } = options;
  require('honest', honest, Number.isInteger(honest) && honest >= 1, 'a positive integer');
}
