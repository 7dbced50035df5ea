import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BudgetAccountant } from '../../../dp/diffprivlib-ts/accountant.ts';
import { countNonzero } from '../../../dp/diffprivlib-ts/tools/counts.ts';
import { histogram, histogram2d, histogramdd } from '../../../dp/diffprivlib-ts/tools/histograms.ts';
import { seededEntropy } from '../seeded-entropy.ts';
import { chiSquareDeviate } from '../statistics.ts';

const accountant = new BudgetAccountant();
const EXACT = { epsilon: 1e6, accountant };

/** Geometric noise of ratio r around `centre` on {0, …, last}, where what lies beyond is moved to the end. */
function truncatedGeometric(centre: number, ratio: number, last: number): number[] {
  const tail = (distance: number) => ratio ** distance / (1 + ratio);
  return Array.from({ length: last + 1 }, (_, k) => {
    if (k === 0) return tail(centre);
    if (k === last) return tail(last - centre);
    return ((1 - ratio) / (1 + ratio)) * ratio ** Math.abs(k - centre);
  });
}

describe('countNonzero', () => {
  it('counts what is not 0 and not false', () => {
    const values = [0, -0, 1, -2, Number.NaN, Infinity, false, true];
    expect(countNonzero(values, EXACT)).toBe(5);
    expect(
      countNonzero(
        [
          [0, 1],
          [1, 1],
        ],
        { ...EXACT, axis: 0 },
      ),
    ).toEqual([1, 2]);
    expect(
      countNonzero(
        [
          [0, 1],
          [1, 1],
        ],
        { ...EXACT, axis: 1, keepdims: true },
      ),
    ).toEqual([[1], [2]]);
  });

  it('has geometric noise of the ratio exp(−ε), on 0 to n', () => {
    const epsilon = 0.7;
    const entropy = seededEntropy('count');
    const observed = new Float64Array(9);
    const draws = 8000;
    for (let i = 0; i < draws; i++) {
      const count = countNonzero([1, 1, 1, 0, 0, 0, 0, 0], { epsilon, entropy, accountant });
      observed[count] = (observed[count] ?? 0) + 1;
    }
    const expected = truncatedGeometric(3, Math.exp(-epsilon), 8).map((p) => p * draws);
    expect(Math.abs(chiSquareDeviate(observed, expected))).toBeLessThan(4);
  });
});

