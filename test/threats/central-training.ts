/** Plain central logistic regression without privacy: the yardstick, and a real model for tests. */
import { seededUniform, shuffled } from '../../benchmarks/seeded.ts';
import type { Dataset } from '../../threats/threat.ts';

const EPOCHS = 20;
const BATCH = 128;
const MOMENTUM = 0.9;
const LEARNING_RATE = 10;

/** Flat weights, kernel then bias. SGD with momentum and a falling rate, on the non-zero features only. */
export function trainCentrally(data: Dataset, seed: number): Float32Array {
  const { rows, width } = data;
  const uniform = seededUniform(seed);
  const sparse = Array.from({ length: rows }, (_, row) => nonZero(data, row));
  const weights = new Float64Array(width + 1);
  const velocity = new Float64Array(width + 1);
  const steps = EPOCHS * Math.ceil(rows / BATCH);
  let step = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = shuffled(Array(rows).keys(), uniform);
    for (let start = 0; start < rows; start += BATCH) {
      const gradient = new Float64Array(width + 1);
      for (const row of order.slice(start, start + BATCH)) {
        const features = sparse[row] ?? [];
        let logit = weights[width] ?? 0;
        for (const [k, value] of features) logit += value * (weights[k] ?? 0);
        const delta = 1 / (1 + Math.exp(-logit)) - (data.labels[row] ?? 0);
        for (const [k, value] of features) gradient[k] = (gradient[k] ?? 0) + delta * value;
        gradient[width] = (gradient[width] ?? 0) + delta;
      }
      const rate = LEARNING_RATE * (1 - step++ / steps);
      for (let k = 0; k <= width; k++) {
        velocity[k] = MOMENTUM * (velocity[k] ?? 0) + (gradient[k] ?? 0) / BATCH;
        weights[k] = (weights[k] ?? 0) - rate * (velocity[k] ?? 0);
      }
    }
  }
  return Float32Array.from(weights);
}

function nonZero({ features, width }: Dataset, row: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let k = 0; k < width; k++) {
    const value = features[row * width + k] ?? 0;
    if (value !== 0) pairs.push([k, value]);
  }
  return pairs;
}

/** The given rows of a data set. */
export function subset(data: Dataset, rows: readonly number[]): Dataset {
  const features = new Float32Array(rows.length * data.width);
  rows.forEach((row, i) => {
    features.set(data.features.subarray(row * data.width, (row + 1) * data.width), i * data.width);
  });
  const labels = Uint8Array.from(rows, (row) => data.labels[row] ?? 0);
  return { rows: rows.length, width: data.width, features, labels };
}
