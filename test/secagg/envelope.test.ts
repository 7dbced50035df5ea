import { createHash, randomBytes } from 'node:crypto';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import {
  ENVELOPE_BYTES,
  type EnvelopeRoute,
  envelopeNonce,
  open,
  type SharePair,
  seal,
  sealingKey,
} from '../../secagg/envelope.ts';
import { Secret } from '../../secagg/secret.ts';
import { generateKeyPair, importAgreementKey, importPeerKey, type KeyPair } from '../../secagg/x25519.ts';
import { idAt } from './support.ts';

const shares = (): SharePair => ({
  seed: new Secret(new Uint8Array(32).fill(1)),
  key: new Secret(new Uint8Array(32).fill(2)),
});
const between = (mine: KeyPair, theirs: KeyPair) =>
  sealingKey(importAgreementKey(mine.secret), importPeerKey(theirs.publicKey, 'the peer'));

const alice = generateKeyPair(randomBytes);
const bob = generateKeyPair(randomBytes);
const route: EnvelopeRoute = {
  sid: new Uint8Array(randomBytes(32)),
  from: idAt(0),
  to: idAt(1),
  u1Hash: new Uint8Array(randomBytes(32)),
};

describe('envelope', () => {
  it('is nacl.box, byte for byte', () => {
    for (let i = 0; i < 20; i++) {
      const sender = generateKeyPair(randomBytes);
      const receiver = generateKeyPair(randomBytes);
      const plaintext = new Uint8Array(randomBytes(64));
      const pair = { seed: new Secret(plaintext.slice(0, 32)), key: new Secret(plaintext.slice(32)) };
      const boxed = nacl.box(plaintext, envelopeNonce(route), receiver.publicKey, sender.secret.expose());
      const sealed = seal(pair, between(sender, receiver), route);
      expect(Buffer.from(sealed).equals(Buffer.from(boxed))).toBe(true);
      expect(nacl.box.open(sealed, envelopeNonce(route), sender.publicKey, receiver.secret.expose())).toEqual(
        plaintext,
      );
    }
  });

  it('has the pair key of nacl.box.before, the same from both sides', () => {
    const key = between(alice, bob).expose();
    expect(key).toEqual(nacl.box.before(bob.publicKey, alice.secret.expose()));
    expect(key).toEqual(between(bob, alice).expose());
  });

  it('takes its nonce from the first 24 bytes of SHA-512 over the length-prefixed route', () => {
    const field = (bytes: Uint8Array) => [Buffer.from([0, 0, 0, bytes.length]), bytes];
    const text = (value: string) => field(Buffer.from(value));
    const encoded = Buffer.concat([
      ...text('share'),
      ...field(route.sid),
      ...text(route.from),
      ...text(route.to),
      ...field(route.u1Hash),
    ]);
    const expected = createHash('sha512').update(encoded).digest().subarray(0, 24);
    expect(Buffer.from(envelopeNonce(route)).equals(expected)).toBe(true);
  });

  it('opens for its receiver', () => {
    const sealed = seal(shares(), between(alice, bob), route);
    expect(sealed).toHaveLength(ENVELOPE_BYTES);
    expect(ENVELOPE_BYTES).toBe(80);
    const opened = open(sealed, between(bob, alice), route);
    expect(opened?.seed.expose()).toEqual(shares().seed.expose());
    expect(opened?.key.expose()).toEqual(shares().key.expose());
  });

  const elsewhere: [string, Partial<EnvelopeRoute>][] = [
    ['session', { sid: new Uint8Array(32) }],
    ['sender', { from: idAt(2) }],
    ['receiver', { to: idAt(2) }],
    ['direction', { from: route.to, to: route.from }],
    ['set U1', { u1Hash: new Uint8Array(32) }],
  ];
  it.each(elsewhere)('does not open when moved to another %s', (_, change) => {
    const sealed = seal(shares(), between(alice, bob), route);
    expect(open(sealed, between(bob, alice), { ...route, ...change })).toBeNull();
  });

  it('does not open under another key, tampered with, cut short or drawn out', () => {
    const key = between(bob, alice);
    const sealed = seal(shares(), between(alice, bob), route);
    expect(open(sealed, between(bob, generateKeyPair(randomBytes)), route)).toBeNull();
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.slice();
      changed[i] = (changed[i] ?? 0) ^ 0x80;
      expect(open(changed, key, route)).toBeNull();
    }
    expect(open(sealed.slice(0, -1), key, route)).toBeNull();
    expect(open(new Uint8Array(0), key, route)).toBeNull();
  });

  it('does not open when it is authentic but of another length', () => {
    const key = between(alice, bob);
    const short = nacl.secretbox(new Uint8Array(63), envelopeNonce(route), key.expose());
    expect(open(short, key, route)).toBeNull();
  });
});
