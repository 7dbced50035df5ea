/** From the round plan to what leaves the hospital: the noise is there, all of it, and it is what was charged. */
import { describe, expect, it } from 'vitest';
import { roundEvent, roundEventIfOthersCollude, sgdOf } from '../../dp/accounting/round.ts';
import { BitSource } from '../../dp/sampling/entropy.ts';
import { localDelta, noisyShare } from '../../participant/local-training.ts';
import type { Trainer } from '../../participant/trainer.ts';
import { cohortOf, noiseShare } from '../../proto/plan.ts';
import { examplePlan } from './plans.ts';
import { SEED, seededEntropy } from './seeded-entropy.ts';

const COHORTS = [
  { hospitals: 5, maxDropouts: 1, maxColluders: 1 },
  { hospitals: 10, maxDropouts: 2, maxColluders: 2 },
  { hospitals: 4, maxDropouts: 0, maxColluders: 1 },
] as const;

/** A hospital without records: all that leaves it is noise. */
const nobody: Trainer = { records: 0, layerFactors: () => expect.fail('nothing was sampled'), dispose() {} };
const weights = new Float32Array(20_000);
/** Six standard errors of a variance estimated from so many draws, relative. */
const SIX_SIGMA = 6 * Math.sqrt(2 / weights.length);

describe.each(COHORTS)(`a plan for %j (seed ${SEED})`, (cohort) => {
  const options = { ...cohort, noiseMultiplier: 1.1, sampleRate: 0.05 };
  const plan = examplePlan(options);
  const { honest } = cohortOf(plan);

  it('the fewest honest survivors carry the noise of central DP-SGD among them', () => {
    const sum = new Float64Array(weights.length);
    for (let hospital = 0; hospital < honest; hospital++) {
      const bits = new BitSource(seededEntropy(`${cohort.hospitals}/${hospital}`));
      noisyShare(plan, nobody, weights, bits).forEach((x, i) => {
        sum[i] = (sum[i] ?? 0) + x;
      });
    }
    const variance = sum.reduce((total, x) => total + x * x, 0) / sum.length;
    expect(Math.abs(variance / (1.1 * 65536) ** 2 - 1)).toBeLessThan(SIX_SIGMA);
  });

  it('the noise that is drawn is the noise that is charged, and what the ring has room for', () => {
    const { sigma } = sgdOf(plan) ?? expect.fail('no noise');
    expect(sigma).toBe(noiseShare(plan));
    const charged = (contributions: number) => ({
      type: 'poissonSampled',
      rate: 0.05,
      event: {
        type: 'discreteGaussianSum',
        ...{ sigma, contributions, sensitivity: 65536, dimension: plan.model.dimension },
      },
    });
    expect(roundEvent(plan)).toEqual(charged(honest));
    expect(roundEventIfOthersCollude(plan)).toEqual(charged(1));
  });

  it('local: one hospital carries all of it in each of its steps, and each step is charged', () => {
    const local = examplePlan({ ...options, mode: 'local', localSteps: 4 });
    const bits = new BitSource(seededEntropy(`local/${cohort.hospitals}`));
    const { delta } = localDelta(local, nobody, weights, bits);
    const variance = delta.reduce((total, x) => total + x * x, 0) / delta.length;
    const { expectedBatch, localLearningRate } = local.training;
    const planned = 4 * ((localLearningRate * 1.1) / (expectedBatch / cohort.hospitals)) ** 2;
    expect(Math.abs(variance / planned - 1)).toBeLessThan(SIX_SIGMA);
    const { sigma } = sgdOf(local) ?? expect.fail('no noise');
    expect(sigma).toBe(noiseShare(local));
    for (const event of [roundEvent(local), roundEventIfOthersCollude(local)])
      expect(event).toMatchObject({ type: 'selfComposed', count: 4, event: { event: { sigma } } });
  });

  it('none: no noise and no charge', () => {
    const none = examplePlan({ ...options, mode: 'none' });
    expect([sgdOf(none), roundEvent(none), roundEventIfOthersCollude(none)]).toEqual([null, null, null]);
  });
});
