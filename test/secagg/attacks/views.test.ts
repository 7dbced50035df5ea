/**
 * A coordinator that tells members different things, or one thing twice, to get more than one sum over enough
 * of them: what it would win, and that it wins nothing.
 */
import { describe, expect, it } from 'vitest';
import type { HospitalId } from '../../../proto/vocabulary.ts';
import type { Masked } from '../../../secagg/member-state.ts';
import type { Attestation, Unmasking } from '../../../secagg/messages.ts';
import { consistencyStatement } from '../../../secagg/transcript.ts';
import { inboxesOf, Members } from '../members.ts';
import { at, type Consortium, idAt, testConsortium, thresholdOf } from '../support.ts';

/** How many shares of each kind about `victim` are in what members sent. */
function loot(unmaskings: Iterable<Unmasking>, victim: HospitalId): { seed: number; key: number } {
  const about = [...unmaskings].flatMap(({ shares }) => shares.filter(({ peer }) => peer === victim));
  const count = (kind: 'seed' | 'key') => about.filter((share) => share.kind === kind).length;
  return { seed: count('seed'), key: count('key') };
}

/** An honest session up to R1, and R2 with a U2 of each member's own. */
function toR2(
  consortium: Consortium,
  u2Of: (id: HospitalId) => readonly HospitalId[] = () => consortium.ids,
) {
  const { ids } = consortium;
  const members = new Members(consortium);
  const u1 = [...members.advertise(ids).values()];
  const shares = members.share(ids, () => u1);
  const masked = members.mask(ids, (id) => inboxesOf(shares, u2Of(id))(id));
  return { members, masked };
}

function maskedState(members: Members, id: HospitalId): Masked {
  const state = at(members.states, id).find(({ at }) => at === 'masked');
  return state?.at === 'masked' ? state : expect.fail(`${id} has not masked`);
}

const everybody =
  <T>(value: T) =>
  () =>
    value;

describe('overlapping survivor and dropped lists', () => {
  it('get one kind of share about each, the same from everybody', () => {
    const consortium = testConsortium(8, { cohort: { maxDropouts: 2, maxColluders: 1 } });
    const { ids } = consortium;
    const { members } = toR2(consortium);
    const u3 = ids.slice(2);
    const attestations = [...members.attest(u3, everybody(u3)).values()];
    const unmaskings = [...members.unmask(u3, everybody(attestations)).values()];
    expect(unmaskings).toHaveLength(u3.length);
    for (const id of ids) {
      const survived = u3.includes(id);
      expect(loot(unmaskings, id)).toEqual({ seed: survived ? 6 : 0, key: survived ? 0 : 6 });
    }
  });

  it.each<[string, (ids: readonly HospitalId[]) => HospitalId[]]>([
    ['twice among the survivors', (ids) => [idAt(0), ...ids]],
    ['among the survivors without having been in U2', (ids) => [...ids, idAt(30)]],
  ])('cannot be made by naming a hospital %s', (_, lie) => {
    const consortium = testConsortium(5);
    const { members } = toR2(consortium);
    expect(members.attest(consortium.ids, everybody(lie(consortium.ids))).size).toBe(0);
    for (const id of consortium.ids) members.expectBurnt(id);
  });
});

describe('a second unmask request', () => {
  it('for a set without the victim gets nothing, from whatever state a member is asked', () => {
    const consortium = testConsortium(5, { cohort: { maxDropouts: 2, maxColluders: 0 } });
    const { ids } = consortium;
    const { members } = toR2(consortium);
    const first = [...members.attest(ids, everybody(ids)).values()];
    expect(loot(members.unmask(ids, everybody(first)).values(), idAt(0))).toEqual({ seed: 5, key: 0 });
    expect(members.attestAgain(ids.slice(1), ids.slice(1))).toEqual([]);
    for (const id of ids) members.expectBurnt(id);
  });

  it('between R3 and R4 gets no second signature', () => {
    const consortium = testConsortium(5, { cohort: { maxDropouts: 2, maxColluders: 0 } });
    const { members } = toR2(consortium);
    const first = [...members.attest(consortium.ids, everybody(consortium.ids)).values()];
    const others = consortium.ids.slice(1);
    expect(members.attestAgain(others, others)).toEqual([]);
    // And the request that was there first is answered.
    expect(members.unmask(consortium.ids, everybody(first)).size).toBe(5);
  });
});

