/**
 * Scores of a model on encoded records: the same code, hence the same bits, for the coordinator's
 * evaluation and for `fedward detect`.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { FedwardError } from '../proto/errors.ts';
import type { Engine } from './engine.ts';
import type { Dataset } from './threat.ts';

/**
 * Every forward pass has exactly this many rows, the last one padded with zeros: matrix kernels choose
 * their summation order by shape, and a record's score must not depend on its neighbours.
 */
const BATCH_ROWS = 256;

/**
 * How suspicious every row is, in [0, 1]: P(not benign) as the sigmoid's output, or 1 − P(class 0) of a softmax; of
 * an autoencoder 1 − exp(−D), D being its mean divergence (see `divergence`).
 * @throws FedwardError `INVALID_ARGUMENT` when the data set is not as wide as the model.
 */
export function scoreDataset(engine: Engine, model: LayersModel, dataset: Dataset): Float32Array {
  return threatScores(classProbabilities(engine, model, dataset), dataset.rows);
}

/** The scores of `scoreDataset`, from the probabilities of `rows` records. */
export function threatScores(probabilities: Float32Array, rows: number): Float32Array {
  const columns = probabilities.length / Math.max(1, rows);
  return Float32Array.from({ length: rows }, (_, row) => {
    const first = probabilities[row * columns] ?? 0;
    return columns === 1 ? first : 1 - first;
  });
}

/**
 * What the network says of every row, row-major: P(threat) of a sigmoid, one probability a class of a softmax, and
 * of an autoencoder the score alone.
 * @throws FedwardError `INVALID_ARGUMENT` when the data set is not as wide as the model.
 */
export function classProbabilities(engine: Engine, model: LayersModel, dataset: Dataset): Float32Array {
  const { rows, width, features } = dataset;
  const inputs = model.inputs[0]?.shape.at(-1);
  if (inputs !== width || features.length !== rows * width) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `The model takes ${inputs} features a record; the data set has ${rows} rows × ${width} in ${features.length} values.`,
    );
  }
  const units = model.outputs[0]?.shape.at(-1) ?? 1;
  // Only what reconstructs its input ends in several sigmoid units (`outputOf`).
  const reconstructs = units > 1 && model.layers.at(-1)?.getConfig().activation === 'sigmoid';
  const columns = reconstructs ? 1 : units;
  const probabilities = new Float32Array(rows * columns);
  for (let start = 0; start < rows; start += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, rows - start);
    const batch = new Float32Array(BATCH_ROWS * width);
    batch.set(features.subarray(start * width, (start + count) * width));
    const values = engine.tf.tidy(() => {
      const output = model.predictOnBatch(engine.tf.tensor2d(batch, [BATCH_ROWS, width])) as Tensor;
      return output.dataSync<'float32'>();
    });
    const said = reconstructs ? anomalyScores(batch, values, width) : values;
    probabilities.set(said.subarray(0, count * columns), start * columns);
  }
  return probabilities;
}

function anomalyScores(inputs: Float32Array, outputs: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: inputs.length / width }, (_, row) => {
    let total = 0;
    for (let at = row * width; at < (row + 1) * width; at++) {
      total += divergence(inputs[at] ?? 0, outputs[at] ?? 0);
    }
    return -Math.expm1(-total / width);
  });
}

/** float32 knows nothing closer to 1 than 6e-8. */
const FLOOR = 1e-7;

/**
 * Kullback–Leibler divergence of Bernoulli(output) from Bernoulli(input), in nats: the binary cross-entropy that the
 * network is trained on without its least value, the input's own entropy. 0 for a perfect reconstruction, at most 16.1.
 */
function divergence(input: number, output: number): number {
  const q = Math.min(1 - FLOOR, Math.max(FLOOR, output));
  const one = input > 0 ? input * Math.log(input / q) : 0;
  return input < 1 ? one + (1 - input) * Math.log((1 - input) / (1 - q)) : one;
}
