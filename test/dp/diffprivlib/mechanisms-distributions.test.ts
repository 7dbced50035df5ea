/** What the mechanisms release, against the exact law: Kolmogorov–Smirnov, chi-square, mean and variance. */
import { describe, expect, it } from 'vitest';
import { discreteGaussianPmf } from '../../../dp/accounting/discrete-gaussian.ts';
import { Binary } from '../../../dp/diffprivlib-ts/mechanisms/binary.ts';
import { GaussianAnalytic } from '../../../dp/diffprivlib-ts/mechanisms/gaussian-analytic.ts';
import { GaussianDiscrete } from '../../../dp/diffprivlib-ts/mechanisms/gaussian-discrete.ts';
import { Geometric } from '../../../dp/diffprivlib-ts/mechanisms/geometric.ts';
import { GeometricFolded } from '../../../dp/diffprivlib-ts/mechanisms/geometric-folded.ts';
import { GeometricTruncated } from '../../../dp/diffprivlib-ts/mechanisms/geometric-truncated.ts';
import { Laplace } from '../../../dp/diffprivlib-ts/mechanisms/laplace.ts';
import { LaplaceBoundedDomain } from '../../../dp/diffprivlib-ts/mechanisms/laplace-bounded-domain.ts';
import { LaplaceBoundedNoise } from '../../../dp/diffprivlib-ts/mechanisms/laplace-bounded-noise.ts';
import { LaplaceFolded } from '../../../dp/diffprivlib-ts/mechanisms/laplace-folded.ts';
import { LaplaceTruncated } from '../../../dp/diffprivlib-ts/mechanisms/laplace-truncated.ts';
import { Snapping } from '../../../dp/diffprivlib-ts/mechanisms/snapping.ts';
import { Staircase } from '../../../dp/diffprivlib-ts/mechanisms/staircase.ts';
import { Uniform } from '../../../dp/diffprivlib-ts/mechanisms/uniform.ts';
import { type Objective, Vector } from '../../../dp/diffprivlib-ts/mechanisms/vector.ts';
import { SEED, seededEntropy } from '../seeded-entropy.ts';
import { chiSquareDeviate, kolmogorovStatistic, normalCdf } from '../statistics.ts';
import { NUMERIC } from './mechanisms.ts';

const DRAWS = 20_000;

function draws(mechanism: { randomise(value: number): number }, value: number, count = DRAWS): Float64Array {
  return Float64Array.from({ length: count }, () => mechanism.randomise(value));
}

const laplaceCdf = (x: number) => (x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2);

