/** A sparse graph is for a coordinator that is trusted to be curious at most: no hospital is led into it unasked. */
import { expect, it } from 'vitest';
import { checkPlan, sitePolicySchema } from '../../participant/policy.ts';
import { expectRefused, testPlan } from './support.ts';

const plan = testPlan(120, {
  privacy: { noiseMultiplier: 4, epsilon: 3 },
  cohort: { graph: { degree: 40, threshold: 21 } },
});
const policy = (change: Record<string, unknown> = {}) =>
  sitePolicySchema.parse({ threats: ['test'], maxEpsilonIfOthersCollude: null, ...change });

it('the default policy refuses a plan with a graph, and says what it does not protect against', () => {
  expectRefused(
    () => checkPlan(policy(), plan),
    /allowSemiHonestGraph: .* protects only against an honest-but-curious coordinator/,
    'POLICY_REFUSED',
  );
});

it('a policy that says so allows it, and nothing else is loosened', () => {
  const lenient = policy({ allowSemiHonestGraph: true });
  expect(() => checkPlan(lenient, plan)).not.toThrow();
  const { cohort } = plan;
  expectRefused(
    () => checkPlan(lenient, { ...plan, cohort: { ...cohort, maxColluders: 0 } }),
    /minColluders/,
    'POLICY_REFUSED',
  );
});
