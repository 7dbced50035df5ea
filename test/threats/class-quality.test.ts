import { expect, test } from 'vitest';
import { classQuality, predictedClasses } from '../../threats/metrics.ts';
import { threatScores } from '../../threats/scoring.ts';

test('recall and macro-F1 by hand', () => {
  // Class 0: 2 of 3 found, 3 predicted → 4/6; class 1: 1 of 2, 2 predicted → 2/4; class 2: 0 of 1, 1 predicted → 0.
  const { recall, macroF1 } = classQuality([0, 0, 1, 1, 2, 0], [0, 0, 0, 1, 1, 2], 4);
  expect(recall).toEqual([2 / 3, 1 / 2, 0, null]);
  expect(macroF1).toBeCloseTo((2 / 3 + 1 / 2 + 0) / 3, 12);
});

test('a class that nobody has does not count, one that is never found does', () => {
  expect(classQuality([0, 1], [0, 1], 3)).toEqual({ recall: [1, 1, null], macroF1: 1 });
  expect(classQuality([0, 0], [0, 1], 2).macroF1).toBeCloseTo(1 / 3, 12);
});

test('classes out of range are refused', () => {
  expect(() => classQuality([2], [0], 2)).toThrow(/below 2 classes/);
  expect(() => classQuality([], [], 2)).toThrow(/at least one/);
});

test('an alarm and a class never contradict each other', () => {
  const probabilities = Float32Array.of(0.5, 0.2, 0.3, 0.9, 0.1, 0, 0.75, 0.125, 0.125);
  const scores = threatScores(probabilities, 3);
  expect([...scores].map((score) => Math.round(1000 * score) / 1000)).toEqual([0.5, 0.1, 0.25]);
  expect([...predictedClasses(probabilities, scores, 0.25)]).toEqual([2, 0, 1]);
  expect([...predictedClasses(probabilities, scores, 0.05)]).toEqual([2, 1, 1]);
  const single = Float32Array.of(0.4, 0.6);
  expect([...predictedClasses(single, threatScores(single, 2), 0.5)]).toEqual([0, 1]);
});
