/**
 * Sealed shares: `nacl.box` (X25519-XSalsa20-Poly1305, Bernstein 2009), byte for byte, from faster parts.
 *
 * tweetnacl's own X25519 is 18 times slower than OpenSSL's, so the pair key is agreed by node:crypto, hashed
 * with HSalsa20 as `crypto_box_beforenm` does, and serves both directions through `nacl.secretbox`.
 *
 * The nonce is not sent: both ends derive it from the session, the direction and H(U1). Each direction of a
 * pair seals once per session under keys made for that session, so it never repeats, and an envelope moved
 * to another session, sender, receiver or set U1 does not open.
 */
import { createHash, type KeyObject } from 'node:crypto';
import nacl from 'tweetnacl';
import type { HospitalId } from '../proto/vocabulary.ts';
import { Secret } from './secret.ts';
import { lengthPrefixed } from './transcript.ts';
import { agree } from './x25519.ts';

/** tweetnacl exports its primitives and leaves them out of its type declarations. */
const { crypto_core_hsalsa20 } = (
  nacl as typeof nacl & {
    readonly lowlevel: {
      crypto_core_hsalsa20(out: Uint8Array, input: Uint8Array, key: Uint8Array, sigma: Uint8Array): void;
    };
  }
).lowlevel;

const SHARE_BYTES = 32;
/** Two shares and the Poly1305 tag. */
export const ENVELOPE_BYTES = 2 * SHARE_BYTES + nacl.secretbox.overheadLength;

/** Salsa20's constant for 256-bit keys. */
const SIGMA = Buffer.from('expand 32-byte k');
const ZERO_BLOCK = new Uint8Array(16);

/** A member's two shares about one peer, each 32 bytes. */
export interface SharePair {
  /** Of the peer's self-mask seed. */
  readonly seed: Secret;
  /** Of the peer's mask key. */
  readonly key: Secret;
}

/** Which envelope this is; hashed into the nonce. */
export interface EnvelopeRoute {
  readonly sid: Uint8Array;
  readonly from: HospitalId;
  readonly to: HospitalId;
  /** H(U1), 32 bytes. */
  readonly u1Hash: Uint8Array;
}

/** The key that seals both directions between two hospitals: `nacl.box.before`. */
export function sealingKey(mine: KeyObject, theirs: KeyObject): Secret {
  const shared = agree(mine, theirs);
  const key = new Uint8Array(32);
  crypto_core_hsalsa20(key, ZERO_BLOCK, shared, SIGMA);
  shared.fill(0);
  return new Secret(key);
}

/** First 24 bytes of SHA-512 over the route. */
export function envelopeNonce({ sid, from, to, u1Hash }: EnvelopeRoute): Uint8Array {
  const digest = createHash('sha512')
    .update(lengthPrefixed('share', sid, from, to, u1Hash))
    .digest();
  return digest.subarray(0, nacl.secretbox.nonceLength);
}

/** `ENVELOPE_BYTES` of ciphertext over seed share ‖ key share. */
export function seal(pair: SharePair, key: Secret, route: EnvelopeRoute): Uint8Array {
  const plaintext = new Uint8Array(2 * SHARE_BYTES);
  plaintext.set(pair.seed.expose(), 0);
  plaintext.set(pair.key.expose(), SHARE_BYTES);
  const ciphertext = nacl.secretbox(plaintext, envelopeNonce(route), key.expose());
  plaintext.fill(0);
  return ciphertext;
}

/** Null when the envelope was not sealed by this sender, for this receiver, in this session. */
export function open(ciphertext: Uint8Array, key: Secret, route: EnvelopeRoute): SharePair | null {
  if (ciphertext.length !== ENVELOPE_BYTES) return null;
  const plaintext = nacl.secretbox.open(ciphertext, envelopeNonce(route), key.expose());
  if (plaintext === null) return null;
  const seed = new Secret(plaintext.slice(0, SHARE_BYTES));
  const shareOfKey = new Secret(plaintext.slice(SHARE_BYTES));
  plaintext.fill(0);
  return { seed, key: shareOfKey };
}
