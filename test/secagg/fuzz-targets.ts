/**
 * Where spoilt messages are fed to: the gatherer and a member at every stage of one session, each with the
 * honest message that is due and a judge of what it accepts instead.
 *
 * What is signed is accepted as it was sent or not at all. The rest of R1, R2 and R4 has nothing but TLS to
 * protect it on its way to the coordinator, and what the coordinator relays of sets is its own word until R3.
 * There the judge demands that a change does no more than its sender could: a share is missing, a vector is
 * another vector of the same hospital, a set is a possible one and is what the member then signs.
 */
import { expect } from 'vitest';
import { VectorAssembly } from '../../proto/chunks.ts';
import { FedwardError } from '../../proto/errors.ts';
import type { InstructionBody, StageBody } from '../../proto/messages.ts';
import { parseRoundPlan, type RoundPlan } from '../../proto/plan.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { open } from '../../secagg/envelope.ts';
import {
  acceptAdvertisement,
  acceptAttestation,
  acceptMasked,
  acceptShares,
  acceptUnmasking,
  openGathering,
} from '../../secagg/gatherer.ts';
import { decodeGatherer, encodeGatherer } from '../../secagg/gatherer-codec.ts';
import type { Gathering } from '../../secagg/gatherer-state.ts';
import { verifySignature } from '../../secagg/identity.ts';
import { attest, mask, openSession, shareKeys, unmask } from '../../secagg/member.ts';
import { decodeMember, encodeMember } from '../../secagg/member-codec.ts';
import type { MemberState } from '../../secagg/member-state.ts';
import type { Unmasking } from '../../secagg/messages.ts';
import { Secret } from '../../secagg/secret.ts';
import { consistencyStatement, sessionId } from '../../secagg/transcript.ts';
import { finish } from '../../secagg/unmasking.ts';
import {
  at,
  idAt,
  ringSum,
  runR0,
  runR1,
  runR2,
  runR3,
  runR4,
  seededEntropy,
  testConsortium,
  testPlan,
  testVectors,
} from './support.ts';

/** `as sent`: the honest message, however it came to be; `otherwise`: another that the judge allows. */
export type Outcome = 'refused' | 'as sent' | 'otherwise';

export interface Target<Body> {
  readonly name: string;
  readonly honest: Body;
  /** Throws what is no refusal, and an assertion for what must not be accepted. */
  feed(body: Body): Promise<Outcome>;
}

const consortium = testConsortium(6, { cohort: { maxDropouts: 2, maxColluders: 1 } });
const { plan, ids, pinned, identities } = consortium;
const vectors = testVectors(consortium);
const sid = sessionId(plan);
/** Who sends to the gatherer, and whom the coordinator speaks to. */
export const sender = idAt(1);
const self = idAt(2);
const dropped = idAt(5);

// One honest session. Of every state that a stage changes, the bytes before.
const options = { plan, self, pinned };
const r0 = runR0(consortium);
const advertised = encodeMember(at(r0.members, self));
const r1 = runR1(r0);
const shared = encodeMember(at(r1.members, self));
const gatheringR2 = encodeGatherer(r1.gathering);
const u1Hash = at(r1.members, self).u1Hash.slice();
/** Under which every other member opens what `sender` has sealed. */
const sealing = new Map(
  [...r1.members].flatMap(([id, { pairs }]) => {
    const pair = pairs.get(sender);
    return pair === undefined ? [] : [[id, new Secret(pair.sealing.expose().slice())] as const];
  }),
);
const r2 = runR2(r1, [dropped], vectors);
const masked = encodeMember(at(r2.members, self));
const gatheringR3 = r2.gathering;
const held = sharesOf(at(r2.members, self));
const r3 = runR3(r2);
const attested = encodeMember(at(r3.members, self));
const gatheringR4 = encodeGatherer(r3.gathering);
const r4 = runR4(r3);
const { u3 } = r2;
const threshold = ids.length - plan.cohort.maxDropouts;

/** Of another session, for messages to be mixed up with. */
const other = (() => {
  const next = testConsortium(6, { attempt: 2, cohort: { maxDropouts: 2, maxColluders: 1 } });
  const other0 = runR0(next);
  const other1 = runR1(other0);
  const other3 = runR3(runR2(other1, [dropped]));
  return { r0: other0, r1: other1, r3: other3, r4: runR4(other3) };
})();

/** A feed that tells refusals from acceptances, and lets nothing else pass. */
function feeding<Body, State>(
  name: string,
  honest: Body,
  accept: (body: Body) => State,
  judge: (body: Body, state: State) => void | Promise<void>,
): Target<Body> {
  return {
    name,
    honest,
    async feed(body) {
      let state: State;
      try {
        state = accept(body);
      } catch (error) {
        if (error instanceof FedwardError) return 'refused';
        throw error;
      }
      if (same(body, honest)) return 'as sent';
      await judge(body, state);
      return 'otherwise';
    },
  };
}

