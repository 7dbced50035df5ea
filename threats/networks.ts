/** From a `NetworkSpec` to a TensorFlow.js layers model. */
import type { Sequential } from '@tensorflow/tfjs-layers';
import { FedwardError } from '../proto/errors.ts';
import type { Engine } from './engine.ts';
import type { NetworkSpec } from './threat.ts';

/**
 * A sequential model of dense layers, all weights zero until `setFlatWeights`. The caller disposes of it.
 * @throws FedwardError `INVALID_ARGUMENT` when the last layer cannot be a classifier.
 */
export function buildNetwork(engine: Engine, spec: NetworkSpec): Sequential {
  const last = spec.layers.at(-1);
  const binary = last?.activation === 'sigmoid' && last.units === 1;
  const multiclass = last?.activation === 'softmax' && last.units > 1;
  if (!binary && !multiclass) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `The last layer of a network must be one sigmoid unit or a softmax of several; got ${last?.units ?? 'no'} ${last?.activation ?? 'layer'}.`,
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
