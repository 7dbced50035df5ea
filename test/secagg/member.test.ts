/** What a member refuses, and what it forgets. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RoundPlan } from '../../proto/plan.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { abandon, advertise, attest, mask, openSession, shareKeys, unmask } from '../../secagg/member.ts';
import type { Advertisement, Attestation } from '../../secagg/messages.ts';
import { generateKeyPair } from '../../secagg/x25519.ts';
import {
  at,
  expectRefused,
  flipped,
  idAt,
  nth,
  openAll,
  resigned,
  runR0,
  runR1,
  runR2,
  runR3,
  runR4,
  testConsortium,
  testIdentity,
  testVectors,
} from './support.ts';

const consortium = testConsortium(5);
const { plan, ids, pinned } = consortium;
const self = idAt(2);
const me = testIdentity(2);
const vector = at(testVectors(consortium), self);

/** The plan with a cohort that `parseRoundPlan` would refuse before the member could. */
function withCohort(base: RoundPlan, cohort: Partial<RoundPlan['cohort']>): RoundPlan {
  return { ...base, cohort: { ...base.cohort, ...cohort } };
}

describe('openSession', () => {
  it('accepts a site policy that pins more hospitals than the roster has', () => {
    const more = new Map(pinned).set(idAt(30), testIdentity(30).publicKey);
    expect(openSession({ plan, self, pinned: more }).at).toBe('opened');
  });

  it.each(ids)('refuses a roster whose key of %s is not the pinned one', (id) => {
    const other = new Map(pinned).set(id, testIdentity(30).publicKey);
    expectRefused(() => openSession({ plan, self, pinned: other }), new RegExp(`"${id}" is not the one`));
  });

  it.each(ids)('refuses a roster that names %s when nobody pinned it', (id) => {
    const fewer = new Map(pinned);
    fewer.delete(id);
    expectRefused(() => openSession({ plan, self, pinned: fewer }), new RegExp(`"${id}" is not the one`));
  });

  it('refuses a roster without itself', () => {
    const more = new Map(pinned).set(idAt(30), testIdentity(30).publicKey);
    expectRefused(() => openSession({ plan, self: idAt(30), pinned: more }), /not on the roster/);
  });

  it('refuses a roster below its minimum, five unless told otherwise', () => {
    const four = testConsortium(4);
    const options = { plan: four.plan, self, pinned: four.pinned };
    expectRefused(() => openSession(options), /at least 5/);
    expect(openSession({ ...options, minimumRoster: 4 }).at).toBe('opened');
    expectRefused(() => openSession({ plan, self, pinned, minimumRoster: 6 }), /at least 6/);
  });

  it('refuses a threshold at which two unmaskings could both find helpers', () => {
    expectRefused(
      () => openSession({ plan: withCohort(plan, { maxDropouts: 2 }), self, pinned }),
      /2t > n \+ c/,
    );
    expectRefused(
      () => openSession({ plan: withCohort(plan, { maxColluders: 3 }), self, pinned }),
      /2t > n \+ c/,
    );
  });

  it('refuses fewer than two honest survivors', () => {
    const three = testConsortium(3);
    const alone = withCohort(three.plan, { maxDropouts: 0, maxColluders: 2 });
    const options = { self, pinned: three.pinned, minimumRoster: 3 };
    expectRefused(() => openSession({ ...options, plan: alone }), /honest/);
  });

  it('refuses a roster that lists a hospital twice or out of order', () => {
    const { roster } = plan.cohort;
    const twice = withCohort(plan, { roster: roster.with(1, nth(roster, 0)) });
    expectRefused(() => openSession({ plan: twice, self, pinned }), /twice or out of order/);
    const reversed = withCohort(plan, { roster: roster.toReversed() });
    expectRefused(() => openSession({ plan: reversed, self, pinned }), /twice or out of order/);
  });
});

