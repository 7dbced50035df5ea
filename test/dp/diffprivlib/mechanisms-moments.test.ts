/** Bias, variance and mse against direct integration or summation over the noise, which share nothing with them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Geometric } from '../../../dp/diffprivlib-ts/mechanisms/geometric.ts';
import { GeometricFolded } from '../../../dp/diffprivlib-ts/mechanisms/geometric-folded.ts';
import { GeometricTruncated } from '../../../dp/diffprivlib-ts/mechanisms/geometric-truncated.ts';
import { LaplaceBoundedDomain } from '../../../dp/diffprivlib-ts/mechanisms/laplace-bounded-domain.ts';
import { LaplaceBoundedNoise } from '../../../dp/diffprivlib-ts/mechanisms/laplace-bounded-noise.ts';
import { LaplaceFolded } from '../../../dp/diffprivlib-ts/mechanisms/laplace-folded.ts';
import { LaplaceTruncated } from '../../../dp/diffprivlib-ts/mechanisms/laplace-truncated.ts';
import { Snapping } from '../../../dp/diffprivlib-ts/mechanisms/snapping.ts';
import { Staircase } from '../../../dp/diffprivlib-ts/mechanisms/staircase.ts';

interface Moments {
  readonly bias: number;
  readonly variance: number;
}

/** Gauss and Legendre's five points on [−1, 1]. */
const NODES = [0, 0.5384693101056831, 0.906179845938664];
const WEIGHTS = [0.5688888888888889, 0.47862867049936647, 0.23692688505618908];

/** ∫ f over the intervals between successive breaks, each cut into pieces no longer than `longest`. */
function integrate(f: (x: number) => number, breaks: readonly number[], longest: number): number {
  let sum = 0;
  const ends = [...breaks].sort((a, b) => a - b);
  for (let i = 1; i < ends.length; i++) {
    const from = ends[i - 1] ?? 0;
    const pieces = Math.ceil(((ends[i] ?? 0) - from) / longest);
    const half = ((ends[i] ?? 0) - from) / pieces / 2;
    for (let p = 0; p < pieces; p++) {
      const middle = from + (2 * p + 1) * half;
      NODES.forEach((node, k) => {
        const both = k === 0 ? f(middle) : f(middle - node * half) + f(middle + node * half);
        sum += (WEIGHTS[k] ?? 0) * half * both;
      });
    }
  }
  return sum;
}

/** Moments of post(value + noise) − value, where noise has the given unnormalised density. */
function integrated(
  density: (x: number) => number,
  post: (x: number) => number,
  value: number,
  breaks: readonly number[],
  longest: number,
): Moments {
  const mass = integrate(density, breaks, longest);
  const error = (x: number) => post(value + x) - value;
  const bias = integrate((x) => density(x) * error(x), breaks, longest) / mass;
  return { bias, variance: integrate((x) => density(x) * (error(x) - bias) ** 2, breaks, longest) / mass };
}

/** The same for noise on the integers. */
function summed(
  weight: (k: number) => number,
  post: (x: number) => number,
  value: number,
  reach: number,
): Moments {
  let mass = 0;
  let first = 0;
  for (let k = -reach; k <= reach; k++) {
    mass += weight(k);
    first += weight(k) * (post(value + k) - value);
  }
  const bias = first / mass;
  let second = 0;
  for (let k = -reach; k <= reach; k++) second += weight(k) * (post(value + k) - value - bias) ** 2;
  return { bias, variance: second / mass };
}

function expectMoments(
  mechanism: { bias(value: number): number; variance(value: number): number },
  value: number,
  { bias, variance }: Moments,
  relative = 1e-9,
): void {
  const spread = Math.sqrt(variance);
  expect(Math.abs(mechanism.bias(value) - bias)).toBeLessThan(relative * Math.max(spread, Math.abs(bias)));
  expect(Math.abs(mechanism.variance(value) - variance)).toBeLessThan(relative * variance);
}

const clamp = (lower: number, upper: number) => (x: number) => Math.min(upper, Math.max(lower, x));

/** One reflection at a time. */
function reflect(lower: number, upper: number) {
  return (x: number) => {
    let y = x;
    while (y < lower || y > upper) y = y < lower ? 2 * lower - y : 2 * upper - y;
    return y;
  };
}

const range = fc.record({
  epsilon: fc.double({ min: 0.2, max: 4, noNaN: true }),
  lower: fc.double({ min: -5, max: 0, noNaN: true }),
  width: fc.double({ min: 0.5, max: 12, noNaN: true }),
  at: fc.double({ min: -0.4, max: 1.4, noNaN: true }),
});
const RUNS = { numRuns: 25 };

