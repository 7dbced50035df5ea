/** A threat of several classes as one question: benign or not. */
import type { NetworkSpec, Threat } from './threat.ts';

/**
 * The same records and features with one sigmoid unit in place of the softmax. Labels stay class indices: to a
 * single unit every one but 0 is a threat.
 */
export function binaryHead<Sample>(threat: Threat<Sample>): Threat<Sample> {
  const layers: NetworkSpec['layers'] = [
    ...threat.network.layers.slice(0, -1),
    { units: 1, activation: 'sigmoid' },
  ];
  return {
    ...threat,
    id: `${threat.id}-binary`,
    network: { ...threat.network, layers },
    classes: ['benign', 'malicious'],
  };
}
