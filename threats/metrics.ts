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
