/**
 * The gradient of every record of a batch, in factored form, by one batched pass forward and one back.
 *
 * For a dense layer z = xW + b the gradient of one record's loss is the outer product of its input x and
 * its delta ∂loss/∂z, and the bias's is the delta itself. So two small matrices hold all records' gradients,
 * and clipping them one by one needs neither a loop over records in TensorFlow.js nor a matrix of
 * rows × parameters (Goodfellow 2015, "Efficient Per-Example Gradient Computations").
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { LayerFactors } from '../dp/sgd.ts';
import { FedwardError } from '../proto/errors.ts';
import type { Engine } from '../threats/engine.ts';
import {
  type Dataset,
  type DenseSpec,
  type NetworkSpec,
  outputOf,
  parameterCount,
} from '../threats/threat.ts';
import { inMemory, type RecordSource } from './record-source.ts';

export interface Trainer {
  /** Records in the data set, as private as the records themselves. */
  readonly records: number;
  /**
   * Inputs and deltas of every layer for the records at `rows`, indices into the data set, possibly none.
   * A delta belongs to its record's own loss: it is not divided by the batch.
   *
   * @param weights flat, in the order of `threats/weights.ts`.
   * @throws FedwardError `INVALID_ARGUMENT` when `weights` or `rows` do not fit the network or the data set.
   */
  layerFactors(weights: Float32Array, rows: Int32Array | Uint32Array): LayerFactors[];
  /** Lets go of the records; afterwards the trainer has none. */
  dispose(): void;
}

/**
 * A trainer over one hospital's encoded records, which it disposes of in the end. The loss is binary cross-entropy on
 * a single sigmoid unit and categorical cross-entropy on a softmax; of both, ∂loss/∂z is prediction − label. To
 * reconstruct, it is the sum of the inputs' binary cross-entropies, ∂loss/∂z is output − input, and no label is read.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when network and data set do not fit together.
 */
export function createTrainer(
  engine: Engine,
  network: NetworkSpec,
  records: Dataset | RecordSource,
): Trainer {
  const source = 'gather' in records ? records : inMemory(checkShape(records));
  checkFit(network, source);
  const { tf } = engine;
  const layers = layoutOf(network);
  const parameters = parameterCount(network);
  let held = source.rows;
  return {
    get records() {
      return held;
    },
    layerFactors(weights, rows) {
      if (weights.length !== parameters) throw unfit(`weights must be ${parameters}, not ${weights.length}`);
      if (rows.some((row) => row < 0 || row >= held)) throw unfit('rows must be indices into the data set');
      const { features, labels } = source.gather(rows);
      const targets =
        network.task === 'reconstruct' ? features : targetsOf(labels, network.layers.at(-1)?.units ?? 1);
      const factors: LayerFactors[] = [];
      // Some kernels do not take tensors without elements.
      if (rows.length === 0) {
        const inputs = new Float32Array(0);
        for (const { fanIn, units } of layers) {
          factors.push({ rows: 0, fanIn, fanOut: units, inputs, deltas: inputs });
        }
        return factors;
      }
      tf.tidy(() => {
        const passes = forward(tf, layers, weights, tf.tensor2d(features, [rows.length, network.inputs]));
        factors.push(...backward(tf, passes, targets));
      });
      return factors;
    },
    dispose() {
      if (held > 0) source.dispose();
      held = 0;
    },
  };
}

/** A dense layer and where its weights begin in the flat vector. */
interface Layer extends DenseSpec {
  readonly fanIn: number;
  readonly offset: number;
}

function layoutOf(network: NetworkSpec): Layer[] {
  let fanIn = network.inputs;
  let offset = 0;
  return network.layers.map((dense) => {
    const layer = { ...dense, fanIn, offset };
    offset += (fanIn + 1) * dense.units;
    fanIn = dense.units;
    return layer;
  });
}

