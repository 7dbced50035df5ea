/** What a member refuses once keys are shared: inboxes, survivors and attestations. */
import { describe, expect, it } from 'vitest';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { attest, mask, unmask } from '../../secagg/member.ts';
import type { Attestation } from '../../secagg/messages.ts';
import { consortium, ids, me, self, vector } from './member-fixture.ts';
import {
  at,
  expectRefused,
  flipped,
  idAt,
  nth,
  runR0,
  runR1,
  runR2,
  runR3,
  testConsortium,
  testIdentity,
} from './support.ts';

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
