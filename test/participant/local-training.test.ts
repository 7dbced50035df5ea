import { beforeAll, describe, expect, test } from 'vitest';
import { BitSource } from '../../dp/sampling/entropy.ts';
import { gradientSum, localDelta } from '../../participant/local-training.ts';
import { createTrainer, type Trainer } from '../../participant/trainer.ts';
import { coordinateBound, gridScale } from '../../proto/plan.ts';
import { type Engine, loadEngine } from '../../threats/engine.ts';
import { type Dataset, type NetworkSpec, parameterCount } from '../../threats/threat.ts';
import { seededEntropy } from '../fixtures/entropy.ts';
import { testPlan } from '../fixtures/plan.ts';

const WIDTH = 40;
const ROWS = 600;
const network: NetworkSpec = { inputs: WIDTH, layers: [{ units: 1, activation: 'sigmoid' }] };
const dimension = parameterCount(network);
const data: Dataset = {
  rows: ROWS,
  width: WIDTH,
  features: Float32Array.from({ length: ROWS * WIDTH }, (_, i) => (i % 3 === 0 ? Math.sin(0.7 * i) : 0)),
  labels: Uint8Array.from({ length: ROWS }, (_, i) => (Math.sin(i) > 0 ? 1 : 0)),
};
const weights = Float32Array.from({ length: dimension }, (_, i) => Math.cos(3 * i));
const all = Int32Array.from({ length: ROWS }, (_, i) => i);

let engine: Engine;
let trainer: Trainer;
beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' });
  trainer = createTrainer(engine, network, data);
});

/** Σ of clipped logistic gradients in float64, straight from the formula. */
function reference(rows: Int32Array, clip: number, w: Float32Array = weights): Float64Array {
  const sum = new Float64Array(dimension);
  for (const row of rows) {
    const x = [...data.features.subarray(row * WIDTH, (row + 1) * WIDTH), 1];
    const z = x.reduce((dot, value, i) => dot + value * (w[i] ?? 0), 0);
    const delta = 1 / (1 + Math.exp(-z)) - (data.labels[row] ?? 0);
    const norm = Math.abs(delta) * Math.hypot(...x);
    const factor = Math.min(1, clip / norm);
    x.forEach((value, i) => {
      sum[i] = (sum[i] ?? 0) + factor * delta * value;
    });
  }
  return sum;
}

describe('gradientSum', () => {
  test.each([
    ['clipping most records', 0.2],
    ['clipping none', 100],
  ])('%s: the float64 reference within the grid, over several chunks', (_, clip) => {
    const plan = testPlan({ mode: 'distributed', dimension, clip });
    const sum = gradientSum(plan, trainer, weights, all);
    const scale = gridScale(plan);
    // Truncation costs a record less than one unit toward zero; float32 a few millionths of the grid.
    const tolerance = ROWS * 1.2;
    reference(all, clip).forEach((expected, i) => {
      expect(Math.abs((sum[i] ?? 0) - expected * scale)).toBeLessThan(tolerance);
    });
    expect(Math.max(...sum.map(Math.abs))).toBeGreaterThan(10 * tolerance);
  });

  test('is additive over batches, exactly: integers have no rounding', () => {
    const plan = testPlan({ mode: 'none', dimension });
    const whole = gradientSum(plan, trainer, weights, all);
    const parts = [all.subarray(0, 256), all.subarray(256, 512), all.subarray(512)].map((rows) =>
      gradientSum(plan, trainer, weights, rows),
    );
    whole.forEach((units, i) => {
      expect(units).toBe(parts.reduce((total, part) => total + (part[i] ?? 0), 0));
    });
  });

  test('one record moves it by at most the sensitivity 2^16', () => {
    const plan = testPlan({ mode: 'distributed', dimension, clip: 0.05 });
    for (const row of all.subarray(0, 50)) {
      const norm = Math.hypot(...gradientSum(plan, trainer, weights, Int32Array.of(row)));
      expect(norm).toBeLessThanOrEqual(2 ** 16);
      expect(norm).toBeGreaterThan(0.99 * 2 ** 16);
    }
  });

  test('an empty sample gives zeros', () => {
    const plan = testPlan({ mode: 'distributed', dimension });
    const sum = gradientSum(plan, trainer, weights, new Int32Array(0));
    expect(sum).toEqual(new Int32Array(dimension));
  });

  test('is clamped to what the ring has room for', () => {
    const plan = testPlan({ mode: 'distributed', dimension, clip: 0.05, noiseMultiplier: 176 });
    const bound = coordinateBound(plan);
    expect(bound).toBeLessThan(60 * 2 ** 16);
    // Threats only, on a model that calls nothing a threat: all biases' gradients point one way.
    const threats = all.filter((row) => data.labels[row] === 1);
    const sum = gradientSum(plan, trainer, new Float32Array(dimension), threats);
    expect(sum.at(-1)).toBe(-bound);
  });

  test('is not for mode local, whose noise is added elsewhere', () => {
    const plan = testPlan({ mode: 'local', dimension });
    expect(() => gradientSum(plan, trainer, weights, all)).toThrow(/mode distributed or none/);
  });
});

