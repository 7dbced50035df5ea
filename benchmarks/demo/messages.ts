/** What the demo's processes say to their supervisor over node's IPC channel (structured clone). */
import type { DriverObserver } from '../../coordinator/driver.ts';
import type { JobEvent } from '../../coordinator/progress.ts';
import type { LedgerSummary } from '../../dp/ledger.ts';
import type { ErrorCode } from '../../proto/errors.ts';
import type { AttemptId } from '../../proto/vocabulary.ts';
import type { Fault } from './fault.ts';

export interface ChildTask {
  readonly role: 'coordinator' | 'hospital';
  /** Configuration file. */
  readonly config: string;
  readonly fault: Fault | null;
  /** Report integer vectors, masked vectors and sums, for `--verify-sums`. */
  readonly verify: boolean;
}

export type ChildMessage =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'event'; readonly event: JobEvent }
  | {
      readonly type: 'update';
      readonly attempt: AttemptId;
      readonly hospital: string;
      readonly vector: Int32Array;
    }
  /** A vector as the coordinator received it. */
  | {
      readonly type: 'received';
      readonly hospital: string;
      readonly vector: Int32Array;
    }
  | {
      readonly type: 'sum';
      readonly attempt: AttemptId;
      readonly contributors: Parameters<NonNullable<DriverObserver['summed']>>[1];
      readonly sum: Int32Array;
    }
  | { readonly type: 'ledger'; readonly hospital: string; readonly summary: LedgerSummary }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string }
  /** Carries nothing; its delivery says that all before it was delivered. */
  | { readonly type: 'flush' };
