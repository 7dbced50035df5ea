/**
 * The two ways to train (DESIGN §4), from weights and records to an integer vector.
 *
 * `gradientSum` is bare: only `privatise.ts` may hand it on, in mode `none`. The others carry their noise
 * already. No result depends on the realised batch except through the sum itself.
 */
import { sgdOf } from '../dp/accounting/round.ts';
import { clippedSum, type DpSgd } from '../dp/dp-sgd.ts';
import type { BitSource } from '../dp/sampling/entropy.ts';
import { clampToInt32 } from '../dp/sgd.ts';
import { FedwardError } from '../proto/errors.ts';
import { coordinateBound, gridScale, type PrivacyMode, type RoundPlan } from '../proto/plan.ts';
import type { Trainer } from './trainer.ts';

/**
 * Modes `distributed` and `none`: the exact integer sum of the clipped gradients of the records at `rows`,
 * clamped to `coordinateBound(plan)`, in units of 1 / `gridScale(plan)`. No noise is in it.
 *
 * @param rows the Poisson sample, drawn by the caller.
 */
export function gradientSum(
  plan: RoundPlan,
  trainer: Trainer,
  weights: Float32Array,
  rows: Int32Array,
): Int32Array {
  if (plan.privacy.mode === 'local') throw wrongMode(plan, ['distributed', 'none']);
  return clampToInt32(clippedSum(trainer, weights, { rows }, plan.privacy.clip), coordinateBound(plan));
}

/** Mode `distributed`: the same over a fresh Poisson sample, with this hospital's share of the noise. */
export function noisyShare(
  plan: RoundPlan,
  trainer: Trainer,
  weights: Float32Array,
  bits: BitSource,
): Int32Array {
  return sgdFor(plan, 'distributed').share(trainer, weights, coordinateBound(plan), bits);
}

export interface LocalUpdate {
  /** Local weights − `weights`, noise included. */
  readonly delta: Float32Array;
  /** The same in units of 1 / `gridScale(plan)`, truncated and clamped to `coordinateBound(plan)`. */
  readonly quantised: Int32Array;
}

/** Mode `local`: K steps of DP-SGD with the full noise, so that the delta is private whoever reads it. */
export function localDelta(
  plan: RoundPlan,
  trainer: Trainer,
  weights: Float32Array,
  bits: BitSource,
): LocalUpdate {
  const { localSteps: steps, localLearningRate: learningRate } = plan.training;
  const delta = sgdFor(plan, 'local').descend(trainer, weights, { steps, learningRate }, bits);
  const units = Float64Array.from(delta, (value) => value * gridScale(plan));
  return { delta, quantised: clampToInt32(units, coordinateBound(plan)) };
}

function sgdFor(plan: RoundPlan, mode: 'distributed' | 'local'): DpSgd {
  const sgd = plan.privacy.mode === mode ? sgdOf(plan) : null;
  if (sgd === null) throw wrongMode(plan, [mode]);
  return sgd;
}

function wrongMode(plan: RoundPlan, modes: readonly PrivacyMode[]): FedwardError {
  return new FedwardError(
    'INVALID_ARGUMENT',
    `This way of training serves mode ${modes.join(' or ')}; the plan's mode is "${plan.privacy.mode}".`,
  );
}
