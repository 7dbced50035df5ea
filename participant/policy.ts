/**
 * The site policy: what this hospital allows, whatever the coordinator proposes (DESIGN §1.2).
 *
 * It is checked against every plan before anything else happens, and works from the plan's own fields:
 * thresholds, noise and ε are recomputed here, never taken from a claim.
 */
import { z } from 'zod';
import { epsilonOfRepeated } from '../dp/accounting/repeated.ts';
import { roundEvent, roundEventIfOthersCollude } from '../dp/accounting/round.ts';
import { FedwardError } from '../proto/errors.ts';
import { cohortOf, PRIVACY_MODES, type RoundPlan } from '../proto/plan.ts';

export const sitePolicySchema = z.strictObject({
  /** Threats that may be trained on this hospital's data. */
  threats: z.array(z.string().min(1)).min(1),
  /** @default distributed and local; `none` adds no noise and is for benchmarks only. */
  modes: z.array(z.enum(PRIVACY_MODES)).min(1).default(['distributed', 'local']),
  /** Fewest hospitals on the roster. Below 5 a sum hides little; tests use 3. */
  minHospitals: z.number().int().min(3).default(5),
  /** Fewest colluding hospitals that the plan must withstand. */
  minColluders: z.number().int().min(0).default(1),
  /** Fewest honest hospitals that carry the noise. */
  minHonest: z.number().int().min(2).default(2),
  /**
   * Whether a plan may mask along a sparse graph, as cohorts above 100 do (Bell et al. 2020). A coordinator that
   * departs from the protocol could then single a hospital out: it must be trusted to be curious at most.
   */
  allowSemiHonestGraph: z.boolean().default(false),
  maxSampleRate: z.number().gt(0).max(1).default(0.25),
  maxDelta: z.number().gt(0).lt(1).default(1e-5),
  /** Most ε that this data set may ever spend, against the coordinator and the colluders that the plan allows. */
  maxEpsilon: z.number().positive().default(3),
  /** The same if everyone else colludes and only the own noise share protects; null for no limit. */
  maxEpsilonIfOthersCollude: z.number().positive().nullable().default(10),
});

export type SitePolicy = z.output<typeof sitePolicySchema>;

/**
 * @throws FedwardError `POLICY_REFUSED` that names the rule, what the plan asks and what the site allows.
 */
export function checkPlan(policy: SitePolicy, plan: RoundPlan): void {
  const { privacy, model, training } = plan;
  const { n, colluders, honest } = cohortOf(plan);
  if (!policy.threats.includes(model.threat))
    refuse('threats', `"${model.threat}"`, policy.threats.join(', '));
  if (!policy.modes.includes(privacy.mode)) refuse('modes', `"${privacy.mode}"`, policy.modes.join(', '));
  if (n < policy.minHospitals) refuse('minHospitals', n, `at least ${policy.minHospitals}`);
  if (colluders < policy.minColluders) refuse('minColluders', colluders, `at least ${policy.minColluders}`);
  if (honest < policy.minHonest) refuse('minHonest', honest, `at least ${policy.minHonest}`);
  if (plan.cohort.graph !== null && !policy.allowSemiHonestGraph) {
    throw new FedwardError(
      'POLICY_REFUSED',
      `This hospital's site policy forbids the plan by allowSemiHonestGraph: its sparse graph of ${plan.cohort.graph.degree} neighbours protects only against an honest-but-curious coordinator. Split the consortium into cohorts of at most 100, or change the policy if the hospital trusts the coordinator to follow the protocol.`,
      { details: { rule: 'allowSemiHonestGraph', asked: true, allowed: false } },
    );
  }
  if (privacy.sampleRate > policy.maxSampleRate)
    refuse('maxSampleRate', privacy.sampleRate, `at most ${policy.maxSampleRate}`);
  if (privacy.delta > policy.maxDelta) refuse('maxDelta', privacy.delta, `at most ${policy.maxDelta}`);

  const event = roundEvent(plan);
  const ownEvent = roundEventIfOthersCollude(plan);
  if (event === null || ownEvent === null || privacy.epsilon === null) return;
  if (privacy.epsilon > policy.maxEpsilon)
    refuse('maxEpsilon', privacy.epsilon, `at most ${policy.maxEpsilon}`);
  const attempts = training.rounds + training.spareAttempts;
  const epsilon = epsilonOfRepeated(event, attempts, privacy.delta);
  if (epsilon > privacy.epsilon) {
    throw new FedwardError(
      'POLICY_REFUSED',
      `The plan promises ε ≤ ${privacy.epsilon} over ${attempts} attempts, but its noise gives ${epsilon.toPrecision(4)}: ask the coordinator for an honest plan.`,
    );
  }
  const limit = policy.maxEpsilonIfOthersCollude;
  const own = epsilonOfRepeated(ownEvent, attempts, privacy.delta);
  if (limit !== null && own > limit)
    refuse('maxEpsilonIfOthersCollude', own.toPrecision(4), `at most ${limit}`);
}

function refuse(rule: string, asked: string | number, allowed: string): never {
  throw new FedwardError(
    'POLICY_REFUSED',
    `This hospital's site policy forbids the plan by ${rule}: it asks for ${asked}, allowed is ${allowed}. Change the job, or the policy if the hospital agrees.`,
    { details: { rule, asked, allowed } },
  );
}
