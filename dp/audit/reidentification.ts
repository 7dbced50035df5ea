/**
 * What a privacy guarantee leaves of re-identification, whoever attacks and with whatever knowledge.
 *
 * "Was this record in?" is a test between two neighbouring data sets. An (ε, δ)-DP mechanism bounds its power γ at
 * false-positive rate κ, in both directions of the neighbour relation (Wasserman and Zhou 2010; Kairouz, Oh and
 * Viswanath 2015):
 *
 *     γ ≤ δ + e^ε·κ   and   1 − κ ≤ δ + e^ε·(1 − γ).
 *
 * A mechanism has a δ for every ε, so the bound is the least over all ε. With the exact curve it is the mechanism's
 * trade-off function itself (Dong, Roth and Su 2022, proposition 2.13); with an upper bound on the curve
 * it is an upper bound.
 */
import { FedwardError } from '../../proto/errors.ts';

/** Whatever knows the (ε, δ) curve of all releases together: an `RdpAccountant`, the `curve()` of a `PldAccountant`. */
export interface DeltaCurve {
  /** A δ with which everything is (epsilon, δ)-DP, for epsilon ≥ 0. */
  delta(epsilon: number): number;
}

export interface ReidentificationBound {
  /** γ: the most powerful test's chance to recognise a record that was in. */
  readonly power: number;
  /** (γ − κ)/(1 − κ): how far above chance, 1 for certainty. */
  readonly advantage: number;
  /** 1 − advantage: how much of the adversary's advantage over chance is provably taken away. */
  readonly reduction: number;
}

/** e^-64 is nothing beside 1 in binary64: no larger ε can tell a power from 1. */
const LARGEST_EPSILON = 64;
const SMALLEST_EPSILON = 1e-5;
const GRID = 160;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Absolute width in ε of the final bracket. */
const PRECISION = 1e-10;

/**
 * Bound on an adversary who names a record that was not in with probability κ = `prior`, as often as by chance.
 *
 * @param prior κ, the false-positive rate at which power is taken; above 0 and below 1.
 * @throws FedwardError `INVALID_ARGUMENT` when the prior is out of range.
 */
export function reidentificationBound(accountant: DeltaCurve, prior: number): ReidentificationBound {
  if (!(prior > 0 && prior < 1)) {
    throw new FedwardError('INVALID_ARGUMENT', `prior must be above 0 and below 1; got ${prior}.`);
  }
  const grid = epsilonGrid();
  const deltas = grid.map((epsilon) => accountant.delta(epsilon));
  const gains = [gainAtLowRate, gainAtHighRate].map((gain) =>
    leastOver(grid, deltas, (epsilon, delta = accountant.delta(epsilon)) => gain(prior, epsilon, delta)),
  );
  const gain = Math.max(0, Math.min(...gains, 1 - prior));
  const advantage = gain / (1 - prior);
  return { power: prior + gain, advantage, reduction: 1 - advantage };
}

/** γ − κ by γ ≤ δ + e^ε·κ. */
function gainAtLowRate(prior: number, epsilon: number, delta: number): number {
  return delta + Math.expm1(epsilon) * prior;
}

/** γ − κ by γ ≤ 1 − e^-ε·(1 − δ − κ). */
function gainAtHighRate(prior: number, epsilon: number, delta: number): number {
  return -Math.expm1(-epsilon) * (1 - prior) + Math.exp(-epsilon) * delta;
}

/** 0, then ratios of 1.1: the best ε is of the size of the loss, which may be anything. */
function epsilonGrid(): number[] {
  const ratio = (LARGEST_EPSILON / SMALLEST_EPSILON) ** (1 / (GRID - 2));
  return [0, ...Array.from({ length: GRID - 1 }, (_, i) => SMALLEST_EPSILON * ratio ** i)];
}

/**
 * Least value found: the best of the grid, then golden sections between its neighbours. For an exact curve the
 * value is convex (in e^ε, or in e^-ε) and so this is the least; for any other every value is still a bound.
 */
function leastOver(
  grid: readonly number[],
  deltas: readonly number[],
  valueAt: (epsilon: number, delta?: number) => number,
): number {
  const values = grid.map((epsilon, i) => valueAt(epsilon, deltas[i] ?? 1));
  const best = values.indexOf(Math.min(...values));
  let low = grid[Math.max(0, best - 1)] ?? 0;
  let high = grid[Math.min(grid.length - 1, best + 1)] ?? LARGEST_EPSILON;
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let [atLeft, atRight] = [valueAt(left), valueAt(right)];
  let least = Math.min(values[best] ?? 1, atLeft, atRight);
  while (high - low > PRECISION) {
    if (atLeft < atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - GOLDEN * (high - low);
      atLeft = valueAt(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + GOLDEN * (high - low);
      atRight = valueAt(right);
    }
    least = Math.min(least, atLeft, atRight);
  }
  return least;
}
