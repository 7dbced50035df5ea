import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BudgetAccountant } from '../../../dp/diffprivlib-ts/accountant.ts';
import { mean, std, sum, variance } from '../../../dp/diffprivlib-ts/tools/moments.ts';
import { nanmean, nanstd, nansum, nanvar } from '../../../dp/diffprivlib-ts/tools/nan-moments.ts';
import type { Nested } from '../../../dp/diffprivlib-ts/tools/ndarray.ts';
import { seededEntropy } from '../seeded-entropy.ts';
import { kolmogorovStatistic } from '../statistics.ts';

const accountant = new BudgetAccountant();
const NEARLY_NO_NOISE = 1e9;

function exactMean(values: readonly number[]): number {
  return values.reduce((total, x) => total + x, 0) / values.length;
}

function exactVariance(values: readonly number[]): number {
  return exactMean(values.map((x) => (x - exactMean(values)) ** 2));
}

function flat(result: number | Nested): number[] {
  return typeof result === 'number' ? [result] : result.flatMap(flat);
}

function shapeOf(result: number | Nested): number[] {
  return typeof result === 'number' ? [] : [result.length, ...shapeOf(result[0] ?? 0)];
}

const element = fc.double({ min: -3, max: 7, noNaN: true });

describe('with hardly any noise', () => {
  const exact = {
    mean: [mean, exactMean],
    sum: [sum, (values: number[]) => values.reduce((total, x) => total + x, 0)],
    variance: [variance, exactVariance],
    std: [std, (values: number[]) => Math.sqrt(exactVariance(values))],
  } as const;

  it.each(Object.entries(exact))('%s is the value of the clipped elements', (_, [tool, formula]) => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 30 }),
        (values) => {
          const clipped = values.map((x) => Math.min(7, Math.max(-3, x)));
          const result = tool(values, { epsilon: NEARLY_NO_NOISE, bounds: [-3, 7], accountant });
          // √ makes 1e-8 of the variance's rounding near 0.
          expect(Math.abs(result - formula(clipped))).toBeLessThan(tool === std ? 1e-3 : 1e-5);
        },
      ),
    );
  });

  const values = [1, Number.NaN, 4, -20, Number.NaN, 2.5];
  const present = [1, 4, -3, 2.5];
  it.each([
    ['nanmean', nanmean, exactMean(present)],
    ['nansum', nansum, 4.5],
    ['nanvar', nanvar, exactVariance(present)],
    ['nanstd', nanstd, Math.sqrt(exactVariance(present))],
  ])('%s leaves out what is no number', (_, tool, expected) => {
    expect(tool(values, { epsilon: NEARLY_NO_NOISE, bounds: [-3, 7], accountant })).toBeCloseTo(expected, 5);
  });

  it('nansum adds nothing for a missing value, be 0 within the bounds or not', () => {
    const options = { epsilon: NEARLY_NO_NOISE, accountant };
    expect(nansum([Number.NaN, 5, 9], { ...options, bounds: [5, 6] })).toBeCloseTo(11, 5);
    expect(nansum([Number.NaN, -5, -9], { ...options, bounds: [-6, -5] })).toBeCloseTo(-11, 5);
  });

  it('a value that is no number counts as the middle, infinite ones as the bounds', () => {
    const options = { epsilon: NEARLY_NO_NOISE, bounds: [0, 8] as const, accountant };
    expect(mean([Number.NaN, 8], options)).toBeCloseTo(6, 5);
    expect(mean([Infinity, -Infinity, -Infinity, -Infinity], options)).toBeCloseTo(2, 5);
  });

  it('equal bounds give what they say, without noise', () => {
    expect(mean([5, 9], { bounds: [3, 3], accountant })).toBe(3);
    expect(sum([5, 9], { bounds: [3, 3], accountant })).toBe(6);
    expect(variance([5, 9], { bounds: [3, 3], accountant })).toBe(0);
    expect(variance([5], { bounds: [3, 7], accountant })).toBe(0);
  });

  it.each([
    [
      [1e300, 3e300],
      [2e300, 2e300],
    ],
    [
      [0, 5e-324],
      [0, 5e-324, 5e-324],
    ],
    [[-1e-310, 1e-310], [1e-310]],
    [
      [1e15, 1e15 + 1],
      [1e15, 1e15 + 0.5],
    ],
    [[-8.9e307, 8.9e307], [1e307]],
  ] as const)('bounds %j are within its reach', (bounds, elements) => {
    const result = mean(elements, { epsilon: NEARLY_NO_NOISE, bounds, accountant });
    const expected = elements.reduce((total, x) => total + x / elements.length, 0);
    expect(Math.abs(result - expected)).toBeLessThanOrEqual(1e-6 * (bounds[1] - bounds[0]) + 5e-324);
  });
});

