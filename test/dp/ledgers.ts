import { INTEGER_ORDERS } from '../../dp/accounting/orders.ts';
import { RdpAccountant } from '../../dp/accounting/rdp.ts';
import { roundEvent, roundEventIfOthersCollude } from '../../dp/accounting/round.ts';
import type { Charge, LedgerTerms } from '../../dp/ledger-entry.ts';
import { attemptOf } from '../../proto/plan.ts';
import { hospitalId, jobId } from '../../proto/vocabulary.ts';
import { examplePlan, type PlanOptions } from './plans.ts';

export function exampleTerms(change: Partial<LedgerTerms> = {}): LedgerTerms {
  return {
    hospital: hospitalId('st-elsewhere'),
    dataset: 'mail-2024',
    unit: 'record',
    delta: 1e-5,
    maxEpsilon: 3,
    maxEpsilonIfOthersCollude: null,
    ...change,
  };
}

/** The charge of one attempt, as a hospital works it out from the plan. */
export function chargeFor(round: number, attempt = 1, options: PlanOptions & { job?: string } = {}): Charge {
  const plan = examplePlan({ ...options, round, attempt });
  return {
    attempt: { ...attemptOf(plan), job: jobId(options.job ?? plan.job) },
    event: roundEvent(plan),
    eventIfOthersCollude: roundEventIfOthersCollude(plan),
  };
}

/** How many example rounds the limit allows, counted with an accountant alone. */
export function affordableRounds(maxEpsilon: number, options: PlanOptions = {}): number {
  const event = roundEvent(examplePlan(options));
  if (event === null) return Number.POSITIVE_INFINITY;
  const accountant = new RdpAccountant({ orders: INTEGER_ORDERS });
  for (let rounds = 0; ; rounds++) {
    if (accountant.compose(event).epsilon(1e-5) > maxEpsilon) return rounds;
  }
}
