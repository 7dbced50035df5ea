/** Sessions along a random Harary graph: n = 120 hospitals that each mask and share with 40 of them. */
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalPlan, parseRoundPlan } from '../../proto/plan.ts';
import { planFromWire, planToWire } from '../../proto/plan-codec.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import { openContext } from '../../secagg/context.ts';
import {
  acceptMasked,
  acceptShares,
  acceptUnmasking,
  closeAdvertise,
  closeAttest,
  closeMasked,
  closeShares,
} from '../../secagg/gatherer.ts';
import { decodeGatherer, encodeGatherer } from '../../secagg/gatherer-codec.ts';
import { attest, mask, shareKeys, unmask } from '../../secagg/member.ts';
import { decodeMember, encodeMember } from '../../secagg/member-codec.ts';
import type { MemberState } from '../../secagg/member-state.ts';
import { finish } from '../../secagg/unmasking.ts';
import { wire } from '../proto/messages.ts';
import { optionsOf } from './journal-fixture.ts';
import {
  at,
  expectRefused,
  idAt,
  nth,
  ringSum,
  runR0,
  runR1,
  runR2,
  runR3,
  runR4,
  testConsortium,
  testPlan,
  testVectors,
} from './support.ts';

const N = 120;
const graph = { degree: 40, threshold: 21 };
const consortium = testConsortium(N, { model: { dimension: 4 }, cohort: { graph } });
const { plan, ids, identities } = consortium;
const vectors = testVectors(consortium);
const { topology } = openContext(plan);
const self = idAt(0);
const neighbours = ids.filter((id) => topology.areNeighbours(self, id));
const stranger = ids.find((id) => id !== self && !topology.areNeighbours(self, id)) ?? self;

// One session for all tests below, two drops at every stage. The states of `self` are kept as bytes: a test that
// wants to take another step than the session did takes it from those.
const drops = {
  R0: strangersFrom(0),
  R1: strangersFrom(2),
  R2: strangersFrom(4),
  R3: strangersFrom(6),
  R4: strangersFrom(8),
};
const r0 = runR0(consortium, drops.R0);
const advertised = encodeMember(at(r0.members, self));
const r1 = runR1(r0, drops.R1);
const shared = encodeMember(at(r1.members, self));
const inR2 = encodeGatherer(r1.gathering);
const r2 = runR2(r1, drops.R2, vectors);
const masked = encodeMember(at(r2.members, self));
const r3 = runR3(r2, drops.R3);
const attested = encodeMember(at(r3.members, self));
const r4 = runR4(r3, drops.R4);

/** Two hospitals that are not neighbours of `self`. */
function strangersFrom(index: number): readonly HospitalId[] {
  return ids
    .filter((id) => id !== self && id !== stranger && !neighbours.includes(id))
    .slice(index, index + 2);
}

function memberAt<S extends MemberState['at']>(bytes: Uint8Array, _: S): Extract<MemberState, { at: S }> {
  return decodeMember(optionsOf(consortium, self), bytes) as Extract<MemberState, { at: S }>;
}

describe('a session along the graph', () => {
  // Before the tests that unmask it: the sum is released once.
  const saved = encodeGatherer(r4.collecting);

  it('gives the exact sum with drops at every stage', () => {
    const state = decodeGatherer(plan, saved);
    if (state.at !== 'R4') return expect.fail('not in R4');
    const { sum, contributors } = finish(state);
    const dropped = [...drops.R0, ...drops.R1, ...drops.R2];
    expect(contributors).toEqual(ids.filter((id) => !dropped.includes(id)));
    expect(sum).toEqual(ringSum(vectors, contributors));
  });

  it('has each member answer about its neighbours in U2 and nobody else', () => {
    for (const [id, { shares }] of r4.messages) {
      const about = r1.u2.filter((peer) => topology.areNeighbours(id, peer));
      expect(shares.map(({ peer }) => peer)).toEqual(about);
    }
  });

  it('has each member seal to its neighbours in U1, and keep no share of its own', () => {
    const { pairs, ownShares, own } = memberAt(shared, 'shared');
    expect([...pairs.keys()]).toEqual(neighbours);
    expect(own.envelopes.map(({ to }) => to)).toEqual(neighbours);
    expect(ownShares).toBeNull();
    expect(at(r1.inboxes, self).envelopes.map(({ from }) => from)).toEqual(neighbours);
    const other = nth(neighbours, 0);
    const inU1 = ids.filter((id) => topology.areNeighbours(other, id) && !drops.R0.includes(id));
    expect(at(r1.messages, other).envelopes.map(({ to }) => to)).toEqual(inU1);
  });

  it('is along another graph in the next session', () => {
    const next = openContext(
      testPlan(N, { attempt: 2, model: { dimension: 4 }, cohort: { graph } }),
    ).topology;
    const others = ids.filter((id) => next.areNeighbours(self, id));
    expect(others).toHaveLength(40);
    expect(others).not.toEqual(neighbours);
  });

  it('survives restarts like any other', () => {
    for (const bytes of [advertised, shared, masked, attested])
      same(encodeMember(decodeMember(optionsOf(consortium, self), bytes)), bytes);
    for (const bytes of [inR2, saved]) same(encodeGatherer(decodeGatherer(plan, bytes)), bytes);
    function same(a: Uint8Array, b: Uint8Array): void {
      expect(Buffer.compare(a, b)).toBe(0);
    }
  });
});

