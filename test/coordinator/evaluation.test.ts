import { beforeAll, expect, test } from 'vitest';
import { createEvaluator } from '../../coordinator/evaluation.ts';
import { type Engine, loadEngine } from '../../threats/engine.ts';
import type { Dataset, NetworkSpec } from '../../threats/threat.ts';

const logistic: NetworkSpec = { inputs: 2, layers: [{ units: 1, activation: 'sigmoid' }] };
const testSet: Dataset = {
  rows: 4,
  width: 2,
  features: Float32Array.of(1, 0, 0, 1, 1, 1, 0, 0),
  labels: Uint8Array.of(1, 0, 1, 0),
};

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' });
});

test('loss, accuracy and AUROC by hand', () => {
  const evaluator = createEvaluator(engine, logistic, testSet);
  // z = 2·x₁ + x₂ − 1: 1, 0, 2 and −1; the second record lies on the threshold and counts as an alarm.
  const { loss, accuracy, auroc } = evaluator.evaluate(Float32Array.of(2, 1, -1));
  const p = [1, 0, 2, -1].map((z) => 1 / (1 + Math.exp(-z)));
  const expected = p.map((q, i) => -Math.log(i % 2 === 0 ? q : 1 - q)).reduce((a, b) => a + b) / 4;
  expect(loss).toBeCloseTo(expected, 6);
  expect(accuracy).toBe(0.75);
  expect(auroc).toBe(1);
  expect(evaluator.evaluate(Float32Array.of(0, 0, 0))).toEqual({
    loss: expect.closeTo(Math.LN2, 6),
    accuracy: 0.5,
    auroc: 0.5,
  });
  evaluator.dispose();
});

test('of a softmax everything but class 0 is a threat', () => {
  const network: NetworkSpec = { inputs: 2, layers: [{ units: 3, activation: 'softmax' }] };
  const evaluator = createEvaluator(engine, network, { ...testSet, labels: Uint8Array.of(2, 0, 1, 0) });
  // Class 0 falls with x₁, class 1 rises: where x₁ = 1 the threat wins.
  const { accuracy, auroc } = evaluator.evaluate(Float32Array.of(-4, 4, 0, 0, 0, 0, 2, 0, 0));
  expect(accuracy).toBe(1);
  expect(auroc).toBe(1);
  evaluator.dispose();
});

test('evaluating again and again leaves no tensor behind', () => {
  const before = engine.tf.memory().numTensors;
  const evaluator = createEvaluator(engine, logistic, testSet);
  const held = engine.tf.memory().numTensors;
  for (let i = 0; i < 3; i++) evaluator.evaluate(Float32Array.of(i, 1, 0));
  expect(engine.tf.memory().numTensors).toBe(held);
  evaluator.dispose();
  expect(engine.tf.memory().numTensors).toBe(before);
});

test('a test set of a single class is refused at once, not in the middle of a job', () => {
  for (const label of [0, 1]) {
    const labels = new Uint8Array(4).fill(label);
    expect(() => createEvaluator(engine, logistic, { ...testSet, labels })).toThrow(/single class/);
  }
});
