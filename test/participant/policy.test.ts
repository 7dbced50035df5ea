/** Every rule of the site policy refuses by itself, and only beyond its limit. */
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { checkPlan, type SitePolicy, sitePolicySchema } from '../../participant/policy.ts';
import type { FedwardError } from '../../proto/errors.ts';
import { type PlanOverrides, testPlan } from '../secagg/support.ts';

/** n = 5, c = 1, h = 3; over its 12 attempts ε = 0.376, and 0.799 if everyone else colludes. */
const plan = (change: PlanOverrides = {}) =>
  testPlan(5, { ...change, privacy: { noiseMultiplier: 4, epsilon: 1, ...change.privacy } });

/** No rule is near its limit. */
const LENIENT: z.input<typeof sitePolicySchema> = {
  threats: ['test'],
  ...{ modes: ['distributed', 'local', 'none'], minHospitals: 3, minColluders: 0, minHonest: 2 },
  ...{ maxSampleRate: 1, maxDelta: 0.5, maxEpsilon: 1000, maxEpsilonIfOthersCollude: null },
};
const policy = (change: Partial<SitePolicy> = {}): SitePolicy =>
  sitePolicySchema.parse({ ...LENIENT, ...change });

function refusal(site: SitePolicy, asked = plan()): FedwardError {
  try {
    checkPlan(site, asked);
  } catch (error) {
    return error as FedwardError;
  }
  return expect.fail('the plan was allowed');
}

const NONE: PlanOverrides = { privacy: { mode: 'none', noiseMultiplier: 0, epsilon: null } };

describe.each<{
  rule: keyof SitePolicy;
  allows: Partial<SitePolicy>;
  forbids: Partial<SitePolicy>;
  change?: PlanOverrides;
  asked: unknown;
}>([
  {
    rule: 'threats',
    allows: { threats: ['other', 'test'] },
    forbids: { threats: ['other'] },
    asked: '"test"',
  },
  {
    rule: 'modes',
    allows: { modes: ['distributed'] },
    forbids: { modes: ['local'] },
    asked: '"distributed"',
  },
  {
    ...{ rule: 'modes', allows: { modes: ['none'] }, forbids: { modes: ['distributed', 'local'] } },
    ...{ change: NONE, asked: '"none"' },
  },
  { rule: 'minHospitals', allows: { minHospitals: 5 }, forbids: { minHospitals: 6 }, asked: 5 },
  { rule: 'minColluders', allows: { minColluders: 1 }, forbids: { minColluders: 2 }, asked: 1 },
  { rule: 'minHonest', allows: { minHonest: 3 }, forbids: { minHonest: 4 }, asked: 3 },
  { rule: 'maxSampleRate', allows: { maxSampleRate: 0.1 }, forbids: { maxSampleRate: 0.09 }, asked: 0.1 },
  { rule: 'maxDelta', allows: { maxDelta: 1e-5 }, forbids: { maxDelta: 9e-6 }, asked: 1e-5 },
  { rule: 'maxEpsilon', allows: { maxEpsilon: 1 }, forbids: { maxEpsilon: 0.99 }, asked: 1 },
  {
    rule: 'maxEpsilonIfOthersCollude',
    ...{ allows: { maxEpsilonIfOthersCollude: 0.8 }, forbids: { maxEpsilonIfOthersCollude: 0.79 } },
    asked: '0.7993',
  },
])('$rule', ({ rule, allows, forbids, change, asked }) => {
  it('allows what is at its limit', () => {
    expect(() => checkPlan(policy(allows), plan(change))).not.toThrow();
  });

  it('refuses what is beyond it, and says what was asked', () => {
    const error = refusal(policy(forbids), plan(change));
    expect(error).toMatchObject({ code: 'POLICY_REFUSED', details: { rule, asked }, exitCode: 3 });
    expect(error.message).toMatch(`forbids the plan by ${rule}: it asks for ${asked}, allowed is `);
  });
});

describe('the ε that a plan promises', () => {
  it('must be what its own noise gives over all attempts, spare ones included', () => {
    expect(() => checkPlan(policy(), plan({ privacy: { epsilon: 0.377 } }))).not.toThrow();
    const error = refusal(policy(), plan({ privacy: { epsilon: 0.376 } }));
    expect(error).toMatchObject({ code: 'POLICY_REFUSED' });
    expect(error.message).toMatch(/promises ε ≤ 0\.376 over 12 attempts, but its noise gives 0\.3762/);
    // Two spare attempts more, and the same noise no longer keeps the promise.
    const longer = plan({ privacy: { epsilon: 0.377 }, training: { spareAttempts: 4 } });
    expect(refusal(policy(), longer).message).toMatch(/over 14 attempts/);
  });

  it('counts every local step', () => {
    const local = (localSteps: number) =>
      plan({ privacy: { mode: 'local', noiseMultiplier: 4, epsilon: 0.4 }, training: { localSteps } });
    expect(() => checkPlan(policy(), local(1))).not.toThrow();
    expect(refusal(policy(), local(8)).message).toMatch(/promises ε ≤ 0\.4/);
  });
});

describe('the default policy', () => {
  const site = sitePolicySchema.parse({ threats: ['test'] });

  it('allows a sound plan', () => {
    expect(() => checkPlan(site, plan())).not.toThrow();
  });

  it.each<[string, number, PlanOverrides]>([
    ['modes', 5, NONE],
    ['minHospitals', 4, { cohort: { maxDropouts: 0, maxColluders: 1 } }],
    ['minColluders', 5, { cohort: { maxColluders: 0 } }],
    ['maxSampleRate', 5, { privacy: { sampleRate: 0.26 } }],
    ['maxDelta', 5, { privacy: { delta: 1.1e-5 } }],
    ['maxEpsilon', 5, { privacy: { epsilon: 3.1 } }],
    [
      'maxEpsilonIfOthersCollude',
      5,
      { privacy: { noiseMultiplier: 1.1, epsilon: 3 }, training: { rounds: 9 } },
    ],
  ])('has a limit by %s', (rule, n, change) => {
    const asked = testPlan(n, { ...change, privacy: { noiseMultiplier: 4, epsilon: 1, ...change.privacy } });
    expect(refusal(site, asked).details).toMatchObject({ rule });
  });

  it('cannot be loosened by a typing error', () => {
    expect(sitePolicySchema.safeParse({ threats: ['test'], maxEpsilonn: 1 }).success).toBe(false);
    expect(sitePolicySchema.safeParse({ threats: [] }).success).toBe(false);
    expect(sitePolicySchema.safeParse({}).success).toBe(false);
  });
});
