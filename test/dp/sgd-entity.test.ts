/** The unit `entity`: all that one entity did moves the sum by no more than one record may. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clippedSum } from '../../dp/dp-sgd.ts';
import type { LayerFactors } from '../../dp/sgd.ts';
import { EntityClipper, entityCount, gatherEntities } from '../../dp/sgd-entity.ts';
import {
  batch,
  biasOnly,
  clips,
  gradient,
  hostile,
  LIMIT,
  rowsOf,
  size,
  sourceOf,
  squaredNorm,
} from './layer-factors.ts';

const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
const all = (entities: readonly number[]) => Int32Array.from(new Set(entities)).sort();

/** The sum over the chosen entities, by default all. */
function sumOf(
  layers: readonly LayerFactors[],
  entities: readonly number[],
  clip: number,
  chosen = all(entities),
): Float64Array {
  const grouped = gatherEntities(Int32Array.from(entities), chosen);
  return clippedSum(sourceOf(layers, entities), new Float32Array(size(layers)), grouped, clip);
}

/** The entities' summed gradients, written out in float64, clipped and truncated. */
function reference(layers: readonly LayerFactors[], entities: readonly number[], clip: number): number[] {
  const total = new Array<number>(size(layers)).fill(0);
  for (const entity of all(entities)) {
    const own = new Array<number>(total.length).fill(0);
    entities.forEach((other, r) => {
      if (other !== entity) return;
      gradient(layers, r).forEach((x, i) => {
        own[i] = (own[i] ?? 0) + x;
      });
    });
    const factor = (65536 / clip) * Math.min(1, clip / Math.hypot(...own));
    own.forEach((x, i) => {
      total[i] = (total[i] ?? 0) + Math.trunc(x * factor);
    });
  }
  return total;
}

/** Records of up to three entities, in any order. */
const population = (values: fc.Arbitrary<number>, maxRows = 5) =>
  batch(values, maxRows).chain((layers) => {
    const rows = layers[0]?.rows ?? 0;
    const entity = fc.integer({ min: 0, max: Math.min(rows - 1, 2) });
    return fc.tuple(fc.constant(layers), fc.array(entity, { minLength: rows, maxLength: rows }));
  });

describe('one entity', () => {
  it('Σx² ≤ 2^32, counted in integers, however many records it has and whatever numbers', () => {
    fc.assert(
      fc.property(batch(hostile, 6), clips, (layers, clip) => {
        const entities = new Array<number>(layers[0]?.rows ?? 0).fill(0);
        expect(squaredNorm(sumOf(layers, entities, clip))).toBeLessThanOrEqual(LIMIT);
      }),
      { numRuns: 500 },
    );
  });

  it('more changes the sum by at most that', () => {
    fc.assert(
      fc.property(population(hostile), clips, ([layers, entities], clip) => {
        const [first, ...others] = all(entities);
        const whole = sumOf(layers, entities, clip);
        const less = sumOf(layers, entities, clip, Int32Array.from(others));
        const own = sumOf(layers, entities, clip, Int32Array.of(first ?? 0));
        expect(whole.map((x, i) => x - (less[i] ?? 0))).toEqual(own.map((x) => x + 0));
        expect(squaredNorm(own)).toBeLessThanOrEqual(LIMIT);
      }),
      { numRuns: 300 },
    );
  });

  it('is clipped as one: a thousand records that agree weigh no more than one', () => {
    const layers = biasOnly(new Array(1000).fill(9));
    expect([...sumOf(layers, new Array(1000).fill(0), 1)]).toEqual([0, 65535]);
    // As records they weigh a thousand times as much.
    const rows = Int32Array.from({ length: 1000 }, (_, i) => i);
    expect(clippedSum(sourceOf(layers), new Float32Array(2), { rows }, 1)[1]).toBe(65_535_000);
  });

  it('is clipped after its records have cancelled, not before', () => {
    const [zero, sum] = sumOf(biasOnly([5, -5, 0.5]), [0, 0, 0], 1);
    expect([zero, sum]).toEqual([0, Math.trunc(0.5 * 65536 * (1 - 2 ** -20))]);
  });

  it('with a record that is not finite counts as 0 and leaves the others alone', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const layers = biasOnly([0.5, bad, 0.25, 0.25]);
      expect(sumOf(layers, [0, 1, 1, 2], 1)).toEqual(sumOf(biasOnly([0.5, 0.25]), [0, 1], 1));
    }
  });
});