describe('histogram', () => {
  it('counts as NumPy does: bins closed to the left, the last to both sides', () => {
    const sample = [0, 0.5, 1, 1, 2, 3, 3.5, -1, 4.01, Number.NaN];
    expect(histogram(sample, { ...EXACT, bins: 4, range: [0, 4] })).toEqual([
      [2, 2, 1, 2],
      [0, 1, 2, 3, 4],
    ]);
    expect(histogram([4, 4], { ...EXACT, bins: 4, range: [0, 4] })[0]).toEqual([0, 0, 0, 2]);
    expect(histogram(sample, { ...EXACT, bins: [0, 1, 3.5] })[0]).toEqual([2, 5]);
    expect(histogram([2, 2], { ...EXACT, bins: 1, range: [2, 2] })).toEqual([[2], [1.5, 2.5]]);
  });

  it('puts each element where its edges say, for any edges', () => {
    const edges = fc
      .uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 12 })
      .map((list) => list.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(
        edges,
        fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 1, maxLength: 40 }),
        (bins, sample) => {
          const [counts] = histogram(sample, { ...EXACT, bins });
          const last = bins.length - 2;
          const expected = counts.map((_, i) => {
            const [lower = 0, upper = 0] = bins.slice(i, i + 2);
            return sample.filter((x) => x >= lower && (x < upper || (i === last && x === upper))).length;
          });
          expect(counts).toEqual(expected);
        },
      ),
    );
  });

  it('has geometric noise of the ratio exp(−ε/2), as a replaced record may change two bins', () => {
    const epsilon = 1.4;
    const entropy = seededEntropy('histogram');
    const sample = [...Array.from({ length: 4 }, () => 0.5), 1.5];
    const observed = [new Float64Array(6), new Float64Array(6)];
    const draws = 6000;
    for (let i = 0; i < draws; i++) {
      const [counts] = histogram(sample, { epsilon, bins: 2, range: [0, 2], entropy, accountant });
      counts.forEach((count, bin) => {
        const row = observed[bin];
        if (row !== undefined) row[count] = (row[count] ?? 0) + 1;
      });
    }
    for (const [bin, centre] of [4, 1].entries()) {
      const expected = truncatedGeometric(centre, Math.exp(-epsilon / 2), 5).map((p) => p * draws);
      expect(Math.abs(chiSquareDeviate(observed[bin] ?? [], expected))).toBeLessThan(4);
    }
  });

  it('hides to which of two bins one record belongs', () => {
    const entropy = seededEntropy('two bins');
    const draws = 6000;
    const inFirst = (x: number) => {
      let hits = 0;
      for (let i = 0; i < draws; i++) {
        const [[first, second]] = histogram([x], { epsilon: 1, bins: 2, range: [0, 2], entropy, accountant });
        if (first === 1 && second === 0) hits++;
      }
      return hits / draws;
    };
    const [there, elsewhere] = [inFirst(0.5), inFirst(1.5)];
    expect(there).toBeLessThan(Math.E * (elsewhere + 5 * Math.sqrt(elsewhere / draws)));
    expect(there).toBeGreaterThan(2 * elsewhere);
  });

  it('as a density integrates to 1, or is 0 where the noisy total is', () => {
    const [density, edges] = histogram([1, 2, 3, 8], { ...EXACT, bins: [0, 1.5, 4, 10], density: true });
    expect(density).toEqual([1 / 4 / 1.5, 2 / 4 / 2.5, 1 / 4 / 6]);
    expect(edges).toEqual([0, 1.5, 4, 10]);
    expect(histogram([7], { ...EXACT, bins: 2, range: [0, 1], density: true })[0]).toEqual([0, 0]);
  });
});

describe('histogram2d and histogramdd', () => {
  it('count points, x along the rows', () => {
    const [counts, xEdges, yEdges] = histogram2d([0.1, 0.9, 0.9, 5], [0.2, 0.7, 2.9, 0], {
      ...EXACT,
      bins: [2, 3],
      range: [
        [0, 1],
        [0, 3],
      ],
    });
    expect(counts).toEqual([
      [1, 0, 0],
      [1, 0, 1],
    ]);
    expect(xEdges).toEqual([0, 0.5, 1]);
    expect(yEdges).toEqual([0, 1, 2, 3]);
  });

  it('agree with counting by hand in three dimensions, density included', () => {
    const point = fc.tuple(
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 0, max: 5 }),
    );
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 30 }), (points) => {
        const bins = [[0, 2, 5], 2, [1, 3, 4, 5]];
        const options = { ...EXACT, bins, range: [null, [0, 4] as const, null] };
        const [counts, edges] = histogramdd(points, options);
        const [density] = histogramdd(points, { ...options, density: true });
        const flat = counts.flat(2) as number[];
        const inBin = (d: number, bin: number, x: number) => {
          const ends = edges[d] ?? [];
          const [lower = 0, upper = 0] = ends.slice(bin, bin + 2);
          return x >= lower && (x < upper || (bin === ends.length - 2 && x === upper));
        };
        const width = (d: number, bin: number) => (edges[d]?.[bin + 1] ?? 0) - (edges[d]?.[bin] ?? 0);
        const total = flat.reduce((sum, x) => sum + x, 0) || 1;
        for (let i = 0; i < 12; i++) {
          const [a, b, c] = [Math.floor(i / 6), Math.floor(i / 3) % 2, i % 3];
          const count = points.filter(
            ([x, y, z]) => inBin(0, a, x) && inBin(1, b, y) && inBin(2, c, z),
          ).length;
          expect(flat[i]).toBe(count);
          const volume = width(0, a) * width(1, b) * width(2, c);
          expect((density.flat(2) as number[])[i]).toBeCloseTo(count / total / volume, 12);
        }
      }),
    );
  });
});
