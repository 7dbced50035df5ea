/**
 * Random schedules of drops at every stage: with as many as the plan allows the sum is exact; with one more
 * there is none, and before R4 no share leaves any member, whatever the coordinator says.
 *
 * `FEDWARD_SCHEDULES_TIMES=20` plays twenty times as many, others at each run. A failure prints fast-check's seed
 * and path: `FEDWARD_SCHEDULES_SEED=17 npx vitest run --project unit test/secagg/schedules.test.ts`.
 */
import fc from 'fast-check';
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
import { abandon } from '../../secagg/member.ts';
import { finish } from '../../secagg/unmasking.ts';
import { inboxesOf, Members } from './members.ts';
import { at, expectRefused, idAt, ringSum, testConsortium } from './support.ts';

/** Sizes of consortia, and how many schedules of each: what one costs grows with the square of n. */
const BANDS = [
  { least: 3, most: 8, schedules: 100 },
  { least: 9, most: 20, schedules: 20 },
  { least: 21, most: 40, schedules: 3 },
] as const;

const times = process.env.FEDWARD_SCHEDULES_TIMES;
const seed = process.env.FEDWARD_SCHEDULES_SEED ?? (times === undefined ? '4' : undefined);
const parameters = (schedules: number) => ({
  numRuns: Math.ceil(schedules * Number(times ?? 1)),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});

const STAGES = ['R0', 'R1', 'R2', 'R3', 'R4'] as const;
type Stage = (typeof STAGES)[number];

interface Schedule {
  readonly n: number;
  readonly maxDropouts: number;
  readonly maxColluders: number;
  /** Who drops, instead of answering which stage. */
  readonly drops: readonly (readonly [member: number, stage: Stage])[];
  readonly salt: number;
}

/** Any allowed cohort, with exactly `maxDropouts + extra` drops, each at one of `stages`. */
function scheduleOf({ least, most }: (typeof BANDS)[number], extra: number, stages: readonly Stage[]) {
  return fc
    .integer({ min: least, max: most })
    .chain((n) => fc.record({ n: fc.constant(n), maxColluders: fc.integer({ min: 0, max: n - 3 }) }))
    .chain(({ n, maxColluders }) =>
      fc.record({
        n: fc.constant(n),
        maxColluders: fc.constant(maxColluders),
        maxDropouts: fc.integer({ min: 0, max: mostDropouts(n, maxColluders) }),
      }),
    )
    .chain(({ n, maxColluders, maxDropouts }) => {
      const all = Array.from({ length: n }, (_, i) => i);
      const length = { minLength: maxDropouts + extra, maxLength: maxDropouts + extra };
      const who = fc.shuffledSubarray(all, length);
      const when = fc.array(fc.constantFrom(...stages), length);
      return fc.record({
        n: fc.constant(n),
        maxColluders: fc.constant(maxColluders),
        maxDropouts: fc.constant(maxDropouts),
        drops: fc
          .tuple(who, when)
          .map(([members, at]) => members.map((member, i) => [member, at[i] ?? 'R0'] as const)),
        salt: fc.nat(),
      });
    });
}

/** The greatest d with 2(n − d) > n + c and two honest survivors. */
function mostDropouts(n: number, c: number): number {
  return Math.min(Math.ceil((n - c) / 2) - 1, n - c - 2);
}

/** A schedule on the stage. */
function castOf({ n, maxDropouts, maxColluders, drops, salt }: Schedule) {
  const consortium = testConsortium(n, { model: { dimension: 4 }, cohort: { maxDropouts, maxColluders } });
  const members = new Members(consortium, `${salt}`);
  /** Who has not dropped up to and including `stage`, in ascending order. */
  const through = (stage: Stage) => {
    const gone = drops.filter(([, when]) => when <= stage).map(([member]) => idAt(member));
    return consortium.ids.filter((id) => !gone.includes(id));
  };
  return { consortium, members, through };
}
type Cast = ReturnType<typeof castOf>;

/** A session up to R4's answers with an honest gatherer, which throws `QUORUM_LOST` where it must. */
function gather({ consortium, members, through }: Cast) {
  let r0 = openGathering(consortium.plan);
  for (const message of members.advertise(through('R0')).values()) r0 = acceptAdvertisement(r0, message);
  let { state: r1, u1 } = closeAdvertise(r0);
  for (const message of members.share(through('R1'), () => u1).values()) r1 = acceptShares(r1, message);
  const { state: r2, inboxes } = closeShares(r1);
  const masked = members.mask(through('R2'), (id) => at(inboxes, id));
  for (const message of masked.values()) acceptMasked(r2, message);
  let { state: r3, u3 } = closeMasked(r2);
  for (const message of members.attest(through('R3'), () => u3).values()) r3 = acceptAttestation(r3, message);
  let { state: r4, attestations } = closeAttest(r3);
  const unmaskings = members.unmask(through('R4'), () => attestations);
  for (const message of unmaskings.values()) r4 = acceptUnmasking(r4, message);
  return { r2, r4, unmaskings, attestations };
}

