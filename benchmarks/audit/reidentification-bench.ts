/**
 * Re-identification on the demo's plan: what the accountant proves for every adversary under either trust
 * assumption, what attacks on the released model achieve, and what is left of its use.
 */
import { INTEGER_ORDERS } from '../../dp/accounting/orders.ts';
import { RdpAccountant } from '../../dp/accounting/rdp.ts';
import { roundEvent, roundEventIfOthersCollude } from '../../dp/accounting/round.ts';
import { type ReidentificationBound, reidentificationBound } from '../../dp/audit/reidentification.ts';
import { BitSource, type Entropy } from '../../dp/sampling/entropy.ts';
import { cohortOf, type RoundPlan } from '../../proto/plan.ts';
import type { Engine } from '../../threats/engine.ts';
import type { Quality } from '../baselines.ts';
import { type MailData, testQuality } from './mail-data.ts';
import { attackMembership, type MembershipAttack, trainOn } from './membership-attack.ts';
import { auditedJob, HOSPITALS } from './training.ts';

export interface ProvableBound extends ReidentificationBound {
  readonly prior: number;
}

/** The reader's trust: the coordinator with up to c hospitals, or everyone but the record's own hospital. */
export type Adversary = 'coordinator-and-colluders' | 'everyone-else';

export interface Provable {
  readonly adversary: Adversary;
  /** ε at the plan's δ for all attempts that the plan allows. */
  readonly epsilon: number;
  readonly bounds: readonly ProvableBound[];
}

/** The attacks are on a model with the least noise that the plan allows, h hospitals'. */
export interface Measured extends MembershipAttack {
  /** Of the model as the demo releases it, with every hospital's noise. */
  readonly quality: Quality;
}

export interface ReidentificationResult {
  readonly epsilon: number;
  readonly delta: number;
  readonly records: number;
  readonly colluders: number;
  readonly provable: readonly Provable[];
  readonly withDp: Measured;
  readonly withoutDp: Measured;
  /** Accuracy with differential privacy over accuracy without. */
  readonly utilityKept: number;
}

export interface BenchOptions {
  readonly epsilons: readonly number[];
  readonly shadows: number;
  readonly seed: number;
  readonly entropy: Entropy;
  readonly progress: (what: string) => void;
}

/** One result for each budget, as soon as it is known. */
export async function* benchReidentification(
  engine: Engine,
  data: MailData,
  options: BenchOptions,
): AsyncGenerator<ReidentificationResult> {
  const withoutDp = await measure(engine, data, null, options);
  for (const epsilon of options.epsilons) {
    const { plan } = auditedJob(epsilon, options.seed);
    const withDp = await measure(engine, data, epsilon, options);
    yield {
      epsilon,
      delta: plan.privacy.delta,
      records: plannedRecords(plan),
      colluders: cohortOf(plan).colluders,
      provable: provableBounds(plan),
      ...{ withDp, withoutDp },
      utilityKept: withDp.quality.accuracy / withoutDp.quality.accuracy,
    };
  }
}

/** For priors ½, 0.1, 0.01 and 1/N; every attempt that the plan allows is charged, spare ones included. */
export function provableBounds(plan: RoundPlan): Provable[] {
  const attempts = plan.training.rounds + plan.training.spareAttempts;
  const priors = [1 / 2, 0.1, 0.01, 1 / plannedRecords(plan)];
  const events = [
    ['coordinator-and-colluders', roundEvent(plan)],
    ['everyone-else', roundEventIfOthersCollude(plan)],
  ] as const;
  return events.flatMap(([adversary, event]) => {
    if (event === null) return [];
    const accountant = new RdpAccountant({ orders: INTEGER_ORDERS }).compose(event, attempts);
    return {
      adversary,
      epsilon: accountant.epsilon(plan.privacy.delta),
      bounds: priors.map((prior) => ({ prior, ...reidentificationBound(accountant, prior) })),
    };
  });
}

/** N, as the consortium announced it. */
function plannedRecords({ training, privacy }: RoundPlan): number {
  return Math.round(training.expectedBatch / privacy.sampleRate);
}

async function measure(
  engine: Engine,
  data: MailData,
  epsilon: number | null,
  { shadows, seed, entropy, progress }: BenchOptions,
): Promise<Measured> {
  const bits = new BitSource(entropy);
  const job = auditedJob(epsilon, seed);
  const name = epsilon === null ? 'without differential privacy' : `ε = ${epsilon}`;
  const attack = await attackMembership(engine, data, {
    ...{ job, shadows, seed, bits },
    noisy: cohortOf(job.plan).honest,
    progress: (done) => progress(`${name}: training ${done + 1} of ${shadows + 2}`),
  });
  progress(`${name}: training ${shadows + 2} of ${shadows + 2}`);
  const weights = await trainOn(engine, data, data.train, { ...{ job, seed, bits }, noisy: HOSPITALS });
  return { ...attack, quality: testQuality(engine, data, weights) };
}
