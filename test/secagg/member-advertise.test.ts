/** What a member refuses before it masks: plans, identities and advertisements. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RoundPlan } from '../../proto/plan.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { advertise, openSession, shareKeys } from '../../secagg/member.ts';
import type { Advertisement } from '../../secagg/messages.ts';
import { generateKeyPair } from '../../secagg/x25519.ts';
import { consortium, ids, me, pinned, plan, self } from './member-fixture.ts';
import {
  at,
  expectRefused,
  flipped,
  idAt,
  nth,
  openAll,
  resigned,
  runR0,
  testConsortium,
  testIdentity,
} from './support.ts';

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
