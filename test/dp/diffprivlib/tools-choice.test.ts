import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BudgetAccountant } from '../../../dp/diffprivlib-ts/accountant.ts';
import { chooseGroup } from '../../../dp/diffprivlib-ts/tools/exponential-choice.ts';
import {
  groupCells,
  median,
  percentile,
  quantile,
  quantiles,
  RANK_UNIT,
} from '../../../dp/diffprivlib-ts/tools/quantiles.ts';
import { BitSource } from '../../../dp/sampling/entropy.ts';
import { scriptedEntropy, seededEntropy } from '../seeded-entropy.ts';
import { chiSquareDeviate } from '../statistics.ts';

const accountant = new BudgetAccountant();

describe('chooseGroup', () => {
  it.each([
    [
      0.25,
      [
        [1, 0],
        [1, 0],
        [2, 4],
        [1000, 20],
        [3, 1],
      ],
    ],
    [
      1,
      [
        [5, 7],
        [1, 3],
        [2 ** 20, 15],
        [1, 4],
      ],
    ],
    [
      2 ** -10,
      [
        [100, 0],
        [2 ** 33, 2 ** 14],
        [7, 2000],
      ],
    ],
  ] as const)('at rate %d agrees with the exact pmf', (rate, pairs) => {
    const groups = pairs.map(([size, loss]) => ({ size, loss }));
    const weights = groups.map(({ size, loss }) => size * Math.exp(-rate * loss));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const draws = 40_000;
    const bits = new BitSource(seededEntropy(`choice ${rate}`));
    const observed = new Float64Array(groups.length);
    for (let i = 0; i < draws; i++) {
      const chosen = chooseGroup(groups, rate, bits);
      observed[chosen] = (observed[chosen] ?? 0) + 1;
    }
    const expected = weights.map((weight) => (draws * weight) / total);
    expect(Math.abs(chiSquareDeviate(observed, expected))).toBeLessThan(4);
  });

  // The probability of the coin that follows the proposal, from 60 digits of exp(−1/2).
  const SQRT_E = 606530659712633423603799534991180453441918135487186955682892n;
  const TEN_60 = 10n ** 60n;
  const WEIGHT_SHIFT = 49n;
  const weightOf = (x: number) => BigInt(Math.floor(x * 2 ** 49 * (1 + 2 ** -30)) + 1);
  const first = weightOf(1);
  const second = weightOf(Math.exp(-0.5));

  it.each([
    ['just below its probability is kept', -1n, 1],
    ['just above its probability is not', 1n, 0],
  ])('where doubles cannot tell, a uniform number %s', (_, side, expected) => {
    // 53 bits and 32 more of the number that the coin compares with 2^49·e^(−1/2)/weight.
    const digits = (SQRT_E << (WEIGHT_SHIFT + 85n)) / (TEN_60 * second) + side;
    const word = (n: bigint) => Number(n & 0xffffffffn);
    const pair = (n: bigint) => [word((n >> 32n) << 11n), word(n)];
    // Proposes the second group by a number within its weight; then, if that is refused, zeros: the first one.
    const script = [...pair(first + second - 2n), ...pair(digits >> 32n), word(digits)];
    const groups = [
      { size: 1, loss: 3 },
      { size: 1, loss: 4 },
    ];
    expect(chooseGroup(groups, 0.5, new BitSource(scriptedEntropy(script)))).toBe(expected);
  });
});