describe('against integration over the noise', () => {
  const laplace = (b: number) => (x: number) => Math.exp(-Math.abs(x) / b);

  it('LaplaceTruncated, values outside included', () => {
    fc.assert(
      fc.property(range, ({ epsilon, lower, width, at }) => {
        const [b, upper, value] = [2 / epsilon, lower + width, lower + at * width];
        const breaks = [-45 * b, 0, lower - value, upper - value, 45 * b];
        const mechanism = new LaplaceTruncated({ epsilon, sensitivity: 2, lower, upper });
        expectMoments(mechanism, value, integrated(laplace(b), clamp(lower, upper), value, breaks, b));
      }),
      RUNS,
    );
  });

  it('LaplaceFolded, values outside included', () => {
    fc.assert(
      fc.property(range, ({ epsilon, lower, width, at }) => {
        const [b, upper, value] = [1 / epsilon, lower + width, lower + at * width];
        const folds = Array.from({ length: 401 }, (_, k) => lower - value + (k - 200) * width);
        const breaks = [-45 * b, 0, ...folds.filter((x) => Math.abs(x) < 45 * b), 45 * b];
        const mechanism = new LaplaceFolded({ epsilon, sensitivity: 1, lower, upper });
        expectMoments(mechanism, value, integrated(laplace(b), reflect(lower, upper), value, breaks, b));
      }),
      RUNS,
    );
  });

  it('LaplaceBoundedDomain, whose scale follows from its effective ε', () => {
    fc.assert(
      fc.property(range, ({ epsilon, lower, width, at }) => {
        const upper = lower + width;
        const mechanism = new LaplaceBoundedDomain({ epsilon, sensitivity: 0.5, lower, upper });
        const b = 0.5 / (mechanism.effectiveEpsilon() ?? 0);
        const value = lower + at * width;
        const inside = clamp(lower, upper)(value);
        const breaks = [lower - inside, 0, upper - inside];
        const direct = integrated(laplace(b), (x) => x, inside, breaks, b);
        expectMoments(mechanism, value, { ...direct, bias: direct.bias + inside - value });
      }),
      RUNS,
    );
  });

  it('LaplaceBoundedNoise', () => {
    for (const [epsilon, delta] of [
      [1, 0.1],
      [0.01, 0.49],
      [3, 1e-8],
      [800, 0.2],
    ] as const) {
      const b = 2 / epsilon;
      // ln(1 + (e^ε − 1)/2δ), past where e^ε overflows.
      const bound = b * (epsilon + Math.log(Math.exp(-epsilon) + -Math.expm1(-epsilon) / (2 * delta)));
      const mechanism = new LaplaceBoundedNoise({ epsilon, delta, sensitivity: 2 });
      expect(mechanism.noiseBound).toBeCloseTo(bound, 9);
      expectMoments(
        mechanism,
        5,
        integrated(laplace(b), (x) => x, 5, [-bound, 0, bound], Math.min(b, bound)),
      );
    }
  });

  it('Staircase', () => {
    for (const [epsilon, gamma] of [
      [1, 0.3],
      [0.2, 0],
      [3, 1],
      [2, undefined],
    ] as const) {
      const mechanism = new Staircase({ epsilon, sensitivity: 3, ...(gamma === undefined ? {} : { gamma }) });
      const tread = 3 * mechanism.gamma;
      const density = (x: number) => Math.exp(-epsilon * Math.ceil((Math.abs(x) - tread) / 3));
      const blocks = Math.ceil(45 / epsilon);
      const steps = Array.from({ length: blocks }, (_, k) => [
        3 * k + tread,
        -3 * k - tread,
        3 * k,
        -3 * k,
      ]).flat();
      expectMoments(
        mechanism,
        1,
        integrated(density, (x) => x, 1, steps, 3),
      );
    }
  });

  it('Snapping, values outside included', () => {
    fc.assert(
      fc.property(range, ({ epsilon, lower, width, at }) => {
        const [b, upper, value] = [1.5 / epsilon, lower + width, lower + at * width];
        const mechanism = new Snapping({ epsilon, sensitivity: 1.5, lower, upper });
        const { step } = mechanism;
        expect(step >= b && step < 2 * b && Number.isInteger(Math.log2(step))).toBe(true);
        const centre = clamp(lower, upper)(value);
        const nearest = Math.round(centre / step);
        const jumps = Array.from({ length: 101 }, (_, k) => (nearest + k - 50.5) * step - centre);
        const breaks = [-45 * b, 0, ...jumps.filter((x) => Math.abs(x) < 45 * b), 45 * b];
        const snap = (x: number) => clamp(lower, upper)(Math.round(x / step) * step);
        const direct = integrated(laplace(b), snap, centre, breaks, b);
        expectMoments(mechanism, value, { ...direct, bias: direct.bias + centre - value });
      }),
      RUNS,
    );
  });
});

