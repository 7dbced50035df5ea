/**
 * Raw 32-byte Curve25519 keys in and out of node:crypto.
 *
 * They travel as JSON Web Keys (RFC 8037) because OpenSSL 3 parses PKCS #8 fifteen times slower. `x` is
 * mandatory beside `d`, and node derives the public key from `d` alone, so a private key is imported with
 * `x` left empty. The text of `d` cannot be zeroed; it lives until it is collected.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

export type Curve = 'X25519' | 'Ed25519';

export function importPublicKey(curve: Curve, raw: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x: base64url(raw) }, format: 'jwk' });
}

export function importPrivateKey(curve: Curve, raw: Uint8Array): KeyObject {
  return createPrivateKey({ key: { kty: 'OKP', crv: curve, x: '', d: base64url(raw) }, format: 'jwk' });
}

/** The raw public key of a public or private key object. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}

function base64url(raw: Uint8Array): string {
  return Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('base64url');
}
