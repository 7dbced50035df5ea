import { hkdfSync, randomBytes } from 'node:crypto';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { applyMasks } from '../../secagg/keystream.ts';
import { pairMaskKey, pairMaskTask, removalOf, selfMaskKey, selfMaskTask } from '../../secagg/masks.ts';
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

  it('are added by the smaller id and subtracted by the greater', () => {
    expect(pairMaskTask(key, low, high)).toEqual({ key, sign: 1 });
    expect(pairMaskTask(key, high, low)).toEqual({ key, sign: -1 });
    expect(selfMaskTask(key)).toEqual({ key, sign: 1 });
  });

  it('are taken back as they were put on', () => {
    const vector = Int32Array.of(1, -2, 3);
    for (const task of [pairMaskTask(key, low, high), pairMaskTask(key, high, low), selfMaskTask(key)]) {
      const masked = vector.slice();
      applyMasks(masked, [task]);
      expect(masked).not.toEqual(vector);
      applyMasks(masked, [removalOf(task)]);
      expect(masked).toEqual(vector);
    }
  });
});
