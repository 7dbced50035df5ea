/**
 * What the sensitivity rests on outside `dp/`: a record's factors are the same to the last bit whatever else is in
 * the batch and wherever in it the record stands. If a kernel rounded the last rows of a batch otherwise than the
 * others, one record's presence would move every later record's gradient. Shown for the WebAssembly engine only.
 */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { BitSource } from '../../dp/sampling/entropy.ts';
import type { LayerFactors } from '../../dp/sgd.ts';
import { createTrainer } from '../../participant/trainer.ts';
import { type Engine, loadEngine } from '../../threats/engine.ts';
import { type NetworkSpec, parameterCount } from '../../threats/threat.ts';
import { rowsOf } from './layer-factors.ts';
import { SEED, seededEntropy } from './seeded-entropy.ts';

const ROWS = 256;
const NETWORKS: readonly NetworkSpec[] = [
  { inputs: 2048, layers: [{ units: 1, activation: 'sigmoid' }] },
  {
    inputs: 122,
    layers: [
      { units: 64, activation: 'relu' },
      { units: 32, activation: 'tanh' },
      { units: 2, activation: 'softmax' },
    ],
  },
  {
    inputs: 33,
    layers: [
      { units: 7, activation: 'sigmoid' },
      { units: 3, activation: 'softmax' },
    ],
  },
];

/** Equality of so many numbers one by one takes seconds. */
function digest(layers: readonly LayerFactors[]): string {
  const hash = createHash('sha256');
  for (const { inputs, deltas } of layers) hash.update(inputs).update(deltas);
  return hash.digest('hex');
}

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' });
});

describe.each(NETWORKS)(`a network of $inputs inputs (seed ${SEED})`, (network) => {
  it('gives each record the same factors in any batch', () => {
    const bits = new BitSource(seededEntropy('neighbours'));
    const uniform = () => bits.uniform53() / 2 ** 52 - 1;
    const { inputs: width } = network;
    const features = Float32Array.from({ length: ROWS * width }, () => (bits.below(2) === 0 ? 0 : uniform()));
    const labels = Uint8Array.from({ length: ROWS }, () => bits.below(2));
    const weights = Float32Array.from({ length: parameterCount(network) }, uniform);
    const trainer = createTrainer(engine, network, { rows: ROWS, width, features, labels });
    const factors = (from: number, to: number): LayerFactors[] =>
      trainer.layerFactors(
        weights,
        Int32Array.from({ length: to - from }, (_, i) => from + i),
      );
    const whole = factors(0, ROWS);
    for (const [from, to] of [
      [0, 1],
      [255, 256],
      [5, 7],
      [10, 13],
      [3, 17],
      [7, 100],
      [1, 256],
    ] as const) {
      expect(digest(factors(from, to))).toBe(digest(rowsOf(whole, from, to)));
    }
  });
});
