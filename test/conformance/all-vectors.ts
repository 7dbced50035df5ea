/**
 * The vectors by the names of their files. The codes of what is tampered with are the protocol's and not what
 * our own code happens to answer: `conformance.test.ts` compares the two.
 */
import { conformancePlan } from './consortium.ts';
import { playToR4 } from './play.ts';
import { GENERATED, sessionVectors } from './session-vectors.ts';
import { tamperedInstructions, toleratedInboxes } from './tampered-instructions.ts';
import { graphVectors, planVectors, refusedPlans } from './tampered-plans.ts';
import { tamperedStages } from './tampered-stages.ts';
import type { GraphVectors, PlanVectors, SessionVectors, TamperedVectors } from './vectors.ts';

export interface AllVectors {
  readonly plans: PlanVectors;
  readonly graph: GraphVectors;
  readonly session: SessionVectors;
  readonly tampered: TamperedVectors;
}

export async function allVectors(): Promise<AllVectors> {
  const plan = conformancePlan();
  const play = playToR4(plan);
  return {
    plans: planVectors(),
    graph: graphVectors(),
    session: await sessionVectors(plan),
    tampered: {
      source: GENERATED,
      plans: refusedPlans(plan),
      instructions: tamperedInstructions(plan, play),
      inboxes: toleratedInboxes(plan, play),
      stageMessages: await tamperedStages(plan),
    },
  };
}
