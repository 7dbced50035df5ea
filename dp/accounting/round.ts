/**
 * What one attempt of a round costs, read off the plan alone: each hospital works it out for itself.
 *
 * One record moves one hospital's clipped integer sum by at most 2^16 in L2, and clamping, adding other
 * hospitals' vectors and everything after are post-processing. Records are Poisson-sampled.
 */
import { cohortOf, GRID_SENSITIVITY, noiseShare, type RoundPlan } from '../../proto/plan.ts';
import type { DpEvent } from './events.ts';

/**
 * The charge against the coordinator and up to c colluding hospitals. Mode `distributed`: only the sum can be
 * read, and it carries the noise of at least h honest hospitals. Mode `local`: every local step carries all
 * of its noise. Mode `none`: null, there is no bound.
 */
export function roundEvent(plan: RoundPlan): DpEvent | null {
  return chargeAgainst(plan, plan.privacy.mode === 'distributed' ? cohortOf(plan).honest : 1);
}

/** The charge if everyone else colludes, so that only the hospital's own noise is unknown to them. */
export function roundEventIfOthersCollude(plan: RoundPlan): DpEvent | null {
  return chargeAgainst(plan, 1);
}

function chargeAgainst(plan: RoundPlan, contributions: number): DpEvent | null {
  const { mode, sampleRate } = plan.privacy;
  if (mode === 'none') return null;
  const step: DpEvent = {
    type: 'poissonSampled',
    rate: sampleRate,
    event: {
      type: 'discreteGaussianSum',
      sigma: noiseShare(plan),
      contributions,
      sensitivity: GRID_SENSITIVITY,
      dimension: plan.model.dimension,
    },
  };
  return mode === 'local' ? { type: 'selfComposed', count: plan.training.localSteps, event: step } : step;
}
