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
  const { rows, width, features } = dataset;
  const inputs = model.inputs[0]?.shape.at(-1);
  if (inputs !== width || features.length !== rows * width) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `The model takes ${inputs} features a record; the data set has ${rows} rows × ${width} in ${features.length} values.`,
    );
  }
  const scores = new Float32Array(rows);
  for (let start = 0; start < rows; start += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, rows - start);
    const batch = new Float32Array(BATCH_ROWS * width);
    batch.set(features.subarray(start * width, (start + count) * width));
    const { values, classes } = engine.tf.tidy(() => {
      const output = model.predictOnBatch(engine.tf.tensor2d(batch, [BATCH_ROWS, width])) as Tensor;
      return { values: output.dataSync(), classes: output.shape[1] ?? 1 };
    });
    for (let i = 0; i < count; i++) {
      const first = values[i * classes] ?? 0;
      scores[start + i] = classes === 1 ? first : 1 - first;
    }
  }
  return scores;
}
