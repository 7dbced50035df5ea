import { hkdfSync, randomBytes } from 'node:crypto';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { addKeystream, subtractKeystream } from '../../secagg/keystream.ts';
import {
  addPairMask,
  addSelfMask,
  pairMaskKey,
  removePairMask,
  removeSelfMask,
  selfMaskKey,
} from '../../secagg/masks.ts';
import { Secret } from '../../secagg/secret.ts';
import { generateKeyPair, importAgreementKey, importPeerKey, type KeyPair } from '../../secagg/x25519.ts';
import { idAt } from './support.ts';

const sid = new Uint8Array(randomBytes(32));
const [low, high] = [idAt(0), idAt(1)];
const alice = generateKeyPair(randomBytes);
const bob = generateKeyPair(randomBytes);
const between = (mine: KeyPair, theirs: KeyPair, a = low, b = high) =>
  pairMaskKey(importAgreementKey(mine.secret), importPeerKey(theirs.publicKey, 'the peer'), sid, a, b);

/** HKDF written for the test: info is each field behind its length as u32 big-endian. */
function hkdf(secret: Uint8Array, ...info: string[]): Buffer {
  const encoded = info.map((field) => `\0\0\0${String.fromCharCode(field.length)}${field}`).join('');
  return Buffer.from(hkdfSync('sha256', secret, sid, Buffer.from(encoded, 'latin1'), 32));
}

describe('the key of a pairwise mask', () => {
  it('is HKDF of the X25519 secret with the session as salt and "mask", both ids as info', () => {
    const shared = nacl.scalarMult(alice.secret.expose(), bob.publicKey);
    expect(hkdf(shared, 'mask', low, high).equals(between(alice, bob).expose())).toBe(true);
  });

  it('is the same from both sides, whoever comes first', () => {
    const key = between(alice, bob).expose();
    expect(between(bob, alice).expose()).toEqual(key);
    expect(between(bob, alice, high, low).expose()).toEqual(key);
  });
});

describe('the key of a self mask', () => {
  it('is HKDF of the seed with the session as salt and "self", the id as info', () => {
    const seed = new Uint8Array(randomBytes(32));
    expect(hkdf(seed, 'self', low).equals(selfMaskKey(seed, sid, low).expose())).toBe(true);
  });
});

describe('masks', () => {
  const key = new Secret(new Uint8Array(randomBytes(32)));
  const vector = Int32Array.of(1, -2, 3);
  const applied = (change: (target: Int32Array) => void, from = vector) => {
    const target = from.slice();
    change(target);
    return target;
  };

  it('are added by the smaller id and subtracted by the greater', () => {
    expect(applied((v) => addPairMask(v, key, low, high))).toEqual(
      applied((v) => addKeystream(v, key.expose())),
    );
    expect(applied((v) => addPairMask(v, key, high, low))).toEqual(
      applied((v) => subtractKeystream(v, key.expose())),
    );
    expect(applied((v) => addSelfMask(v, key))).toEqual(applied((v) => addKeystream(v, key.expose())));
  });

  it('are taken back as they were put on', () => {
    for (const [self, peer] of [
      [low, high],
      [high, low],
    ] as const) {
      const masked = applied((v) => addPairMask(v, key, self, peer));
      expect(applied((v) => removePairMask(v, key, self, peer), masked)).toEqual(vector);
    }
    const masked = applied((v) => addSelfMask(v, key));
    expect(applied((v) => removeSelfMask(v, key), masked)).toEqual(vector);
  });
});
