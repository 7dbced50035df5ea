/**
 * What an aggregation strategy is: how a sum over hospitals moves the global model.
 *
 * A strategy is a pure function of public constants and of sums. It is handed `{sum, contributors}` and
 * has no way to ask for more (DESIGN §1.1): no hospital's own update, batch size, loss or name. All it
 * does is post-processing of a differentially private release, so none of it spends privacy.
 */
import type { z } from 'zod';
import { FedwardError } from '../../proto/errors.ts';
import { cohortOf, gridScale, type PrivacyMode, type RoundPlan } from '../../proto/plan.ts';

/** All that secure aggregation reveals about one round. */
export interface Aggregate {
  /** Sum over the contributors of their noised integer vectors, in units of 1 / `gridScale(plan)`. */
  readonly sum: Int32Array;
  /** How many hospitals are in the sum. */
  readonly contributors: number;
}

/** A strategy's whole memory between rounds: plain data that `state.ts` turns into JSON and back. */
export interface StrategyState {
  /** Aggregates taken in so far, the committed rounds of the job. */
  readonly steps: number;
  /** Weights to train next. */
  readonly weights: Float32Array;
  /** The optimiser's memory, such as momentum: vectors like `weights`, none where it keeps none. */
  readonly moments: readonly Float32Array[];
  /** Mean of the last `averaged` iterates. */
  readonly average: Float32Array;
  readonly averaged: number;
}

export interface Strategy {
  readonly id: string;
  /** The state before the first round. */
  initial(weights: Float32Array): StrategyState;
  /** The state after one committed round. Neither argument is changed. */
  step(plan: RoundPlan, state: StrategyState, aggregate: Aggregate): StrategyState;
}

/** One line of the catalogue. */
export interface StrategyEntry {
  readonly id: string;
  readonly title: string;
  /** What the sum must hold for the strategy to make sense: gradients (`distributed`, `none`) or model deltas (`local`). */
  readonly modes: readonly PrivacyMode[];
  /**
   * The strategy with a job's public constants, each of which has a default.
   *
   * @throws FedwardError `CONFIG_INVALID` that names the first wrong constant.
   */
  create(parameters: unknown): Strategy;
}

/** A job's constants for the strategy `id`, checked and completed with their defaults. */
export function parseParameters<T>(id: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const first = result.error.issues[0];
  const path = ['strategy', ...(first?.path ?? [])].join('.');
  throw new FedwardError(
    'CONFIG_INVALID',
    `Wrong parameter of strategy "${id}" at ${path}: ${first?.message}.`,
  );
}

/** Weights that the hospitals train in the next round. */
export function currentWeights(state: StrategyState): Float32Array {
  return state.weights;
}

/**
 * Weights to evaluate and release: the mean of the later iterates once averaging has begun, the current
 * weights before. Averaging (Polyak and Juditsky 1992) takes out most of the noise of single steps.
 */
export function releasedWeights(state: StrategyState): Float32Array {
  return state.averaged > 0 ? state.average : state.weights;
}

export function initialState(weights: Float32Array, moments: number): StrategyState {
  return {
    steps: 0,
    weights: weights.slice(),
    moments: Array.from({ length: moments }, () => new Float32Array(weights.length)),
    average: new Float32Array(weights.length),
    averaged: 0,
  };
}

/**
 * The state after a step to `weights`. The iterate joins the average when the step is past the share
 * `averageFrom` of the job's rounds; with `averageFrom` = 1 none ever does.
 */
export function advance(
  plan: RoundPlan,
  state: StrategyState,
  next: { readonly weights: Float32Array; readonly moments: readonly Float32Array[] },
  averageFrom: number,
): StrategyState {
  const joins = state.steps >= averageFrom * plan.training.rounds;
  const averaged = state.averaged + (joins ? 1 : 0);
  const average = joins
    ? state.average.map((mean, i) => mean + ((next.weights[i] ?? 0) - mean) / averaged)
    : state.average;
  return { steps: state.steps + 1, ...next, average, averaged };
}

/**
 * Mean gradient per record (modes `distributed` and `none`): the sum in real units over the records that
 * the plan expects of the contributors, q·N·contributors/n. Never the realised batch, which is private.
 */
export function meanGradient(plan: RoundPlan, aggregate: Aggregate): Float64Array {
  const share = aggregate.contributors / cohortOf(plan).n;
  return rescale(plan, aggregate, gridScale(plan) * plan.training.expectedBatch * share);
}

/** Mean model delta per hospital (mode `local`). */
export function meanDelta(plan: RoundPlan, aggregate: Aggregate): Float64Array {
  return rescale(plan, aggregate, gridScale(plan) * aggregate.contributors);
}

function rescale(plan: RoundPlan, { sum, contributors }: Aggregate, divisor: number): Float64Array {
  const { n, threshold } = cohortOf(plan);
  if (sum.length !== plan.model.dimension) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `An aggregate's sum must have the plan's ${plan.model.dimension} coordinates, not ${sum.length}.`,
    );
  }
  if (!Number.isInteger(contributors) || contributors < threshold || contributors > n) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `An aggregate's contributors must be between the threshold ${threshold} and ${n} hospitals, not ${contributors}.`,
    );
  }
  return Float64Array.from(sum, (units) => units / divisor);
}
