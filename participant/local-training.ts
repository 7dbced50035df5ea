/**
 * The two ways to train (DESIGN §4), from weights and records to an integer vector.
 *
 * `gradientSum` is bare: only `privatise.ts`, which adds the noise, may hand it on. `localDelta` carries all
 * of its noise already. Neither result depends on the realised batch except through the sum itself: the
 * normaliser is a public constant of the plan.
 */
import { sampleDiscreteGaussian } from '../dp/sampling/discrete-gaussian.ts';
import type { BitSource } from '../dp/sampling/entropy.ts';
import { poissonSample } from '../dp/sampling/poisson.ts';
import { addClippedGradients, clampToInt32 } from '../dp/sgd.ts';
import { FedwardError } from '../proto/errors.ts';
import {
  cohortOf,
  coordinateBound,
  GRID_SENSITIVITY,
  gridScale,
  noiseShare,
  type PrivacyMode,
  type RoundPlan,
} from '../proto/plan.ts';
import type { Trainer } from './trainer.ts';

/** Rows per pass: 256 × 2,048 features are 2 MB, which stay in the cache; the sum is exact however it is cut. */
const CHUNK_ROWS = 256;

/**
 * Modes `distributed` and `none`: the exact integer sum of the clipped gradients of the records at `rows`,
 * clamped to `coordinateBound(plan)`, in units of 1 / `gridScale(plan)`. No noise is in it.
 *
 * @param rows the Poisson sample, drawn by the caller.
 */
export function gradientSum(
  plan: RoundPlan,
  trainer: Trainer,
  weights: Float32Array,
  rows: Int32Array | Uint32Array,
): Int32Array {
  requireMode(plan, ['distributed', 'none']);
  return clampToInt32(clippedSum(plan, trainer, weights, rows), coordinateBound(plan));
}

export interface LocalUpdate {
  /** Local weights − `weights`, noise included. */
  readonly delta: Float32Array;
  /** The same in units of 1 / `gridScale(plan)`, truncated and clamped to `coordinateBound(plan)`. */
  readonly quantised: Int32Array;
}

/**
 * Mode `local`: K steps of DP-SGD, each on a fresh Poisson sample and with fresh noise of the full σ on the
 * integer sum, so that the delta is private whoever reads it. All random draws come before the first record
 * is touched: their timing tells nothing about data.
 */
export function localDelta(
  plan: RoundPlan,
  trainer: Trainer,
  weights: Float32Array,
  bits: BitSource,
): LocalUpdate {
  requireMode(plan, ['local']);
  const { localSteps, localLearningRate, expectedBatch } = plan.training;
  const sigma = noiseShare(plan);
  const steps = Array.from({ length: localSteps }, () => ({
    noise: sampleDiscreteGaussian(sigma, weights.length, bits),
    rows: poissonSample(trainer.records, plan.privacy.sampleRate, bits),
  }));
  // Integer units of a gradient sum, times the records one hospital of n is planned to draw.
  const normaliser = (GRID_SENSITIVITY / plan.privacy.clip) * (expectedBatch / cohortOf(plan).n);
  const local = weights.slice();
  for (const { noise, rows } of steps) {
    const sum = clippedSum(plan, trainer, local, rows);
    for (let i = 0; i < local.length; i++) {
      const gradient = ((sum[i] ?? 0) + (noise[i] ?? 0)) / normaliser;
      local[i] = (local[i] ?? 0) - localLearningRate * gradient;
    }
    noise.fill(0);
  }
  const delta = local.map((value, i) => value - (weights[i] ?? 0));
  const units = Float64Array.from(delta, (value) => value * gridScale(plan));
  return { delta, quantised: clampToInt32(units, coordinateBound(plan)) };
}

function clippedSum(
  plan: RoundPlan,
  trainer: Trainer,
  weights: Float32Array,
  rows: Int32Array | Uint32Array,
): Float64Array {
  const sum = new Float64Array(plan.model.dimension);
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const chunk = rows.subarray(start, start + CHUNK_ROWS);
    addClippedGradients(sum, trainer.layerFactors(weights, chunk), plan.privacy.clip);
  }
  return sum;
}

function requireMode(plan: RoundPlan, modes: readonly PrivacyMode[]): void {
  if (!modes.includes(plan.privacy.mode)) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `This way of training serves mode ${modes.join(' or ')}; the plan's mode is "${plan.privacy.mode}".`,
    );
  }
}