const never = (): never => expect.fail('another message than the one that was signed is accepted');

/** Everybody's message but the sender's is in. */
function before<S extends Gathering, M>(
  state: S,
  messages: ReadonlyMap<HospitalId, M>,
  accept: (state: S, message: M) => S,
): S {
  return [...messages].filter(([id]) => id !== sender).reduce((s, [, message]) => accept(s, message), state);
}

const atR0 = before(openGathering(plan), r0.messages, acceptAdvertisement);
const atR1 = before(r0.gathering, r1.messages, acceptShares);
const atR3 = before(gatheringR3, r3.messages, acceptAttestation);

function gatheringAt<S extends Gathering['at']>(stage: S, bytes: Uint8Array): Extract<Gathering, { at: S }> {
  const state = decodeGatherer(plan, bytes);
  if (state.at !== stage) throw new Error(`the gatherer is at ${state.at}`);
  return state as Extract<Gathering, { at: S }>;
}

/** The sender is whose connection it is, never what a message says. */
function bodyOf<S extends StageBody['stage']>(stage: S, body: StageBody): Extract<StageBody, { stage: S }> {
  if (body.stage !== stage || (body.stage !== 'R2' && body.message.from !== sender)) wrongStage();
  return body as Extract<StageBody, { stage: S }>;
}

/** What the driver says to a message that is not this stage's. */
function wrongStage(): never {
  throw new FedwardError('DEADLINE_EXCEEDED', 'This stage is not open.');
}

export const AT_THE_GATHERER: readonly Target<StageBody>[] = [
  feeding(
    'R0',
    { stage: 'R0', message: at(r0.messages, sender) },
    (body) => acceptAdvertisement(atR0, bodyOf('R0', body).message),
    never,
  ),
  feeding(
    'R1',
    { stage: 'R1', message: at(r1.messages, sender) },
    (body) => acceptShares(atR1, bodyOf('R1', body).message),
    (body) => {
      const { from, envelopes } = bodyOf('R1', body).message;
      expect(from).toBe(sender);
      expect(envelopes.map(({ to }) => to).toSorted()).toEqual(ids.filter((id) => id !== sender));
      const sent = new Map(at(r1.messages, sender).envelopes.map(({ to, ciphertext }) => [to, ciphertext]));
      for (const { to, ciphertext } of envelopes) {
        if (same(ciphertext, at(sent, to))) continue;
        expect(open(ciphertext, at(sealing, to), { sid, from, to, u1Hash })).toBeNull();
      }
    },
  ),
  feeding(
    'R2',
    {
      stage: 'R2',
      chunk: { offset: 0, total: plan.model.dimension, words: at(r2.messages, sender).vector },
    },
    (body) => {
      const vector = new VectorAssembly(plan.model.dimension).add(bodyOf('R2', body).chunk);
      if (vector === null) wrongStage();
      const state = gatheringAt('R2', gatheringR2);
      acceptMasked(state, { from: sender, vector });
      return state.received.save();
    },
    (body, { members, sum }) => {
      expect(members).toEqual([sender]);
      expect(sum).toEqual(bodyOf('R2', body).chunk.words);
    },
  ),
  feeding(
    'R3',
    { stage: 'R3', message: at(r3.messages, sender) },
    (body) => acceptAttestation(atR3, bodyOf('R3', body).message),
    never,
  ),
  feeding(
    'R4',
    { stage: 'R4', message: at(r4.messages, sender) },
    (body) => {
      const state = before(gatheringAt('R4', gatheringR4), r4.messages, acceptUnmasking);
      return acceptUnmasking(state, bodyOf('R4', body).message);
    },
    async (body, state) => {
      const { from, shares } = bodyOf('R4', body).message;
      expect(from).toBe(sender);
      const kinds = ({ shares: list }: Pick<Unmasking, 'shares'>) =>
        list.map((s) => `${s.kind} of ${s.peer}`);
      expect(kinds(at(r4.messages, sender))).toEqual(expect.arrayContaining(kinds({ shares })));
      expect(new Set(kinds({ shares })).size).toBe(shares.length);
      // A fifth set of shares is to spare: the sum comes out, and it is that sum.
      expect((await finish(state)).sum).toEqual(ringSum(vectors, u3));
    },
  ),
];

function memberAt<S extends MemberState['at']>(name: S, bytes: Uint8Array): Extract<MemberState, { at: S }> {
  const state = decodeMember(options, bytes);
  if (state.at !== name) throw new Error(`the member is ${state.at}`);
  return state as Extract<MemberState, { at: S }>;
}

function openingOf<S extends InstructionBody['opens']>(
  stage: S,
  body: InstructionBody,
): Extract<InstructionBody, { opens: S }> {
  return body.opens === stage ? (body as Extract<InstructionBody, { opens: S }>) : wrongStage();
}

/** Ascending, distinct, within `outer`, with `self`, and a quorum: a set that there might have been. */
function expectPossible(set: readonly HospitalId[], outer: readonly HospitalId[]): void {
  expect(set).toEqual(outer.filter((id) => set.includes(id)));
  expect(set).toContain(self);
  expect(set.length).toBeGreaterThanOrEqual(threshold);
}

