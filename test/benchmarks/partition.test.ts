import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partition, splitTest } from '../../benchmarks/partition.ts';
import { dirichlet, seededUniform } from '../../benchmarks/seeded.ts';

/** As many records of each class as the mail corpus has. */
const labels = Uint8Array.from({ length: 5915 }, (_, i) => (i % 3 === 0 && i < 5415 ? 1 : 0));
const count = (indices: readonly number[], label: number) =>
  indices.filter((i) => labels[i] === label).length;

describe('test split', () => {
  test('a fifth of every class, disjoint from the rest, the same for a seed', () => {
    const { train, test: held } = splitTest(labels, 7);
    expect(count(held, 0)).toBe(Math.round(count([...labels.keys()], 0) / 5));
    expect(count(held, 1)).toBe(Math.round(count([...labels.keys()], 1) / 5));
    expect([...train, ...held].sort((a, b) => a - b)).toEqual([...labels.keys()]);
    expect(splitTest(labels, 7)).toEqual({ train, test: held });
    expect(splitTest(labels, 8).test).not.toEqual(held);
  });
});

describe('partition', () => {
  test('deals every record out once, with the least for each, the same for a seed', () => {
    const { train } = splitTest(labels, 1);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.nat(1000), (hospitals, seed) => {
        const shares = partition(labels, train, { hospitals, seed });
        expect(shares).toHaveLength(hospitals);
        expect(shares.flat().sort((a, b) => a - b)).toEqual(train);
        for (const share of shares) {
          expect(share.length).toBeGreaterThanOrEqual(200);
          expect(Math.min(count(share, 0), count(share, 1))).toBeGreaterThanOrEqual(20);
        }
        expect(partition(labels, train, { hospitals, seed })).toEqual(shares);
      }),
      { numRuns: 20 },
    );
    const [one, two] = [1, 2].map((seed) => partition(labels, train, { hospitals: 5, seed }));
    expect(one).not.toEqual(two);
  });

  test('a small α skews the classes, a large one evens them out', () => {
    const spread = (alpha: number) => {
      const options = { hospitals: 5, seed: 3, alpha, minRecords: 1, minPerClass: 0 };
      const shares = partition(labels, [...labels.keys()], options).map(
        (share) => count(share, 1) / share.length,
      );
      return Math.max(...shares) - Math.min(...shares);
    };
    expect(spread(0.2)).toBeGreaterThan(0.4);
    expect(spread(1000)).toBeLessThan(0.1);
  });

  test('what cannot be dealt is refused', () => {
    expect(() => partition(labels, [0, 1, 2, 3], { hospitals: 2, seed: 1 })).toThrow(
      /Ask for fewer hospitals/,
    );
  });
});

test('Dirichlet shares have the distribution’s mean and variance', () => {
  const uniform = seededUniform(11);
  for (const alpha of [0.3, 1, 5]) {
    const first = Array.from({ length: 20_000 }, () => dirichlet(alpha, 4, uniform)[0] ?? 0);
    const mean = first.reduce((a, b) => a + b) / first.length;
    const variance = first.reduce((sum, x) => sum + (x - mean) ** 2, 0) / first.length;
    expect(mean).toBeCloseTo(1 / 4, 2);
    expect(variance).toBeCloseTo(((1 / 4) * (3 / 4)) / (4 * alpha + 1), 2);
  }
});
