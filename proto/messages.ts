/**
 * The messages of the `Federation` service as the rest of the code sees them: validated, with branded ids and
 * closed unions. `codec.ts` turns them into what gRPC carries and back.
 */
import type { Advertisement, Attestation, Inbox, SealedShares, Unmasking } from '../secagg/messages.ts';
import type { ErrorCode } from './errors.ts';
import type { RoundPlan } from './plan.ts';
import type { AttemptId, HospitalId, JobId, Stage } from './vocabulary.ts';

/** A piece of the masked vector: `words` belongs at element `offset` of a vector of `total` elements. */
export interface VectorChunk {
  readonly offset: number;
  readonly total: number;
  readonly words: Int32Array;
}

/** What a hospital answers to each stage. */
export type StageBody =
  | { readonly stage: 'R0'; readonly message: Advertisement }
  | { readonly stage: 'R1'; readonly message: SealedShares }
  | { readonly stage: 'R2'; readonly chunk: VectorChunk }
  | { readonly stage: 'R3'; readonly message: Attestation }
  | { readonly stage: 'R4'; readonly message: Unmasking };

export type FromHospital =
  | { readonly type: 'hello'; readonly protocol: string; readonly software: string }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'stage'; readonly attempt: AttemptId; readonly body: StageBody }
  | {
      readonly type: 'refusal';
      readonly attempt: AttemptId;
      readonly code: ErrorCode;
      readonly reason: string;
    };

/** What opens a stage: the result of the one before. */
export type InstructionBody =
  | { readonly opens: 'R1'; readonly u1: readonly Advertisement[] }
  | { readonly opens: 'R2'; readonly inbox: Inbox }
  | { readonly opens: 'R3'; readonly u3: readonly HospitalId[] }
  | { readonly opens: 'R4'; readonly attestations: readonly Attestation[] };

/** Why something ended badly; null where it ended well. */
export interface Failure {
  readonly code: ErrorCode;
  readonly reason: string;
}

export type ToHospital =
  | { readonly type: 'welcome'; readonly heartbeatMs: number }
  /** `weights`: those that the plan names, as `FetchModel` delivers them, if they fit one chunk. */
  | { readonly type: 'plan'; readonly plan: RoundPlan; readonly weights?: Uint8Array }
  | { readonly type: 'instruction'; readonly attempt: AttemptId; readonly body: InstructionBody }
  | {
      readonly type: 'ack';
      readonly attempt: AttemptId;
      readonly stage: Stage;
      readonly failure: Failure | null;
    }
  | { readonly type: 'round-closed'; readonly attempt: AttemptId; readonly failure: Failure | null }
  | { readonly type: 'job-closed'; readonly job: JobId; readonly failure: Failure | null };
