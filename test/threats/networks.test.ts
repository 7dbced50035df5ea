import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Engine, loadEngine } from '../../threats/engine.ts';
import { initialWeights } from '../../threats/initial-weights.ts';
import { buildNetwork } from '../../threats/networks.ts';
import { scoreDataset } from '../../threats/scoring.ts';
import { type Dataset, type NetworkSpec, parameterCount } from '../../threats/threat.ts';
import {
  flatWeights,
  setFlatWeights,
  weightsFromBytes,
  weightsHash,
  weightsToBytes,
} from '../../threats/weights.ts';

const BINARY: NetworkSpec = {
  inputs: 5,
  layers: [
    { units: 3, activation: 'tanh' },
    { units: 1, activation: 'sigmoid' },
  ],
};
const MULTICLASS: NetworkSpec = {
  inputs: 37,
  layers: [
    { units: 16, activation: 'relu' },
    { units: 4, activation: 'softmax' },
  ],
};

const AUTOENCODER: NetworkSpec = {
  task: 'reconstruct',
  inputs: 6,
  layers: [
    { units: 2, activation: 'tanh' },
    { units: 6, activation: 'sigmoid' },
  ],
};

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' });
});

function dataset(rows: number, width: number): Dataset {
  const features = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i * i + i / 7));
  return { rows, width, features, labels: new Uint8Array(rows) };
}

describe('initial weights', () => {
  test('are the same for a seed, differ between seeds, and stay within Glorot’s radius', () => {
    const weights = initialWeights(MULTICLASS, 1);
    expect(initialWeights(MULTICLASS, 1)).toEqual(weights);
    expect(initialWeights(MULTICLASS, 2)).not.toEqual(weights);
    const kernel = weights.subarray(0, 37 * 16);
    const radius = Math.sqrt(6 / (37 + 16));
    expect(Math.max(...kernel)).toBeLessThanOrEqual(radius);
    expect(Math.min(...kernel)).toBeGreaterThanOrEqual(-radius);
    expect(Math.max(...kernel)).toBeGreaterThan(0.95 * radius);
    expect(weights.subarray(37 * 16, 37 * 16 + 16).every((bias) => bias === 0)).toBe(true);
  });

  test('follow SplitMix64 (known first outputs for seed 0)', () => {
    const expected = [0xe220a8397b1dcdafn, 0x6e789e6aa1b965f4n, 0x06c45d188009454fn];
    const radius = Math.sqrt(6 / (5 + 3));
    const uniform = expected.map((word) => Number(word >> 11n) / 2 ** 53);
    expect([...initialWeights(BINARY, 0).subarray(0, 3)]).toEqual(
      uniform.map((u) => Math.fround((2 * u - 1) * radius)),
    );
  });

  test('are zero for a single layer', () => {
    const spec: NetworkSpec = { inputs: 4, layers: [{ units: 1, activation: 'sigmoid' }] };
    expect(initialWeights(spec, 99)).toEqual(new Float32Array(5));
  });
});

