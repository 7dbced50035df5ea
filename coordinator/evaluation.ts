/**
 * How good a released model is on the common public test set. No hospital's record takes part, so this
 * costs no privacy and may be done after every round.
 */
import { FedwardError } from '../proto/errors.ts';
import type { Engine } from '../threats/engine.ts';
import { accuracy, auroc, logLoss } from '../threats/metrics.ts';
import { buildNetwork } from '../threats/networks.ts';
import { scoreDataset } from '../threats/scoring.ts';
import type { Dataset, NetworkSpec } from '../threats/threat.ts';
import { setFlatWeights } from '../threats/weights.ts';
import type { Metrics } from './progress.ts';

export interface Evaluator {
  /** @param weights flat, in the order of `threats/weights.ts`. */
  evaluate(weights: Float32Array): Metrics;
  /** Frees the model; the evaluator is of no use afterwards. */
  dispose(): void;
}

/**
 * An evaluator that keeps one model for the whole job.
 *
 * @throws FedwardError `DATA_INVALID` when the test set cannot judge a detector.
 */
export function createEvaluator(engine: Engine, network: NetworkSpec, testSet: Dataset): Evaluator {
  if (!testSet.labels.includes(0) || testSet.labels.every((label) => label === 0)) {
    throw new FedwardError(
      'DATA_INVALID',
      'The test set must hold benign records and threats; its labels hold a single class.',
    );
  }
  const model = buildNetwork(engine, network);
  return {
    evaluate(weights) {
      setFlatWeights(engine, model, weights);
      const scores = scoreDataset(engine, model, testSet);
      return {
        loss: logLoss(scores, testSet.labels),
        accuracy: accuracy(scores, testSet.labels),
        auroc: auroc(scores, testSet.labels),
      };
    },
    dispose() {
      model.dispose();
    },
  };
}
