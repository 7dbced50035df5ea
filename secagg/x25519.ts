/**
 * X25519 key agreement (RFC 7748 §5, §6.1) over raw 32-byte keys.
 *
 * Stricter than the RFC, which lets an implementation accept any 32 bytes: one point must have one encoding,
 * or two entries that look distinct could hold the same key, and a point of low order would make the shared
 * secret a constant that everyone knows.
 */
import { createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { FedwardError } from '../proto/errors.ts';
import { importPrivateKey, importPublicKey, rawPublicKey } from './okp.ts';
import { type Entropy, Secret } from './secret.ts';

export interface KeyPair {
  /** 32 bytes, unclamped: OpenSSL clamps a copy at each use. */
  readonly secret: Secret;
  readonly publicKey: Uint8Array;
}

export const KEY_BYTES = 32;

/** The canonical u-coordinates of the points of order 1, 2, 4 and 8 on Curve25519 and its twist. */
const LOW_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

export function generateKeyPair(entropy: Entropy): KeyPair {
  const secret = Secret.draw(entropy, KEY_BYTES);
  return { secret, publicKey: publicKeyOf(secret.expose()) };
}

export function publicKeyOf(secret: Uint8Array): Uint8Array {
  return rawPublicKey(createPublicKey(importPrivateKey('X25519', secret)));
}

export function importAgreementKey(secret: Secret): KeyObject {
  return importPrivateKey('X25519', secret.expose());
}

/**
 * A peer's public key, checked. `owner` names it in the refusal.
 * @throws FedwardError `PROTOCOL_VIOLATION` when it is not 32 bytes, not canonical, or of low order.
 */
export function importPeerKey(raw: Uint8Array, owner: string): KeyObject {
  checkPeerKey(raw, owner);
  return importPublicKey('X25519', raw);
}

/** The checks of `importPeerKey` alone, for who relays the key and does not agree on anything with it. */
export function checkPeerKey(raw: Uint8Array, owner: string): void {
  if (raw.length !== KEY_BYTES) refuse(owner, `is ${raw.length} bytes long instead of ${KEY_BYTES}`);
  if (!isCanonical(raw)) refuse(owner, 'is not in canonical form (u ≥ 2^255 − 19)');
  if (LOW_ORDER.has(Buffer.from(raw).toString('hex'))) refuse(owner, 'is a point of low order');
}

/** u < 2^255 − 19, read as 256 bits: RFC 7748 would mask the top bit and reduce. */
function isCanonical(raw: Uint8Array): boolean {
  if ((raw[31] ?? 0) !== 0x7f) return (raw[31] ?? 0) < 0x7f;
  for (let i = 1; i < 31; i++) if ((raw[i] ?? 0) !== 0xff) return true;
  return (raw[0] ?? 0) < 0xed;
}

function refuse(owner: string, what: string): never {
  throw new FedwardError(
    'PROTOCOL_VIOLATION',
    `The X25519 key of ${owner} ${what}: its owner must generate a fresh key pair.`,
  );
}

/**
 * The 32-byte shared secret, which the caller must zero.
 * @throws FedwardError `PROTOCOL_VIOLATION` when it is all zero (RFC 7748 §6.1): OpenSSL refuses to derive it.
 */
export function agree(privateKey: KeyObject, publicKey: KeyObject): Uint8Array {
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch (cause) {
    throw new FedwardError(
      'PROTOCOL_VIOLATION',
      'An X25519 agreement came to nothing: the other key is a point of low order and must be refused.',
      { cause },
    );
  }
}
