/**
 * Every byte string that is hashed or signed in a session, and nothing else.
 *
 * Each is a domain and its fields, every one behind its length (u32 big-endian), so that no two different
 * lists of fields share an encoding and no signature or hash means anything in another place.
 */
import { createHash } from 'node:crypto';
import { canonicalPlan, type RoundPlan, SECAGG_PROTOCOL } from '../proto/plan.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import type { Advertisement } from './messages.ts';

type Field = string | Uint8Array;

/** Each field behind its length; text as UTF-8. */
export function lengthPrefixed(...fields: readonly Field[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const field of fields) {
    const bytes = typeof field === 'string' ? Buffer.from(field) : field;
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length);
    pieces.push(length, bytes);
  }
  return Buffer.concat(pieces);
}

/** The first field of everything that is hashed, signed or sealed: what it is for. */
export function domain(purpose: string): string {
  return `${SECAGG_PROTOCOL} ${purpose}`;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/**
 * The session id: SHA-256 over the whole plan and the roster. Each member computes it from the plan it holds,
 * so members with different views share no mask, open no envelope and accept no signature of one another.
 */
export function sessionId(plan: RoundPlan): Uint8Array {
  return sha256(lengthPrefixed(domain('session'), canonicalPlan(plan), rosterHash(plan)));
}

function rosterHash(plan: RoundPlan): Uint8Array {
  const entries = plan.cohort.roster.flatMap(({ id, identityKey }) => [id, identityKey]);
  return sha256(lengthPrefixed(domain('roster'), ...entries));
}

/** What a member's identity key signs in R0. */
export function advertisementStatement(
  sid: Uint8Array,
  { from, maskKey, sealKey, seedCommitment }: Omit<Advertisement, 'signature'>,
): Uint8Array {
  return lengthPrefixed(domain('advertisement'), sid, from, maskKey, sealKey, seedCommitment);
}

/** The whole signed entry: two advertisements are the same exactly when these bytes are. */
export function advertisementEntry(entry: Advertisement): Uint8Array {
  const { from, maskKey, sealKey, seedCommitment, signature } = entry;
  return lengthPrefixed(from, maskKey, sealKey, seedCommitment, signature);
}

/** H(U1), over whole signed entries in ascending order of id. */
export function hashAdvertisements(sid: Uint8Array, u1: readonly Advertisement[]): Uint8Array {
  return sha256(lengthPrefixed(domain('U1'), sid, ...u1.map(advertisementEntry)));
}

/** H(U2) or H(U3), over ids in ascending order. */
export function hashIds(set: 'U2' | 'U3', sid: Uint8Array, ids: readonly HospitalId[]): Uint8Array {
  return sha256(lengthPrefixed(domain(set), sid, ...ids));
}

/** What a member's identity key signs in R3, once per session: "I saw exactly these sets". */
export function consistencyStatement(
  sid: Uint8Array,
  u1Hash: Uint8Array,
  u2: readonly HospitalId[],
  u3: readonly HospitalId[],
): Uint8Array {
  return lengthPrefixed(domain('consistency'), sid, u1Hash, hashIds('U2', sid, u2), hashIds('U3', sid, u3));
}

/** Commitment to a self-mask seed; hiding because the seed is 32 uniform bytes. */
export function seedCommitment(sid: Uint8Array, from: HospitalId, seed: Uint8Array): Uint8Array {
  return sha256(lengthPrefixed(domain('seed'), sid, from, seed));
}
