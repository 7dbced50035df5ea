import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accuracy, auroc, logLoss } from '../../threats/metrics.ts';

/** The definition itself: every pair of a threat and a benign record, ties worth one half. */
function pairwiseAuroc(scores: readonly number[], labels: readonly number[]): number {
  let wins = 0;
  let pairs = 0;
  scores.forEach((threat, i) => {
    if (labels[i] === 0) return;
    scores.forEach((benign, j) => {
      if (labels[j] !== 0) return;
      pairs++;
      if (threat > benign) wins += 1;
      else if (threat === benign) wins += 0.5;
    });
  });
  return wins / pairs;
}

// Scores on a grid of ten, so that ties are common, and labels of several classes.
const scored = fc
  .array(fc.record({ score: fc.integer({ min: 0, max: 10 }), label: fc.integer({ min: 0, max: 3 }) }), {
    minLength: 2,
    maxLength: 60,
  })
  .filter((rows) => rows.some((row) => row.label === 0) && rows.some((row) => row.label > 0));

test('AUROC equals the pairwise definition, ties included', () => {
  fc.assert(
    fc.property(scored, (rows) => {
      const scores = rows.map((row) => row.score / 10);
      const labels = rows.map((row) => row.label);
      expect(auroc(Float64Array.from(scores), Uint8Array.from(labels))).toBeCloseTo(
        pairwiseAuroc(scores, labels),
        12,
      );
    }),
  );
});

test('AUROC: known answers', () => {
  // The worked example of scikit-learn's roc_auc_score documentation.
  expect(auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
  expect(auroc([0.5, 0.5, 0.5], [0, 1, 1])).toBe(0.5);
  expect(auroc([0.9, 0.1], [1, 0])).toBe(1);
  expect(auroc([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], [1, 0])).toBe(0);
});

test('AUROC is unchanged by any increasing map of the scores and mirrored by a decreasing one', () => {
  fc.assert(
    fc.property(scored, (rows) => {
      const scores = rows.map((row) => row.score);
      const labels = rows.map((row) => row.label);
      const area = auroc(scores, labels);
      expect(
        auroc(
          scores.map((s) => s ** 3 - 7),
          labels,
        ),
      ).toBe(area);
      expect(
        auroc(
          scores.map((s) => -s),
          labels,
        ),
      ).toBeCloseTo(1 - area, 12);
    }),
  );
});

test('accuracy counts the right side of the threshold; on it is an alarm', () => {
  expect(accuracy([0.5, 0.49, 0.9, 0.1], [1, 0, 0, 2])).toBe(0.5);
  expect(accuracy([0.5], [0])).toBe(0);
  expect(accuracy([0.5], [3], 0.6)).toBe(0);
});

test('log loss: ln 2 for a coin, finite for a certain mistake', () => {
  expect(logLoss([0.5, 0.5], [0, 1])).toBeCloseTo(Math.LN2, 15);
  expect(logLoss([0.8, 0.3], [1, 0])).toBeCloseTo(-(Math.log(0.8) + Math.log(0.7)) / 2, 15);
  expect(logLoss([0, 1], [1, 0])).toBeCloseTo(-Math.log(1e-7), 6);
  expect(logLoss([1, 0], [1, 0])).toBeLessThan(1e-6);
});

test.each([accuracy, auroc, logLoss])('%o refuses what it cannot judge', (metric) => {
  expect(() => metric([0.1, 0.2], [1])).toThrow(/2 scores and 1 labels/);
  expect(() => metric([], [])).toThrow(/at least one/);
  expect(() => metric([Number.NaN, 0.1], [0, 1])).toThrow(/diverged/);
});

test('AUROC refuses a single class', () => {
  expect(() => auroc([0.1, 0.2], [1, 1])).toThrow(/single class/);
  expect(() => auroc([0.1, 0.2], [0, 0])).toThrow(/single class/);
});
