import { beforeAll, expect, test } from 'vitest';
import { trainBaselines } from '../../benchmarks/baselines.ts';
import { seededUniform } from '../../benchmarks/seeded.ts';
import { type Engine, loadEngine } from '../../threats/engine.ts';
import type { Dataset, NetworkSpec } from '../../threats/threat.ts';

const WIDTH = 20;
const logistic: NetworkSpec = { inputs: WIDTH, layers: [{ units: 1, activation: 'sigmoid' }] };

/** A record is a threat when its first ten features outweigh the rest; some labels are wrong. */
function synthetic(rows: number, seed: number): Dataset {
  const uniform = seededUniform(seed);
  const features = Float32Array.from({ length: rows * WIDTH }, () => uniform());
  const labels = Uint8Array.from({ length: rows }, (_, r) => {
    const row = features.subarray(r * WIDTH, (r + 1) * WIDTH);
    const margin = row.reduce((sum, value, i) => sum + (i < WIDTH / 2 ? value : -value), 0);
    return margin > 0 !== uniform() < 0.05 ? 1 : 0;
  });
  return { rows, width: WIDTH, features, labels };
}

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' });
});

test('hospitals alone and all data pooled, the same figures for the same seed', async () => {
  const hospitals = [synthetic(60, 1), synthetic(400, 2), synthetic(400, 3)];
  const quality = synthetic(500, 4);
  const first = await trainBaselines(engine, logistic, hospitals, quality, 7);
  expect(first.alone).toHaveLength(3);
  expect(first.pooled.accuracy).toBeGreaterThan(0.9);
  expect(first.pooled.auroc).toBeGreaterThan(first.alone[0]?.auroc ?? 1);
  expect(await trainBaselines(engine, logistic, hospitals, quality, 7)).toEqual(first);
});

test('a deep network learns as well', async () => {
  const network: NetworkSpec = {
    inputs: WIDTH,
    layers: [
      { units: 8, activation: 'relu' },
      { units: 2, activation: 'softmax' },
    ],
  };
  const { pooled } = await trainBaselines(engine, network, [synthetic(800, 5)], synthetic(500, 6), 1);
  expect(pooled.accuracy).toBeGreaterThan(0.85);
});

test('the test set takes no part in training: with its labels turned round the same model fails', async () => {
  const hospitals = [synthetic(300, 10)];
  const quality = synthetic(500, 11);
  const turned = { ...quality, labels: quality.labels.map((label) => 1 - label) };
  const { pooled } = await trainBaselines(engine, logistic, hospitals, quality, 1);
  const { pooled: failed } = await trainBaselines(engine, logistic, hospitals, turned, 1);
  expect(failed.auroc).toBeCloseTo(1 - pooled.auroc, 12);
  expect(failed.accuracy).toBeCloseTo(1 - pooled.accuracy, 12);
});