/**
 * The same without a gatherer: a coordinator that goes on whatever is missing.
 * @param claim whom it says to be in U2 and U3, given who is.
 */
function press({ members, through }: Cast, claim: (u1: HospitalId[], there: HospitalId[]) => HospitalId[]) {
  const u1 = [...members.advertise(through('R0')).values()];
  const ids = u1.map(({ from }) => from);
  const shares = members.share(through('R1'), () => u1);
  const u2 = claim(ids, [...shares.keys()]);
  const masked = members.mask(through('R2'), inboxesOf(shares, u2));
  const u3 = claim(u2, [...masked.keys()]);
  const attestations = [...members.attest(through('R3'), () => u3).values()];
  return members.unmask(through('R4'), () => attestations);
}

const quorumLost = (stage: Stage, drops: Schedule['drops']) =>
  expect.objectContaining({
    code: 'QUORUM_LOST',
    details: expect.objectContaining({
      stage,
      lost: expect.arrayContaining(drops.map(([member, when]) => ({ hospital: idAt(member), stage: when }))),
    }),
  });

describe.each(BANDS)('$least to $most hospitals', (band) => {
  it('with exactly as many drops as are allowed: the exact sum over U3', () => {
    fc.assert(
      fc.property(scheduleOf(band, 0, STAGES), (schedule) => {
        const cast = castOf(schedule);
        const { sum, contributors } = finish(gather(cast).r4);
        expect(contributors).toEqual(cast.through('R2'));
        expect(sum).toEqual(ringSum(cast.members.vectors, contributors));
        expect(cast.members.refusals.size).toBe(0);
      }),
      parameters(band.schedules),
    );
  });

  it('with one more before R4: an abort that names everybody, and no share leaves any member', () => {
    const early = scheduleOf(band, 1, ['R0', 'R1', 'R2', 'R3']);
    fc.assert(
      fc.property(early, fc.boolean(), (schedule, pretend) => {
        const { drops } = schedule;
        const last = drops.map(([, when]) => when).reduce((a, b) => (a > b ? a : b));
        expect(() => gather(castOf(schedule))).toThrowError(quorumLost(last, drops));

        // Nor with a coordinator that knows no quorum, and says who is left or that nobody has dropped.
        const cast = castOf(schedule);
        const unmaskings = press(cast, (before, there) => (pretend ? before : there));
        expect(unmaskings.size).toBe(0);
        const { members, through } = cast;
        for (const id of through('R4')) {
          expect(members.refusals.get(id)?.code).toBe('PROTOCOL_VIOLATION');
          members.expectBurnt(id);
        }
      }),
      parameters(band.schedules / 2),
    );
  });

  it('with one more in R4: the session is burnt for everybody', () => {
    fc.assert(
      fc.property(scheduleOf(band, 1, STAGES), fc.nat(), (schedule, pick) => {
        const drops = schedule.drops.map(([member, when], i): [number, Stage] =>
          i === pick % schedule.drops.length ? [member, 'R4'] : [member, when],
        );
        const cast = castOf({ ...schedule, drops });
        const { members, through } = cast;
        const { r2, r4, unmaskings, attestations } = gather(cast);
        expect(unmaskings.size).toBe(schedule.n - schedule.maxDropouts - 1);
        for (let again = 0; again < 2; again++) {
          expect(() => finish(r4)).toThrowError(quorumLost('R4', drops));
        }
        expect(r4.sum.released).toBe(false);
        for (const [from, vector] of members.vectors) {
          if (r2.expected.includes(from)) {
            expectRefused(() => acceptMasked(r2, { from, vector }), /is discarded/, 'DEADLINE_EXCEEDED');
          }
        }
        // Those who did not answer hear that the round is closed.
        for (const id of through('R3')) {
          for (const state of at(members.states, id)) abandon(state);
          members.expectBurnt(id);
        }
        expect(members.unmask(through('R3'), () => attestations).size).toBe(0);
      }),
      parameters(band.schedules / 2),
    );
  });
});
