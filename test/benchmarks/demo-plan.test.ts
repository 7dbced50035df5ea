import { expect, test } from 'vitest';
import { demoJob } from '../../benchmarks/demo/plan.ts';
import { coordinatorConfigSchema } from '../../coordinator/config.ts';
import { jobOf } from '../../coordinator/coordinator.ts';
import { planFor, privacySpent } from '../../coordinator/job.ts';
import { createStrategy } from '../../coordinator/strategies/catalogue.ts';
import { checkPlan, sitePolicySchema } from '../../participant/policy.ts';
import { cohortOf, type PrivacyMode } from '../../proto/plan.ts';

/** The coordinator's view of a demo job, through its own configuration schema. */
function specOf(mode: PrivacyMode, epsilon: number | null, hospitals = 5, rounds?: number) {
  const members = Object.fromEntries(
    Array.from({ length: hospitals }, (_, i) => [
      `hospital-${i + 1}`,
      Buffer.alloc(32, i + 1).toString('base64'),
    ]),
  );
  return jobOf(
    coordinatorConfigSchema.parse({
      listen: { port: 0 },
      tls: { ca: 'ca', certificate: 'certificate', privateKey: 'key' },
      members,
      testSet: 'test-set',
      output: 'model',
      job: demoJob({ mode, epsilon, hospitals, seed: 1, rounds }),
    }),
  );
}

const cases: [PrivacyMode, number, number][] = [
  ['distributed', 3, 5],
  ['distributed', 1, 5],
  ['distributed', 3, 10],
  ['local', 3, 5],
];

test.each(cases)(
  '%s, ε = %d, %d hospitals: every attempt together stays within the budget and uses it',
  (mode, epsilon, hospitals) => {
    const spec = specOf(mode, epsilon, hospitals);
    const plan = planFor(spec, 1, 1, new Uint8Array(32));
    const attempts = spec.rounds + spec.spareAttempts;
    const spent = privacySpent(plan, attempts)?.epsilon ?? Number.NaN;
    expect(spec.spareAttempts).toBe(Math.ceil(spec.rounds / 50));
    expect(spent).toBeLessThanOrEqual(epsilon);
    expect(spent).toBeGreaterThan(0.98 * epsilon);
  },
);

test('the default policy of a hospital that allows the threat accepts the default job', () => {
  const plan = planFor(specOf('distributed', 3), 1, 1, new Uint8Array(32));
  const policy = sitePolicySchema.parse({ threats: [plan.model.threat] });
  expect(() => checkPlan(policy, plan)).not.toThrow();
});

test('five hospitals: one may drop and one collude, so three carry the noise', () => {
  const plan = planFor(specOf('distributed', 3), 1, 1, new Uint8Array(32));
  expect(cohortOf(plan)).toEqual({ n: 5, threshold: 4, colluders: 1, honest: 3 });
});

test.each([
  ['distributed', 3],
  ['local', 3],
  ['none', null],
] as const)('mode %s has a strategy that serves it, with parameters that it knows', (mode, epsilon) => {
  const { id, parameters } = demoJob({ mode, epsilon, hospitals: 5, seed: 1 }).strategy;
  expect(createStrategy(id, mode, parameters).id).toBe(id);
});

test('fewer rounds, longer steps: learning rate · √rounds stays', () => {
  const walk = [20, 120, 250].map((rounds) => {
    const { strategy } = demoJob({ mode: 'distributed', epsilon: 3, hospitals: 5, seed: 1, rounds });
    return Number(strategy.parameters?.learningRate) * Math.sqrt(rounds);
  });
  walk.forEach((value) => {
    expect(value).toBeCloseTo(walk[0] ?? Number.NaN, 10);
  });
});

test('a mode and a budget that contradict each other are refused', () => {
  const options = { hospitals: 5, seed: 1 };
  expect(() => demoJob({ ...options, mode: 'none', epsilon: 3 })).toThrow(
    /epsilon must be null in mode none/,
  );
  expect(() => demoJob({ ...options, mode: 'local', epsilon: null })).toThrow(/epsilon must be null/);
});