describe('axes', () => {
  const data = Array.from({ length: 24 }, (_, i) => (i * 7) % 11);
  const cube = { data, shape: [2, 3, 4] };
  const at = (i: number, j: number, k: number) => data[12 * i + 4 * j + k] ?? 0;
  const options = { epsilon: NEARLY_NO_NOISE, bounds: [0, 11] as const, accountant };
  const lanes: readonly [string, number | number[] | null, boolean, number[], number[][]][] = [
    ['none', null, false, [], [data]],
    ['none, kept', null, true, [1, 1, 1], [data]],
    ['0', 0, false, [3, 4], [0, 1, 2].flatMap((j) => [0, 1, 2, 3].map((k) => [at(0, j, k), at(1, j, k)]))],
    [
      '1, kept',
      1,
      true,
      [2, 1, 4],
      [0, 1].flatMap((i) => [0, 1, 2, 3].map((k) => [0, 1, 2].map((j) => at(i, j, k)))),
    ],
    [
      '-1',
      -1,
      false,
      [2, 3],
      [0, 1].flatMap((i) => [0, 1, 2].map((j) => [0, 1, 2, 3].map((k) => at(i, j, k)))),
    ],
    [
      '0 and 2',
      [2, 0],
      false,
      [3],
      [0, 1, 2].map((j) => [0, 1].flatMap((i) => [0, 1, 2, 3].map((k) => at(i, j, k)))),
    ],
  ];

  it.each(lanes)('%s', (_, axis, keepdims, shape, expected) => {
    for (const [tool, formula] of [
      [mean, exactMean],
      [variance, exactVariance],
    ] as const) {
      const result = tool(cube, { ...options, axis, keepdims });
      expect(shapeOf(result)).toEqual(shape);
      const values = flat(result);
      expect(values).toHaveLength(expected.length);
      expected.forEach((lane, i) => {
        expect(values[i]).toBeCloseTo(formula(lane), 4);
      });
    }
  });

  it('nested arrays, typed arrays and data with a shape are the same to it', () => {
    const nested = [0, 1].map((i) => [0, 1, 2].map((j) => [0, 1, 2, 3].map((k) => at(i, j, k))));
    const run = (input: Parameters<typeof mean>[0]) =>
      mean(input, { ...options, entropy: seededEntropy('same') });
    expect(run(nested)).toBe(run(cube));
    expect(run(Float64Array.from(data))).toBe(run(cube));
  });
});

describe('noise', () => {
  const values = Array.from({ length: 40 }, (_, i) => i / 4);
  const bounds = [0, 10] as const;

  it.each([
    ['mean', mean, 4.875, 10 / 40 / 8],
    ['sum', sum, 195, 10 / 8],
    ['nansum', nansum, 195, 10 / 8],
  ])('of %s is centred Laplace of the scale sensitivity/epsilon', (name, tool, centre, scale) => {
    const entropy = seededEntropy(`laplace ${name}`);
    const releases = Array.from({ length: 4000 }, () =>
      tool(values, { epsilon: 8, bounds, entropy, accountant }),
    );
    const cdf = (x: number) => {
      const tail = Math.exp(-Math.abs(x - centre) / scale) / 2;
      return x < centre ? tail : 1 - tail;
    };
    expect(kolmogorovStatistic(releases, cdf)).toBeLessThan(2.8);
  });

  it('of variance is centred Laplace, of a scale a little above sensitivity/epsilon for being bounded', () => {
    const entropy = seededEntropy('bounded laplace');
    const epsilon = 30;
    const centre = exactVariance(values);
    const releases = Array.from({ length: 3000 }, () =>
      variance(values, { epsilon, bounds, entropy, accountant }),
    );
    // Holohan et al. 2020: the scale b solves b·(ε − ln ΔC(b)) = Δ, and ΔC is 2 where b is far below Δ.
    const scale = ((39 / 1600) * 100) / (epsilon - Math.LN2);
    const cdf = (x: number) => {
      const tail = Math.exp(-Math.abs(x - centre) / scale) / 2;
      return x < centre ? tail : 1 - tail;
    };
    expect(kolmogorovStatistic(releases, cdf)).toBeLessThan(2.8);
  });

  it('of nanmean is in its divisor, too', () => {
    // All elements are at the middle, so the sum is its noise; one element more adds 1 to the noisy count alone.
    const count = 50;
    const distances = Array.from({ length: 400 }, (_, seed) => {
      const release = (present: number) =>
        nanmean(
          Array.from({ length: 200 }, (__, i) => (i < present ? 5 : Number.NaN)),
          { epsilon: 1, bounds, accountant, entropy: seededEntropy(`divisor ${seed}`) },
        ) - 5;
      const ratio = release(count) / release(count + 1);
      return Math.abs(1 / (ratio - 1) - count);
    });
    // Of geometric noise at ε/2 the mean distance is 1/sinh(1/2).
    const sorted = distances.toSorted((a, b) => a - b).slice(0, -4);
    expect(exactMean(sorted)).toBeGreaterThan(1.4);
    expect(exactMean(sorted)).toBeLessThan(2.4);
  });

  it('of several outputs has the scale of its share of epsilon', () => {
    const entropy = seededEntropy('shared');
    const table = { data: values, shape: [20, 2] };
    const releases = Array.from({ length: 2500 }, () =>
      flat(mean(table, { epsilon: 16, bounds, entropy, accountant, axis: 0 })),
    );
    const scale = 10 / 20 / 8;
    const deviations = releases.map(([first = 0]) => Math.abs(first - 4.75));
    // E|noise| is the scale, and its standard deviation as well.
    expect(Math.abs(exactMean(deviations) / scale - 1)).toBeLessThan(5 / Math.sqrt(2500));
  });

  it('stays within the bounds of each statistic, however small epsilon is', () => {
    const entropy = seededEntropy('bounded');
    const limits = [
      [mean, 0, 10],
      [sum, 0, 400],
      [variance, 0, 25],
      [std, 0, 5],
      [nanmean, 0, 10],
      [nanvar, 0, 25],
      [nansum, 0, 400],
    ] as const;
    for (const [tool, lower, upper] of limits) {
      for (let i = 0; i < 100; i++) {
        const released = tool(values, { epsilon: 1e-3, bounds, entropy, accountant });
        expect(released).toBeGreaterThanOrEqual(lower);
        expect(released).toBeLessThanOrEqual(upper);
      }
    }
  });
});