describe('split views', () => {
  it('of U3, another for each member, get nobody’s share', () => {
    // n = 5, t = 3: each member is told of two drops, rotating over three who did not drop. Were it answered,
    // the coordinator would hold 3 key shares of each of these, and 5 seed shares of the other two: their sum
    // alone, where the plan promises that of three.
    const consortium = testConsortium(5, { cohort: { maxDropouts: 2, maxColluders: 0 } });
    const { ids } = consortium;
    const [a, b, c, d, e] = [idAt(0), idAt(1), idAt(2), idAt(3), idAt(4)];
    const dropped = new Map([
      [a, [b, c]],
      [b, [a, c]],
      [c, [a, b]],
      [d, [a, c]],
      [e, [b, c]],
    ]);
    const threshold = thresholdOf(consortium);
    for (const id of [a, b, c]) {
      const helpers = ids.filter((other) => at(dropped, other).includes(id));
      expect(helpers.length).toBeGreaterThanOrEqual(threshold);
    }
    const { members } = toR2(consortium);
    const attestations = members.attest(ids, (id) => ids.filter((other) => !at(dropped, id).includes(other)));
    expect(attestations.size).toBe(5);
    const inView = (id: HospitalId) =>
      [...attestations.values()].filter(({ from }) => !at(dropped, id).includes(from));
    expect(members.unmask(ids, inView).size).toBe(0);
    for (const id of ids) members.expectBurnt(id);
  });

  it.each([
    ['4 without colluders', { n: 4, maxDropouts: 1, maxColluders: 0 }],
    ['5 with a colluder', { n: 5, maxDropouts: 1, maxColluders: 1 }],
    ['6 with two colluders', { n: 6, maxDropouts: 1, maxColluders: 2 }],
    ['6 with a colluder', { n: 6, maxDropouts: 2, maxColluders: 1 }],
  ] as const)(
    'of U3 between two groups of %s who sign both: one group answers at most',
    (_, { n, maxDropouts, maxColluders }) => {
      const consortium = testConsortium(n, { cohort: { maxDropouts, maxColluders } });
      const { ids, identities } = consortium;
      const colluders = ids.slice(n - maxColluders);
      const honest = ids.slice(0, n - maxColluders);
      const victim = idAt(0);
      const views = [ids, ids.filter((id) => id !== victim)] as const;
      const threshold = thresholdOf(consortium);
      let answered = 0;
      for (let split = 0; split < 2 ** (honest.length - 1); split++) {
        const viewOf = (id: HospitalId) => views[(split >> (honest.indexOf(id) - 1)) & 1] ?? ids;
        const shown = (id: HospitalId) => (id === victim ? ids : viewOf(id));
        const { members } = toR2(consortium);
        const attestations = members.attest(honest, shown);
        const sid = maskedState(members, victim).session.context.sid;
        const { u1Hash, u2 } = maskedState(members, victim);
        const listFor = (id: HospitalId): Attestation[] => {
          const statement = consistencyStatement(sid, u1Hash, u2, shown(id));
          const forged = colluders.map((from) => ({ from, signature: at(identities, from).sign(statement) }));
          const real = [...attestations.values()].filter(({ from }) => shown(from) === shown(id));
          return [...real, ...forged];
        };
        const unmaskings = [...members.unmask(honest, listFor).values()];
        const groups = new Set(unmaskings.map(({ from }) => shown(from)));
        expect(groups.size).toBeLessThanOrEqual(1);
        answered += groups.size;
        // Colluders hold a share of each kind.
        const { seed, key } = loot(unmaskings, victim);
        expect(Math.min(seed, key) + colluders.length).toBeLessThan(threshold);
      }
      // The splits in which a quorum saw one set are among them.
      expect(answered).toBeGreaterThan(0);
    },
  );

  it('of U2 get nobody’s share, though each set is a possible one', () => {
    const consortium = testConsortium(5, { cohort: { maxDropouts: 2, maxColluders: 0 } });
    const { ids } = consortium;
    const without = ids.slice(1);
    const told = (id: HospitalId) => (id === idAt(0) || id === idAt(1) ? ids : without);
    const { members, masked } = toR2(consortium, told);
    expect(masked.size).toBe(5);
    // The same U3 for all, so that only U2 differs.
    const asked = without;
    const attestations = [...members.attest(asked, everybody(without)).values()];
    expect(attestations).toHaveLength(4);
    expect(members.unmask(asked, everybody(attestations)).size).toBe(0);
  });

  it('of U1 get nobody’s share, though each set is a possible one', () => {
    const consortium = testConsortium(5, { cohort: { maxDropouts: 2, maxColluders: 0 } });
    const { ids } = consortium;
    const members = new Members(consortium);
    const u1 = [...members.advertise(ids).values()];
    const told = (id: HospitalId) => (id === idAt(0) || id === idAt(1) ? u1 : u1.slice(1));
    const shares = members.share(ids, told);
    expect(shares.size).toBe(5);
    const without = ids.slice(1);
    const inbox = inboxesOf(shares, without);
    expect(members.mask(without, inbox).size).toBe(4);
    // An envelope that was sealed under another U1 does not open.
    expect([...maskedState(members, idAt(1)).held.keys()]).toEqual([idAt(1)]);
    expect([...maskedState(members, idAt(2)).held.keys()].sort()).toEqual(without.slice(1));
    const attestations = [...members.attest(without, everybody(without)).values()];
    expect(members.unmask(without, everybody(attestations)).size).toBe(0);
  });
});
