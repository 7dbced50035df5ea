/**
 * A model's weights as one flat vector and as bytes: the vector that is summed and the bytes that are
 * hashed into the round plan. Order: per layer the kernel, row-major fan-in × units, then the bias.
 */
import { createHash } from 'node:crypto';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { FedwardError } from '../proto/errors.ts';
import type { Engine } from './engine.ts';

/** The model's weights, copied. */
export function flatWeights(model: LayersModel): Float32Array {
  const flat = new Float32Array(model.countParams());
  let at = 0;
  for (const weight of model.getWeights()) {
    const values = weight.dataSync();
    flat.set(values, at);
    at += values.length;
  }
  return flat;
}

/**
 * Overwrites the model's weights.
 * @throws FedwardError `INVALID_ARGUMENT` when `flat` does not have exactly the model's length.
 */
export function setFlatWeights(engine: Engine, model: LayersModel, flat: Float32Array): void {
  const expected = model.countParams();
  if (flat.length !== expected) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `The model has ${expected} weights; the vector given has ${flat.length}.`,
    );
  }
  engine.tf.tidy(() => {
    let at = 0;
    const tensors = model.getWeights().map((weight) => {
      const slice = flat.slice(at, at + weight.size);
      at += weight.size;
      return engine.tf.tensor(slice, weight.shape, 'float32');
    });
    model.setWeights(tensors);
  });
}

/** IEEE 754 binary32, little-endian on every machine: 4 bytes per weight. */
export function weightsToBytes(flat: Float32Array): Uint8Array {
  const bytes = new Uint8Array(flat.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < flat.length; i++) view.setFloat32(4 * i, flat[i] ?? 0, true);
  return bytes;
}

/**
 * @param parameters how many weights the network has.
 * @throws FedwardError `DATA_INVALID` when the length differs or a weight is not a finite number.
 */
export function weightsFromBytes(bytes: Uint8Array, parameters: number): Float32Array {
  if (bytes.length !== parameters * 4) {
    throw new FedwardError(
      'DATA_INVALID',
      `The network's ${parameters} weights take ${parameters * 4} bytes; got ${bytes.length}.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flat = new Float32Array(parameters);
  for (let i = 0; i < parameters; i++) {
    const value = view.getFloat32(4 * i, true);
    if (!Number.isFinite(value)) {
      throw new FedwardError('DATA_INVALID', `Weight ${i} of the model is not a finite number.`);
    }
    flat[i] = value;
  }
  return flat;
}

/** SHA-256 of the bytes as `weightsToBytes` gives them, 32 bytes: the plan's `model.hash`. */
export function weightsHash(flat: Float32Array): Uint8Array {
  return createHash('sha256').update(weightsToBytes(flat)).digest();
}