describe('advertise', () => {
  it('refuses an identity that is not its own on the roster, and spends nothing by that', () => {
    const session = at(openAll(consortium), self);
    expectRefused(() => advertise(session, testIdentity(3), randomBytes), /identity/, 'INVALID_ARGUMENT');
    expect(advertise(session, me, randomBytes).state.at).toBe('advertised');
  });

  it('makes other keys and another seed each time', () => {
    const fields = [0, 1].flatMap(() => {
      const { maskKey, sealKey, seedCommitment } = advertise(
        at(openAll(consortium), self),
        me,
        randomBytes,
      ).message;
      return [maskKey, sealKey, seedCommitment].map((bytes) => Buffer.from(bytes).toString('hex'));
    });
    expect(new Set(fields).size).toBe(6);
  });
});

describe('shareKeys refuses a U1', () => {
  const peer = idAt(3);
  const fresh = () => generateKeyPair(randomBytes).publicKey;
  const replace = (
    u1: readonly Advertisement[],
    id: HospitalId,
    change: (entry: Advertisement) => Advertisement,
  ) => u1.map((entry) => (entry.from === id ? change(entry) : entry));
  const ofPeer = (change: Partial<Advertisement>) => (u1: readonly Advertisement[]) =>
    replace(u1, peer, (entry) => resigned(consortium, entry, change, testIdentity(3)));
  const outsider: Advertisement = resigned(
    consortium,
    { ...nth(runR0(consortium).u1, 0), from: idAt(30) },
    { maskKey: fresh(), sealKey: fresh() },
    testIdentity(30),
  );
  const otherSession = runR0(testConsortium(5, { attempt: 2 }));

  const cases: [string, RegExp, (u1: readonly Advertisement[]) => readonly Advertisement[]][] = [
    ['with fewer members than the threshold', /threshold/, (u1) => u1.slice(1, 4)],
    ['without itself', /lacks "hospital-003"/, (u1) => u1.filter(({ from }) => from !== self)],
    ['with a stranger', /"hospital-031", which is not in the roster/, (u1) => [...u1, outsider]],
    ['with a member twice', /twice or out of order/, (u1) => [...u1, nth(u1, 4)]],
    ['out of order', /twice or out of order/, (u1) => u1.toReversed()],
    [
      'with its own entry changed, though well signed',
      /another advertisement of "hospital-003"/,
      (u1) => replace(u1, self, (entry) => resigned(consortium, entry, { maskKey: fresh() }, me)),
    ],
    [
      'with its own commitment changed',
      /another advertisement of "hospital-003"/,
      (u1) => replace(u1, self, (entry) => ({ ...entry, seedCommitment: flipped(entry.seedCommitment) })),
    ],
    [
      'with its own signature changed',
      /another advertisement of "hospital-003"/,
      (u1) => replace(u1, self, (entry) => ({ ...entry, signature: flipped(entry.signature) })),
    ],
    [
      'with a signature changed',
      /"hospital-004" is not signed/,
      (u1) => replace(u1, peer, (entry) => ({ ...entry, signature: flipped(entry.signature) })),
    ],
    [
      'with a mask key that was not signed',
      /"hospital-004" is not signed/,
      (u1) => replace(u1, peer, (entry) => ({ ...entry, maskKey: fresh() })),
    ],
    [
      'with a seal key that was not signed',
      /"hospital-004" is not signed/,
      (u1) => replace(u1, peer, (entry) => ({ ...entry, sealKey: fresh() })),
    ],
    [
      'with a commitment that was not signed',
      /"hospital-004" is not signed/,
      (u1) => replace(u1, peer, (entry) => ({ ...entry, seedCommitment: flipped(entry.seedCommitment) })),
    ],
    [
      'with an entry that another member signed',
      /"hospital-004" is not signed/,
      (u1) => replace(u1, peer, (entry) => resigned(consortium, entry, {}, testIdentity(1))),
    ],
    [
      'with an entry from another session',
      /"hospital-004" is not signed/,
      (u1) => replace(u1, peer, () => at(otherSession.messages, peer)),
    ],
    ['with one key for both purposes', /are the same/, (u1) => ofPeer({ maskKey: nth(u1, 3).sealKey })(u1)],
    [
      'with a mask key of another member',
      /are the same/,
      (u1) => ofPeer({ maskKey: nth(u1, 0).maskKey })(u1),
    ],
    [
      'with a seal key of another member',
      /are the same/,
      (u1) => ofPeer({ sealKey: nth(u1, 0).sealKey })(u1),
    ],
    [
      'with its own key at another member',
      /are the same/,
      (u1) => ofPeer({ maskKey: nth(u1, 2).maskKey })(u1),
    ],
    [
      'with a low-order mask key',
      /mask key\) is a point of low order/,
      ofPeer({ maskKey: new Uint8Array(32) }),
    ],
    [
      'with a low-order seal key',
      /seal key\) is a point of low order/,
      ofPeer({ sealKey: new Uint8Array(32) }),
    ],
    ['with a mask key not canonical', /canonical/, ofPeer({ maskKey: new Uint8Array(32).fill(255) })],
    ['with a seal key cut short', /31 bytes long/, ofPeer({ sealKey: fresh().subarray(1) })],
  ];

  it.each(cases)('%s', (_, what, tamper) => {
    const { members, u1 } = runR0(consortium);
    const state = at(members, self);
    expectRefused(() => shareKeys(state, tamper(u1), randomBytes), what);
    expectRefused(() => shareKeys(state, u1, randomBytes), /taken already/, 'ALREADY_SPENT');
    expectRefused(() => state.seed.expose(), /erased/, 'ALREADY_SPENT');
  });

  it('never: one with all that is due is accepted', () => {
    const { members, u1 } = runR0(consortium, [idAt(0)]);
    expect(u1).toHaveLength(4);
    expect(shareKeys(at(members, self), u1, randomBytes).message.envelopes).toHaveLength(3);
  });
});