export const AT_A_MEMBER: readonly Target<InstructionBody>[] = [
  feeding(
    'R1',
    { opens: 'R1', u1: r0.u1 },
    (body) => {
      const { u1 } = openingOf('R1', body);
      return shareKeys(memberAt('advertised', advertised), u1, seededEntropy(`R1/${self}`));
    },
    (body) => {
      const { u1 } = openingOf('R1', body);
      expectPossible(
        u1.map(({ from }) => from),
        ids,
      );
      for (const entry of u1) expect(same(entry, at(r0.messages, entry.from))).toBe(true);
    },
  ),
  feeding(
    'R2',
    { opens: 'R2', inbox: at(r1.inboxes, self) },
    (body) => mask(memberAt('shared', shared), openingOf('R2', body).inbox, at(vectors, self)),
    (body, { state }) => {
      expectPossible(openingOf('R2', body).inbox.u2, ids);
      expect(state.u2).toEqual(openingOf('R2', body).inbox.u2);
      for (const [id, shares] of sharesOf(state)) expect(shares).toBe(at(held, id));
    },
  ),
  feeding(
    'R3',
    { opens: 'R3', u3 },
    (body) => attest(memberAt('masked', masked), openingOf('R3', body).u3, at(identities, self)),
    (body, { message }) => {
      const shown = openingOf('R3', body).u3;
      expectPossible(shown, ids);
      const statement = consistencyStatement(sid, u1Hash, ids, shown);
      const { verifyKey } = at(r1.gathering.context.seats, self);
      expect(verifySignature(verifyKey, statement, message.signature)).toBe(true);
    },
  ),
  feeding(
    'R4',
    { opens: 'R4', attestations: r3.attestations },
    (body) => unmask(memberAt('attested', attested), openingOf('R4', body).attestations),
    (body) => {
      const { attestations } = openingOf('R4', body);
      expectPossible([...new Set([...attestations.map(({ from }) => from), self])].sort(), u3);
      for (const entry of attestations) expect(same(entry, at(r3.messages, entry.from))).toBe(true);
    },
  ),
];

/** Before R0: a plan that a member would open, whatever its site policy says of it. */
export const PLAN_TARGET: Target<RoundPlan> = feeding(
  'plan',
  plan,
  (body) => openSession({ ...options, plan: parseRoundPlan(body) }),
  (_, { context }) => {
    expect(same(context.sid, sid)).toBe(false);
    const { n, threshold, colluders, honest } = context.cohort;
    expect(2 * threshold).toBeGreaterThan(n + colluders);
    expect(honest).toBeGreaterThanOrEqual(2);
    for (const [id, { identityKey }] of context.seats) expect(same(identityKey, pinned.get(id))).toBe(true);
  },
);
export const PLAN_DONORS: readonly RoundPlan[] = [
  testPlan(5, { attempt: 2, cohort: { maxColluders: 0 } }),
  testPlan(9, { privacy: { mode: 'local' }, training: { localSteps: 3 } }),
  testPlan(6, { privacy: { mode: 'none', noiseMultiplier: 0, epsilon: null } }),
];

/** What messages are mixed up with: those of other members, stages and sessions. */
export const STAGE_DONORS: readonly StageBody[] = [{ r0, r1, r3, r4 }, other].flatMap((session) => [
  ...[...session.r0.messages.values()].map((message): StageBody => ({ stage: 'R0', message })),
  ...[...session.r1.messages.values()].map((message): StageBody => ({ stage: 'R1', message })),
  ...[...session.r3.messages.values()].map((message): StageBody => ({ stage: 'R3', message })),
  ...[...session.r4.messages.values()].map((message): StageBody => ({ stage: 'R4', message })),
]);
export const INSTRUCTION_DONORS: readonly InstructionBody[] = [
  { opens: 'R1', u1: other.r0.u1 },
  ...[...r1.inboxes.values(), ...other.r1.inboxes.values()].map(
    (inbox): InstructionBody => ({ opens: 'R2', inbox }),
  ),
  { opens: 'R3', u3: [...ids, idAt(30)] },
  { opens: 'R4', attestations: other.r3.attestations },
];

/** The shares a member holds, as text to compare. */
function sharesOf(state: Extract<MemberState, { at: 'masked' }>): Map<HospitalId, string> {
  const text = ({ seed, key }: { seed: Secret; key: Secret }) =>
    Buffer.concat([seed.expose(), key.expose()]).toString('hex');
  return new Map([...state.held].map(([id, shares]) => [id, text(shares)]));
}

/** The same fields with the same bytes, whatever class of byte array holds them. */
export function same(a: unknown, b: unknown): boolean {
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return (
    left.length === right.length &&
    left.every(([key, value]) => same(value, (b as Readonly<Record<string, unknown>>)[key]))
  );
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
