/**
 * What a plan asks of one hospital's DP-SGD and what one attempt of it costs, read off the plan alone: each
 * hospital works it out for itself. Noise and charge come from one and the same `DpSgd`, so that what is
 * charged cannot differ from what is drawn.
 *
 * One record moves one hospital's clipped integer sum by at most 2^16 in L2, and clamping, adding other
 * hospitals' vectors and everything after are post-processing. Records are Poisson-sampled.
 */
import { cohortOf, type RoundPlan } from '../../proto/plan.ts';
import { DpSgd } from '../dp-sgd.ts';
import type { DpEvent } from './events.ts';

/** The DP-SGD of one hospital in this round; null in mode `none`, which has neither noise nor bound. */
export function sgdOf(plan: RoundPlan): DpSgd | null {
  const { mode, unit, clip, noiseMultiplier, sampleRate } = plan.privacy;
  const { expectedBatch } = plan.training;
  const { n, honest } = cohortOf(plan);
  const common = { unit, clip, noiseMultiplier, sampleRate };
  switch (mode) {
    case 'distributed':
      return new DpSgd({ ...common, mode, honest, expectedBatch });
    case 'local':
      // One hospital of n is planned to draw its part of the round's records.
      return new DpSgd({ ...common, mode, expectedBatch: expectedBatch / n });
    case 'none':
      return null;
    default:
      return mode satisfies never;
  }
}

/**
 * The charge against the coordinator and up to c colluding hospitals. Mode `distributed`: only the sum can be
 * read, and it carries the noise of at least h honest hospitals. Mode `local`: every local step carries all
 * of its noise. Mode `none`: null, there is no bound.
 */
export function roundEvent(plan: RoundPlan): DpEvent | null {
  return chargeOf(plan, sgdOf(plan)?.stepEvent(plan.model.dimension));
}

/** The charge if everyone else colludes, so that only the hospital's own noise is unknown to them. */
export function roundEventIfOthersCollude(plan: RoundPlan): DpEvent | null {
  return chargeOf(plan, sgdOf(plan)?.stepEvent(plan.model.dimension, 1));
}

function chargeOf({ privacy, training }: RoundPlan, step: DpEvent | undefined): DpEvent | null {
  if (step === undefined) return null;
  return privacy.mode === 'local' ? { type: 'selfComposed', count: training.localSteps, event: step } : step;
}