describe('mask refuses an inbox', () => {
  const cases: [string, RegExp, (inbox: InboxOf) => InboxOf][] = [
    [
      'with fewer in U2 than the threshold',
      /U2 has 3 members/,
      ({ u2 }) => ({ u2: u2.slice(0, 3), envelopes: [] }),
    ],
    ['without itself in U2', /U2 lacks/, (inbox) => ({ ...inbox, u2: inbox.u2.filter((id) => id !== self) })],
    [
      'with a stranger in U2',
      /"hospital-031", which is not in U1/,
      (inbox) => ({ ...inbox, u2: [...inbox.u2, idAt(30)] }),
    ],
    [
      'with a member twice in U2',
      /twice or out of order/,
      (inbox) => ({ ...inbox, u2: [...inbox.u2, idAt(4)] }),
    ],
    [
      'with an envelope for another member',
      /for "hospital-001" came to "hospital-003"/,
      (inbox) => ({
        ...inbox,
        envelopes: [...inbox.envelopes.slice(1), { ...nth(inbox.envelopes, 0), to: idAt(0) }],
      }),
    ],
    [
      'with an envelope from itself',
      /not another member of U2/,
      (inbox) => ({ ...inbox, envelopes: [{ ...nth(inbox.envelopes, 0), from: self }] }),
    ],
    [
      'with an envelope from outside U2',
      /not another member of U2/,
      (inbox) => ({ ...inbox, u2: inbox.u2.slice(1) }),
    ],
    [
      'with two envelopes from one sender',
      /Two envelopes/,
      (inbox) => ({ ...inbox, envelopes: [...inbox.envelopes, nth(inbox.envelopes, 0)] }),
    ],
  ];
  type InboxOf = Parameters<typeof mask>[1];

  it.each(cases)('%s', (_, what, tamper) => {
    const { members, inboxes } = runR1(runR0(consortium));
    const state = at(members, self);
    expectRefused(() => mask(state, tamper(at(inboxes, self)), vector), what);
    expectRefused(() => mask(state, at(inboxes, self), vector), /taken already/, 'ALREADY_SPENT');
    for (const { mask: key } of state.pairs.values())
      expectRefused(() => key.expose(), /erased/, 'ALREADY_SPENT');
  });

  it('with a member of the roster in U2 that is not in U1', () => {
    const { members, inboxes } = runR1(runR0(consortium, [idAt(0)]));
    const inbox = at(inboxes, self);
    expectRefused(
      () => mask(at(members, self), { ...inbox, u2: ids }, vector),
      /"hospital-001", which is not in U1/,
    );
  });

  it('never for want of an envelope: a share is missing then', () => {
    const { members, inboxes } = runR1(runR0(consortium));
    const { state } = mask(at(members, self), { ...at(inboxes, self), envelopes: [] }, vector);
    expect([...state.held.keys()]).toEqual([self]);
  });

  it('nor keeps an envelope that was sealed in another session, for another member or by another sender', () => {
    const { members, inboxes } = runR1(runR0(consortium));
    const inbox = at(inboxes, self);
    const replayed = at(runR1(runR0(testConsortium(5, { attempt: 2 }))).inboxes, self);
    const [a, b, c] = [nth(inbox.envelopes, 0), nth(inbox.envelopes, 1), nth(inbox.envelopes, 2)];
    const misdirected = nth(at(inboxes, idAt(0)).envelopes, 0);
    const envelopes = [
      { ...a, ciphertext: b.ciphertext },
      { ...b, ciphertext: misdirected.ciphertext },
      { ...c, ciphertext: nth(replayed.envelopes, 2).ciphertext },
      nth(inbox.envelopes, 3),
    ];
    const { state } = mask(at(members, self), { ...inbox, envelopes }, vector);
    expect([...state.held.keys()].sort()).toEqual([self, idAt(4)]);
  });

  it('nor, unspent, for a vector of another length', () => {
    const { members, inboxes } = runR1(runR0(consortium));
    const state = at(members, self);
    for (const length of [0, 7, 9]) {
      const wrong = new Int32Array(length);
      expectRefused(
        () => mask(state, at(inboxes, self), wrong),
        /one integer per parameter/,
        'INVALID_ARGUMENT',
      );
    }
    expect(mask(state, at(inboxes, self), vector).state.at).toBe('masked');
  });

  it('and leaves the vector to its caller to erase', () => {
    const { members, inboxes } = runR1(runR0(consortium));
    const own = vector.slice();
    const { message } = mask(at(members, self), at(inboxes, self), own);
    expect(own).toEqual(vector);
    const sent = message.vector.slice();
    own.fill(0);
    expect(message.vector).toEqual(sent);
    expect(sent).not.toEqual(vector);
  });
});

