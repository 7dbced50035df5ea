import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assessAttack,
  auroc,
  liraScores,
  logitConfidence,
  lossThresholdScores,
  rocCurve,
  type ShadowModel,
} from '../../../dp/audit/membership.ts';
import { auroc as rankAuroc } from '../../../threats/metrics.ts';

/** log N(x; mean, variance), constant included. */
const logNormal = (x: number, mean: number, variance: number) =>
  -0.5 * Math.log(2 * Math.PI * variance) - (x - mean) ** 2 / (2 * variance);

describe('what an attack achieves', () => {
  it('area under the curve is the rank sum’s', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(scores, scores, (members, others) => {
        const labels = [...members.map(() => 1), ...others.map(() => 0)];
        expect(auroc(rocCurve(members, others))).toBeCloseTo(rankAuroc([...members, ...others], labels), 12);
      }),
    );
  });

  it('power is counted at thresholds which let through at most the rate', () => {
    const nonMembers = Array.from({ length: 1000 }, (_, i) => i);
    const members = [...Array.from({ length: 90 }, (_, i) => i), ...Array(10).fill(989.5), 999.5, 2000];
    const { points } = assessAttack(members, nonMembers, { rates: [0.01, 0.011, 0.001, 0] });
    expect(points.map(({ falsePositives }) => falsePositives)).toEqual([10, 11, 1, 0]);
    expect(points.map(({ power }) => power)).toEqual([12, 12, 2, 2].map((named) => named / 102));
  });

  it('ties with the threshold are not named', () => {
    const { points, auroc: area } = assessAttack([1, 1, 1], [1, 1, 0], { rates: [0.4] });
    expect(points[0]).toMatchObject({ falsePositives: 0, power: 0 });
    expect(area).toBeCloseTo(2 / 3, 12);
  });

  it('gives the exact interval of the power', () => {
    const { points } = assessAttack([5, 5, 5, 0, 0, 0, 0, 0, 0, 0], [1, 2, 3], { rates: [0] });
    expect(points[0]?.powerInterval.lower).toBeCloseTo(0.0667395, 6);
    expect(points[0]?.powerInterval.upper).toBeCloseTo(0.6524529, 6);
    // 0 of 3: 1 − 0.025^(1/3).
    expect(points[0]?.falsePositiveInterval.lower).toBe(0);
    expect(points[0]?.falsePositiveInterval.upper).toBeCloseTo(0.7075982, 6);
  });

  it.each([
    [[], [1], /members must hold/],
    [[1], [], /nonMembers must hold/],
    [[Number.NaN], [1], /NaN/],
  ])('refuses %j against %j', (members, nonMembers, message) => {
    expect(() => assessAttack(members, nonMembers)).toThrow(message);
  });

  it('refuses a rate of 1 or more', () => {
    expect(() => assessAttack([1], [1], { rates: [1] })).toThrow(/rates/);
  });
});

describe('scores', () => {
  it('the loss threshold names small losses first', () => {
    expect([...lossThresholdScores([0.5, 2, 0])]).toEqual([-0.5, -2, -0]);
  });

  it('logits of confidences are finite and odd about ½', () => {
    expect(logitConfidence(0.5)).toBe(0);
    expect(logitConfidence(0.9)).toBeCloseTo(Math.log(9), 12);
    expect(logitConfidence(0.1)).toBeCloseTo(-Math.log(9), 12);
    expect(logitConfidence(1)).toBeCloseTo(16.118, 3);
    expect(logitConfidence(0)).toBeCloseTo(-16.118, 3);
  });
});

describe('LiRA', () => {
  const shadows: ShadowModel[] = [
    { confidences: [1, 10], members: [1, 0] },
    { confidences: [3, 12], members: [1, 0] },
    { confidences: [-1, 20], members: [0, 1] },
    { confidences: [-3, 26], members: [0, 1] },
  ];

  it('per record: the ratio of the two fitted densities', () => {
    const scores = liraScores([1.5, 15], shadows, { variance: 'per-record' });
    expect(scores[0]).toBeCloseTo(logNormal(1.5, 2, 2) - logNormal(1.5, -2, 2), 12);
    expect(scores[1]).toBeCloseTo(logNormal(15, 23, 18) - logNormal(15, 11, 2), 12);
  });

  it('shared variances, as with few models by default: the mean within records', () => {
    const scores = liraScores([1.5, 15], shadows);
    expect(scores[0]).toBeCloseTo(logNormal(1.5, 2, 10) - logNormal(1.5, -2, 2), 12);
    expect(scores[1]).toBeCloseTo(logNormal(15, 23, 10) - logNormal(15, 11, 2), 12);
  });

  it('offline: distance above the fit without the record, in its deviations', () => {
    const scores = liraScores([1.5, 15], shadows, { variant: 'offline', variance: 'per-record' });
    expect(scores[0]).toBeCloseTo(3.5 / Math.SQRT2, 12);
    expect(scores[1]).toBeCloseTo(4 / Math.SQRT2, 12);
  });

  it('finds the members that a threshold on the loss cannot', () => {
    // Hard and easy records differ far more than membership moves either.
    const records = 400;
    const noise = (i: number, model: number) => Math.sin(12.9898 * i + 78.233 * model);
    const members = (model: number) =>
      Uint8Array.from({ length: records }, (_, i) => ((i >> (model % 8)) & 1) ^ (model >> 3));
    const confidencesOf = (model: number) =>
      Float64Array.from(members(model), (m, i) => (i % 20) + 1.5 * m + noise(i, model));
    const models = Array.from({ length: 16 }, (_, model) => ({
      confidences: confidencesOf(model),
      members: members(model),
    }));
    const [target, ...rest] = models as [(typeof models)[0], ...typeof models];
    const assess = (scores: ArrayLike<number>) => {
      const side = (m: number) => Array.from(scores).filter((_, i) => target.members[i] === m);
      return assessAttack(side(1), side(0)).auroc;
    };
    expect(assess(target.confidences)).toBeLessThan(0.65);
    expect(assess(liraScores(target.confidences, rest))).toBeGreaterThan(0.85);
    expect(assess(liraScores(target.confidences, rest, { variant: 'offline' }))).toBeGreaterThan(0.85);
  });

  it('refuses records without models on either side, and models of other records', () => {
    const twoIn = shadows.slice(0, 2);
    expect(() => liraScores([1.5, 15], twoIn)).toThrow(/trained without it/);
    expect(() => liraScores([1, 1], shadows.slice(0, 3), { variance: 'per-record' })).toThrow(
      /2 shadow models/,
    );
    expect(() => liraScores([1], shadows)).toThrow(/target's 1 records/);
  });
});