describe(`continuous releases (seed ${SEED})`, () => {
  const entropy = (label: string) => seededEntropy(`distribution ${label}`);
  const fits = (sample: Float64Array, cdf: (x: number) => number) =>
    expect(kolmogorovStatistic(sample, cdf)).toBeLessThan(2.8);

  it.each([1, 0.1, 3e-7, 1 / 3])('Laplace at sensitivity %d', (sensitivity) => {
    const mechanism = new Laplace({ epsilon: 0.7, sensitivity, entropy: entropy(`laplace ${sensitivity}`) });
    fits(draws(mechanism, 0.2), (x) => laplaceCdf(((x - 0.2) * 0.7) / sensitivity));
  });

  it('GaussianAnalytic', () => {
    const mechanism = new GaussianAnalytic({
      epsilon: 2,
      delta: 1e-5,
      sensitivity: 0.3,
      entropy: entropy('gauss'),
    });
    const sigma = Math.sqrt(mechanism.variance(0));
    fits(draws(mechanism, -4), (x) => normalCdf((x + 4) / sigma));
  });

  it('LaplaceFolded: the sum over all images', () => {
    const options = { epsilon: 1, sensitivity: 2, lower: -1, upper: 4 };
    const cdf = (x: number) => {
      let sum = 0;
      for (let k = -12; k <= 12; k++) {
        // The image of [−1, x] in the k-th period and its mirror image.
        sum += laplaceCdf((x + 10 * k - 0.5) / 2) - laplaceCdf((-x - 2 + 10 * k - 0.5) / 2);
      }
      return sum;
    };
    fits(draws(new LaplaceFolded({ ...options, entropy: entropy('folded') }), 0.5), cdf);
  });

  it.each([0, 0.3, 5, 9])('LaplaceBoundedDomain around %d', (value) => {
    const options = { epsilon: 1, sensitivity: 1, lower: 0, upper: 5 };
    const mechanism = new LaplaceBoundedDomain({ ...options, entropy: entropy(`domain ${value}`) });
    const rate = mechanism.effectiveEpsilon() ?? 0;
    const centre = Math.min(5, value);
    const at = (x: number) => laplaceCdf((x - centre) * rate);
    fits(draws(mechanism, value), (x) => (at(x) - at(0)) / (at(5) - at(0)));
  });

  it.each([
    [1, 0.1],
    [0.02, 0.45],
  ])('LaplaceBoundedNoise at ε %d, δ %d', (epsilon, delta) => {
    const mechanism = new LaplaceBoundedNoise({
      epsilon,
      delta,
      sensitivity: 3,
      entropy: entropy(`noise ${delta}`),
    });
    const bound = (mechanism.noiseBound * epsilon) / 3;
    const sample = draws(mechanism, 1);
    fits(sample, (x) => {
      const at = laplaceCdf(((x - 1) * epsilon) / 3);
      return (at - laplaceCdf(-bound)) / (laplaceCdf(bound) - laplaceCdf(-bound));
    });
    expect(Math.max(...sample.map((x) => Math.abs(x - 1)))).toBeLessThanOrEqual(mechanism.noiseBound);
  });

  it.each([0, 0.25, 1])('Staircase at γ %d', (gamma) => {
    const mechanism = new Staircase({
      epsilon: 1,
      sensitivity: 2,
      gamma,
      entropy: entropy(`stairs ${gamma}`),
    });
    const density = (a: number) => Math.exp(-Math.floor(a - gamma + 1));
    // Mass of |noise|/Δ in whole blocks, then the part of one before and after its threshold.
    const block = gamma + (1 - gamma) * Math.exp(-1);
    const total = block / (1 - Math.exp(-1));
    const half = (a: number) => {
      const k = Math.floor(a);
      const rest = a - k;
      const inside = Math.min(rest, gamma) * density(k) + Math.max(0, rest - gamma) * Math.exp(-k - 1);
      const first = gamma > 0 ? inside : rest * Math.exp(-k - 1);
      return (block * (1 - Math.exp(-k))) / (1 - Math.exp(-1)) / total + first / total;
    };
    fits(draws(mechanism, 7), (x) => (1 + Math.sign(x - 7) * half(Math.abs(x - 7) / 2)) / 2);
  });

  it('Uniform', () => {
    const sample = draws(new Uniform({ delta: 0.05, sensitivity: 0.1, entropy: entropy('uniform') }), 3);
    fits(sample, (x) => Math.min(1, Math.max(0, (x - 2) / 2)));
  });

  it('Vector: the norm is a Gamma variable, the direction uniform', () => {
    const mechanism = new Vector({
      epsilon: 1,
      functionSensitivity: 0.25,
      dataSensitivity: 2,
      dimension: 3,
      alpha: 8,
      n: 5,
      entropy: entropy('vector'),
    });
    const flat: Objective = () => [0, [0, 0, 0]];
    // cR²/α = 1/8; what is left of ε makes the scale 2R/ε′, here divided by n.
    const scale = 4 / (1 - 2 * Math.log(1 + 1 / 8)) / 5;
    const slopes = Array.from({ length: 6000 }, () => {
      const result = mechanism.randomise(flat)([0, 0, 0]);
      return typeof result === 'number' ? [] : [...Array.from(result[1])];
    });
    const norms = Float64Array.from(slopes, (slope) => Math.hypot(...slope) / scale);
    fits(norms, (x) => 1 - Math.exp(-x) * (1 + x + (x * x) / 2));
    // On the sphere in three dimensions every coordinate is uniform (Archimedes).
    for (const axis of [0, 1, 2]) {
      fits(
        Float64Array.from(slopes, (slope) => (slope[axis] ?? 0) / Math.hypot(...slope)),
        (x) => (x + 1) / 2,
      );
    }
  });
});

