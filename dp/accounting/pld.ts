/**
 * Privacy loss distributions: ε and δ of a plan that is fixed in advance, exact up to the bracket's width.
 *
 * Dwork and Rothblum 2016; Meiser and Mohammadi 2018; Koskela, Jälkö and Honkela 2020 for the transform; Doroshenko,
 * Ghazi, Kamath, Kumar and Manurangsi 2022 for the discretisation. Continuous noise only.
 */
import { invalid, requireDelta, requireEpsilon, requireInteger, requirePositive } from './arguments.ts';
import type { Training } from './calibrate.ts';
import { type DpEvent, parseDpEvent } from './events.ts';
import { type Bounds, bracket, deltaCurve } from './pld-bracket.ts';
import type { Mechanism } from './pld-discretise.ts';
import { type DominatingPair, gaussianPair, laplacePair, randomisedResponsePair } from './pld-pairs.ts';
import type { Charge, Question } from './pld-plan.ts';

export type { Bounds } from './pld-bracket.ts';

export interface PldOptions {
  /** Distance of the losses that probabilities are kept for; chosen to suit the question when absent. */
  readonly meshSize?: number;
}

/** A mechanism, with what tells two of them apart. */
interface Kind {
  readonly key: string;
  readonly mechanism: Mechanism;
}

/**
 * Composes releases under add/remove adjacency; `compose(e, k)` is the same as k times `compose(e)`. Both neighbours
 * are looked at, and the worse one counts.
 *
 * `epsilon` and `delta` are upper bounds, the guarantee; the brackets say how much of it is the computation's own
 * doing. What is composed must be fixed in advance: an adaptive choice of parameters needs a filter (`filter.ts`).
 */
export class PldAccountant {
  readonly #meshSize: number | undefined;
  readonly #charges = new Map<string, Charge>();
  /** Σ 1/σ² of unsampled Gaussians: together they are one of that precision, exactly. */
  #precision = 0;

  /** @throws FedwardError `INVALID_ARGUMENT` unless `meshSize` is positive. */
  constructor({ meshSize }: PldOptions = {}) {
    if (meshSize !== undefined) requirePositive('meshSize', meshSize);
    this.#meshSize = meshSize;
  }

  /** @throws FedwardError `INVALID_ARGUMENT` when the event is malformed or has no known loss; nothing is added. */
  compose(event: DpEvent, count = 1): this {
    requireInteger('count', count, 0);
    // All of it is looked at before any of it is added.
    for (const release of [...releasesOf(parseDpEvent(event), 1, count)]) this.#add(release);
    return this;
  }

  /** Smallest ε such that everything composed so far is (ε, δ)-DP, rounded up. */
  epsilon(delta: number): number {
    return this.bracket(delta).upper;
  }

  /** Smallest δ such that everything composed so far is (ε, δ)-DP, rounded up. */
  delta(epsilon: number): number {
    return this.deltaBracket(epsilon).upper;
  }

  /** Bounds on the smallest ε at δ. @throws FedwardError `INVALID_ARGUMENT` unless 0 < delta < 1. */
  bracket(delta: number): Bounds {
    requireDelta(delta);
    return this.#bracket({ delta });
  }

  /** Bounds on the smallest δ at ε. @throws FedwardError `INVALID_ARGUMENT` unless epsilon ≥ 0. */
  deltaBracket(epsilon: number): Bounds {
    requireEpsilon(epsilon);
    return this.#bracket({ epsilon });
  }

  /**
   * The whole curve δ(ε) of what is composed by now, for those who ask for it at many ε, such as
   * `reidentificationBound`: an upper bound, a little above `delta` and far quicker.
   */
  curve(): { delta(epsilon: number): number } {
    const charges = this.#allCharges();
    const upper = charges.length === 0 ? () => 0 : deltaCurve(charges, this.#meshSize);
    return {
      delta(epsilon) {
        requireEpsilon(epsilon);
        return upper(epsilon);
      },
    };
  }

  #bracket(question: Question): Bounds {
    const charges = this.#allCharges();
    if (charges.length === 0) return { lower: 0, upper: 0 };
    return bracket(charges, question, this.#meshSize);
  }

  #allCharges(): readonly Charge[] {
    const charges = [...this.#charges.values()];
    if (this.#precision === 0) return charges;
    return [...charges, { mechanism: { pair: gaussianPair(Math.sqrt(this.#precision)), rate: 1 }, count: 1 }];
  }

  #add({ event, rate, count }: Release): void {
    if (count === 0) return;
    if (event.type === 'gaussian' && rate === 1) {
      this.#precision += count / event.noiseMultiplier ** 2;
      return;
    }
    const { key, mechanism } = kindOf(event, rate);
    const known = this.#charges.get(key);
    this.#charges.set(key, { mechanism, count: count + (known?.count ?? 0) });
  }
}

/**
 * ε at δ of Poisson-sampled Gaussian releases, rounded up: an `EpsilonOfTraining` for calibration.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when an argument is out of range.
 */
export function pldEpsilon(training: Training, delta: number): number {
  requireInteger('steps', training.steps, 1);
  const event: DpEvent = { type: 'gaussian', noiseMultiplier: training.noiseMultiplier };
  return new PldAccountant()
    .compose({ type: 'poissonSampled', rate: training.sampleRate, event }, training.steps)
    .epsilon(delta);
}

type Known = Extract<DpEvent, { type: 'gaussian' | 'laplace' | 'pureDp' }>;

interface Release {
  readonly event: Known;
  readonly rate: number;
  readonly count: number;
}

/** The single releases that an event on a sample of `rate` consists of. */
function* releasesOf(event: DpEvent, rate: number, count: number): Generator<Release> {
  switch (event.type) {
    case 'gaussian':
    case 'laplace':
    case 'pureDp':
      yield { event, rate, count };
      return;
    case 'poissonSampled':
      // A Poisson sample of a Poisson sample is one.
      yield* releasesOf(event.event, rate * event.rate, count);
      return;
    case 'selfComposed':
      requireOwnSample(rate);
      yield* releasesOf(event.event, rate, count * event.count);
      return;
    case 'composed':
      requireOwnSample(rate);
      for (const part of event.events) yield* releasesOf(part, rate, count);
      return;
    case 'none':
      return;
    case 'discreteGaussianSum':
    case 'skellam':
      throw unbounded(
        `${event.type} is integer noise, which the continuous loss distribution does not describe`,
      );
    case 'unsupported':
      throw unbounded(event.reason);
    default:
      return event satisfies never;
  }
}

/** Several releases from one batch share the luck of the draw: theirs is not the sum of sampled losses. */
function requireOwnSample(rate: number): void {
  if (rate < 1) throw unbounded('several releases from one sampled batch have no known loss distribution');
}

function unbounded(reason: string): Error {
  return invalid(
    `This release's privacy loss cannot be bounded: ${reason}. Release through a mechanism that the accountant knows.`,
  );
}

function kindOf(event: Known, rate: number): Kind {
  switch (event.type) {
    case 'gaussian':
      return kind(event, rate, gaussianPair(1 / event.noiseMultiplier), event.noiseMultiplier);
    case 'laplace':
      return kind(event, rate, laplacePair(1 / event.noiseMultiplier), event.noiseMultiplier);
    case 'pureDp':
      return kind(event, rate, randomisedResponsePair(event.epsilon), event.epsilon);
    default:
      return event satisfies never;
  }
}

function kind({ type }: Known, rate: number, pair: DominatingPair, parameter: number): Kind {
  return { key: `${type} ${parameter} ${rate}`, mechanism: { pair, rate } };
}
