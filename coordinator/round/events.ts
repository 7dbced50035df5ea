/** What can happen to a job, as plain data: the round machine's inputs (DESIGN §4). */
import type { Failure } from '../../proto/messages.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';

/** The stages in which the coordinator waits for hospitals; training ends with the R0 message. */
export type WaitingStage = 'R0' | 'R1' | 'R2' | 'R3' | 'R4';

export type RoundEvent =
  | { readonly type: 'start' }
  | { readonly type: 'connected'; readonly hospital: HospitalId }
  | { readonly type: 'disconnected'; readonly hospital: HospitalId; readonly reason: string }
  /** The gatherer accepted this hospital's message. */
  | { readonly type: 'answered'; readonly hospital: HospitalId; readonly stage: WaitingStage }
  /** The hospital refused the attempt, or the gatherer refused its message. */
  | { readonly type: 'failed'; readonly hospital: HospitalId; readonly failure: Failure }
  | { readonly type: 'timeout'; readonly timer: number }
  /** The sum went through the strategy into a new model. */
  | { readonly type: 'applied' }
  /** The sum could not be unmasked. */
  | { readonly type: 'not-applied'; readonly failure: Failure };
