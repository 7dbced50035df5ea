/**
 * Quantiles with ε-differential privacy: the exponential mechanism over a grid of possible answers, after Smith
 * 2011, "Privacy-preserving Statistical Estimation with Optimal Convergence Rates".
 *
 * An answer p loses as many ranks as the quantile's rank t = q·(n−1) + ½ lies outside [#{x < p}, #{x ≤ p}], the ranks
 * that p may claim. Replacing one element moves either end by at most 1, so the loss has sensitivity 1. Smith counts
 * {x < p} alone; then a value that many elements share could not be found, though it is the quantile.
 */
import { BitSource, type Entropy } from '../../sampling/entropy.ts';
import { type Bounds, checkNumber, invalid, kindOf } from '../validation.ts';
import { chooseGroup, type Group } from './exponential-choice.ts';
import { cellOf, gridOver } from './grid.ts';
import { type ArrayInput, cutLanes, dense, nest } from './ndarray.ts';
import {
  BOUNDED_FIELDS,
  type BoundedOptions,
  boundsOf,
  charge,
  checkFlag,
  checkOptions,
  type Reduced,
  type Reduction,
  type WholeArray,
} from './reduction.ts';

export interface QuantileReduction {
  (array: ArrayInput, quant: number, options: BoundedOptions & WholeArray): number;
  (array: ArrayInput, quant: number | readonly number[], options: BoundedOptions): Reduced;
}

/**
 * The quantile of each q in [0, 1], within the bounds: q = 0 is the least element and q = 1 the greatest. For an array
 * of them the result has one more dimension in front, and ε is shared between them.
 */
export const quantile = quantileTool('quant', 1);

/** `quantile` of a list. */
export const quantiles: (array: ArrayInput, quants: readonly number[], options: BoundedOptions) => Reduced =
  quantileTool('quants', 1);

/** `quantile` with percentages in [0, 100]. */
export const percentile = quantileTool('percent', 100);

/** The quantile of ½. */
export const median = ((array: ArrayInput, options: BoundedOptions) =>
  quantile(array, 0.5, options)) as Reduction<BoundedOptions>;

/** Ranks are counted in units of 2^-10, so that every loss is an integer. */
export const RANK_UNIT = 2 ** 10;

function quantileTool(field: string, whole: number): QuantileReduction {
  const tool = (input: ArrayInput, quant: number | readonly number[], options: BoundedOptions): Reduced => {
    checkOptions(options, BOUNDED_FIELDS);
    const array = dense('array', input);
    const quants = checkQuants(field, quant, whole);
    const { lanes, shape } = cutLanes(array, options.axis, checkFlag('keepdims', options.keepdims));
    const bounds = boundsOf(array, lanes.length, options);
    const { epsilon, entropy } = charge(options, quants.length * lanes.length);
    const results = quants.flatMap((q) =>
      lanes.map((lane, i) => noisyQuantile(lane, q, bounds[i] ?? [0, 0], epsilon, entropy)),
    );
    return nest(results, typeof quant === 'number' ? shape : [quants.length, ...shape]);
  };
  return tool as QuantileReduction;
}

function checkQuants(field: string, quant: unknown, whole: number): number[] {
  const given: unknown[] = Array.isArray(quant) ? quant : [quant];
  if (given.length === 0) throw invalid(`${field} must name at least one quantile; the array is empty.`);
  return given.map((one) => {
    if (typeof one !== 'number') {
      throw invalid(`${field} must be a number or an array of numbers; got ${kindOf(one)}.`);
    }
    const q = checkNumber(field, one) / whole;
    if (q >= 0 && q <= 1) return q;
    throw invalid(`${field} must be from 0 to ${whole}; got ${one}.`);
  });
}

/** ε-private: exp(−ε·loss/2) on every point of the grid, at a loss of sensitivity 1. */
function noisyQuantile(
  values: Float64Array,
  q: number,
  bounds: Bounds,
  epsilon: number,
  entropy: Entropy,
): number {
  const grid = gridOver(bounds, values.length);
  const cells = values.map((value) => cellOf(grid, value)).sort();
  const rank = Math.round((q * (values.length - 1) + 0.5) * RANK_UNIT);
  const { groups, starts } = groupCells(cells, grid.cells, rank);
  const bits = new BitSource(entropy);
  const chosen = chooseGroup(groups, epsilon / 2 / RANK_UNIT, bits);
  const cell = (starts[chosen] ?? 0) + bits.below(groups[chosen]?.size ?? 1);
  bits.erase();
  return grid.lower + cell * grid.step;
}

/**
 * The cells 0 to `last` in groups of equal loss: each that holds elements by itself, and each gap between them.
 *
 * @param sorted Cells of the elements, ascending.
 * @param rank Rank sought, in units of 2^-10.
 */
export function groupCells(
  sorted: Float64Array,
  last: number,
  rank: number,
): { readonly groups: readonly Group[]; readonly starts: readonly number[] } {
  const groups: Group[] = [];
  const starts: number[] = [];
  const add = (start: number, end: number, below: number, upTo: number) => {
    if (end <= start) return;
    starts.push(start);
    groups.push({ size: end - start, loss: Math.max(0, below * RANK_UNIT - rank, rank - upTo * RANK_UNIT) });
  };
  let next = 0;
  for (let i = 0; i < sorted.length; ) {
    const cell = sorted[i] ?? 0;
    let end = i;
    while (end < sorted.length && sorted[end] === cell) end++;
    add(next, cell, i, i);
    add(cell, cell + 1, i, end);
    next = cell + 1;
    i = end;
  }
  add(next, last + 1, sorted.length, sorted.length);
  return { groups, starts };
}
