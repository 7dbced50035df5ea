/** Anomaly detection for sites without labels: an autoencoder learns what is usual, and what it cannot restore is not. */
import type { LogThreat } from './log-threat.ts';

/** Width of the bottleneck. Chosen on training-side folds: docs/threats/unsupervised.md. */
const BOTTLENECK = 16;

/**
 * The same records and features, read by a network that restores them through a bottleneck (Hinton and Salakhutdinov
 * 2006). It is trained as any other, record by record with DP-SGD, and never sees a label.
 */
export function unsupervised(threat: LogThreat): LogThreat {
  const { inputs } = threat.network;
  return {
    ...threat,
    id: `${threat.id}-unsupervised`,
    title: `${threat.title}, without labels`,
    network: {
      task: 'reconstruct',
      inputs,
      layers: [
        { units: BOTTLENECK, activation: 'tanh' },
        { units: inputs, activation: 'sigmoid' },
      ],
    },
    classes: ['usual', 'unusual'],
  };
}
