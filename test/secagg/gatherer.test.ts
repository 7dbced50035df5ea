/** What the gatherer refuses, and what it tells its driver. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { HospitalId } from '../../proto/vocabulary.ts';
import {
  acceptAdvertisement,
  acceptAttestation,
  acceptMasked,
  acceptShares,
  acceptUnmasking,
  closeAdvertise,
  closeAttest,
  closeMasked,
  closeShares,
  openGathering,
} from '../../secagg/gatherer.ts';
import { progress } from '../../secagg/gatherer-state.ts';
import { abandon, attest, unmask } from '../../secagg/member.ts';
import type {
  Advertisement,
  Attestation,
  PeerShare,
  SealedShares,
  Unmasking,
} from '../../secagg/messages.ts';
import { finish } from '../../secagg/unmasking.ts';
import { generateKeyPair } from '../../secagg/x25519.ts';
import {
  at,
  expectRefused,
  flipped,
  idAt,
  nth,
  resigned,
  ringSum,
  runR0,
  runR1,
  runR2,
  runR3,
  runToR4,
  testConsortium,
  testIdentity,
  testVectors,
} from './support.ts';

const consortium = testConsortium(5);
const { plan, ids } = consortium;
const sender = idAt(1);
const fresh = () => generateKeyPair(randomBytes).publicKey;

it('openGathering refuses a cohort in which two unmaskings could both find helpers', () => {
  const cohort = { ...plan.cohort, maxDropouts: 2 };
  expectRefused(() => openGathering({ ...plan, cohort }), /2t > n \+ c/);
});

describe('acceptAdvertisement', () => {
  const { messages } = runR0(consortium);
  const first = at(messages, idAt(0));
  const own = at(messages, sender);
  const start = acceptAdvertisement(openGathering(plan), first);
  const signed = (change: Partial<Advertisement>) => resigned(consortium, own, change, testIdentity(1));

  const cases: [string, RegExp, Advertisement][] = [
    ['from off the roster', /not on the roster/, { ...own, from: idAt(30) }],
    ['with a changed signature', /is not signed/, { ...own, signature: flipped(own.signature) }],
    ['signed by another member', /is not signed/, resigned(consortium, own, {}, testIdentity(2))],
    ['in another member’s name', /is not signed/, { ...own, from: idAt(2) }],
    ['with an unsigned mask key', /is not signed/, { ...own, maskKey: fresh() }],
    ['with an unsigned seal key', /is not signed/, { ...own, sealKey: fresh() }],
    ['with an unsigned commitment', /is not signed/, { ...own, seedCommitment: flipped(own.seedCommitment) }],
    ['from another session', /is not signed/, at(runR0(testConsortium(5, { attempt: 2 })).messages, sender)],
    [
      'with a commitment of 31 bytes',
      /commitment/,
      signed({ seedCommitment: own.seedCommitment.subarray(1) }),
    ],
    [
      'with a low-order mask key',
      /mask key\) is a point of low order/,
      signed({ maskKey: new Uint8Array(32) }),
    ],
    [
      'with a low-order seal key',
      /seal key\) is a point of low order/,
      signed({ sealKey: new Uint8Array(32) }),
    ],
    ['with a key that is not canonical', /canonical/, signed({ sealKey: new Uint8Array(32).fill(255) })],
    ['with a key of 33 bytes', /33 bytes long/, signed({ maskKey: new Uint8Array(33).fill(9) })],
    ['with one key for both purposes', /in use already/, signed({ maskKey: own.sealKey })],
    ['with another member’s mask key as its own', /in use already/, signed({ maskKey: first.maskKey })],
    ['with another member’s mask key to seal with', /in use already/, signed({ sealKey: first.maskKey })],
    ['with another member’s seal key as its own', /in use already/, signed({ sealKey: first.sealKey })],
  ];
  it.each(cases)('refuses one %s', (_, what, message) => {
    expectRefused(() => acceptAdvertisement(start, message), what);
    expect(progress(start).answered).toEqual([idAt(0)]);
    expect(progress(acceptAdvertisement(start, own)).answered).toEqual([idAt(0), sender]);
  });

  it('gives the same state for a repeat and refuses another message of the same member', () => {
    const state = acceptAdvertisement(start, own);
    expect(acceptAdvertisement(state, { ...own, signature: own.signature.slice() })).toBe(state);
    expectRefused(
      () => acceptAdvertisement(state, signed({ maskKey: fresh() })),
      /second, different message/,
    );
  });

  it('lists U1 in ascending order, however it came', () => {
    let state = openGathering(plan);
    for (const id of ids.toReversed()) state = acceptAdvertisement(state, at(messages, id));
    expect(closeAdvertise(state).u1.map(({ from }) => from)).toEqual(ids);
  });
});

describe('acceptShares', () => {
  const { gathering } = runR0(consortium, [idAt(4)]);
  const r1 = runR1(runR0(consortium, [idAt(4)]));
  const own = at(r1.messages, sender);
  const change = (
    edit: (envelopes: SealedShares['envelopes']) => SealedShares['envelopes'],
  ): SealedShares => ({
    ...own,
    envelopes: edit(own.envelopes),
  });

  const cases: [string, RegExp, SealedShares][] = [
    ['from outside U1', /does not take part/, { ...own, from: idAt(4) }],
    ['with an envelope missing', /no envelope for "hospital-001"/, change((list) => list.slice(1))],
    ['with no envelopes', /no envelope/, change(() => [])],
    ['with two for one member', /two envelopes/, change((list) => [...list, nth(list, 0)])],
    [
      'with one for itself',
      /another member of U1/,
      change((list) => [...list, { ...nth(list, 0), to: sender }]),
    ],
    ['with one for outside U1', /another member of U1/, change((l) => [...l, { ...nth(l, 0), to: idAt(4) }])],
    [
      'with one in another’s name',
      /in the name of "hospital-003"/,
      change((list) => [{ ...nth(list, 0), from: idAt(2) }, ...list.slice(1)]),
    ],
    [
      'with one too long',
      /81 bytes/,
      change((list) => [{ ...nth(list, 0), ciphertext: new Uint8Array(81) }, ...list.slice(1)]),
    ],
  ];
  it.each(cases)('refuses a message %s', (_, what, message) => {
    expectRefused(() => acceptShares(gathering, message), what);
    expect(progress(acceptShares(gathering, own)).answered).toEqual([sender]);
  });

  it('gives the same state for a repeat and refuses another message of the same member', () => {
    const state = acceptShares(gathering, own);
    expect(acceptShares(state, { ...own, envelopes: [...own.envelopes] })).toBe(state);
    const other = change((list) => [{ ...nth(list, 0), ciphertext: new Uint8Array(80) }, ...list.slice(1)]);
    expectRefused(() => acceptShares(state, other), /second, different message/);
  });

  it('gives each member of U2 the envelopes of the others in U2 for it, and for nobody else', () => {
    const { u2, inboxes } = runR1(runR0(consortium), [idAt(0)]);
    expect(u2).toEqual(ids.slice(1));
    expect([...inboxes.keys()]).toEqual(u2);
    for (const [id, inbox] of inboxes) {
      expect(inbox.u2).toEqual(u2);
      expect(inbox.envelopes.map(({ to }) => to)).toEqual([id, id, id]);
      expect(inbox.envelopes.map(({ from }) => from)).toEqual(u2.filter((other) => other !== id));
    }
  });
});

describe('acceptMasked', () => {
  const vector = new Int32Array(plan.model.dimension).fill(5);
  const start = () => runR1(runR0(consortium), [idAt(4)]).gathering;

  it('refuses a vector from outside U2, of another length, twice, or late', () => {
    const state = start();
    expectRefused(() => acceptMasked(state, { from: idAt(4), vector }), /does not take part/);
    expectRefused(
      () => acceptMasked(state, { from: sender, vector: vector.subarray(1) }),
      /one integer per parameter/,
    );
    expectRefused(
      () => acceptMasked(state, { from: sender, vector: new Int32Array(9) }),
      /one integer per parameter/,
    );
    expect(progress(state).answered).toEqual([]);
    for (const id of ids.slice(0, 4)) acceptMasked(state, { from: id, vector });
    expectRefused(() => acceptMasked(state, { from: sender, vector }), /added already/, 'ALREADY_SPENT');
    const { u3 } = closeMasked(state);
    expect(u3).toEqual(ids.slice(0, 4));
    expectRefused(() => acceptMasked(state, { from: sender, vector }), /discarded/, 'DEADLINE_EXCEEDED');
  });

  it('keeps a late vector out of the sum through an old copy of the state', () => {
    const vectors = testVectors(consortium);
    const late = at(runR2(runR1(runR0(consortium)), [], vectors).messages, idAt(4));
    const r1 = runR1(runR0(consortium));
    const old = { ...r1.gathering };
    const r2 = runR2(r1, [idAt(4)], vectors);
    expectRefused(() => acceptMasked(old, late), /discarded/, 'DEADLINE_EXCEEDED');
    expect(r2.u3).toEqual(ids.slice(0, 4));
    const r3 = runR3(r2);
    let state = r3.gathering;
    for (const member of r3.members.values())
      state = acceptUnmasking(state, unmask(member, r3.attestations).message);
    expect(finish(state).sum).toEqual(ringSum(vectors, ids.slice(0, 4)));
  });
});

describe('acceptAttestation', () => {
  const r2 = runR2(runR1(runR0(consortium)), [idAt(4)]);
  const { members, messages, collecting } = runR3(r2);
  const own = at(messages, sender);
  const { statement } = r2.gathering;
  // A member that was shown another U3 signs another statement.
  const elsewhere = attest(at(runR2(runR1(runR0(consortium))).members, sender), ids, testIdentity(1)).message;

  const cases: [string, RegExp, Attestation][] = [
    ['from outside U3', /does not take part/, { from: idAt(4), signature: testIdentity(4).sign(statement) }],
    ['with a changed signature', /does not hold/, { ...own, signature: flipped(own.signature) }],
    ['by another member', /does not hold/, { ...own, signature: testIdentity(2).sign(statement) }],
    ['on another U3', /does not hold/, elsewhere],
  ];
  it.each(cases)('refuses one %s', (_, what, message) => {
    expectRefused(() => acceptAttestation(r2.gathering, message), what);
    expect(progress(acceptAttestation(r2.gathering, own)).answered).toEqual([sender]);
  });

  it('gives the same state for a repeat and refuses another message of the same member', () => {
    expect(acceptAttestation(collecting, { ...own, signature: own.signature.slice() })).toBe(collecting);
    expectRefused(() => acceptAttestation(collecting, elsewhere), /second, different message/);
    for (const member of members.values()) abandon(member);
  });
});

describe('acceptUnmasking', () => {
  const dropped = idAt(4);
  const r3 = runR3(runR2(runR1(runR0(testConsortium(8))), [dropped]), [idAt(7)]);
  const own = unmask(at(r3.members, sender), r3.attestations).message;
  const edit = (peer: HospitalId, change: (share: PeerShare) => readonly PeerShare[]): Unmasking => ({
    ...own,
    shares: own.shares.flatMap((share) => (share.peer === peer ? change(share) : share)),
  });

  const cases: [string, RegExp, Unmasking][] = [
    ['from a dropped member', /does not take part/, { ...own, from: dropped }],
    ['from a member of U3 that did not attest', /does not take part/, { ...own, from: idAt(7) }],
    ['about a stranger', /not in U2/, edit(idAt(0), (share) => [{ ...share, peer: idAt(30) }])],
    ['with two shares about one peer', /two shares/, edit(idAt(0), (share) => [share, share])],
    [
      'with a survivor’s key share',
      /only its seed share is due/,
      edit(idAt(0), (share) => [{ ...share, kind: 'key' }]),
    ],
    [
      'with a dropped member’s seed share',
      /only its key share is due/,
      edit(dropped, (share) => [{ ...share, kind: 'seed' }]),
    ],
    [
      'with both kinds for one peer',
      /two shares/,
      edit(dropped, (share) => [share, { ...share, kind: 'seed' }]),
    ],
    ['with a short share', /31 bytes/, edit(idAt(0), (s) => [{ ...s, share: s.share.subarray(1) }])],
  ];
  it.each(cases)('refuses a message %s', (_, what, message) => {
    expectRefused(() => acceptUnmasking(r3.gathering, message), what);
    expect(progress(acceptUnmasking(r3.gathering, own)).answered).toEqual([sender]);
  });

  it('gives the same state for a repeat and refuses another message of the same member', () => {
    const state = acceptUnmasking(r3.gathering, own);
    expect(acceptUnmasking(state, { ...own, shares: [...own.shares] })).toBe(state);
    expectRefused(
      () =>
        acceptUnmasking(
          state,
          edit(idAt(0), () => []),
        ),
      /second, different message/,
    );
  });

  it('accepts a message with shares missing', () => {
    const state = acceptUnmasking(
      r3.gathering,
      edit(idAt(0), () => []),
    );
    expect(progress(state).answered).toEqual([sender]);
  });
});

describe('the gatherer', () => {
  it('says at every stage who has answered and who is awaited', () => {
    const drops = { R0: [idAt(0)], R1: [idAt(1)], R2: [idAt(2)], R3: [idAt(3)], R4: [idAt(4)] };
    const eleven = testConsortium(11, { cohort: { maxDropouts: 5, maxColluders: 0 } });
    const all = eleven.ids;
    const r0 = runR0(eleven, drops.R0);
    expect(progress(openGathering(eleven.plan))).toEqual({ answered: [], missing: all });
    expect(progress(r0.collecting)).toEqual({ answered: all.slice(1), missing: [all[0]] });
    expect(progress(r0.gathering)).toEqual({ answered: [], missing: all.slice(1) });
    const r1 = runR1(r0, drops.R1);
    expect(progress(r1.collecting)).toEqual({ answered: all.slice(2), missing: [all[1]] });
    const r2 = runR2(r1, drops.R2);
    expect(progress(r1.gathering)).toEqual({ answered: all.slice(3), missing: [all[2]] });
    const r3 = runR3(r2, drops.R3);
    expect(progress(r3.collecting)).toEqual({ answered: all.slice(4), missing: [all[3]] });
    expect(progress(r3.gathering)).toEqual({ answered: [], missing: all.slice(4) });
    expect(r3.gathering.lost).toEqual([
      { hospital: all[0], stage: 'R0' },
      { hospital: all[1], stage: 'R1' },
      { hospital: all[2], stage: 'R2' },
      { hospital: all[3], stage: 'R3' },
    ]);
  });

  it('ends no stage below the threshold', () => {
    const short = <T>(received: ReadonlyMap<HospitalId, T>) => new Map([...received].slice(0, 3));
    const r0 = runR0(consortium);
    const r1 = runR1(r0);
    const r3 = runR3(runR2(r1));
    const { collecting } = runToR4(consortium);
    const closings = [
      () => closeAdvertise({ ...r0.collecting, received: short(r0.collecting.received) }),
      () => closeShares({ ...r1.collecting, received: short(r1.collecting.received) }),
      () => {
        const { gathering } = runR1(runR0(consortium));
        for (const from of ids.slice(0, 3)) acceptMasked(gathering, { from, vector: new Int32Array(8) });
        return closeMasked(gathering);
      },
      () => closeAttest({ ...r3.collecting, received: short(r3.collecting.received) }),
      () => finish({ ...collecting, received: short(collecting.received) }),
    ];
    for (const close of closings) expectRefused(close, /"hospital-004" .* "hospital-005"/, 'QUORUM_LOST');
  });
});
