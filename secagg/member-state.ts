/**
 * The states of a member, each the consequence of one message sent, which it holds as `own`: a restart resends
 * those bytes and never makes new ones. They are plain data around secrets that print as `[secret]`; what may
 * follow what is in `member.ts`, that each happens once is in `guard.ts`, their bytes are in `member-codec.ts`.
 */
import type { HospitalId } from '../proto/vocabulary.ts';
import type { SessionContext } from './context.ts';
import type { SharePair } from './envelope.ts';
import type { Guard } from './guard.ts';
import type {
  Advertisement,
  Attestation,
  MaskedVector,
  PeerShare,
  SealedShares,
  Unmasking,
} from './messages.ts';
import type { Secret } from './secret.ts';
import type { KeyPair } from './x25519.ts';

/** The plan is checked and nothing was sent. */
export interface Session {
  readonly at: 'opened';
  readonly self: HospitalId;
  readonly context: SessionContext;
  readonly guard: Guard<MemberState['at']>;
}

/** R0 sent: fresh keys exist and nobody has used them. */
export interface Advertised {
  readonly at: 'advertised';
  readonly session: Session;
  readonly own: Advertisement;
  readonly maskKey: KeyPair;
  readonly sealKey: KeyPair;
  readonly seed: Secret;
}

/** What one pair of members has in common; both erased once the vector is masked. */
export interface Pair {
  readonly sealing: Secret;
  readonly mask: Secret;
}

/** R1 sent: shares are out, the private keys they came from are erased. */
export interface Shared {
  readonly at: 'shared';
  readonly session: Session;
  readonly own: SealedShares;
  readonly u1: readonly HospitalId[];
  readonly u1Hash: Uint8Array;
  /** One entry for each neighbour in U1, in ascending order. */
  readonly pairs: ReadonlyMap<HospitalId, Pair>;
  readonly selfMask: Secret;
  /** The shares of its own secrets that fall to itself; null where all fall to its neighbours. */
  readonly ownShares: SharePair | null;
}

/** R2 sent: the vector is gone, and with it every mask. */
export interface Masked {
  readonly at: 'masked';
  readonly session: Session;
  readonly own: MaskedVector;
  readonly u1Hash: Uint8Array;
  readonly u2: readonly HospitalId[];
  /** The shares it holds about members of U2; none where an envelope did not open. */
  readonly held: ReadonlyMap<HospitalId, SharePair>;
}

/** R3 sent: for each peer the one share that U3 entitles the gatherer to; the other is erased. */
export interface Attested {
  readonly at: 'attested';
  readonly session: Session;
  readonly own: Attestation;
  readonly u3: readonly HospitalId[];
  readonly statement: Uint8Array;
  readonly answers: readonly Answer[];
}

export interface Answer {
  readonly peer: HospitalId;
  readonly kind: PeerShare['kind'];
  readonly share: Secret;
}

/** R4 sent: no secret is left. */
export interface Done {
  readonly at: 'done';
  readonly session: Session;
  readonly own: Unmasking;
}

export type MemberState = Session | Advertised | Shared | Masked | Attested | Done;

export function sessionOf(state: MemberState): Session {
  return state.at === 'opened' ? state : state.session;
}
