/**
 * The two masks of Bonawitz et al. 2017 §4: one agreed with every peer, which cancels in the sum, and one of
 * the member's own, which is removed once it is certain that the vector belongs to the sum.
 *
 * A mask's AES key comes out of HKDF-SHA256 (RFC 5869) with the session id as salt and its purpose and owners
 * as info, so no two masks of any sessions share a key.
 */
import { hkdfSync, type KeyObject } from 'node:crypto';
import type { HospitalId } from '../proto/vocabulary.ts';
import type { MaskTask } from './keystream.ts';
import { Secret } from './secret.ts';
import { lengthPrefixed } from './transcript.ts';
import { agree } from './x25519.ts';

/** HKDF-SHA256 to 32 bytes. */
export function deriveKey(secret: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, 32));
}

/** The key of the mask between two hospitals, the same from either side. `mine` and `theirs` are X25519 keys. */
export function pairMaskKey(
  mine: KeyObject,
  theirs: KeyObject,
  sid: Uint8Array,
  a: HospitalId,
  b: HospitalId,
): Secret {
  const [first, second] = a < b ? [a, b] : [b, a];
  const shared = agree(mine, theirs);
  const key = deriveKey(shared, sid, lengthPrefixed('mask', first, second));
  shared.fill(0);
  return new Secret(key);
}

/** The key of a hospital's own mask, from its 32-byte seed. */
export function selfMaskKey(seed: Uint8Array, sid: Uint8Array, id: HospitalId): Secret {
  return new Secret(deriveKey(seed, sid, lengthPrefixed('self', id)));
}

/** What `self` does with the mask it shares with `peer`: the smaller id adds it and the greater subtracts it. */
export function pairMaskTask(key: Secret, self: HospitalId, peer: HospitalId): MaskTask {
  return { key, sign: self < peer ? 1 : -1 };
}

/** What a hospital does with its own mask. */
export function selfMaskTask(key: Secret): MaskTask {
  return { key, sign: 1 };
}

/** What takes back from a sum what `task` did to it. */
export function removalOf({ key, sign }: MaskTask): MaskTask {
  return { key, sign: sign === 1 ? -1 : 1 };
}