describe('attest refuses a U3', () => {
  const cases: [string, RegExp, readonly HospitalId[]][] = [
    ['with fewer members than the threshold', /U3 has 3 members/, ids.slice(0, 3)],
    ['without itself', /U3 lacks/, ids.filter((id) => id !== self)],
    ['with a stranger', /"hospital-031", which is not in U2/, [...ids, idAt(30)]],
    ['with a member twice', /twice or out of order/, [...ids, idAt(4)]],
    ['that makes up its quorum with a member twice', /twice or out of order/, [idAt(1), self, self, idAt(4)]],
    ['out of order', /twice or out of order/, ids.toReversed()],
  ];
  it.each(cases)('%s', (_, what, u3) => {
    const state = at(runR2(runR1(runR0(consortium))).members, self);
    expectRefused(() => attest(state, u3, me), what);
    expectRefused(() => attest(state, ids, me), /taken already/, 'ALREADY_SPENT');
    for (const { seed } of state.held.values()) expectRefused(() => seed.expose(), /erased/, 'ALREADY_SPENT');
  });

  it('with a member of U1 that is not in U2', () => {
    const { members, u3 } = runR2(runR1(runR0(consortium), [idAt(0)]));
    expect(u3).toEqual(ids.slice(1));
    expectRefused(() => attest(at(members, self), ids, me), /"hospital-001", which is not in U2/);
  });

  it('never for another identity: that spends nothing', () => {
    const state = at(runR2(runR1(runR0(consortium))).members, self);
    expectRefused(() => attest(state, ids, testIdentity(1)), /identity/, 'INVALID_ARGUMENT');
    expect(attest(state, ids, me).state.at).toBe('attested');
  });
});

