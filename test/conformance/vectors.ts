/** The shapes of `test/vectors/secagg/*.json`. Bytes are in hex, vectors in hex of little-endian words. */
import { readFileSync } from 'node:fs';
import type { ErrorCode } from '../../proto/errors.ts';

export const VECTORS = new URL('../vectors/secagg/', import.meta.url);

export interface PlanVectors {
  readonly source: string;
  readonly cases: readonly {
    readonly name: string;
    /** A ToHospital with the plan. */
    readonly bytes: string;
    readonly canonical: string;
    readonly rosterHash: string;
    readonly sid: string;
  }[];
}

export interface GraphVectors {
  readonly source: string;
  readonly cases: readonly {
    readonly sid: string;
    readonly n: number;
    readonly degree: number;
    /** For each position its neighbours' positions, in ascending order. */
    readonly neighbours: readonly (readonly number[])[];
  }[];
}

/** What two hospitals have in common, and each seals for the other. */
export interface PairVector {
  readonly peer: string;
  readonly maskSecret: string;
  readonly maskKey: string;
  /** The keystream, neither added nor subtracted yet. */
  readonly mask: string;
  readonly sealingKey: string;
  readonly nonce: string;
  /** Seed share and key share for the peer; what they are sealed to is in the R1 message. */
  readonly plaintext: string;
}

export interface MemberVector {
  readonly id: string;
  readonly position: number;
  readonly identitySeed: string;
  readonly identityKey: string;
  /** Drawn in R0, then in R1: coefficients of x^1, x^2, …, 32 bytes each. */
  readonly maskSecret: string;
  readonly sealSecret: string;
  readonly seed: string;
  readonly seedCoefficients: string;
  readonly keyCoefficients: string;
  readonly maskKey: string;
  readonly sealKey: string;
  readonly seedCommitment: string;
  readonly advertisementStatement: string;
  readonly signature: string;
  /** At x = 1, 2, …, n. */
  readonly seedShares: readonly string[];
  readonly keyShares: readonly string[];
  readonly selfMaskKey: string;
  readonly selfMask: string;
  /** With every other member of U1, in ascending order; none for a member that got no further than R0. */
  readonly pairs: readonly PairVector[];
  readonly vector: string;
}

/** A StageMessage in a FromHospital, or an Instruction in a ToHospital. */
export type MessageVector =
  | { readonly from: string; readonly stage: string; readonly bytes: string }
  | { readonly to: readonly string[]; readonly opens: string; readonly bytes: string };

export interface SessionVectors {
  readonly source: string;
  /** A ToHospital with the plan. */
  readonly plan: string;
  readonly canonicalPlan: string;
  readonly rosterHash: string;
  readonly sid: string;
  readonly threshold: number;
  readonly members: readonly MemberVector[];
  readonly u1Hash: string;
  readonly u2: readonly string[];
  readonly u2Hash: string;
  readonly u3: readonly string[];
  readonly u3Hash: string;
  readonly consistencyStatement: string;
  readonly messages: readonly MessageVector[];
  readonly sum: string;
}

export interface TamperedVectors {
  readonly source: string;
  /** Plans that `member` refuses to open a session for. */
  readonly plans: readonly Refused<{ member: string }>[];
  /** Instructions that `member` refuses where the one of the session stood. */
  readonly instructions: readonly Refused<{ member: string; opens: string }>[];
  /** Inboxes that `member` takes, though it gets no shares of `missing` from them. */
  readonly inboxes: readonly { name: string; member: string; bytes: string; missing: readonly string[] }[];
  /** Stage messages that the gatherer refuses: instead of the sender's own, or after it. */
  readonly stageMessages: readonly Refused<{ from: string; stage: string; after: boolean }>[];
}

export type Refused<T> = Readonly<T> & {
  readonly name: string;
  readonly bytes: string;
  readonly code: ErrorCode;
};

export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`${name}.json`, VECTORS), 'utf8'));
}
