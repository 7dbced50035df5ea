/** What the round machine asks of the driver, as plain data. */
import type { Failure } from '../../proto/messages.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import type { JobEvent } from '../progress.ts';
import type { WaitingStage } from './events.ts';

export type RoundEffect =
  /** Starts a fresh gathering and sends its plan. */
  | {
      readonly type: 'publish-plan';
      readonly round: number;
      readonly attempt: number;
      readonly to: readonly HospitalId[];
    }
  /** Closes the gatherer's current stage with whoever answered, and sends each of `to` what opens `stage`. */
  | {
      readonly type: 'open-stage';
      readonly stage: Exclude<WaitingStage, 'R0'>;
      readonly to: readonly HospitalId[];
    }
  /** Unmasks the sum over `contributors`, hands it to the strategy, publishes the model; answers `applied` or `not-applied`. */
  | {
      readonly type: 'apply';
      readonly round: number;
      readonly attempt: number;
      readonly contributors: readonly HospitalId[];
    }
  /** Tells hospitals that the attempt is over; null is success. */
  | {
      readonly type: 'close-round';
      readonly round: number;
      readonly attempt: number;
      readonly failure: Failure | null;
    }
  /** Ends a session that answers no more; the hospital may connect again. */
  | { readonly type: 'disconnect'; readonly hospital: HospitalId; readonly reason: string }
  /** Only the timer with the newest number still means anything; older ones may be cancelled. */
  | { readonly type: 'set-timer'; readonly timer: number; readonly ms: number }
  | { readonly type: 'announce'; readonly event: RoundAnnouncement }
  | {
      readonly type: 'end';
      readonly outcome: 'completed' | 'stopped-early' | 'failed';
      readonly failure: Failure | null;
    };

/** The progress events that the machine alone can word; the driver adds those with metrics. */
export type RoundAnnouncement = Extract<
  JobEvent,
  { type: 'round-started' | 'stage-started' | 'answered' | 'dropped' | 'round-aborted' }
>;
