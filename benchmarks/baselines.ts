/**
 * What federated training is compared with: each hospital alone, and all records pooled in one place, both
 * without privacy. Same encoder, network, test set and initial weights; a good optimiser run until a
 * validation slice of the *training* records says stop. The test set is looked at once, at the end.
 */
import { setImmediate } from 'node:timers/promises';
import { createEvaluator } from '../coordinator/evaluation.ts';
import type { LayerFactors } from '../dp/sgd.ts';
import { createTrainer, type Trainer } from '../participant/trainer.ts';
import type { Engine } from '../threats/engine.ts';
import { initialWeights } from '../threats/initial-weights.ts';
import type { Dataset, NetworkSpec } from '../threats/threat.ts';
import { splitTest } from './partition.ts';
import { seededUniform, shuffled, type Uniform } from './seeded.ts';

export interface Quality {
  readonly accuracy: number;
  readonly auroc: number;
}

export interface Baselines {
  /** In the order of the hospitals given. */
  readonly alone: readonly Quality[];
  readonly pooled: Quality;
}

/** Same seed, same engine: same figures. */
export async function trainBaselines(
  engine: Engine,
  network: NetworkSpec,
  hospitals: readonly Dataset[],
  test: Dataset,
  seed: number,
): Promise<Baselines> {
  const alone: Quality[] = [];
  for (const dataset of hospitals) alone.push(await trainCentrally(engine, network, dataset, test, seed));
  return { alone, pooled: await trainCentrally(engine, network, concatenate(hospitals), test, seed) };
}

const VALIDATION_SHARE = 0.15;
const BATCH = 128;
const MOST_EPOCHS = 60;
const PATIENCE = 4;

/**
 * Adam on mini-batches with early stopping; lets the event loop turn between epochs.
 *
 * @throws FedwardError `DATA_INVALID` when `train` or `test` hold a single class.
 */
export async function trainCentrally(
  engine: Engine,
  network: NetworkSpec,
  train: Dataset,
  test: Dataset,
  seed: number,
): Promise<Quality> {
  const split = splitTest(train.labels, seed, VALIDATION_SHARE);
  const uniform = seededUniform(seed);
  const trainer = createTrainer(engine, network, train);
  const validation = createEvaluator(engine, network, takeRows(train, split.test));
  // A single layer is convex and bears long steps, which rows of norm 1 need; a deep one does not.
  const adam = createAdam(initialWeights(network, seed), network.layers.length === 1 ? 0.1 : 0.003);
  const weights = await fitEpochs({
    ...{ trainer, adam, rows: split.train, uniform, batch: BATCH, epochs: MOST_EPOCHS, patience: PATIENCE },
    lossOf: (current) => validation.evaluate(current).loss,
  });
  trainer.dispose();
  validation.dispose();
  const final = createEvaluator(engine, network, test);
  const { accuracy, auroc } = final.evaluate(weights);
  final.dispose();
  return { accuracy, auroc };
}

export interface Epochs {
  readonly trainer: Trainer;
  readonly adam: Adam;
  /** Indices of the records to train on, dealt into batches anew each epoch. */
  readonly rows: readonly number[];
  readonly uniform: Uniform;
  readonly batch: number;
  readonly epochs: number;
  /** Epochs without a better validation loss after which training ends. */
  readonly patience: number;
  /** Validation loss of the weights. */
  lossOf(weights: Float32Array): number;
}

/** Weights of the epoch whose validation loss is best. Lets the event loop turn between epochs. */
export async function fitEpochs(options: Epochs): Promise<Float32Array> {
  const { trainer, adam, rows, uniform, batch, epochs, patience, lossOf } = options;
  let best = { loss: Number.POSITIVE_INFINITY, epoch: 0, weights: adam.weights.slice() };
  for (let epoch = 1; epoch <= epochs && epoch <= best.epoch + patience; epoch++) {
    const order = Int32Array.from(shuffled(rows, uniform));
    for (let start = 0; start < order.length; start += batch) {
      const drawn = order.subarray(start, start + batch);
      adam.step(meanGradient(trainer.layerFactors(adam.weights, drawn), adam.weights.length));
    }
    const loss = lossOf(adam.weights);
    if (loss < best.loss) best = { loss, epoch, weights: adam.weights.slice() };
    await setImmediate();
  }
  return best.weights;
}

export function meanGradient(layers: readonly LayerFactors[], parameters: number): Float64Array {
  const gradient = new Float64Array(parameters);
  let offset = 0;
  for (const { rows, fanIn, fanOut, inputs, deltas } of layers) {
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i <= fanIn; i++) {
        const input = (i < fanIn ? (inputs[r * fanIn + i] ?? 0) : 1) / rows;
        if (input === 0) continue;
        const at = offset + i * fanOut;
        for (let j = 0; j < fanOut; j++) {
          gradient[at + j] = (gradient[at + j] ?? 0) + input * (deltas[r * fanOut + j] ?? 0);
        }
      }
    }
    offset += (fanIn + 1) * fanOut;
  }
  return gradient;
}

export interface Adam {
  /** Changed in place by `step`. */
  readonly weights: Float32Array;
  step(gradient: Float64Array): void;
}

/** Kingma and Ba (2015), algorithm 1, with its default decay rates. */
export function createAdam(weights: Float32Array, rate: number): Adam {
  const first = new Float64Array(weights.length);
  const second = new Float64Array(weights.length);
  let t = 0;
  return {
    weights,
    step(gradient) {
      t++;
      const corrected = (rate * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t);
      for (let i = 0; i < weights.length; i++) {
        const g = gradient[i] ?? 0;
        const m = 0.9 * (first[i] ?? 0) + 0.1 * g;
        const v = 0.999 * (second[i] ?? 0) + 0.001 * g * g;
        first[i] = m;
        second[i] = v;
        weights[i] = (weights[i] ?? 0) - (corrected * m) / (Math.sqrt(v) + 1e-8);
      }
    },
  };
}

function takeRows(dataset: Dataset, rows: readonly number[]): Dataset {
  const { width } = dataset;
  const features = new Float32Array(rows.length * width);
  rows.forEach((row, r) => {
    features.set(dataset.features.subarray(row * width, (row + 1) * width), r * width);
  });
  return {
    rows: rows.length,
    width,
    features,
    labels: Uint8Array.from(rows, (row) => dataset.labels[row] ?? 0),
  };
}

function concatenate(datasets: readonly Dataset[]): Dataset {
  const width = datasets[0]?.width ?? 0;
  const rows = datasets.reduce((total, dataset) => total + dataset.rows, 0);
  const features = new Float32Array(rows * width);
  const labels = new Uint8Array(rows);
  let at = 0;
  for (const dataset of datasets) {
    features.set(dataset.features, at * width);
    labels.set(dataset.labels, at);
    at += dataset.rows;
  }
  return { rows, width, features, labels };
}