describe('networks and flat weights', () => {
  test('a network computes what its flat weights say, kernel row-major before bias', () => {
    const weights = initialWeights(BINARY, 3);
    weights.set([0.5, -0.25, 0.125], 15);
    weights[21] = -0.75;
    const model = buildNetwork(engine, BINARY);
    setFlatWeights(engine, model, weights);
    const data = dataset(2, 5);
    const scores = scoreDataset(engine, model, data);
    for (let row = 0; row < 2; row++) {
      let logit = weights[21] ?? 0;
      for (let unit = 0; unit < 3; unit++) {
        let z = weights[15 + unit] ?? 0;
        for (let k = 0; k < 5; k++) z += (data.features[row * 5 + k] ?? 0) * (weights[k * 3 + unit] ?? 0);
        logit += Math.tanh(z) * (weights[18 + unit] ?? 0);
      }
      expect(scores[row]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5);
    }
    model.dispose();
  });

  test('round trip, without leaving tensors behind', () => {
    const weights = initialWeights(MULTICLASS, 5);
    const before = engine.tf.memory().numTensors;
    const model = buildNetwork(engine, MULTICLASS);
    setFlatWeights(engine, model, weights);
    expect(flatWeights(model)).toEqual(weights);
    scoreDataset(engine, model, dataset(3, 37));
    model.dispose();
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  test('a vector of another length is refused', () => {
    const model = buildNetwork(engine, BINARY);
    const short = new Float32Array(parameterCount(BINARY) - 1);
    expect(() => setFlatWeights(engine, model, short)).toThrow(/22 weights.*21/);
    model.dispose();
  });

  test.each([
    { layers: [] },
    { layers: [{ units: 2, activation: 'sigmoid' }] },
    { layers: [{ units: 1, activation: 'softmax' }] },
    { layers: [{ units: 1, activation: 'relu' }] },
  ] as const)('a network that ends in no classifier is refused: %j', ({ layers }) => {
    expect(() => buildNetwork(engine, { inputs: 4, layers })).toThrow(/last layer/);
  });

  test.each([
    { inputs: 4, layers: [{ units: 3, activation: 'sigmoid' }] },
    { inputs: 4, layers: [{ units: 4, activation: 'softmax' }] },
    // One sigmoid unit could as well be a classifier's.
    { inputs: 1, layers: [{ units: 1, activation: 'sigmoid' }] },
  ] as const)('a network that cannot restore its inputs is refused: %j', (spec) => {
    expect(() => buildNetwork(engine, { ...spec, task: 'reconstruct' })).toThrow(/for each of its \d inputs/);
  });

  test('bytes are little-endian binary32, and hashed as they are', () => {
    const weights = Float32Array.of(1, -2.5);
    const bytes = weightsToBytes(weights);
    expect(Buffer.from(bytes).toString('hex')).toBe('0000803f000020c0');
    expect(Buffer.from(weightsHash(weights))).toEqual(createHash('sha256').update(bytes).digest());
  });

  test('bytes round trip from any offset', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, noDefaultInfinity: true }), fc.nat(3), (weights, offset) => {
        const shifted = Buffer.concat([Buffer.alloc(offset), weightsToBytes(weights)]).subarray(offset);
        expect(weightsFromBytes(shifted, weights.length)).toEqual(weights);
      }),
    );
  });

  test('wrong lengths and numbers that are not finite are refused', () => {
    expect(() => weightsFromBytes(new Uint8Array(7), 2)).toThrow(/take 8 bytes; got 7/);
    const infinite = weightsToBytes(Float32Array.of(0, Number.POSITIVE_INFINITY));
    expect(() => weightsFromBytes(infinite, 2)).toThrow(/Weight 1 .*not a finite/);
  });
});

describe('scoring', () => {
  test('a record’s score does not depend on its neighbours, to the bit', () => {
    const model = buildNetwork(engine, MULTICLASS);
    setFlatWeights(engine, model, initialWeights(MULTICLASS, 8));
    const all = dataset(300, 37);
    const together = scoreDataset(engine, model, all);
    for (const row of [0, 1, 128, 255, 256, 299]) {
      const features = all.features.slice(row * 37, (row + 1) * 37);
      const alone = scoreDataset(engine, model, { rows: 1, width: 37, features, labels: new Uint8Array(1) });
      expect(alone[0]).toBe(together[row]);
    }
    model.dispose();
  });

  test('of a softmax it is 1 − P(benign)', () => {
    const model = buildNetwork(engine, MULTICLASS);
    setFlatWeights(engine, model, new Float32Array(parameterCount(MULTICLASS)));
    expect([...scoreDataset(engine, model, dataset(2, 37))]).toEqual([0.75, 0.75]);
    expect(scoreDataset(engine, model, dataset(0, 37))).toHaveLength(0);
    expect(() => scoreDataset(engine, model, dataset(2, 36))).toThrow(/takes 37 features/);
    model.dispose();
  });

  test('of an autoencoder it is 1 − exp(−mean divergence), and 0 for what it restores', () => {
    const model = buildNetwork(engine, AUTOENCODER);
    // All weights zero: every output is ½, whatever comes in.
    setFlatWeights(engine, model, new Float32Array(parameterCount(AUTOENCODER)));
    const features = Float32Array.of(1, 0, 0.5, 0.25, 1, 0, ...Array(6).fill(0.5));
    const scores = scoreDataset(engine, model, { rows: 2, width: 6, features, labels: new Uint8Array(2) });
    // KL(Bernoulli(x) ‖ Bernoulli(½)) = ln 2 − H(x).
    const quarter = Math.log(2) + 0.25 * Math.log(0.25) + 0.75 * Math.log(0.75);
    expect(scores[0]).toBeCloseTo(1 - Math.exp(-(4 * Math.log(2) + quarter) / 6), 6);
    expect(scores[1]).toBe(0);
    // A bias of 100 says "certainly 1" of all: wrong is as wrong as float32 allows, and still below 1.
    const certain = new Float32Array(parameterCount(AUTOENCODER)).fill(100, -6);
    setFlatWeights(engine, model, certain);
    const wrong = scoreDataset(engine, model, {
      rows: 1,
      width: 6,
      features: new Float32Array(6),
      labels: new Uint8Array(1),
    });
    expect(wrong[0]).toBeGreaterThan(0.9999);
    expect(wrong[0]).toBeLessThan(1);
    model.dispose();
  });
});
