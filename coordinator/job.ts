/** A job's public constants and the round plans that follow from them. */

import { epsilonOfRepeated } from '../dp/accounting/repeated.ts';
import { roundEvent, roundEventIfOthersCollude } from '../dp/accounting/round.ts';
import {
  type PrivacyMode,
  parseRoundPlan,
  type RosterEntry,
  type RoundPlan,
  SECAGG_PROTOCOL,
} from '../proto/plan.ts';
import type { JobId } from '../proto/vocabulary.ts';
import type { PrivacySpent } from './progress.ts';

export interface JobSpec {
  readonly id: JobId;
  readonly threat: string;
  readonly encoder: string;
  readonly dimension: number;
  readonly mode: PrivacyMode;
  /** Budget; null in mode `none`. */
  readonly epsilon: number | null;
  readonly delta: number;
  readonly noiseMultiplier: number;
  readonly clip: number;
  readonly sampleRate: number;
  readonly rounds: number;
  readonly spareAttempts: number;
  /** Public estimate of all hospitals' records together: the normaliser is q times this. */
  readonly plannedRecords: number;
  readonly localSteps: number;
  readonly localLearningRate: number;
  readonly strategy: string;
  readonly roster: readonly RosterEntry[];
  readonly maxDropouts: number;
  readonly maxColluders: number;
  readonly trainMs: number;
  readonly stageMs: number;
}

/** @throws FedwardError `PROTOCOL_VIOLATION` when the job's constants make no valid plan. */
export function planFor(job: JobSpec, round: number, attempt: number, modelHash: Uint8Array): RoundPlan {
  return parseRoundPlan({
    protocol: SECAGG_PROTOCOL,
    job: job.id,
    round,
    attempt,
    strategy: job.strategy,
    model: { threat: job.threat, encoder: job.encoder, dimension: job.dimension, hash: modelHash },
    privacy: {
      mode: job.mode,
      unit: 'record',
      clip: job.clip,
      noiseMultiplier: job.noiseMultiplier,
      sampleRate: job.sampleRate,
      delta: job.delta,
      epsilon: job.epsilon,
    },
    training: {
      rounds: job.rounds,
      spareAttempts: job.spareAttempts,
      expectedBatch: job.sampleRate * job.plannedRecords,
      localSteps: job.localSteps,
      localLearningRate: job.localLearningRate,
    },
    cohort: { roster: [...job.roster], maxDropouts: job.maxDropouts, maxColluders: job.maxColluders },
    deadlines: { trainMs: job.trainMs, stageMs: job.stageMs },
  });
}

/** What `attempts` attempts of this plan have spent, as every hospital's ledger counts it; null in mode `none`. */
export function privacySpent(plan: RoundPlan, attempts: number): PrivacySpent | null {
  const event = roundEvent(plan);
  const eventIfOthersCollude = roundEventIfOthersCollude(plan);
  if (event === null || eventIfOthersCollude === null) return null;
  const { delta } = plan.privacy;
  return {
    epsilon: epsilonOfRepeated(event, attempts, delta),
    epsilonIfOthersCollude: epsilonOfRepeated(eventIfOthersCollude, attempts, delta),
  };
}
