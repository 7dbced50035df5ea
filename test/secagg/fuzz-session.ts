/** One honest session whose states can be had as often as a spoilt message is tried on them. */
import type { InstructionBody, StageBody } from '../../proto/messages.ts';
import type { RoundPlan } from '../../proto/plan.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import {
  acceptAdvertisement,
  acceptAttestation,
  acceptShares,
  acceptUnmasking,
  openGathering,
} from '../../secagg/gatherer.ts';
import { decodeGatherer, encodeGatherer } from '../../secagg/gatherer-codec.ts';
import type { Gathering } from '../../secagg/gatherer-state.ts';
import { decodeMember, encodeMember } from '../../secagg/member-codec.ts';
import type { MemberState } from '../../secagg/member-state.ts';
import { Secret } from '../../secagg/secret.ts';
import {
  at,
  type Consortium,
  idAt,
  runR0,
  runR1,
  runR2,
  runR3,
  runR4,
  testConsortium,
  testPlan,
  testVectors,
} from './support.ts';

const cohort = { maxDropouts: 2, maxColluders: 1 };
export const consortium = testConsortium(6, { cohort });
export const { plan, ids } = consortium;
export const vectors = testVectors(consortium);
/** Who sends to the gatherer, and whom the coordinator speaks to. */
export const sender = idAt(1);
export const self = idAt(2);
const dropped = idAt(5);
export const threshold = ids.length - cohort.maxDropouts;
export const options = { plan, self, pinned: consortium.pinned };

// The bytes of a state before it takes its step: the step erases what it needs no more.
const r0 = runR0(consortium);
const advertised = encodeMember(at(r0.members, self));
const r1 = runR1(r0);
const shared = encodeMember(at(r1.members, self));
const gatheringR2 = encodeGatherer(r1.gathering);
export const u1Hash = at(r1.members, self).u1Hash.slice();
/** Under which each other member opens what `sender` has sealed. */
export const sealing: ReadonlyMap<HospitalId, Secret> = new Map(
  [...r1.members].flatMap(([id, { pairs }]) => {
    const pair = pairs.get(sender);
    return pair === undefined ? [] : [[id, new Secret(pair.sealing.expose().slice())] as const];
  }),
);
const r2 = runR2(r1, [dropped], vectors);
const masked = encodeMember(at(r2.members, self));
export const held = sharesOf(at(r2.members, self));
const r3 = runR3(r2);
const attested = encodeMember(at(r3.members, self));
const gatheringR4 = encodeGatherer(r3.gathering);
const r4 = runR4(r3);
export const session = { r0, r1, r2, r3, r4 };

/** `self` as it is asked for R1, R2, R3 and R4. */
export const member = {
  R1: () => memberAt('advertised', advertised),
  R2: () => memberAt('shared', shared),
  R3: () => memberAt('masked', masked),
  R4: () => memberAt('attested', attested),
} as const;

/** The gatherer that has everybody's message but `sender`'s; in R2 it has none. */
const atR0 = all(openGathering(plan), r0.messages, acceptAdvertisement);
const atR1 = all(r0.gathering, r1.messages, acceptShares);
const atR3 = all(r2.gathering, r3.messages, acceptAttestation);
export const gatherer = {
  R0: () => atR0,
  R1: () => atR1,
  R2: () => gatheringAt('R2', gatheringR2),
  R3: () => atR3,
  R4: () => all(gatheringAt('R4', gatheringR4), r4.messages, acceptUnmasking),
} as const;

function all<S extends Gathering, M>(
  start: S,
  messages: ReadonlyMap<HospitalId, M>,
  accept: (state: S, message: M) => S,
): S {
  return [...messages].filter(([id]) => id !== sender).reduce((state, [, one]) => accept(state, one), start);
}

function memberAt<S extends MemberState['at']>(name: S, bytes: Uint8Array): Extract<MemberState, { at: S }> {
  const state = decodeMember(options, bytes);
  if (state.at !== name) throw new Error(`the member is ${state.at}`);
  return state as Extract<MemberState, { at: S }>;
}

function gatheringAt<S extends Gathering['at']>(stage: S, bytes: Uint8Array): Extract<Gathering, { at: S }> {
  const state = decodeGatherer(plan, bytes);
  if (state.at !== stage) throw new Error(`the gatherer is at ${state.at}`);
  return state as Extract<Gathering, { at: S }>;
}

/** The shares a member holds, as text to compare. */
export function sharesOf({ held }: Extract<MemberState, { at: 'masked' }>): Map<HospitalId, string> {
  return new Map(
    [...held].map(([id, { seed, key }]) => [
      id,
      Buffer.concat([seed.expose(), key.expose()]).toString('hex'),
    ]),
  );
}

/*
 * What messages are mixed up with: those of other members, stages and sessions.
 */

function sessionOf(of: Consortium) {
  const other0 = runR0(of);
  const other1 = runR1(other0);
  const other3 = runR3(runR2(other1, [dropped]));
  return { r0: other0, r1: other1, r3: other3, r4: runR4(other3) };
}
const other = sessionOf(testConsortium(6, { attempt: 2, cohort }));

export const STAGE_DONORS: readonly StageBody[] = [session, other].flatMap((from): StageBody[] => [
  ...[...from.r0.messages.values()].map((message) => ({ stage: 'R0' as const, message })),
  ...[...from.r1.messages.values()].map((message) => ({ stage: 'R1' as const, message })),
  ...[...from.r3.messages.values()].map((message) => ({ stage: 'R3' as const, message })),
  ...[...from.r4.messages.values()].map((message) => ({ stage: 'R4' as const, message })),
]);

export const INSTRUCTION_DONORS: readonly InstructionBody[] = [
  { opens: 'R1', u1: other.r0.u1 },
  ...[session, other].flatMap(({ r1: { inboxes } }) =>
    [...inboxes.values()].map((inbox): InstructionBody => ({ opens: 'R2', inbox })),
  ),
  { opens: 'R3', u3: [...ids, idAt(30)] },
  { opens: 'R4', attestations: other.r3.attestations },
];

export const PLAN_DONORS: readonly RoundPlan[] = [
  testPlan(5, { attempt: 2, cohort: { maxColluders: 0 } }),
  testPlan(9, { privacy: { mode: 'local' }, training: { localSteps: 3 } }),
  testPlan(6, { privacy: { mode: 'none', noiseMultiplier: 0, epsilon: null } }),
];