describe('localDelta', () => {
  const options = {
    mode: 'local',
    dimension,
    clip: 0.5,
    expectedBatch: 1000,
    localLearningRate: 0.25,
  } as const;
  const run = (plan: ReturnType<typeof testPlan>, seed: string, from: Trainer = trainer) =>
    localDelta(plan, from, weights, new BitSource(seededEntropy(seed)));

  test('its noise has the variance of K full shares (without noise it would be zero here)', () => {
    // Hardly any record is ever sampled, so the delta is noise alone.
    const plan = testPlan({ ...options, sampleRate: 1e-9, noiseMultiplier: 3, localSteps: 4 });
    const deltas = Array.from({ length: 50 }, (_, seed) => [...run(plan, `noise ${seed}`).delta]).flat();
    const deviation = Math.sqrt(deltas.reduce((total, x) => total + x * x, 0) / deltas.length);
    // Per step: rate · σ · C / (expectedBatch / n).
    const expected = (Math.sqrt(4) * 0.25 * 3 * 0.5) / (1000 / 5);
    expect(deviation / expected).toBeGreaterThan(0.94);
    expect(deviation / expected).toBeLessThan(1.06);
    const mean = deltas.reduce((total, x) => total + x, 0) / deltas.length;
    expect(Math.abs(mean)).toBeLessThan((5 * expected) / Math.sqrt(deltas.length));
  });

  test('with next to no noise it is K steps of clipped gradient descent on the planned batch', () => {
    const plan = testPlan({ ...options, sampleRate: 1, noiseMultiplier: 1e-5, localSteps: 3 });
    const local = weights.slice();
    for (let step = 0; step < 3; step++) {
      const gradient = reference(all, 0.5, local);
      for (let i = 0; i < dimension; i++) {
        local[i] = (local[i] ?? 0) - (0.25 * (gradient[i] ?? 0)) / (1000 / 5);
      }
    }
    run(plan, 'steps').delta.forEach((change, i) => {
      expect(change).toBeCloseTo((local[i] ?? 0) - (weights[i] ?? 0), 3);
    });
  });

  test('is quantised on the grid of deltas and clamped', () => {
    const plan = testPlan({ ...options, localSteps: 2 });
    const { delta, quantised } = run(plan, 'grid');
    expect(quantised).toEqual(Int32Array.from(delta, (value) => Math.trunc(value * 2 ** 20)));
    const wild = testPlan({ ...options, localLearningRate: 1e9 });
    const bound = coordinateBound(wild);
    expect([...run(wild, 'wild').quantised].every((units) => Math.abs(units) === bound)).toBe(true);
  });

  test('draws all of its randomness before it touches the first record', () => {
    class CountingBits extends BitSource {
      words = 0;
      override word(): number {
        this.words++;
        return super.word();
      }
    }
    const bits = new CountingBits(seededEntropy('order'));
    let drawnBefore: number | undefined;
    const watched: Trainer = {
      records: trainer.records,
      layerFactors(w, rows) {
        drawnBefore ??= bits.words;
        return trainer.layerFactors(w, rows);
      },
      dispose() {},
    };
    localDelta(testPlan({ ...options, localSteps: 3 }), watched, weights, bits);
    // A coin for every record and at least one word for every coordinate of noise, in each step.
    expect(drawnBefore).toBeGreaterThan(3 * (ROWS + dimension));
    expect(bits.words).toBe(drawnBefore);
  });

  test('leaves the weights it was given alone', () => {
    const before = weights.slice();
    run(testPlan({ ...options, localSteps: 2 }), 'same');
    expect(weights).toEqual(before);
  });

  test('is for mode local only', () => {
    const plan = testPlan({ mode: 'none', dimension });
    expect(() => run(plan, 'mode')).toThrow(/serves mode local/);
  });
});