describe('entities', () => {
  it('agree with their sums written out in float64', () => {
    const modest = fc.float({ min: -4, max: 4, noNaN: true });
    fc.assert(
      fc.property(population(modest), fc.constantFrom(0.1, 1, 30), ([layers, entities], clip) => {
        const expected = reference(layers, entities, clip);
        // The factor 1 − 2^-20 moves a coordinate by less than 1/16, so truncation differs by at most one.
        sumOf(layers, entities, clip).forEach((x, i) => {
          expect(Math.abs(x - (expected[i] ?? 0))).toBeLessThanOrEqual(all(entities).length);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('of one record each are what the unit record makes of them, but for the last unit of truncation', () => {
    fc.assert(
      fc.property(batch(fc.float({ min: -4, max: 4, noNaN: true })), clips, (layers, clip) => {
        const rows = Int32Array.from({ length: layers[0]?.rows ?? 0 }, (_, i) => i);
        const records = clippedSum(sourceOf(layers), new Float32Array(size(layers)), { rows }, clip);
        sumOf(layers, [...rows], clip).forEach((x, i) => {
          expect(Math.abs(x - (records[i] ?? 0))).toBeLessThanOrEqual(rows.length);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('may be larger than a pass over the records, or end inside one', () => {
    const deltas = Array.from({ length: 900 }, (_, i) => Math.sin(i));
    const entities = deltas.map((_, i) => (i % 7 === 0 ? 2 : i % 2));
    const layers = biasOnly(deltas);
    for (const clip of [1e-3, 1e3]) {
      const [, expected = 0] = reference(layers, entities, clip);
      expect(Math.abs((sumOf(layers, entities, clip)[1] ?? 0) - expected)).toBeLessThanOrEqual(3);
    }
    // Pieces of any size come to the same, to the last bit.
    const whole = sumOf(layers, new Array(900).fill(0), 1e3);
    const target = new Float64Array(2);
    const clipper = new EntityClipper(target, 1e3);
    for (let from = 0; from < 900; from += 37)
      clipper.add(rowsOf(layers, from, Math.min(900, from + 37)), 0, Math.min(37, 900 - from));
    clipper.close();
    expect(target).toEqual(whole);
  });

  it('are gathered whole, each record once, and only the chosen ones', () => {
    const ids = fc
      .integer({ min: 1, max: 40 })
      .chain((n) =>
        fc.tuple(
          fc.array(fc.integer({ min: 0, max: n - 1 }), { minLength: n, maxLength: n }),
          fc.uniqueArray(fc.integer({ min: 0, max: n - 1 })),
        ),
      );
    fc.assert(
      fc.property(ids, ([entities, wanted]) => {
        const chosen = Int32Array.from(wanted).sort();
        const { rows, ends } = gatherEntities(Int32Array.from(entities), chosen);
        const groups = [...ends].map((end, k) => [...rows.subarray(ends[k - 1] ?? 0, end)]);
        const expected = [...chosen]
          .map((entity) => entities.flatMap((other, row) => (other === entity ? [row] : [])))
          .filter((group) => group.length > 0);
        expect(groups).toEqual(expected);
        expect(rows.length).toBe(ends.at(-1) ?? 0);
      }),
    );
  });

  it('are numbered from 0, below the number of records', () => {
    expect(entityCount(Int32Array.of(2, 0, 2))).toBe(3);
    expect(entityCount(new Int32Array(0))).toBe(0);
    for (const wrong of [-1, 3]) expect(() => entityCount(Int32Array.of(0, wrong, 1))).toThrow(refused);
  });

  it('are refused in shapes that do not fit', () => {
    const [layer] = biasOnly([1, 1]);
    if (layer === undefined) return expect.fail();
    const clipper = new EntityClipper(new Float64Array(3), 1);
    expect(() => clipper.add([layer], 0, 1)).toThrow(/target must have the layers' 2 parameters/);
    expect(() => new EntityClipper(new Float64Array(2), 0).add([layer], 0, 1)).toThrow(/clip/);
  });
});
