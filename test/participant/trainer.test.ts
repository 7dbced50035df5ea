import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { LayerFactors } from '../../dp/sgd.ts';
import { createTrainer } from '../../participant/trainer.ts';
import { type Engine, loadEngine } from '../../threats/engine.ts';
import { type Dataset, type NetworkSpec, parameterCount } from '../../threats/threat.ts';

const logistic: NetworkSpec = { inputs: 6, layers: [{ units: 1, activation: 'sigmoid' }] };
const classifier: NetworkSpec = {
  inputs: 6,
  layers: [
    { units: 5, activation: 'relu' },
    { units: 4, activation: 'relu' },
    { units: 3, activation: 'softmax' },
  ],
};
const detector: NetworkSpec = {
  inputs: 6,
  layers: [
    { units: 4, activation: 'tanh' },
    { units: 3, activation: 'sigmoid' },
    { units: 1, activation: 'sigmoid' },
  ],
};

const autoencoder: NetworkSpec = {
  task: 'reconstruct',
  inputs: 6,
  layers: [
    { units: 3, activation: 'tanh' },
    { units: 6, activation: 'sigmoid' },
  ],
};

/** Deterministic numbers in (−1, 1) without a pattern that symmetry could hide behind. */
function wave(length: number, phase: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(1 + phase + 1.7 * i + 0.13 * i * i));
}

function exampleData(rows: number, classes: number): Dataset {
  const labels = Uint8Array.from({ length: rows }, (_, i) => (i * 7 + 1) % classes);
  return { rows, width: 6, features: wave(rows * 6, 0.4), labels };
}

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' });
});

/** ∂loss/∂weights of one record by TensorFlow.js's own differentiation. */
function autodiff(network: NetworkSpec, weights: Float32Array, data: Dataset, row: number): Float32Array {
  const { tf } = engine;
  const flat = new Float32Array(weights.length);
  tf.tidy(() => {
    const parameters: Tensor[] = [];
    let at = 0;
    let fanIn = network.inputs;
    for (const { units } of network.layers) {
      parameters.push(tf.tensor2d(weights.slice(at, at + fanIn * units), [fanIn, units]));
      at += fanIn * units;
      parameters.push(tf.tensor2d(weights.slice(at, at + units), [1, units]));
      at += units;
      fanIn = units;
    }
    const label = data.labels[row] ?? 0;
    const loss = (...p: Tensor[]): Tensor => {
      const x = tf.tensor2d(data.features.slice(row * 6, row * 6 + 6), [1, 6]);
      let a: Tensor = x;
      network.layers.forEach(({ activation }, l) => {
        const z = tf.add(tf.matMul(a, p[2 * l] as Tensor), p[2 * l + 1] as Tensor);
        a = tf[activation](z);
      });
      if (network.task === 'reconstruct') {
        return tf.neg(tf.sum(tf.add(tf.mul(x, tf.log(a)), tf.mul(tf.sub(1, x), tf.log(tf.sub(1, a))))));
      }
      const units = a.shape[1] ?? 1;
      if (units === 1) return tf.neg(tf.log(tf.sum(label > 0 ? a : tf.sub(1, a))));
      return tf.neg(tf.log(tf.sum(tf.mul(a, tf.oneHot(tf.tensor1d([label], 'int32'), units)))));
    };
    at = 0;
    for (const gradient of tf.grads(loss)(parameters)) {
      flat.set(gradient.dataSync(), at);
      at += gradient.size;
    }
  });
  return flat;
}

/** The same from the factors: input ⊗ delta, then the bias. */
function outerProducts(layers: readonly LayerFactors[], r: number): Float32Array {
  const flat: number[] = [];
  for (const { fanIn, fanOut, inputs, deltas } of layers) {
    for (let i = 0; i <= fanIn; i++) {
      for (let j = 0; j < fanOut; j++) {
        flat.push((i < fanIn ? (inputs[r * fanIn + i] ?? 0) : 1) * (deltas[r * fanOut + j] ?? 0));
      }
    }
  }
  return Float32Array.from(flat);
}

