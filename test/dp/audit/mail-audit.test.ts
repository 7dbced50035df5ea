/** The audits of benchmarks/audit, on made-up mails: the real training, plan and noise in seconds. */
import { describe, expect, it } from 'vitest';
import { auditLines } from '../../../benchmarks/audit/audit-report.ts';
import { canaryRows, canaryScorer } from '../../../benchmarks/audit/canaries.ts';
import type { MailData } from '../../../benchmarks/audit/mail-data.ts';
import { shadowSplits } from '../../../benchmarks/audit/membership-attack.ts';
import { auditOneRun } from '../../../benchmarks/audit/one-run-audit.ts';
import { provableBounds } from '../../../benchmarks/audit/reidentification-bench.ts';
import { auditedJob } from '../../../benchmarks/audit/training.ts';
import { epsilonList, seedList } from '../../../benchmarks/cli/lists.ts';
import { splitTest } from '../../../benchmarks/partition.ts';
import { seededUniform } from '../../../benchmarks/seeded.ts';
import { GRID_SENSITIVITY } from '../../../proto/plan.ts';
import { loadEngine } from '../../../threats/engine.ts';
import { MAIL_FEATURES } from '../../../threats/malicious-email/encoder.ts';
import { SEED, seededEntropy } from '../seeded-entropy.ts';

/** Mails of twenty words each out of a thousand; the label leans to one half of the words. */
function madeUpMails(rows: number): MailData {
  const uniform = seededUniform(7);
  const features = new Float32Array(rows * MAIL_FEATURES);
  const labels = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) {
    const label = uniform() < 0.4 ? 1 : 0;
    labels[r] = label;
    for (let word = 0; word < 20; word++) {
      const half = uniform() < 0.8 ? label : 1 - label;
      features[r * MAIL_FEATURES + 500 * half + Math.floor(500 * uniform())] = 1 / Math.sqrt(20);
    }
  }
  return { all: { rows, width: MAIL_FEATURES, features, labels }, ...splitTest(labels, 1) };
}

describe(`a one-run audit of the demo's training, seed ${SEED}`, () => {
  const data = madeUpMails(300);
  const audit = async (epsilon: number | null) =>
    auditOneRun(await loadEngine(), data, {
      ...{ epsilon, canaries: 400, guesses: 60, seed: 1 },
      entropy: seededEntropy(`mail audit ${epsilon}`),
    });

  it('without noise finds every canary that it names', async () => {
    const result = await audit(null);
    expect(result.accountantEpsilon).toBeNull();
    expect(result.attackAuroc).toBeGreaterThan(0.95);
    expect(result.empiricalLower).toBeGreaterThan(2);
  });

  it('at ε = 1 proves no more than the accountant says', async () => {
    const result = await audit(1);
    expect(result.attackAuroc).toBeLessThan(0.7);
    expect(result.empiricalLower).toBeLessThan(result.accountantEpsilon ?? 0);
    expect(result.accountantEpsilon).toBeLessThanOrEqual(1);
    expect(auditLines([result]).at(-2)).toMatch(/^No accountant is refuted/);
    expect(auditLines([{ ...result, empiricalLower: 2 }]).at(-2)).toMatch(/^REFUTED/);
  });

  it('a canary scores what its clipped gradient adds to a round, less half of what is expected', () => {
    const { plan } = auditedJob(1, 1);
    // Gradient (3, 0, 1)·δ with the bias last: clipping makes its norm 2^16.
    const canary = {
      rows: 1,
      fanIn: 2,
      fanOut: 1,
      inputs: Float32Array.of(3, 0),
      deltas: Float32Array.of(-0.5),
    };
    const scorer = canaryScorer(plan, { records: 1, layerFactors: () => [canary] });
    const kernel = (-3 / Math.sqrt(10)) * GRID_SENSITIVITY;
    scorer.observe({ weights: new Float32Array(3), sum: Int32Array.of(-1000, 77, 99_999) });
    expect(scorer.scores[0]).toBeCloseTo(-1000 * kernel - (plan.privacy.sampleRate / 2) * kernel ** 2, 1);
    scorer.observe({ weights: new Float32Array(3), sum: Int32Array.of(1000, 0, 0) });
    expect(scorer.scores[0]).toBeCloseTo(-plan.privacy.sampleRate * kernel ** 2, 1);
  });

  it('canaries have a feature each, one that no mail uses while there are such', () => {
    const { rows, features } = canaryRows(data.all, 600, 1);
    const used = Array.from({ length: rows }, (_, r) =>
      features.subarray(r * MAIL_FEATURES, (r + 1) * MAIL_FEATURES).findIndex((value) => value > 0),
    );
    expect(new Set(used).size).toBe(600);
    const ofMails = new Set(
      [...data.all.features.keys()].filter((i) => data.all.features[i]).map((i) => i % MAIL_FEATURES),
    );
    expect(used.some((feature) => ofMails.has(feature))).toBe(false);
    expect(() => canaryRows(data.all, MAIL_FEATURES + 1, 1)).toThrow(/canaries must be/);
  });
});

describe('re-identification on the demo’s plan', () => {
  it('is bounded for both adversaries, the stronger one less', () => {
    const [coordinator, everyone] = provableBounds(auditedJob(3, 1).plan);
    expect(coordinator?.epsilon).toBeLessThanOrEqual(3);
    expect(everyone?.epsilon).toBeGreaterThan(3);
    expect(coordinator?.bounds.map(({ prior }) => prior)).toEqual([0.5, 0.1, 0.01, 1 / 4700]);
    coordinator?.bounds.forEach(({ power, prior, reduction }, i) => {
      expect(power).toBeLessThan(Math.exp(3) * prior + 1e-5);
      expect(reduction).toBeGreaterThan(everyone?.bounds[i]?.reduction ?? 1);
    });
  });

  it('without noise there is no bound', () => {
    expect(provableBounds(auditedJob(null, 1).plan)).toEqual([]);
  });

  it('shadow models leave out every record equally often', () => {
    const splits = shadowSplits(103, 15, 1);
    const seen = new Array(103).fill(0);
    for (const row of splits.flat()) seen[row]++;
    expect(splits).toHaveLength(15);
    expect(new Set(seen)).toEqual(new Set([12]));
    expect(splits.every((rows) => new Set(rows).size === rows.length)).toBe(true);
    expect(() => shadowSplits(103, 12, 1)).toThrow(/shadows must be/);
  });
});

describe('lists of arguments', () => {
  it('are read, and refused by name', () => {
    expect(epsilonList('1,3,none', true)).toEqual([1, 3, null]);
    expect(seedList('1, 2')).toEqual([1, 2]);
    expect(() => epsilonList('1,none', false)).toThrow(
      /--epsilon must list positive numbers, as in 1,3; got "none"/,
    );
    expect(() => epsilonList('1,,3', true)).toThrow(/--epsilon/);
    expect(() => seedList('1.5')).toThrow(/--seeds/);
  });
});
