/** From a job's constants to its plans, and to the ε that its attempts have cost. */
import { describe, expect, it } from 'vitest';
import { type JobSpec, planFor, privacySpent } from '../../coordinator/job.ts';
import { noiseMultiplierFor } from '../../dp/accounting/calibrate.ts';
import { INTEGER_ORDERS } from '../../dp/accounting/orders.ts';
import { RdpAccountant } from '../../dp/accounting/rdp.ts';
import { roundEvent, roundEventIfOthersCollude } from '../../dp/accounting/round.ts';
import { jobId } from '../../proto/vocabulary.ts';
import { expectRefused, testPlan } from '../secagg/support.ts';

const HASH = new Uint8Array(32).fill(7);
const SPEC: JobSpec = {
  ...{ id: jobId('mail'), threat: 'malicious-email', encoder: 'mail/1', dimension: 9, mode: 'distributed' },
  ...{ epsilon: 3, delta: 1e-5, noiseMultiplier: 1.5, clip: 2, sampleRate: 0.05, rounds: 40 },
  ...{ spareAttempts: 2, plannedRecords: 4000, localSteps: 1, localLearningRate: 0.1, strategy: 'dp-sgd' },
  ...{ roster: testPlan(5).cohort.roster, maxDropouts: 1, maxColluders: 1, trainMs: 5, stageMs: 6 },
};

describe('planFor', () => {
  it('puts every constant in its place', () => {
    expect(planFor(SPEC, 4, 2, HASH)).toEqual({
      ...{ protocol: 'fedward-secagg/1', job: 'mail', round: 4, attempt: 2, strategy: 'dp-sgd' },
      model: { threat: 'malicious-email', encoder: 'mail/1', dimension: 9, hash: HASH },
      privacy: {
        ...{ mode: 'distributed', unit: 'record', clip: 2, noiseMultiplier: 1.5 },
        ...{ sampleRate: 0.05, delta: 1e-5, epsilon: 3 },
      },
      training: { rounds: 40, spareAttempts: 2, expectedBatch: 200, localSteps: 1, localLearningRate: 0.1 },
      cohort: { roster: SPEC.roster, maxDropouts: 1, maxColluders: 1, graph: null },
      deadlines: { trainMs: 5, stageMs: 6 },
    });
  });

  it('refuses constants that make no valid plan', () => {
    expectRefused(() => planFor({ ...SPEC, maxDropouts: 2 }, 1, 1, HASH), /2t > n/);
    expectRefused(() => planFor({ ...SPEC, clip: 0 }, 1, 1, HASH), /privacy\.clip/);
  });
});

describe('privacySpent', () => {
  it('is what an accountant makes of so many attempts', () => {
    const plan = planFor(SPEC, 1, 1, HASH);
    const [event, ifOthersCollude] = [roundEvent(plan), roundEventIfOthersCollude(plan)];
    if (event === null || ifOthersCollude === null) return expect.fail('no privacy event');
    for (const attempts of [0, 1, 42]) {
      expect(privacySpent(plan, attempts)).toEqual({
        epsilon: new RdpAccountant({ orders: INTEGER_ORDERS }).compose(event, attempts).epsilon(1e-5),
        epsilonIfOthersCollude: new RdpAccountant({ orders: INTEGER_ORDERS })
          .compose(ifOthersCollude, attempts)
          .epsilon(1e-5),
      });
    }
    expect(privacySpent(plan, 0)).toEqual({ epsilon: 0, epsilonIfOthersCollude: 0 });
  });

  it('keeps the budget over all rounds and spare attempts when σ was calibrated for it', () => {
    const { sampleRate, delta } = SPEC;
    const noiseMultiplier = noiseMultiplierFor({ epsilon: 3, delta, sampleRate, steps: 42 });
    const spent = privacySpent(planFor({ ...SPEC, noiseMultiplier }, 1, 1, HASH), 42);
    expect(spent?.epsilon).toBeLessThanOrEqual(3);
    expect(spent?.epsilon).toBeGreaterThan(2.9);
  });

  it('is nothing that could be named in mode none', () => {
    const none = planFor({ ...SPEC, mode: 'none', epsilon: null, noiseMultiplier: 0 }, 1, 1, HASH);
    expect(privacySpent(none, 10)).toBeNull();
  });
});
