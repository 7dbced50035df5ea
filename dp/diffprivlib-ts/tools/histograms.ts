/**
 * Histograms with ε-differential privacy. Each result is an array in diffprivlib's order: first the counts, then
 * the edges.
 *
 * Neighbours differ in one record that was replaced, as in every tool here. It may leave one bin and enter another,
 * so the counts move by 2 in all and that is the sensitivity; diffprivlib uses 1, which protects against adding
 * or removing a record alone. Edges are public: they come from `bins` and `range`, never from the data. A record
 * outside, or with a coordinate that is no number, is in no bin.
 */
import { GeometricTruncated } from '../mechanisms/geometric-truncated.ts';
import { type Bounds, checkBounds, checkInteger, checkNumber, invalid } from '../validation.ts';
import { type ArrayInput, type Dense, dense, type Nested, nest } from './ndarray.ts';
import {
  charge,
  checkFlag,
  checkOptions,
  checkSpan,
  rangeOfData,
  TOOL_FIELDS,
  type ToolOptions,
} from './reduction.ts';

/** How many bins of equal width, or their edges, ascending. */
export type Bins = number | readonly number[];

interface DensityOptions extends ToolOptions {
  /** Divides by the noisy total and the bin's volume. @default false */
  readonly density?: boolean;
  /** Where a range is missing, takes it from the data, warns, and is *not* differentially private. @default false */
  readonly allowPrivacyLeak?: boolean;
}

export interface HistogramOptions extends DensityOptions {
  /** @default 10 */
  readonly bins?: Bins;
  /** First and last edge, where `bins` is a number. */
  readonly range?: Bounds;
}

export interface MultiHistogramOptions extends DensityOptions {
  /** For all dimensions, or for each of them. @default 10 */
  readonly bins?: number | readonly Bins[];
  /** For each dimension; null where `bins` has its edges. */
  readonly range?: readonly (Bounds | null)[];
}

const FIELDS = [...TOOL_FIELDS, 'bins', 'range', 'density', 'allowPrivacyLeak'];
const SENSITIVITY = 2;
/** More cells than this are more likely a slip than a wish. */
const MAX_CELLS = 2 ** 24;

/** Counts of the flattened sample in each bin [edge, next edge), the last one closed. */
export function histogram(
  sample: ArrayInput,
  options: HistogramOptions,
): [histogram: number[], binEdges: number[]] {
  checkOptions(options, FIELDS);
  const { data } = dense('sample', sample);
  const { bins = 10, range } = options;
  const edges = edgesOf('bins', bins, 'range', range, () => data, options);
  return [count({ data, shape: [data.length, 1] }, [edges], options), edges];
}

/** Counts of the points (xᵢ, yᵢ): rows go along x. */
export function histogram2d(
  x: ArrayInput,
  y: ArrayInput,
  options: MultiHistogramOptions,
): [histogram: Nested, xEdges: number[], yEdges: number[]] {
  const xs = dense('x', x).data;
  const ys = dense('y', y).data;
  if (xs.length !== ys.length) {
    throw invalid(`x and y must have as many elements as each other; got ${xs.length} and ${ys.length}.`);
  }
  const data = Float64Array.from({ length: 2 * xs.length }, (_, i) => (i % 2 === 0 ? xs : ys)[i >> 1] ?? 0);
  const [counts, [xEdges = [], yEdges = []]] = histogramdd({ data, shape: [xs.length, 2] }, options);
  return [counts, xEdges, yEdges];
}

/**
 * Counts of points in any number of dimensions.
 *
 * @param sample One row per point, shape [points, dimensions].
 */
export function histogramdd(
  sample: ArrayInput,
  options: MultiHistogramOptions,
): [histogram: Nested, binEdges: number[][]] {
  checkOptions(options, FIELDS);
  const points = dense('sample', sample);
  const [, dimensions] = points.shape;
  if (dimensions === undefined || points.shape.length !== 2) {
    throw invalid(`sample must have one row per point; got ${points.shape.length} dimensions.`);
  }
  const bins = perDimension('bins', options.bins ?? 10, dimensions);
  const range = perDimension('range', options.range, dimensions);
  const edges = bins.map((one, d) => {
    const column = () => points.data.filter((_, i) => i % dimensions === d);
    return edgesOf(`bins[${d}]`, one, `range[${d}]`, range[d] ?? undefined, column, options);
  });
  const counts = count(points, edges, options);
  const sizes = edges.map((one) => one.length - 1);
  // An array has at least one element, so there is at least one dimension to nest.
  return [nest(counts, sizes) as Nested, edges];
}

