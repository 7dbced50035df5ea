import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BitSource } from '../../dp/sampling/entropy.ts';
import { addClippedGradients, addNoise, clampToInt32, type LayerFactors } from '../../dp/sgd.ts';
import { batch, clips, gradient, hostile, LIMIT, rowsOf, size, squaredNorm } from './layer-factors.ts';
import { SEED, seededEntropy } from './seeded-entropy.ts';

function sumOf(layers: readonly LayerFactors[], clip: number): Float64Array {
  const target = new Float64Array(size(layers));
  addClippedGradients(target, layers, clip);
  return target;
}

describe('addClippedGradients', () => {
  it('one record: Σx² ≤ 2^32, counted in integers, for whatever numbers', () => {
    fc.assert(
      fc.property(batch(hostile, 1), clips, (layers, clip) => {
        expect(squaredNorm(sumOf(layers, clip))).toBeLessThanOrEqual(LIMIT);
      }),
      { numRuns: 500 },
    );
  });

  it('one record more changes the sum by at most that, clamped or not', () => {
    fc.assert(
      fc.property(batch(hostile), clips, fc.integer({ min: 0, max: 70_000 }), (layers, clip, bound) => {
        const rows = layers[0]?.rows ?? 0;
        const whole = sumOf(layers, clip);
        const less = sumOf(rowsOf(layers, 0, rows - 1), clip);
        const own = sumOf(rowsOf(layers, rows - 1, rows), clip);
        expect(whole.map((x, i) => x - (less[i] ?? 0))).toEqual(own.map((x) => x + 0));
        const [a, b] = [clampToInt32(whole, bound), clampToInt32(less, bound)];
        expect(squaredNorm(a.map((x, i) => x - (b[i] ?? 0)))).toBeLessThanOrEqual(LIMIT);
      }),
      { numRuns: 300 },
    );
  });

  it('uses the sensitivity it is given: a long gradient keeps a norm of nearly 2^16', () => {
    const one = [{ rows: 1, fanIn: 1, fanOut: 1, inputs: Float32Array.of(0), deltas: Float32Array.of(-1e9) }];
    expect([...sumOf(one, 1)]).toEqual([0, -65535]);
    const wide = {
      rows: 1,
      fanIn: 1,
      fanOut: 64,
      inputs: Float32Array.of(0),
      deltas: new Float32Array(64).fill(5),
    };
    expect(Number(squaredNorm(sumOf([wide], 2)))).toBeGreaterThan(0.999 * 2 ** 32);
  });

  it('agrees with the gradient written out in float64', () => {
    const modest = fc.float({ min: -4, max: 4, noNaN: true });
    fc.assert(
      fc.property(batch(modest), fc.constantFrom(0.1, 1, 30), (layers, clip) => {
        const expected = new Float64Array(size(layers));
        const rows = layers[0]?.rows ?? 0;
        for (let r = 0; r < rows; r++) {
          const g = gradient(layers, r);
          const factor = (65536 / clip) * Math.min(1, clip / Math.hypot(...g));
          g.forEach((x, i) => {
            expected[i] = (expected[i] ?? 0) + Math.trunc(x * factor);
          });
        }
        // The factor 1 − 2^-20 moves a coordinate by less than 1/16, so truncation differs by at most one.
        sumOf(layers, clip).forEach((x, i) => {
          expect(Math.abs(x - (expected[i] ?? 0))).toBeLessThanOrEqual(rows);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('lays layers out as kernel rows, then bias, one layer after the other', () => {
    const layers = [
      { rows: 1, fanIn: 2, fanOut: 2, inputs: Float32Array.of(1, 2), deltas: Float32Array.of(0.25, 0.5) },
      { rows: 1, fanIn: 1, fanOut: 1, inputs: Float32Array.of(4), deltas: Float32Array.of(0.125) },
    ];
    const scaled = [0.25, 0.5, 0.5, 1, 0.25, 0.5, 0.5, 0.125];
    expect([...sumOf(layers, 100)]).toEqual(
      scaled.map((x) => Math.trunc(x * (65536 / 100) * (1 - 2 ** -20))),
    );
  });

  it('a record that is not finite counts as 0 and leaves the others alone', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const good = {
        rows: 1,
        fanIn: 2,
        fanOut: 1,
        inputs: Float32Array.of(1, 0),
        deltas: Float32Array.of(0.5),
      };
      const inInput = {
        ...good,
        rows: 2,
        inputs: Float32Array.of(1, 0, 0.5, bad),
        deltas: Float32Array.of(0.5, 1),
      };
      const inDelta = {
        ...good,
        rows: 2,
        inputs: Float32Array.of(1, 0, 1, 1),
        deltas: Float32Array.of(0.5, bad),
      };
      const expected = [...sumOf([good], 1)];
      expect([...sumOf([inInput], 1)]).toEqual(expected);
      expect([...sumOf([inDelta], 1)]).toEqual(expected);
    }
  });

  it('does not wrap where very many records agree', () => {
    const rows = 40_000;
    const layer = {
      rows,
      fanIn: 1,
      fanOut: 1,
      inputs: new Float32Array(rows),
      deltas: new Float32Array(rows).fill(9),
    };
    const sum = sumOf([layer], 1);
    expect(sum[1]).toBe(rows * 65535);
    expect(clampToInt32(sum, 2 ** 31 - 1)[1]).toBe(2 ** 31 - 1);
  });

  it('an empty batch adds nothing', () => {
    const layer = { rows: 0, fanIn: 3, fanOut: 2, inputs: new Float32Array(0), deltas: new Float32Array(0) };
    expect([...sumOf([layer], 1)]).toEqual(new Array(8).fill(0));
  });

  it('refuses shapes that do not fit together', () => {
    const layer = { rows: 2, fanIn: 3, fanOut: 2, inputs: new Float32Array(6), deltas: new Float32Array(4) };
    const add = (change: Partial<LayerFactors>, length = 8, clip = 1) =>
      addClippedGradients(new Float64Array(length), [{ ...layer, ...change }], clip);
    expect(() => add({}, 9)).toThrow(/target must have the layers' 8 parameters/);
    expect(() => add({ inputs: new Float32Array(5) })).toThrow(/layers\[0\]\.inputs/);
    expect(() => add({ deltas: new Float32Array(5) })).toThrow(/layers\[0\]\.deltas/);
    for (const clip of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => add({}, 8, clip)).toThrow(/clip/);
    const two = [layer, { ...layer, rows: 1, inputs: new Float32Array(3), deltas: new Float32Array(2) }];
    expect(() => addClippedGradients(new Float64Array(16), two, 1)).toThrow(/layers\[1\]\.rows/);
  });
});

describe(`a real network, 122-64-32-2 (seed ${SEED})`, () => {
  it('no record of a batch exceeds the sensitivity', () => {
    const bits = new BitSource(seededEntropy('sgd'));
    const floats = (length: number, zeros: number) =>
      Float32Array.from({ length }, () => (bits.below(100) < zeros ? 0 : bits.uniform53() / 2 ** 52 - 1));
    const rows = 32;
    const shapes = [
      [122, 64],
      [64, 32],
      [32, 2],
    ] as const;
    const layers = shapes.map(([fanIn, fanOut]) => ({
      ...{ rows, fanIn, fanOut },
      inputs: floats(rows * fanIn, 50),
      deltas: floats(rows * fanOut, 50),
    }));
    for (let r = 0; r < rows; r++) {
      const square = squaredNorm(sumOf(rowsOf(layers, r, r + 1), 1));
      expect(square).toBeLessThanOrEqual(LIMIT);
      expect(square).toBeGreaterThan((LIMIT * 9n) / 10n);
    }
  });
});

describe('clampToInt32 and addNoise', () => {
  it('clamps each coordinate to ±bound', () => {
    expect([...clampToInt32(Float64Array.of(-9, -3, 0, 3, 2 ** 40), 3)]).toEqual([-3, -3, 0, 3, 3]);
    for (const bound of [-1, 1.5, 2 ** 31])
      expect(() => clampToInt32(new Float64Array(1), bound)).toThrow(/bound/);
  });

  it('adds noise mod 2^32, and refuses noise of another length', () => {
    const vector = Int32Array.of(2 ** 31 - 1, -5, 7);
    addNoise(vector, Int32Array.of(1, 5, -10));
    expect([...vector]).toEqual([-(2 ** 31), 0, -3]);
    expect(() => addNoise(vector, new Int32Array(2))).toThrow(/3 coordinates; it has 2/);
  });
});
