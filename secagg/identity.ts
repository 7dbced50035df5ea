/**
 * Identity signatures: Ed25519 (RFC 8032 §5.1) over raw keys, the same bytes as tweetnacl's: a 32-byte seed,
 * a 32-byte public key, a 64-byte signature.
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { importPrivateKey, importPublicKey, rawPublicKey } from './okp.ts';

/** Whoever can sign for a hospital; a keystore supplies its own, so that the key never leaves it. */
export interface Identity {
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The 64-byte signature over `bytes`. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** An identity from its 32-byte seed (RFC 8032 §5.1.5), which the caller may then zero. */
export function identityFromSeed(seed: Uint8Array): Identity {
  const privateKey = importPrivateKey('Ed25519', seed);
  return {
    publicKey: rawPublicKey(createPublicKey(privateKey)),
    sign: (bytes) => sign(null, bytes, privateKey),
  };
}

export function importVerifyKey(raw: Uint8Array): KeyObject {
  return importPublicKey('Ed25519', raw);
}

/** False for a signature that does not verify, whatever is wrong with it. */
export function verifySignature(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, bytes, key, signature);
}