describe('unmask refuses attestations', () => {
  const without = (list: readonly Attestation[], ...who: HospitalId[]) =>
    list.filter(({ from }) => !who.includes(from));
  // What hospital-005 signs when it is shown another U3 (without hospital-001) than this member.
  const elsewhere = attest(
    at(runR2(runR1(runR0(consortium))).members, idAt(4)),
    ids.slice(1),
    testIdentity(4),
  );

  type Tamper = (list: readonly Attestation[], statement: Uint8Array) => readonly Attestation[];
  const cases: [string, RegExp, Tamper][] = [
    ['of fewer than the threshold', /3 members attested/, (list) => without(list, idAt(0), idAt(1))],
    ['of nobody', /1 members attested/, () => []],
    [
      'that reach the threshold with one member twice',
      /twice or out of order/,
      (list) => [...without(list, idAt(0), idAt(1)), nth(list, 4)],
    ],
    [
      'with a signature changed',
      /"hospital-005" does not hold/,
      (list) => [...list.slice(0, 4), { ...nth(list, 4), signature: flipped(nth(list, 4).signature, 63) }],
    ],
    [
      'that another member signed',
      /"hospital-005" does not hold/,
      (list, statement) => [
        ...list.slice(0, 4),
        { from: idAt(4), signature: testIdentity(3).sign(statement) },
      ],
    ],
    ['on another U3', /"hospital-005" does not hold/, (list) => [...list.slice(0, 4), elsewhere.message]],
    [
      'from outside the consortium',
      /"hospital-031" attested without being in U3/,
      (list, statement) => [...list, { from: idAt(30), signature: testIdentity(30).sign(statement) }],
    ],
    [
      'with another one of its own',
      /"hospital-003" does not hold/,
      (list) =>
        list.map((entry) =>
          entry.from === self ? { ...entry, signature: flipped(entry.signature) } : entry,
        ),
    ],
  ];
  it.each(cases)('%s', (_, what, tamper) => {
    const { members, attestations } = runR3(runR2(runR1(runR0(consortium))));
    const state = at(members, self);
    expectRefused(() => unmask(state, tamper(attestations, state.statement)), what);
    expectRefused(() => unmask(state, attestations), /taken already/, 'ALREADY_SPENT');
    for (const { share } of state.answers) expectRefused(() => share.expose(), /erased/, 'ALREADY_SPENT');
  });

  it('by a member of U2 that is not in U3, which could not have seen U3', () => {
    const { members, attestations } = runR3(runR2(runR1(runR0(consortium)), [idAt(0)]));
    const state = at(members, self);
    const dropped = { from: idAt(0), signature: testIdentity(0).sign(state.statement) };
    expectRefused(() => unmask(state, [dropped, ...attestations.slice(1)]), /without being in U3/);
  });

  it('never for want of its own, which counts', () => {
    const { members, attestations } = runR3(runR2(runR1(runR0(consortium))));
    const three = without(attestations, self, idAt(0));
    expect(three).toHaveLength(3);
    expect(unmask(at(members, self), three).state.at).toBe('done');
  });

  it('never when t of them hold', () => {
    const { members, attestations } = runR3(runR2(runR1(runR0(consortium))));
    const list = without(attestations, idAt(0));
    expect(unmask(at(members, self), list).message.shares).toHaveLength(5);
  });
});

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
