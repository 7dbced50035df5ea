/** That a member takes each step once, what it forgets, and that it keeps to its own plan. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { abandon, advertise, attest, mask, shareKeys, unmask } from '../../secagg/member.ts';
import { consortium, ids, me, self, vector } from './member-fixture.ts';
import {
  at,
  expectRefused,
  idAt,
  openAll,
  runR0,
  runR1,
  runR2,
  runR3,
  runR4,
  testConsortium,
} from './support.ts';

describe('a member takes each step once', () => {
  const spent = (run: () => unknown) => expectRefused(run, /taken already/, 'ALREADY_SPENT');
  const entropy = randomBytes;

  it('whatever copy of the state it is asked with, and for whatever message', () => {
    const sessions = openAll(consortium);
    const session = at(sessions, self);
    advertise(session, me, entropy);
    spent(() => advertise(session, me, entropy));
    spent(() => advertise({ ...session }, me, entropy));

    const r0 = runR0(consortium);
    const r1 = runR1(r0);
    const advertised = at(r0.members, self);
    spent(() => shareKeys(advertised, r0.u1, entropy));
    spent(() => shareKeys({ ...advertised }, r0.u1.slice(1), entropy));

    const r2 = runR2(r1);
    const shared = at(r1.members, self);
    spent(() => mask(shared, at(r1.inboxes, self), vector));
    spent(() => mask({ ...shared }, { u2: ids, envelopes: [] }, vector));

    const r3 = runR3(r2);
    const masked = at(r2.members, self);
    spent(() => attest(masked, r2.u3, me));
    spent(() => attest({ ...masked }, ids.slice(1), me));

    runR4(r3);
    const attested = at(r3.members, self);
    spent(() => unmask(attested, r3.attestations));
    spent(() => unmask({ ...attested }, r3.attestations));
  });

  it('even from within that step: a signer cannot obtain a second statement', () => {
    const { members, u3 } = runR2(runR1(runR0(consortium)));
    const state = at(members, self);
    const reentrant = {
      publicKey: me.publicKey,
      sign: () => attest(state, u3.slice(1), me).message.signature,
    };
    spent(() => attest(state, u3, reentrant));
  });

  it('and none after the session was abandoned, wherever it stood', () => {
    const session = at(openAll(consortium), self);
    abandon(session);
    spent(() => advertise(session, me, entropy));

    const r0 = runR0(consortium);
    abandon(at(r0.members, self));
    spent(() => shareKeys(at(r0.members, self), r0.u1, entropy));

    const r3 = runR3(runR2(runR1(runR0(consortium))));
    const attested = at(r3.members, self);
    const bytes = attested.answers.map(({ share }) => share.expose());
    abandon(attested);
    spent(() => unmask(attested, r3.attestations));
    expect(bytes.every((share) => share.every((byte) => byte === 0))).toBe(true);
  });
});

describe('a member forgets', () => {
  const zero = (secrets: readonly Uint8Array[]) =>
    secrets.every((bytes) => bytes.every((byte) => byte === 0));

  it('each secret as soon as the protocol needs it no more', () => {
    const r0 = runR0(consortium);
    const { seed, maskKey, sealKey } = at(r0.members, self);
    const ofR0 = [seed, maskKey.secret, sealKey.secret].map((secret) => secret.expose());
    expect(zero(ofR0)).toBe(false);

    const r1 = runR1(r0);
    expect(zero(ofR0)).toBe(true);
    const { selfMask, pairs, ownShares } = at(r1.members, self);
    const ofR1 = [selfMask, ...[...pairs.values()].flatMap((pair) => [pair.mask, pair.sealing])].map((s) =>
      s.expose(),
    );
    expect(zero(ofR1)).toBe(false);

    const r2 = runR2(r1, [idAt(0)]);
    expect(zero(ofR1)).toBe(true);
    const { held } = at(r2.members, self);
    expect(held.get(self)).toBe(ownShares);
    const due = [...held].map(([id, { seed, key }]) => (id === idAt(0) ? key : seed).expose());
    const undue = [...held].map(([id, { seed, key }]) => (id === idAt(0) ? seed : key).expose());
    expect(undue).toHaveLength(5);
    expect(undue.some((share) => zero([share]))).toBe(false);

    const r3 = runR3(r2);
    expect(zero(undue)).toBe(true);
    expect(due.some((share) => zero([share]))).toBe(false);

    const sent = due.map((share) => share.slice());
    const r4 = runR4(r3);
    expect(zero(due)).toBe(true);
    const { shares } = at(r4.messages, self);
    expect(shares.map(({ share }) => share).sort(Buffer.compare)).toEqual(sent.sort(Buffer.compare));
  });

  it('the other kind of share: each peer is answered with the one its survival allows', () => {
    const dropped = idAt(4);
    const { messages } = runR4(runR3(runR2(runR1(runR0(consortium)), [dropped])));
    for (const { shares } of messages.values()) {
      expect(shares.map(({ peer }) => peer)).toEqual(ids);
      expect(shares.map(({ kind }) => kind)).toEqual(['seed', 'seed', 'seed', 'seed', 'key']);
    }
  });

  it('the coefficients of its polynomials', () => {
    const drawn: Uint8Array[] = [];
    const entropy = (length: number) => {
      const bytes = new Uint8Array(randomBytes(length));
      drawn.push(bytes);
      return bytes;
    };
    const { members, u1 } = runR0(consortium);
    shareKeys(at(members, self), u1, entropy);
    expect(drawn.map((bytes) => bytes.length)).toEqual([96, 96]);
    expect(zero(drawn)).toBe(true);
  });
});

describe('members with different views of the plan', () => {
  it('accept nothing of one another', () => {
    const { members } = runR0(consortium);
    const { u1 } = runR0(testConsortium(5, { privacy: { clip: 2 } }));
    const mixed = u1.map((entry) => (entry.from === self ? at(members, self).own : entry));
    expectRefused(() => shareKeys(at(members, self), mixed, randomBytes), /is not signed/);
  });
});