describe.each([
  ['logistic regression', logistic, 2],
  ['relu and softmax', classifier, 3],
  ['tanh and sigmoid hidden layers', detector, 3],
  ['an autoencoder', autoencoder, 3],
])('%s', (_, network, classes) => {
  const data = exampleData(20, classes);
  const weights = wave(parameterCount(network), 2.2);

  test("every record's factors give the gradient that automatic differentiation gives", () => {
    const rows = Int32Array.of(3, 0, 19, 7, 7, 12);
    const layers = createTrainer(engine, network, data).layerFactors(weights, rows);
    expect(layers.map(({ rows: n }) => n)).toEqual(network.layers.map(() => 6));
    rows.forEach((row, r) => {
      const expected = autodiff(network, weights, data, row);
      expect(expected.some((g) => Math.abs(g) > 1e-3)).toBe(true);
      const actual = outerProducts(layers, r);
      expect(actual.length).toBe(expected.length);
      expected.forEach((g, i) => {
        expect(actual[i]).toBeCloseTo(g, 5);
      });
    });
  });

  test('an empty batch, which Poisson sampling can draw, gives empty factors of the right shape', () => {
    const layers = createTrainer(engine, network, data).layerFactors(weights, new Int32Array(0));
    let fanIn = network.inputs;
    network.layers.forEach(({ units }, l) => {
      const none = new Float32Array(0);
      expect(layers[l]).toEqual({ rows: 0, fanIn, fanOut: units, inputs: none, deltas: none });
      fanIn = units;
    });
  });

  test('leaves no tensor behind', () => {
    const trainer = createTrainer(engine, network, data);
    const before = engine.tf.memory().numTensors;
    trainer.layerFactors(weights, Int32Array.of(1, 2));
    expect(engine.tf.memory().numTensors).toBe(before);
  });
});

test('the input factors are the records themselves, in the order asked for', () => {
  const data = exampleData(9, 2);
  const [layer] = createTrainer(engine, logistic, data).layerFactors(wave(7, 1), Uint32Array.of(8, 2));
  expect(layer?.inputs.subarray(0, 6)).toEqual(data.features.subarray(48, 54));
  expect(layer?.inputs.subarray(6)).toEqual(data.features.subarray(12, 18));
});

test('refuses what does not fit', () => {
  const data = exampleData(9, 3);
  const trainer = createTrainer(engine, logistic, data);
  expect(() => trainer.layerFactors(wave(8, 1), Int32Array.of(0))).toThrow(/7, not 8/);
  expect(() => trainer.layerFactors(wave(7, 1), Int32Array.of(9))).toThrow(/indices/);
  expect(() => trainer.layerFactors(wave(7, 1), Int32Array.of(-1))).toThrow(/indices/);
  const two: NetworkSpec = { inputs: 6, layers: [{ units: 2, activation: 'softmax' }] };
  expect(() => createTrainer(engine, two, data)).toThrow(/below the network's 2 classes/);
  expect(() => createTrainer(engine, { ...logistic, inputs: 5 }, data)).toThrow(/5 features, not 6/);
  expect(() => createTrainer(engine, logistic, { ...data, rows: 8 })).toThrow(/rows × width/);
  const open: NetworkSpec = { inputs: 6, layers: [{ units: 2, activation: 'sigmoid' }] };
  expect(() => createTrainer(engine, open, data)).toThrow(/one sigmoid unit or a softmax/);
  const narrow: NetworkSpec = { ...open, task: 'reconstruct' };
  expect(() => createTrainer(engine, narrow, data)).toThrow(/or restore the inputs/);
});

test('a disposed trainer holds no records', () => {
  const trainer = createTrainer(engine, logistic, exampleData(9, 2));
  expect(trainer.records).toBe(9);
  trainer.dispose();
  expect(trainer.records).toBe(0);
  expect(() => trainer.layerFactors(wave(7, 1), Int32Array.of(0))).toThrow(/indices/);
});
