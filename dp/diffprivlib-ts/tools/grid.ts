/**
 * Clipping and rounding of each element to an integer, so that sums are exact.
 *
 * A sum of doubles depends on its order and its roundings, and two neighbours' sums may differ by more than their
 * one element does: Casacuberta, Shoemate, Vadhan, Wagaman 2022, "Widespread Underestimation of Sensitivity in
 * Differentially Private Libraries and How to Fix It". Here each element becomes a whole number of steps on its
 * own, before anything is added. From then on sums and sensitivities are integers without error.
 */
import type { Entropy } from '../../sampling/entropy.ts';
import { GeometricTruncated } from '../mechanisms/geometric-truncated.ts';
import type { Bounds } from '../validation.ts';

/** The multiples of `step` from `lower` to `lower + cells · step`, which lie within the bounds. */
export interface Grid {
  /** A power of two. */
  readonly step: number;
  readonly lower: number;
  readonly cells: number;
}

const CELL_BITS = 32;
const SUM_BITS = 53;
const MIN_EXPONENT = -1074;

/**
 * The grid for `count` elements: 2^31 to 2^32 steps between the bounds, or as many fewer as keep a sum below 2^53.
 * It depends on the bounds and the count, both public, alone.
 *
 * @param bounds Less than 2^1024 apart.
 */
export function gridOver([lower, upper]: Bounds, count: number, bits = CELL_BITS): Grid {
  const range = upper - lower;
  if (range === 0) return { step: 1, lower, cells: 0 };
  const cellBits = Math.min(bits, SUM_BITS - Math.ceil(Math.log2(count)) - 1);
  const step = 2 ** Math.max(MIN_EXPONENT, Math.ceil(Math.log2(range)) - cellBits);
  const first = Math.ceil(lower / step);
  return { step, lower: first * step, cells: Math.floor(upper / step) - first };
}

/**
 * The cell of an element, 0 to `cells`. What is no number counts as the middle: an error would tell of the record
 * that has it, and so would a result that is no number.
 */
export function cellOf({ step, lower, cells }: Grid, element: number): number {
  if (Number.isNaN(element)) return Math.floor(cells / 2);
  return Math.min(cells, Math.max(0, Math.round((element - lower) / step)));
}

/**
 * ε-private sum of the cells: 0 to n·cells. Replacing one element moves the sum by at most `cells`; the noise is
 * Laplace's on the integers.
 */
export function noisyCellSum(values: Float64Array, grid: Grid, epsilon: number, entropy: Entropy): number {
  const { cells } = grid;
  const sum = values.reduce((total, element) => total + cellOf(grid, element), 0);
  if (cells === 0) return 0;
  const upper = values.length * cells;
  return new GeometricTruncated({ epsilon, sensitivity: cells, lower: 0, upper, entropy }).randomise(sum);
}

/** ε-private sum of the elements clipped to the bounds. */
export function noisySum(values: Float64Array, bounds: Bounds, epsilon: number, entropy: Entropy): number {
  const n = values.length;
  const grid = gridOver(bounds, n);
  const sum = n * grid.lower + noisyCellSum(values, grid, epsilon, entropy) * grid.step;
  return clip(sum, [n * bounds[0], n * bounds[1]]);
}

/** ε-private mean of the elements clipped to the bounds, of which there are publicly many. */
export function noisyMean(values: Float64Array, bounds: Bounds, epsilon: number, entropy: Entropy): number {
  const grid = gridOver(bounds, values.length);
  const cell = noisyCellSum(values, grid, epsilon, entropy) / values.length;
  return clip(grid.lower + cell * grid.step, bounds);
}

export function clip(x: number, [lower, upper]: Bounds): number {
  return Math.min(upper, Math.max(lower, x));
}