describe('quantile', () => {
  const bounds = [0, 10] as const;

  it('agrees with the exponential mechanism over the gaps between the elements', () => {
    const values = [1, 2, 5, 5, 9];
    const [q, epsilon, draws] = [0.3, 1.5, 6000];
    const edges = [0, 1, 2, 5, 9, 10];
    const counts = [0, 1, 2, 4, 5];
    const rank = q * 4 + 0.5;
    // Single points of the grid weigh 2^-32 of all and play no part at this epsilon.
    const weights = counts.map(
      (count, i) =>
        ((edges[i + 1] ?? 0) - (edges[i] ?? 0)) * Math.exp((-epsilon * Math.abs(count - rank)) / 2),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const entropy = seededEntropy('gaps');
    const observed = new Float64Array(counts.length);
    for (let i = 0; i < draws; i++) {
      const x = quantile(values, q, { epsilon, bounds, entropy, accountant });
      const gap = edges.findLastIndex((edge, index) => index < counts.length && edge <= x);
      observed[gap] = (observed[gap] ?? 0) + 1;
    }
    expect(
      Math.abs(
        chiSquareDeviate(
          observed,
          weights.map((weight) => (draws * weight) / total),
        ),
      ),
    ).toBeLessThan(4);
  });

  it('at large epsilon is an element, or lies between two where its rank does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 0, max: 100 }),
        (values, percentage) => {
          const sorted = values.toSorted((a, b) => a - b);
          const position = (percentage / 100) * (values.length - 1);
          // At half-way the nearest rank is ambiguous, and 2^-10 of a rank is rounded off.
          const low = sorted[Math.max(0, Math.ceil(position - 0.502))] ?? 0;
          const high = sorted[Math.min(values.length - 1, Math.floor(position + 0.502))] ?? 0;
          const x = percentile(values, percentage, { epsilon: 1e6, bounds: [0, 100], accountant });
          expect(x).toBeGreaterThanOrEqual(low);
          expect(x).toBeLessThanOrEqual(high);
        },
      ),
    );
  });

  it('finds a value that many share, which lies on no gap', () => {
    const values = Array.from({ length: 400 }, (_, i) => (i < 150 ? 2 : i < 250 ? 5 : 8));
    for (let i = 0; i < 50; i++) expect(median(values, { epsilon: 1.5, bounds, accountant })).toBe(5);
  });

  it('the loss of every answer moves by at most 1 when one element is replaced, and by 1 somewhere', () => {
    const last = 12;
    const losses = (cells: readonly number[], rank: number) => {
      const { groups, starts } = groupCells(Float64Array.from(cells).sort(), last, rank);
      const all = new Float64Array(last + 1).fill(Number.NaN);
      groups.forEach(({ size, loss }, i) => {
        const start = starts[i] ?? 0;
        all.fill(loss / RANK_UNIT, start, start + size);
      });
      return all;
    };
    const cell = fc.integer({ min: 0, max: last });
    let greatest = 0;
    fc.assert(
      fc.property(
        fc.array(cell, { minLength: 1, maxLength: 8 }),
        cell,
        fc.nat(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (cells, other, at, q) => {
          const rank = Math.round((q * (cells.length - 1) + 0.5) * RANK_UNIT);
          const before = losses(cells, rank);
          const after = losses(cells.with(at % cells.length, other), rank);
          for (const [i, loss] of before.entries()) {
            const below = cells.filter((x) => x < i).length;
            const upTo = cells.filter((x) => x <= i).length;
            expect(loss).toBe(Math.max(0, below - rank / RANK_UNIT, rank / RANK_UNIT - upTo));
            greatest = Math.max(greatest, Math.abs(loss - (after[i] ?? Number.NaN)));
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(greatest).toBe(1);
  });

  it('lies on one grid whatever the elements are, within the bounds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (values) => {
          const x = median(values, { epsilon: 0.5, bounds: [0.1, 9.7], accountant });
          expect(x).toBeGreaterThanOrEqual(0.1);
          expect(x).toBeLessThanOrEqual(9.7);
          expect(Number.isInteger(x * 2 ** 28)).toBe(true);
        },
      ),
    );
  });

  it('several quantiles and axes make one more dimension in front', () => {
    const table = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    const options = { epsilon: 1e6, bounds, accountant };
    expect(quantiles(table, [0, 1], options)).toEqual([1, 6]);
    expect(quantile(table, [0, 0.5, 1], { ...options, axis: 0 })).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(median(table, { ...options, axis: 0, keepdims: true })).toEqual([[3, 4]]);
    expect(percentile(table, [50], { ...options, axis: 0 })).toEqual([[3, 4]]);
  });

  it('bounds without extent leave one answer', () => {
    expect(median([1, 2, 3], { bounds: [2, 2], accountant })).toBe(2);
  });

  it('missing values and equal ones make neither an error nor a missing result', () => {
    expect(Number.isFinite(median([Number.NaN, Number.NaN, 1], { bounds, accountant }))).toBe(true);
    expect(median([Number.NaN, Number.NaN, 1], { epsilon: 1e6, bounds: [0, 8], accountant })).toBeCloseTo(
      4,
      6,
    );
  });
});