/** Everybody but so many of the neighbours of `self` that `left` remain. */
function withNeighbours(left: number): readonly HospitalId[] {
  return ids.filter((id) => !neighbours.slice(left).includes(id));
}

describe('a member refuses', () => {
  const quorum = /has 20 neighbours of "hospital-001" and the graph's threshold is 21/;
  const me = at(identities, self);
  const vector = new Int32Array(4);

  it('a U1 with fewer than t_k of its neighbours', () => {
    const { u1 } = r0;
    const of = (left: number) => u1.filter(({ from }) => withNeighbours(left).includes(from));
    expectRefused(() => shareKeys(memberAt(advertised, 'advertised'), of(20), randomBytes), quorum);
    const { state } = shareKeys(memberAt(advertised, 'advertised'), of(21), randomBytes);
    expect(state.pairs.size).toBe(21);
  });

  it('a U2 with fewer than t_k of its neighbours', () => {
    const inbox = (left: number) => ({
      u2: withNeighbours(left).filter((id) => r1.u2.includes(id)),
      envelopes: [],
    });
    expectRefused(() => mask(memberAt(shared, 'shared'), inbox(20), vector), quorum);
    expect(mask(memberAt(shared, 'shared'), inbox(21), vector).state.at).toBe('masked');
  });

  it('a U3 with fewer than t_k of its neighbours', () => {
    const u3 = (left: number) => withNeighbours(left).filter((id) => r2.u3.includes(id));
    expectRefused(() => attest(memberAt(masked, 'masked'), u3(20), me), quorum);
    expect(attest(memberAt(masked, 'masked'), u3(21), me).state.at).toBe('attested');
  });

  it('an envelope from a member that is not its neighbour', () => {
    const inbox = at(r1.inboxes, self);
    const envelopes = [...inbox.envelopes, { ...nth(inbox.envelopes, 0), from: stranger }];
    expectRefused(
      () => mask(memberAt(shared, 'shared'), { ...inbox, envelopes }, vector),
      /not another member of U2 that shares/,
    );
  });

  it('to answer before t of all members attested, neighbours or not', () => {
    const from = (few: number) => r3.attestations.slice(0, few);
    expectRefused(() => unmask(memberAt(attested, 'attested'), from(89)), /89 members attested/);
    expect(unmask(memberAt(attested, 'attested'), from(90)).message.shares).toHaveLength(40);
  });
});

describe('the gatherer refuses', () => {
  it('an envelope for a member that is not a neighbour, and one too few', () => {
    const own = at(r1.messages, self);
    const misled = { ...nth(own.envelopes, 0), to: stranger };
    expectRefused(
      () => acceptShares(r0.gathering, { ...own, envelopes: [...own.envelopes, misled] }),
      /not another member of U1 that shares with it/,
    );
    expectRefused(
      () => acceptShares(r0.gathering, { ...own, envelopes: own.envelopes.slice(1) }),
      /no envelope for/,
    );
    expect(acceptShares(r0.gathering, own).received.size).toBe(1);
  });

  it('a share from a member that holds none', () => {
    const shares = [{ peer: stranger, kind: 'seed' as const, share: new Uint8Array(32) }];
    expectRefused(() => acceptUnmasking(r3.gathering, { from: self, shares }), /of which it holds none/);
  });
});

