/**
 * Histogram of numbers in fixed logarithmic buckets, so that quantiles are had in one pass and bounded memory, and two
 * runs can be compared bucket by bucket. A bucket is 1/64 of an octave's width: its values differ by less than 1.6 %
 * (the idea of HdrHistogram and of DDSketch, Masson, Rim, Lee 2019).
 */

/** Mantissa bits that tell buckets of one octave apart. */
const BITS = 6;
const LEAST_EXPONENT = -32;
const OCTAVES = 96;
const BUCKETS = OCTAVES << BITS;
const OFFSET = (1023 + LEAST_EXPONENT) << BITS;

const DOUBLE = new Float64Array(1);
const HALVES = new Uint32Array(DOUBLE.buffer);
/** Of the half with sign and exponent. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

export interface Histogram {
  count: number;
  zeros: number;
  positive: Float64Array | null;
  negative: Float64Array | null;
}

export function createHistogram(): Histogram {
  return { count: 0, zeros: 0, positive: null, negative: null };
}

/** @param value finite. */
export function addToHistogram(histogram: Histogram, value: number): void {
  histogram.count++;
  if (value === 0) {
    histogram.zeros++;
    return;
  }
  DOUBLE[0] = value;
  const key = (((HALVES[HIGH] ?? 0) & 0x7fffffff) >>> (20 - BITS)) - OFFSET;
  const bucket = key < 0 ? 0 : key >= BUCKETS ? BUCKETS - 1 : key;
  let side = value > 0 ? histogram.positive : histogram.negative;
  if (side === null) {
    side = new Float64Array(BUCKETS);
    if (value > 0) histogram.positive = side;
    else histogram.negative = side;
  }
  side[bucket] = (side[bucket] ?? 0) + 1;
}

/** Buckets that are not empty as [place, count], in the order of their values; 0 is the place of zero. */
function* buckets({ zeros, positive, negative }: Histogram): Generator<readonly [number, number]> {
  for (let i = BUCKETS - 1; negative !== null && i >= 0; i--) {
    const count = negative[i] ?? 0;
    if (count > 0) yield [-(i + 1), count];
  }
  if (zeros > 0) yield [0, zeros];
  for (let i = 0; positive !== null && i < BUCKETS; i++) {
    const count = positive[i] ?? 0;
    if (count > 0) yield [i + 1, count];
  }
}

/**
 * Places that cut the values into about `parts` of equal size. A bucket that holds as much as a part by itself, such as
 * that of zero, becomes a part on its own, so that values next to it show.
 */
export function quantileEdges(histogram: Histogram, parts: number): number[] {
  const edges: number[] = [];
  const part = histogram.count / parts;
  let below = 0;
  let next = part;
  const cut = (place: number): void => {
    if (edges.at(-1) !== place) edges.push(place);
    next = part * (Math.floor(below / part) + 1);
  };
  for (const [place, count] of buckets(histogram)) {
    const isPart = count >= part;
    if (isPart || below >= next) cut(place);
    below += count;
    if (isPart) cut(place + 1);
  }
  return edges;
}

/** Values below the first edge, from it to below the second, and so on. */
export function countsBetween(histogram: Histogram, edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  let bin = 0;
  for (const [place, count] of buckets(histogram)) {
    while (bin < edges.length && place >= (edges[bin] ?? 0)) bin++;
    counts[bin] = (counts[bin] ?? 0) + count;
  }
  return counts;
}