describe('neighbours', () => {
  const pair = fc.record({
    values: fc.array(element, { minLength: 2, maxLength: 40 }),
    replaced: element,
    at: fc.nat(),
    seed: fc.nat(),
  });
  const bounds = [-3, 7] as const;
  const both = (values: number[], replaced: number, at: number, release: (values: number[]) => number) =>
    Math.abs(release(values) - release(values.with(at % values.length, replaced)));

  it.each([
    ['mean', mean, (n: number) => 10 / n],
    ['sum', sum, () => 10],
  ])('under the same noise, %s moves by no more than the sensitivity', (name, tool, sensitivity) => {
    fc.assert(
      fc.property(pair, ({ values, replaced, at, seed }) => {
        const moved = both(values, replaced, at, (data) =>
          tool(data, { epsilon: 1, bounds, accountant, entropy: seededEntropy(`${name} ${seed}`) }),
        );
        expect(moved).toBeLessThanOrEqual(sensitivity(values.length) * (1 + 1e-12));
      }),
    );
  });

  it('variance moves by no more than (n−1)/n² of the squared range, and by that much at worst', () => {
    const release = (values: number[]) => variance(values, { epsilon: 1e12, bounds, accountant });
    fc.assert(
      fc.property(pair, ({ values, replaced, at }) => {
        const n = values.length;
        expect(both(values, replaced, at, release)).toBeLessThanOrEqual(((n - 1) / n ** 2) * 100 + 1e-5);
      }),
    );
    expect(both([-3, -3, -3, -3], 7, 0, release)).toBeCloseTo((3 / 16) * 100, 5);
  });

  it('the order of the elements changes nothing at all', () => {
    fc.assert(
      fc.property(fc.array(element, { minLength: 2, maxLength: 60 }), fc.nat(), (values, seed) => {
        const run = (data: number[]) => {
          const entropy = seededEntropy(`order ${seed}`);
          return [mean, sum, variance].map((tool) => tool(data, { epsilon: 2, bounds, entropy, accountant }));
        };
        expect(run(values.toReversed())).toEqual(run(values));
      }),
    );
  });

  /** Share of releases above the threshold. */
  const above = (threshold: number, release: () => number, runs: number) =>
    Array.from({ length: runs }, release).filter((x) => x > threshold).length / runs;

  it('one number among missing values is hidden: diffprivlib tells it at epsilon 1', () => {
    const entropy = seededEntropy('missing');
    const alone = (x: number) => {
      const values = Array.from({ length: 100 }, () => Number.NaN).with(0, x);
      return () => nanmean(values, { epsilon: 1, bounds: [0, 1], entropy, accountant });
    };
    const one = above(0.9, alone(1), 1500);
    const zero = above(0.9, alone(0), 1500);
    expect(zero).toBeGreaterThan(0.1);
    expect(one).toBeLessThan(Math.E * zero + 0.1);
  });

  it('a missing value is hidden from nansum where 0 lies outside the bounds', () => {
    const entropy = seededEntropy('nansum');
    const release = (x: number) => () =>
      nansum([x, 5, 5], { epsilon: 1, bounds: [5, 6], entropy, accountant });
    const there = above(13, release(6), 3000);
    const missing = above(13, release(Number.NaN), 3000);
    expect(there).toBeLessThan(Math.E * missing + 0.08);
  });

  it('variance of neighbours is within e^ε at small n, where the noise is bounded', () => {
    const entropy = seededEntropy('variance');
    const release = (x: number) => () =>
      variance([x, 0], { epsilon: 1, bounds: [0, 2], entropy, accountant });
    const apart = above(0.9, release(2), 4000);
    const equal = above(0.9, release(0), 4000);
    expect(apart).toBeLessThan(Math.E * equal + 5 * Math.E * Math.sqrt(equal / 4000));
  });
});