/** Noisy counts, or densities, in row-major order of the cells. */
function count(points: Dense, edges: readonly number[][], options: DensityOptions): number[] {
  const density = checkFlag('density', options.density);
  const sizes = edges.map((one) => one.length - 1);
  const cells = sizes.reduce((total, size) => total * size, 1);
  if (cells > MAX_CELLS) throw invalid(`bins must make at most 2^24 cells in all; got ${cells}.`);
  const { epsilon, entropy } = charge(options, 1);
  const counts = tally(points, edges, new Float64Array(cells));
  const upper = points.data.length / edges.length;
  const mechanism = new GeometricTruncated({ epsilon, sensitivity: SENSITIVITY, lower: 0, upper, entropy });
  const noisy = Array.from(counts, (one) => mechanism.randomise(one));
  return density ? densities(noisy, edges) : noisy;
}

function tally({ data }: Dense, edges: readonly number[][], counts: Float64Array): Float64Array {
  for (let point = 0; point < data.length; point += edges.length) {
    let cell = 0;
    for (const [d, ends] of edges.entries()) {
      const bin = binOf(ends, data[point + d] ?? Number.NaN);
      cell = bin < 0 ? -1 : cell * (ends.length - 1) + bin;
      if (cell < 0) break;
    }
    if (cell >= 0) counts[cell] = (counts[cell] ?? 0) + 1;
  }
  return counts;
}

/** Index of the bin that holds x, −1 if none does. */
function binOf(edges: readonly number[], x: number): number {
  const last = edges.length - 1;
  if (!(x >= (edges[0] ?? 0) && x <= (edges[last] ?? 0))) return -1;
  let low = 0;
  let high = last - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((edges[middle] ?? 0) <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Post-processing: count / total / volume, all 0 where the noisy total is. */
function densities(counts: readonly number[], edges: readonly number[][]): number[] {
  const total = counts.reduce((sum, one) => sum + one, 0) || 1;
  return counts.map((one, cell) => {
    let volume = 1;
    let rest = cell;
    for (const ends of edges.toReversed()) {
      const bin = rest % (ends.length - 1);
      rest = Math.floor(rest / (ends.length - 1));
      volume *= (ends[bin + 1] ?? 0) - (ends[bin] ?? 0);
    }
    return one / total / volume;
  });
}

function edgesOf(
  field: string,
  bins: unknown,
  rangeField: string,
  range: unknown,
  data: () => Float64Array,
  { allowPrivacyLeak }: DensityOptions,
): number[] {
  if (Array.isArray(bins)) return checkEdges(field, bins);
  if (typeof bins === 'string') {
    throw invalid(
      `${field} must be a number or edges: "${bins}" would choose the edges by looking at the data.`,
    );
  }
  const size = checkInteger(field, bins, 1);
  const allowed = checkFlag('allowPrivacyLeak', allowPrivacyLeak);
  const [lower, upper] =
    range === undefined ? rangeOfData(rangeField, data(), allowed) : checkBounds(range, rangeField);
  checkSpan(rangeField, [lower, upper]);
  // As in NumPy, a range without extent is widened.
  const margin = lower === upper ? 0.5 : 0;
  const first = lower - margin;
  const last = upper + margin;
  return Array.from({ length: size + 1 }, (_, i) =>
    i === size ? last : first + ((last - first) / size) * i,
  );
}

function checkEdges(field: string, edges: readonly unknown[]): number[] {
  if (edges.length < 2) throw invalid(`${field} must have at least two edges; got ${edges.length}.`);
  const checked = edges.map((edge, i) => checkNumber(`${field}[${i}]`, edge));
  if (checked.every((edge, i) => i === 0 || edge > (checked[i - 1] ?? 0))) return checked;
  throw invalid(`${field} must ascend strictly from edge to edge.`);
}

function perDimension(field: string, value: unknown, dimensions: number): unknown[] {
  if (!Array.isArray(value)) return Array.from({ length: dimensions }, () => value);
  if (value.length === dimensions) return value;
  throw invalid(
    `${field} must have one entry for each of the ${dimensions} dimensions; got ${value.length}.`,
  );
}
