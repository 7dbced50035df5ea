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
 * P(not benign) of every row, in [0, 1]: the sigmoid's output, or 1 − P(class 0) of a softmax.
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
 * The network's output for every row, row-major: P(threat) of a sigmoid, one probability a class of a softmax.
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
  const classes = model.outputs[0]?.shape.at(-1) ?? 1;
  const probabilities = new Float32Array(rows * classes);
  for (let start = 0; start < rows; start += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, rows - start);
    const batch = new Float32Array(BATCH_ROWS * width);
    batch.set(features.subarray(start * width, (start + count) * width));
    const values = engine.tf.tidy(() => {
      const output = model.predictOnBatch(engine.tf.tensor2d(batch, [BATCH_ROWS, width])) as Tensor;
      return output.dataSync<'float32'>();
    });
    probabilities.set(values.subarray(0, count * classes), start * classes);
  }
  return probabilities;
}
