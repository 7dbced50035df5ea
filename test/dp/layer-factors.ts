/** Layer factors to test clipping with, hostile ones among them, and their gradients written out. */
import fc from 'fast-check';
import type { GradientSource } from '../../dp/dp-sgd.ts';
import type { LayerFactors } from '../../dp/sgd.ts';

/** Most that Σx² of one unit's integer gradient may be. */
export const LIMIT = 2n ** 32n;

/** Values that break floating-point code: denormals, the largest, signed zero, and what is no number at all. */
export const hostile = fc.oneof(
  { weight: 4, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 4, arbitrary: fc.float({ min: -2, max: 2, noNaN: true }) },
  fc.constantFrom(0, -0, 2 ** -149, -(2 ** -126), 3.4028234663852886e38, 1e-20),
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

export const clips = fc.constantFrom(1e-6, 0.1, 1, 3.7, 1e6, 5e-324);

const network = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 })), {
  minLength: 1,
  maxLength: 3,
});

/** Up to three layers for 1 to `maxRows` records. */
export const batch = (values: fc.Arbitrary<number>, maxRows = 4): fc.Arbitrary<LayerFactors[]> =>
  fc.tuple(network, fc.integer({ min: 1, max: maxRows })).chain(([shapes, rows]) =>
    fc.tuple(
      ...shapes.map(([fanIn, fanOut]) => {
        const floats = (length: number) =>
          fc
            .array(values, { minLength: length, maxLength: length })
            .map((numbers) => Float32Array.from(numbers));
        return fc.record({
          rows: fc.constant(rows),
          fanIn: fc.constant(fanIn),
          fanOut: fc.constant(fanOut),
          inputs: floats(rows * fanIn),
          deltas: floats(rows * fanOut),
        });
      }),
    ),
  );

export const size = (layers: readonly LayerFactors[]) =>
  layers.reduce((sum, { fanIn, fanOut }) => sum + (fanIn + 1) * fanOut, 0);

/** The records `from` to `to` − 1 alone. */
export function rowsOf(layers: readonly LayerFactors[], from: number, to: number): LayerFactors[] {
  return pick(
    layers,
    Array.from({ length: to - from }, (_, i) => from + i),
  );
}

function pick(layers: readonly LayerFactors[], rows: ArrayLike<number>): LayerFactors[] {
  const gather = (values: Float32Array, width: number) => {
    const gathered = new Float32Array(rows.length * width);
    Array.from(rows, (row, r) => gathered.set(values.subarray(row * width, (row + 1) * width), r * width));
    return gathered;
  };
  return layers.map((layer) => ({
    ...layer,
    rows: rows.length,
    inputs: gather(layer.inputs, layer.fanIn),
    deltas: gather(layer.deltas, layer.fanOut),
  }));
}

export function squaredNorm(vector: ArrayLike<number>): bigint {
  return Array.from(vector).reduce((sum, x) => sum + BigInt(x) * BigInt(x), 0n);
}

/** The gradient of record r, written out in float64. */
export function gradient(layers: readonly LayerFactors[], r: number): number[] {
  return layers.flatMap(({ fanIn, fanOut, inputs, deltas }) => {
    const delta = Array.from(deltas.slice(r * fanOut, (r + 1) * fanOut));
    const kernel = Array.from(inputs.slice(r * fanIn, (r + 1) * fanIn)).flatMap((a) =>
      delta.map((d) => a * d),
    );
    return [...kernel, ...delta];
  });
}

/** A data set whose gradients do not depend on the weights; `touched` hears which rows are asked for. */
export function sourceOf(
  layers: readonly LayerFactors[],
  entities?: readonly number[],
  touched: (rows: Int32Array) => void = () => {},
): GradientSource {
  return {
    records: layers[0]?.rows ?? 0,
    ...(entities === undefined ? {} : { entities: Int32Array.from(entities) }),
    layerFactors(_, rows) {
      touched(rows.slice());
      return pick(layers, rows);
    },
  };
}

/** One bias for `deltas.length` records of one input 0: a record's gradient is (0, delta). */
export function biasOnly(deltas: readonly number[]): LayerFactors[] {
  const rows = deltas.length;
  return [{ rows, fanIn: 1, fanOut: 1, inputs: new Float32Array(rows), deltas: Float32Array.from(deltas) }];
}
