/**
 * Goodness of fit on the integers: does a sample follow a probability mass function?
 *
 * Two tests with p-values: Pearson's chi-square over bins, which sees any lasting deviation of a bin, and
 * Kolmogorov–Smirnov, which sees shifts and wrong widths. Its p-value is that of a continuous distribution,
 * hence too large for a discrete one: it errs toward acceptance, never toward a false alarm.
 */
import { expect } from 'vitest';
import { SEED } from '../seeded-entropy.ts';

/** Probabilities of first, first + 1, …; what lies outside has none worth a bin. */
export interface Pmf {
  readonly first: number;
  readonly probabilities: Float64Array;
}

export interface Fit {
  readonly chiSquare: number;
  readonly kolmogorov: number;
}

/** The level of every test: a right sampler fails one in a thousand seeds, and never the default one. */
export const LEVEL = 1e-3;
/** Enough bins to see a local defect, few enough for a wrong width to stand out. */
const BINS = 200;
const SMALLEST_EXPECTATION = 5;

/** P-values of both tests. */
export function assess(sample: ArrayLike<number | bigint>, pmf: Pmf): Fit {
  const counts = histogram(sample, pmf);
  const { statistic, freedom } = pearson(counts, pmf, sample.length);
  let [drawn, due, largest] = [0, 0, 0];
  counts.forEach((count, i) => {
    drawn += count / sample.length;
    due += pmf.probabilities[i] ?? 0;
    largest = Math.max(largest, Math.abs(drawn - due));
  });
  return {
    chiSquare: chiSquareTail(statistic, freedom),
    kolmogorov: kolmogorovTail(largest * Math.sqrt(sample.length)),
  };
}

/** Both p-values above the level; a failure names the seed that shows it again. */
export function expectFit(label: string, sample: ArrayLike<number | bigint>, pmf: Pmf): void {
  const fit = assess(sample, pmf);
  const story = `${label}: ${sample.length} draws, p ${JSON.stringify(fit)}, FEDWARD_TEST_SEED=${SEED}`;
  expect(fit.chiSquare, story).toBeGreaterThan(LEVEL);
  expect(fit.kolmogorov, story).toBeGreaterThan(LEVEL);
}

/** Residues modulo `modulus` equally often: sees defects of the low bits, which bins of a wide pmf hide. */
export function expectUniformResidues(
  label: string,
  sample: ArrayLike<number | bigint>,
  modulus: number,
): void {
  const residues = new Int32Array(sample.length);
  for (let i = 0; i < sample.length; i++) {
    const y = sample[i] ?? 0;
    const residue = typeof y === 'bigint' ? Number(y % BigInt(modulus)) : y % modulus;
    residues[i] = residue < 0 ? residue + modulus : residue;
  }
  expectFit(`${label} mod ${modulus}`, residues, {
    first: 0,
    probabilities: new Float64Array(modulus).fill(1 / modulus),
  });
}

/** Draws outside the pmf's range are counted at its ends. */
function histogram(sample: ArrayLike<number | bigint>, { first, probabilities }: Pmf): Float64Array {
  const counts = new Float64Array(probabilities.length);
  for (let i = 0; i < sample.length; i++) {
    const index = Math.max(0, Math.min(counts.length - 1, Number(sample[i]) - first));
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

/** Bins of neighbours with some n/200 expected draws each; zero alone, since samplers treat it apart. */
function pearson(counts: Float64Array, { first, probabilities }: Pmf, draws: number) {
  const bins: { observed: number; expected: number }[] = [];
  let [observed, expected] = [0, 0];
  const close = () => {
    bins.push({ observed, expected });
    [observed, expected] = [0, 0];
  };
  const share = Math.max(SMALLEST_EXPECTATION, draws / BINS);
  counts.forEach((count, i) => {
    const due = (probabilities[i] ?? 0) * draws;
    const zero = i === -first && due >= SMALLEST_EXPECTATION;
    if (zero && expected >= SMALLEST_EXPECTATION) close();
    observed += count;
    expected += due;
    if (zero || expected >= share) close();
  });
  // The last bin may be short of the expectation that Pearson's approximation needs.
  const last = bins.pop();
  if (last !== undefined)
    bins.push({ observed: last.observed + observed, expected: last.expected + expected });
  const statistic = bins.reduce((sum, bin) => sum + (bin.observed - bin.expected) ** 2 / bin.expected, 0);
  return { statistic, freedom: bins.length - 1 };
}

/** P(χ²_freedom ≥ statistic) = Q(freedom/2, statistic/2), the regularised incomplete gamma function. */
export function chiSquareTail(statistic: number, freedom: number): number {
  const [a, x] = [freedom / 2, statistic / 2];
  if (x === 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let k = 1; term > sum * 1e-17; k++) sum += term *= x / (a + k);
    return 1 - sum * scale;
  }
  // Lentz' method for the continued fraction of Q.
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let k = 1; k < 10_000; k++) {
    const numerator = -k * (k - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return fraction * scale;
}

/** P(√n·D ≥ x) for large n: Kolmogorov's series. */
export function kolmogorovTail(x: number): number {
  if (x < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k < 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return Math.min(1, sum);
}

/** Stirling's series, after stepping up to where it converges. */
function logGamma(a: number): number {
  let shift = 0;
  let z = a;
  for (; z < 15; z++) shift -= Math.log(z);
  return (
    shift +
    (z - 0.5) * Math.log(z) -
    z +
    Math.log(2 * Math.PI) / 2 +
    1 / (12 * z) -
    1 / (360 * z ** 3) +
    1 / (1260 * z ** 5)
  );
}