describe('the round is given up, by name, when a member keeps fewer than t_k neighbours', () => {
  const only = <T>(received: ReadonlyMap<HospitalId, T>, left: number) =>
    new Map([...received].filter(([id]) => withNeighbours(left).includes(id)));

  /** Closes the stage with 20 and with 21 neighbours left of `self`: it must be named with 20 alone. */
  function expectNamed(stage: string, close: (left: number) => unknown): void {
    expect(() => close(20)).toThrowError(
      expect.objectContaining({
        code: 'QUORUM_LOST',
        details: { stage, threshold: 21, thin: expect.arrayContaining([self]) },
      }),
    );
    try {
      close(21);
    } catch (error) {
      // Who sits near `self` on the circle has lost many of the same neighbours.
      expect(error).toMatchObject({ details: { thin: expect.not.arrayContaining([self]) } });
    }
  }

  it('in R0', () => {
    const { collecting } = r0;
    expectNamed('R0', (left) => closeAdvertise({ ...collecting, received: only(collecting.received, left) }));
  });

  it('in R1', () => {
    const { collecting } = r1;
    expectNamed('R1', (left) => closeShares({ ...collecting, received: only(collecting.received, left) }));
  });

  it.each([true, false])('in R2, for a member that dropped there as well (%s)', (selfToo) => {
    expectNamed('R2', (left) => {
      const state = decodeGatherer(plan, inR2);
      if (state.at !== 'R2') return expect.fail('not in R2');
      for (const from of withNeighbours(left)) {
        if (!r1.u2.includes(from) || (selfToo && from === self)) continue;
        acceptMasked(state, { from, vector: new Int32Array(4) });
      }
      return closeMasked(state);
    });
  });

  it('in R3', () => {
    const { collecting } = r3;
    expectNamed('R3', (left) => closeAttest({ ...collecting, received: only(collecting.received, left) }));
  });

  it('in R4', () => {
    const { collecting } = r4;
    expectNamed('R4', (left) => finish({ ...collecting, received: only(collecting.received, left) }));
  });
});

describe('a plan', () => {
  const asked = (n: number, change: typeof graph | null) => () => testPlan(n, { cohort: { graph: change } });

  it('has a graph above 100 hospitals and none up to 100', () => {
    expect(asked(100, null)().cohort.graph).toBeNull();
    expect(asked(101, graph)().cohort.graph).toEqual(graph);
    expectRefused(asked(100, graph), /cohort.graph: must be null up to 100/);
    expectRefused(asked(101, null), /cohort.graph: must be null up to 100 hospitals and given above/);
  });

  it('has at most 1000 hospitals', () => {
    const roster = Array.from({ length: 1001 }, (_, i) => ({
      id: hospitalId(`h-${10_000 + i}`),
      identityKey: createHash('sha256').update(`${i}`).digest(),
    }));
    const cohort = { maxDropouts: 250, maxColluders: 200, graph };
    const most = testPlan(5, { cohort: { ...cohort, roster: roster.slice(1) } });
    expect(most.cohort.roster).toHaveLength(1000);
    expectRefused(() => testPlan(5, { cohort: { ...cohort, roster } }), /at cohort.roster/);
  });

  it.each<[string, typeof graph, RegExp]>([
    ['an odd degree', { degree: 41, threshold: 21 }, /cohort.graph.degree/],
    ['more neighbours than others', { degree: 120, threshold: 21 }, /degree: must be below the number/],
    ['more neighbours than GF(2⁸) has points', { degree: 256, threshold: 21 }, /graph.degree: Too big/],
    ['a threshold of one', { degree: 40, threshold: 1 }, /cohort.graph.threshold/],
    ['a threshold above the degree', { degree: 40, threshold: 41 }, /threshold: must be at most the degree/],
  ])('has no graph with %s', (_, wrong, what) => {
    expectRefused(asked(N, wrong), what);
  });

  it('is the same on the other side of the wire, and another session for every graph', () => {
    const bytes = wire.toHospital.serialize({ plan: planToWire(plan) });
    const { plan: received } = wire.toHospital.deserialize(bytes);
    const back = planFromWire(received ?? expect.fail('the plan is lost'));
    expect(canonicalPlan(back)).toEqual(canonicalPlan(plan));
    const plans = [graph, { ...graph, threshold: 22 }, { ...graph, degree: 42 }].map((g) => asked(N, g)());
    const sids = plans.map((of) => Buffer.from(openContext(of).sid).toString('hex'));
    expect(new Set(sids).size).toBe(3);
  });

  it('that says nothing of a graph means the complete one', () => {
    const { graph: _, ...cohort } = testPlan(5).cohort;
    expect(parseRoundPlan({ ...testPlan(5), cohort }).cohort.graph).toBeNull();
  });
});