describe(`discrete releases (seed ${SEED})`, () => {
  const entropy = (label: string) => seededEntropy(`pmf ${label}`);

  /** Chi-square over the points from −reach to reach around the value, with both tails lumped at the ends. */
  function fits(sample: Float64Array, centre: number, reach: number, pmf: (k: number) => number): void {
    const bin = (k: number) => Math.min(reach, Math.max(-reach, k)) + reach;
    const observed = new Float64Array(2 * reach + 1);
    const expected = new Float64Array(2 * reach + 1);
    for (const x of sample) observed[bin(x - centre)] = (observed[bin(x - centre)] ?? 0) + 1;
    for (let k = -400; k <= 400; k++) expected[bin(k)] = (expected[bin(k)] ?? 0) + pmf(k) * sample.length;
    const used = Array.from(expected.keys()).filter((i) => (expected[i] ?? 0) > 0);
    expect(observed.reduce((sum, n, i) => sum + (used.includes(i) ? 0 : n), 0)).toBe(0);
    const pick = (counts: Float64Array) => used.map((i) => counts[i] ?? 0);
    expect(Math.abs(chiSquareDeviate(pick(observed), pick(expected)))).toBeLessThan(5);
  }

  const geometric = (x: number) => (k: number) => Math.tanh(x / 2) * Math.exp(-x * Math.abs(k));

  it.each([
    [1, 1],
    [0.3, 2],
    [0.1, 1],
  ])('Geometric at ε %d, Δ %d', (epsilon, sensitivity) => {
    const mechanism = new Geometric({ epsilon, sensitivity, entropy: entropy(`geometric ${epsilon}`) });
    fits(draws(mechanism, 5), 5, 6, geometric(epsilon / sensitivity));
  });

  it('GeometricTruncated', () => {
    const mechanism = new GeometricTruncated({
      epsilon: 0.5,
      lower: 3,
      upper: 8,
      entropy: entropy('truncated'),
    });
    const pmf = (k: number) => {
      let sum = 0;
      for (let j = -200; j <= 200; j++)
        if (Math.min(8, Math.max(3, 4 + j)) === 4 + k) sum += geometric(0.5)(j);
      return sum;
    };
    fits(draws(mechanism, 4), 4, 4, pmf);
  });

  it.each([
    [0, 5],
    [-0.5, 4.5],
    [0, 4.5],
  ])('GeometricFolded at %d and %d', (lower, upper) => {
    const mechanism = new GeometricFolded({
      epsilon: 0.4,
      lower,
      upper,
      entropy: entropy(`folded ${upper}`),
    });
    const pmf = (k: number) => {
      let sum = 0;
      for (let j = -200; j <= 200; j++) {
        let y = 2 + j;
        while (y < lower || y > upper) y = y < lower ? 2 * lower - y : 2 * upper - y;
        if (y === 2 + k) sum += geometric(0.4)(j);
      }
      return sum;
    };
    fits(draws(mechanism, 2), 2, 3, pmf);
  });

  it('GeometricFolded of an integer where doubles have no halves', () => {
    const mechanism = new GeometricFolded({ epsilon: 100, lower: 0.5, upper: 3 });
    // 2^52 + 1 is 2 modulo the period 5.
    expect(mechanism.randomise(2 ** 52 + 1)).toBe(2);
  });

  it('GaussianDiscrete', () => {
    const mechanism = new GaussianDiscrete({ epsilon: 1.5, delta: 0.01, entropy: entropy('gaussian') });
    // σ² itself: at this size the variance is the same to 1e-9.
    const sigmaSquared = mechanism.variance(0);
    fits(draws(mechanism, 9), 9, 4, (k) => discreteGaussianPmf(sigmaSquared, k));
  });

  it('LaplaceTruncated: both ends have their tails, and between them it is a Laplace', () => {
    const mechanism = new LaplaceTruncated({
      epsilon: 1,
      sensitivity: 1,
      lower: 0,
      upper: 2,
      entropy: entropy('ends'),
    });
    const bins = draws(mechanism, 0.5).map((x) => (x === 0 ? -1 : x === 2 ? 4 : Math.floor(2 * x)));
    const edge = (k: number) => laplaceCdf(k / 2 - 0.5);
    const pmf = (k: number) =>
      k === -1 ? edge(0) : k === 4 ? 1 - edge(4) : k >= 0 && k < 4 ? edge(k + 1) - edge(k) : 0;
    fits(bins, 0, 4, pmf);
  });

  it.each([0.1, 100])('Snapping of %d: multiples of Λ and the bounds', (value) => {
    const options = { epsilon: 1, sensitivity: 0.3, lower: -1.2, upper: 0.7 };
    const mechanism = new Snapping({ ...options, entropy: entropy(`snap ${value}`) });
    expect(mechanism.step).toBe(0.5);
    const points = [-1.2, -1, -0.5, 0, 0.5, 0.7];
    const sample = draws(mechanism, value).map((x) => points.indexOf(x));
    const edge = (x: number) => laplaceCdf((x - Math.min(0.7, value)) / 0.3);
    const edges = [Number.NEGATIVE_INFINITY, -1.25, -0.75, -0.25, 0.25, 0.75, Number.POSITIVE_INFINITY];
    fits(sample, 0, 5, (k) => (k < 0 || k > 5 ? 0 : edge(edges[k + 1] ?? 0) - edge(edges[k] ?? 0)));
  });

  it('Binary', () => {
    const mechanism = new Binary({ epsilon: 0.4, value0: 'no', value1: 'yes', entropy: entropy('binary') });
    const kept = Array.from({ length: DRAWS }, () => mechanism.randomise('yes')).filter(
      (x) => x === 'yes',
    ).length;
    const p = Math.exp(0.4) / (1 + Math.exp(0.4));
    expect(Math.abs(kept - p * DRAWS)).toBeLessThan(5 * Math.sqrt(DRAWS * p * (1 - p)));
  });
});

describe.each(NUMERIC)(`$name (seed ${SEED})`, ({ name, make, options, value }) => {
  it.each([value, value + 3])('has the bias and variance that it states, at %d', (at) => {
    const mechanism = make({ ...options, entropy: seededEntropy(`moments ${name} ${at}`) });
    const sample = Array.from({ length: DRAWS }, () => Number(mechanism.randomise(at)) - at);
    const mean = sample.reduce((sum, x) => sum + x, 0) / DRAWS;
    const [second, fourth] = [2, 4].map((k) => sample.reduce((sum, x) => sum + (x - mean) ** k, 0) / DRAWS);
    const variance = mechanism.variance(at);
    expect(Math.abs(mean - mechanism.bias(at))).toBeLessThan(5 * Math.sqrt(variance / DRAWS));
    const error = Math.sqrt(((fourth ?? 0) - variance ** 2) / DRAWS);
    expect(Math.abs((second ?? 0) - variance)).toBeLessThan(5 * error);
  });
});
