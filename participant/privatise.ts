/**
 * The only exit for anything learned from records: charge → noise → sample → clip and quantise → add.
 *
 * Nothing else makes a `PrivateUpdate`, and the session machine masks and sends nothing but a
 * `PrivateUpdate`. The order matters: the ledger is charged durably before noise is drawn (DESIGN §1.3), and
 * noise and sample are drawn before the first record is touched, so that their timing tells nothing.
 */
import { roundEvent, roundEventIfOthersCollude } from '../dp/accounting/round.ts';
import type { Ledger } from '../dp/ledger.ts';
import type { BitSource } from '../dp/sampling/entropy.ts';
import { poissonSample } from '../dp/sampling/poisson.ts';
import { attemptOf, type RoundPlan } from '../proto/plan.ts';
import { gradientSum, localDelta, noisyShare } from './local-training.ts';
import type { Trainer } from './trainer.ts';

declare const noised: unique symbol;

/** A charged and noised integer vector; in mode `none`, which the default policy refuses, only charged as such. */
export interface PrivateUpdate {
  /** The ledger's reservation, to be committed before the first byte leaves. */
  readonly reservation: string;
  readonly vector: Int32Array & { readonly [noised]: true };
}

/**
 * @throws FedwardError `BUDGET_EXHAUSTED` or `ALREADY_SPENT` from the ledger; then nothing was drawn.
 */
export function privatise(
  plan: RoundPlan,
  weights: Float32Array,
  trainer: Trainer,
  ledger: Ledger,
  bits: BitSource,
): PrivateUpdate {
  const reservation = ledger.reserve({
    attempt: attemptOf(plan),
    event: roundEvent(plan),
    eventIfOthersCollude: roundEventIfOthersCollude(plan),
  });
  return { reservation, vector: release(plan, weights, trainer, bits) as PrivateUpdate['vector'] };
}

function release(plan: RoundPlan, weights: Float32Array, trainer: Trainer, bits: BitSource): Int32Array {
  const { mode, sampleRate } = plan.privacy;
  switch (mode) {
    case 'local':
      return localDelta(plan, trainer, weights, bits).quantised;
    case 'distributed':
      return noisyShare(plan, trainer, weights, bits);
    case 'none':
      return gradientSum(plan, trainer, weights, poissonSample(trainer.records, sampleRate, bits));
    default:
      return mode satisfies never;
  }
}