/** One layer's way forward. */
interface Pass {
  readonly layer: Layer;
  readonly kernel: Tensor2D;
  readonly input: Tensor2D;
  readonly output: Tensor2D;
}

function forward(tf: Engine['tf'], layers: readonly Layer[], weights: Float32Array, batch: Tensor2D): Pass[] {
  let input = batch;
  return layers.map((layer) => {
    const { fanIn, units, offset, activation } = layer;
    const bias = offset + fanIn * units;
    const kernel = tf.tensor2d(weights.subarray(offset, bias), [fanIn, units]);
    const z: Tensor2D = tf.add(tf.matMul(input, kernel), tf.tensor1d(weights.subarray(bias, bias + units)));
    const output = activate(tf, z, activation);
    const pass = { layer, kernel, input, output };
    input = output;
    return pass;
  });
}

function backward(tf: Engine['tf'], passes: readonly Pass[], targets: Float32Array): LayerFactors[] {
  const factors: LayerFactors[] = [];
  /** ∂loss/∂output of the layer at hand, unknown and not needed for the last one. */
  let upstream: Tensor | undefined;
  for (const { layer, kernel, input, output } of passes.toReversed()) {
    const delta: Tensor2D =
      upstream === undefined
        ? tf.sub(output, tf.tensor2d(targets, output.shape))
        : tf.mul(upstream, slope(tf, output, layer.activation));
    factors.unshift({
      rows: input.shape[0],
      fanIn: layer.fanIn,
      fanOut: layer.units,
      inputs: input.dataSync<'float32'>(),
      deltas: delta.dataSync<'float32'>(),
    });
    if (layer.offset > 0) upstream = tf.matMul(delta, kernel, false, true);
  }
  return factors;
}

function activate(tf: Engine['tf'], z: Tensor2D, activation: DenseSpec['activation']): Tensor2D {
  switch (activation) {
    case 'relu':
      return tf.relu(z);
    case 'tanh':
      return tf.tanh(z);
    case 'sigmoid':
      return tf.sigmoid(z);
    case 'softmax':
      return tf.softmax(z);
    default:
      return activation satisfies never;
  }
}

/** ∂a/∂z of a hidden layer, in terms of its output a. */
function slope(tf: Engine['tf'], a: Tensor2D, activation: DenseSpec['activation']): Tensor {
  switch (activation) {
    case 'relu':
      return tf.step(a);
    case 'tanh':
      return tf.sub(1, tf.square(a));
    case 'sigmoid':
      return tf.mul(a, tf.sub(1, a));
    case 'softmax':
      throw unfit('only the last layer may be a softmax');
    default:
      return activation satisfies never;
  }
}

/** One-hot labels, row-major; for a single unit 1 is a threat of any class. */
function targetsOf(labels: Uint8Array, units: number): Float32Array {
  const targets = new Float32Array(labels.length * units);
  labels.forEach((label, r) => {
    if (units === 1) targets[r] = label > 0 ? 1 : 0;
    else targets[r * units + label] = 1;
  });
  return targets;
}

function checkShape(dataset: Dataset): Dataset {
  const { rows, width, features, labels } = dataset;
  if (features.length !== rows * width || labels.length !== rows) {
    throw unfit('the data set must hold rows × width features and one label a row');
  }
  return dataset;
}

function checkFit(network: NetworkSpec, { width, classCounts }: RecordSource): void {
  if (width !== network.inputs) throw unfit(`the network takes ${network.inputs} features, not ${width}`);
  const output = outputOf(network);
  if (output === null) {
    throw unfit('the last layer must be one sigmoid unit or a softmax of several, or restore the inputs');
  }
  const units = network.layers.at(-1)?.units ?? 0;
  if (output === 'classes' && classCounts.length > units) {
    throw unfit(`labels must be below the network's ${units} classes`);
  }
}

function unfit(reason: string): FedwardError {
  return new FedwardError('INVALID_ARGUMENT', `The trainer cannot use this: ${reason}.`);
}
