/**
 * What the coordinator tells whoever watches a job: the live display, `--format json`, the report.
 * Public facts only: nothing here depends on one hospital's records, batch or update.
 */
import type { ErrorCode } from '../proto/errors.ts';
import type { PrivacyMode } from '../proto/plan.ts';
import type { Stage } from '../proto/vocabulary.ts';

/** Quality of the released model on the common public test set. */
export interface Metrics {
  /** Mean binary cross-entropy, nats. */
  readonly loss: number;
  /** At threshold 0.5. */
  readonly accuracy: number;
  readonly auroc: number;
}

/** Privacy spent so far at the job's δ; null in mode `none`. */
export interface PrivacySpent {
  /** Against the coordinator and up to c colluding hospitals. */
  readonly epsilon: number;
  /** If everyone else colludes: only the hospital's own noise share protects. */
  readonly epsilonIfOthersCollude: number;
}

export interface Drop {
  readonly hospital: string;
  readonly stage: Stage;
  readonly round: number;
  readonly reason: string;
}

export type JobEvent =
  | {
      readonly type: 'job-started';
      readonly job: string;
      readonly mode: PrivacyMode;
      readonly hospitals: readonly string[];
      readonly rounds: number;
      readonly threshold: number;
      readonly delta: number;
      /** Budget; null in mode `none`. */
      readonly epsilonBudget: number | null;
      readonly noiseMultiplier: number;
      readonly dimension: number;
      readonly engine: string;
    }
  | {
      readonly type: 'round-started';
      readonly round: number;
      readonly attempt: number;
      readonly hospitals: readonly string[];
    }
  | {
      readonly type: 'stage-started';
      readonly round: number;
      readonly stage: Stage;
      readonly waitingFor: readonly string[];
    }
  | { readonly type: 'answered'; readonly round: number; readonly stage: Stage; readonly hospital: string }
  | ({ readonly type: 'dropped' } & Drop)
  | {
      readonly type: 'round-aborted';
      readonly round: number;
      readonly attempt: number;
      readonly code: ErrorCode;
      readonly reason: string;
    }
  | {
      readonly type: 'round-committed';
      readonly round: number;
      readonly attempt: number;
      readonly contributors: readonly string[];
      /** null when this round was not evaluated. */
      readonly metrics: Metrics | null;
      readonly privacy: PrivacySpent | null;
      readonly seconds: number;
      /** Mean over contributors of bytes received from and sent to one hospital in this round. */
      readonly bytesPerHospital: number;
    }
  | {
      readonly type: 'job-ended';
      readonly outcome: 'completed' | 'stopped-early' | 'failed';
      /** Absent when completed. */
      readonly code?: ErrorCode;
      readonly reason?: string;
      readonly roundsCommitted: number;
      readonly metrics: Metrics | null;
      readonly privacy: PrivacySpent | null;
      readonly dropped: readonly Drop[];
    };
