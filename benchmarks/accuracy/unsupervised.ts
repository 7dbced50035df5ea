/** A subject of the benchmark as a site without labels would have it. */
import { unsupervised } from '../../threats/autoencoder.ts';
import type { Dataset } from '../../threats/threat.ts';
import type { Subject, TrainingConstants } from './subject.ts';

/**
 * Of an autoencoder, chosen on training-side folds (docs/threats/unsupervised.md). A gradient is a sum over all
 * outputs: at the start its norm is near half the root of the features' number, later 5 to 15.
 */
const AUTOENCODER: Pick<TrainingConstants, 'rounds' | 'clip' | 'clipWithoutDp' | 'learningRate'> = {
  ...{ rounds: 100, clip: 5, clipWithoutDp: 50, learningRate: 0.05 },
};
/** Of the validation records, where the subject's own rule would need labels. */
const FALSE_ALARMS = 0.05;

/** The same records, to be learnt by an autoencoder. */
export function withoutLabels<Kind extends Subject>(subject: Kind): Kind {
  const { model, training, threshold } = subject;
  return {
    ...subject,
    model: unsupervised(model),
    training: { ...training, ...AUTOENCODER },
    threshold: threshold.type === 'falseAlarms' ? threshold : { type: 'falseAlarms', share: FALSE_ALARMS },
  };
}

/** All records as if they were benign, which is what a site believes that has no labels. */
export function unlabelled(data: Dataset): Dataset {
  return { ...data, labels: new Uint8Array(data.rows) };
}
