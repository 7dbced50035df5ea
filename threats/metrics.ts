/**
 * Quality of scores against known labels. Pure arithmetic: no engine, no model, no file.
 *
 * A score is the probability that a record is a threat; a label is a class index, and anything but 0
 * (benign) is a threat. Both run over the same records in the same order.
 */
import { FedwardError } from '../proto/errors.ts';

/** Scores within this of 0 or 1 count as this far away: float32 knows nothing closer to 1 than 6e-8. */
const PROBABILITY_FLOOR = 1e-7;

/** Share of records on the right side of `threshold`; a score equal to it raises the alarm. */
export function accuracy(scores: ArrayLike<number>, labels: ArrayLike<number>, threshold = 0.5): number {
  checkPairs(scores, labels);
  let right = 0;
  for (let i = 0; i < scores.length; i++) {
    if ((scores[i] ?? 0) >= threshold === (labels[i] ?? 0) > 0) right++;
  }
  return right / scores.length;
}

/** Mean binary cross-entropy in nats, with scores clamped away from 0 and 1 so that it stays finite. */
export function logLoss(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  checkPairs(scores, labels);
  let total = 0;
  for (let i = 0; i < scores.length; i++) {
    const p = Math.min(1 - PROBABILITY_FLOOR, Math.max(PROBABILITY_FLOOR, scores[i] ?? 0));
    total -= Math.log((labels[i] ?? 0) > 0 ? p : 1 - p);
  }
  return total / scores.length;
}

/**
 * Area under the receiver operating characteristic: the probability that a random threat scores above a
 * random benign record, ties counted half. Exact, by the rank-sum identity of Mann and Whitney (1947)
 * with mid-ranks: twice each rank is an integer, so nothing is rounded before the final division.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when only one class is present: there is nothing to rank.
 */
export function auroc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  checkPairs(scores, labels);
  const order = Float64Array.from(scores);
  const indices = Uint32Array.from(order, (_, i) => i).sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0));
  let threats = 0;
  let doubledRanks = 0;
  for (let start = 0; start < indices.length; ) {
    const score = order[indices[start] ?? 0];
    let end = start;
    let threatsHere = 0;
    while (end < indices.length && order[indices[end] ?? 0] === score) {
      if ((labels[indices[end] ?? 0] ?? 0) > 0) threatsHere++;
      end++;
    }
    // The 1-based ranks start+1 … end share their mean, (start + 1 + end) / 2.
    doubledRanks += threatsHere * (start + 1 + end);
    threats += threatsHere;
    start = end;
  }
  const benign = indices.length - threats;
  if (threats === 0 || benign === 0) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      'AUROC needs at least one benign record and one threat; these labels hold a single class.',
    );
  }
  return (doubledRanks - threats * (threats + 1)) / (2 * threats * benign);
}

/** How predicted classes agree with the true ones. */
export interface ClassQuality {
  /** Share of each class's records that are predicted as it; null for a class without records. */
  readonly recall: readonly (number | null)[];
  /** Mean over the classes with records of F1 = 2·hits / (records + predictions): each class counts alike. */
  readonly macroF1: number;
}

/** @param predicted class index of every record; @param labels the true ones; both below `classes`. */
export function classQuality(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): ClassQuality {
  checkPairs(predicted, labels);
  const [hits, records, predictions] = [0, 1, 2].map(() => new Uint32Array(classes));
  const count = (into: Uint32Array | undefined, index: number) => {
    if (into !== undefined) into[index] = (into[index] ?? 0) + 1;
  };
  for (let i = 0; i < labels.length; i++) {
    const [label, prediction] = [labels[i] ?? 0, predicted[i] ?? 0];
    if (label >= classes || prediction >= classes) {
      throw new FedwardError('INVALID_ARGUMENT', `Labels and predictions must be below ${classes} classes.`);
    }
    count(records, label);
    count(predictions, prediction);
    if (label === prediction) count(hits, label);
  }
  const recall = Array.from({ length: classes }, (_, k) => {
    const of = records?.[k] ?? 0;
    return of === 0 ? null : (hits?.[k] ?? 0) / of;
  });
  const f1 = recall.flatMap((share, k) =>
    share === null ? [] : [(2 * (hits?.[k] ?? 0)) / ((records?.[k] ?? 0) + (predictions?.[k] ?? 0))],
  );
  return { recall, macroF1: f1.reduce((sum, value) => sum + value, 0) / f1.length };
}

/**
 * The class of every record: benign below `threshold`, else the likeliest of the others. So an alarm and a class
 * never contradict each other, whatever threshold a site works with.
 *
 * @param probabilities rows × classes, or one column of P(threat) for two classes.
 */
export function predictedClasses(
  probabilities: Float32Array,
  scores: ArrayLike<number>,
  threshold: number,
): Uint8Array {
  const columns = probabilities.length / Math.max(1, scores.length);
  return Uint8Array.from(scores, (score, row) => {
    if (score < threshold) return 0;
    let best = 1;
    for (let k = 2; k < columns; k++) {
      if ((probabilities[row * columns + k] ?? 0) > (probabilities[row * columns + best] ?? 0)) best = k;
    }
    return best;
  });
}

function checkPairs(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (scores.length !== labels.length || scores.length === 0) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `Metrics need as many labels as scores, and at least one; got ${scores.length} scores and ${labels.length} labels.`,
    );
  }
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) {
      throw new FedwardError(
        'INVALID_ARGUMENT',
        'Metrics need numbers as scores; one is NaN, which a model gives whose training has diverged. Lower the learning rate.',
      );
    }
  }
}
