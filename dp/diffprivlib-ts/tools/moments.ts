/**
 * Sums, means and spreads with ε-differential privacy, under diffprivlib's names. `import { var as variance }`
 * works too.
 *
 * Neighbours differ in one element that was replaced, so the number n of elements is public, as in diffprivlib. Each
 * element is clipped to the bounds and rounded to a grid (`grid.ts`); one that is no number counts as their middle.
 * `nan-moments.ts` has the variants that leave those out.
 */
import type { Entropy } from '../../sampling/entropy.ts';
import { LaplaceBoundedDomain } from '../mechanisms/laplace-bounded-domain.ts';
import type { Bounds } from '../validation.ts';
import { cellOf, clip, gridOver, noisyMean, noisySum } from './grid.ts';
import { boundedReduction, type Release } from './reduction.ts';

export { variance as var, variance as var_ };

/** Sum, within [n·lower, n·upper]. Laplace noise at the sensitivity upper − lower. */
export const sum = boundedReduction(noisySum);

/** Arithmetic mean, within the bounds. Laplace noise at the sensitivity (upper − lower)/n. */
export const mean = boundedReduction(noisyMean);

/** Population variance (over n), within [0, (upper − lower)²/4]. Laplace noise bounded to that domain. */
export const variance = boundedReduction(noisyVariance);

/** Population standard deviation: the root of the variance above. */
export const std = boundedReduction((...release: Parameters<Release>) =>
  Math.sqrt(noisyVariance(...release)),
);

/** Integers that a double holds with room for the sum of two. */
const VALUE_BITS = 52;

/**
 * In cells, V = n·Σy² − (Σy)² is n² times the variance. Replacing an element x by x′ among others whose mean is m
 * moves it by (n−1)·|(x−m)² − (x′−m)²|, at most (n−1)·cells², and V itself is at most n²·cells²/4. V is exact; to
 * fit a double it is rounded down to a multiple of 2^shift, and the sensitivity up.
 */
function noisyVariance(values: Float64Array, bounds: Bounds, epsilon: number, entropy: Entropy): number {
  const grid = gridOver(bounds, values.length);
  const n = BigInt(values.length);
  const most = (n * n * BigInt(grid.cells) ** 2n) / 4n;
  if (n === 1n || most === 0n) return 0;
  let sum = 0n;
  let squares = 0n;
  for (const element of values) {
    const cell = BigInt(cellOf(grid, element));
    sum += cell;
    squares += cell * cell;
  }
  const shift = BigInt(Math.max(0, most.toString(2).length - VALUE_BITS));
  const unit = 1n << shift;
  const mechanism = new LaplaceBoundedDomain({
    epsilon,
    sensitivity: Number(((n - 1n) * BigInt(grid.cells) ** 2n + unit - 1n) / unit),
    lower: 0,
    upper: Number((most + unit - 1n) / unit),
    entropy,
  });
  const noisy = mechanism.randomise(Number((n * squares - sum * sum) / unit));
  const scale = grid.step / values.length;
  return clip(noisy * Number(unit) * scale * scale, [0, (bounds[1] - bounds[0]) ** 2 / 4]);
}