describe('against summation over the noise', () => {
  const whole = fc.record({
    epsilon: fc.double({ min: 0.2, max: 5, noNaN: true }),
    sensitivity: fc.integer({ min: 1, max: 4 }),
    lower: fc.integer({ min: -6, max: 0 }),
    width: fc.integer({ min: 1, max: 12 }),
    value: fc.integer({ min: -10, max: 10 }),
    halves: fc.tuple(fc.constantFrom(0, 0.5), fc.constantFrom(0, 0.5)),
  });
  const weight = (x: number) => (k: number) => Math.exp(-x * Math.abs(k));

  it('Geometric and GeometricTruncated, values outside included', () => {
    fc.assert(
      fc.property(whole, ({ epsilon, sensitivity, lower, width, value }) => {
        const x = epsilon / sensitivity;
        const reach = Math.ceil(45 / x) + 30;
        const plain = summed(weight(x), (y) => y, value, reach);
        expectMoments(new Geometric({ epsilon, sensitivity }), value, plain);
        const upper = lower + width;
        const truncated = new GeometricTruncated({ epsilon, sensitivity, lower, upper });
        expectMoments(truncated, value, summed(weight(x), clamp(lower, upper), value, reach));
      }),
      RUNS,
    );
  });

  it('GeometricFolded, at bounds on and between the integers', () => {
    fc.assert(
      fc.property(whole, ({ epsilon, sensitivity, lower, width, value, halves }) => {
        const x = epsilon / sensitivity;
        const [from, to] = [lower + halves[0], lower + width + halves[1]];
        const mechanism = new GeometricFolded({ epsilon, sensitivity, lower: from, upper: to });
        const direct = summed(weight(x), reflect(from, to), value, Math.ceil(45 / x));
        if (Math.ceil(from) === Math.floor(to)) {
          // A single integer, and no variance to be relative to.
          expect(mechanism.variance(value)).toBeCloseTo(0, 12);
        } else expectMoments(mechanism, value, direct);
      }),
      { numRuns: 60 },
    );
  });
});

describe('where the textbook formulas lose their digits', () => {
  it('a range far narrower than the noise: everything is nearly uniform, or at one of the ends', () => {
    const options = { epsilon: 1e-9, sensitivity: 1, lower: 0, upper: 1 };
    expectMoments(new LaplaceFolded(options), 0.25, { bias: 0.25, variance: 1 / 12 }, 1e-8);
    expectMoments(new LaplaceTruncated(options), 0.25, { bias: 0.25, variance: 1 / 4 }, 1e-8);
    expectMoments(
      new LaplaceBoundedDomain({ ...options, sensitivity: 0.5 }),
      0.25,
      { bias: 0.25, variance: 1 / 12 },
      1e-8,
    );
    expectMoments(new GeometricTruncated({ ...options, upper: 10 }), 3, { bias: 2, variance: 25 }, 1e-7);
    // Eleven points, of which the ends have half weight; ten points of equal weight.
    expectMoments(new GeometricFolded({ ...options, upper: 10 }), 3, { bias: 2, variance: 8.5 }, 1e-7);
    expectMoments(
      new GeometricFolded({ ...options, lower: 0.5, upper: 10.5 }),
      3,
      { bias: 2.5, variance: 8.25 },
      1e-7,
    );
    // And mixed: the weights are ½, 1, …, 1 over 0 … 10.
    expectMoments(
      new GeometricFolded({ ...options, upper: 10.5 }),
      3,
      { bias: 55 / 10.5 - 3, variance: 385 / 10.5 - (55 / 10.5) ** 2 },
      1e-7,
    );
  });

  it('a value far larger than the range and the noise', () => {
    const near = new LaplaceTruncated({ epsilon: 1, sensitivity: 1, lower: -1, upper: 1 });
    const far = new LaplaceTruncated({ epsilon: 1, sensitivity: 1, lower: 2 ** 40 - 1, upper: 2 ** 40 + 1 });
    expect(far.variance(2 ** 40)).toBe(near.variance(0));
    const folded = (at: number) =>
      new LaplaceFolded({ epsilon: 1, sensitivity: 1, lower: at - 1, upper: at + 1 });
    expect(folded(2 ** 40).mse(2 ** 40 + 0.5)).toBe(folded(0).mse(0.5));
  });

  it('a range far wider than the noise: what happens at the ends is all there is', () => {
    const options = { epsilon: 1, sensitivity: 1, lower: 0, upper: 1e6 };
    for (const value of [0, 1e6]) {
      // |noise| at an end: an exponential variable.
      expectMoments(new LaplaceFolded(options), value, { bias: value === 0 ? 1 : -1, variance: 1 }, 1e-9);
    }
    expectMoments(new LaplaceFolded(options), 5e5, { bias: 0, variance: 2 }, 1e-12);
    const bounded = new LaplaceBoundedDomain(options);
    const own = 1 / (bounded.effectiveEpsilon() ?? 0);
    expectMoments(bounded, 5e5, { bias: 0, variance: 2 * own * own }, 1e-9);
  });

  it('ε so large or small that exponentials overflow or cancel', () => {
    expect(new Geometric({ epsilon: 1e-9 }).variance(0)).toBeCloseTo(2e18, -3);
    expect(new Geometric({ epsilon: 2000 }).variance(0)).toBe(0);
    expect(new GeometricFolded({ epsilon: 4000, lower: 0.5, upper: 7 }).variance(3)).toBeCloseTo(0, 12);
    expect(new Staircase({ epsilon: 1e-6, sensitivity: 1 }).variance(0) / 2e12).toBeCloseTo(1, 5);
    expect(new LaplaceFolded({ epsilon: 5000, sensitivity: 1, lower: 0, upper: 1 }).bias(0.2)).toBeCloseTo(
      0,
      12,
    );
  });
});
