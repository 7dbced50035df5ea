/** From a `NetworkSpec` to a TensorFlow.js layers model. */
import type { Sequential } from '@tensorflow/tfjs-layers';
import { FedwardError } from '../proto/errors.ts';
import type { Engine } from './engine.ts';
import { type NetworkSpec, outputOf } from './threat.ts';

/**
 * A sequential model of dense layers, all weights zero until `setFlatWeights`. The caller disposes of it.
 * @throws FedwardError `INVALID_ARGUMENT` when the last layer does not suit the network's task.
 */
export function buildNetwork(engine: Engine, spec: NetworkSpec): Sequential {
  if (outputOf(spec) === null) {
    const last = spec.layers.at(-1);
    const wanted =
      spec.task === 'reconstruct'
        ? `a sigmoid unit for each of its ${spec.inputs} inputs, at least two`
        : 'one sigmoid unit or a softmax of several';
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `The last layer of a network must be ${wanted}; got ${last?.units ?? 'no'} ${last?.activation ?? 'layer'}.`,
    );
  }
  const model = engine.layers.sequential({ name: 'fedward' });
  spec.layers.forEach(({ units, activation }, i) => {
    model.add(
      engine.layers.layers.dense({
        name: `dense_${i + 1}`,
        units,
        activation,
        // Not the library's random initialiser: weights come from the plan, never from Math.random.
        kernelInitializer: 'zeros',
        biasInitializer: 'zeros',
        ...(i === 0 ? { inputShape: [spec.inputs] } : {}),
      }),
    );
  });
  return model;
}
