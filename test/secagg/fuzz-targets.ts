/**
 * Where spoilt messages are fed to: the gatherer and a member at every stage of a session, each with the honest
 * message that is due and a judge of what is accepted in its place.
 *
 * What is signed is accepted as it was sent or not at all. The rest of R1, R2 and R4 has nothing but TLS to
 * protect it on its way to the coordinator, and what the coordinator says of sets is its own word until R3.
 * There the judge demands that a change does no more than its sender could do anyway: a share is missing, a
 * vector is another vector of the same hospital, a set is a possible one and is what the member then signs.
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
} from '../../secagg/gatherer.ts';
import { verifySignature } from '../../secagg/identity.ts';
import { attest, mask, openSession, shareKeys, unmask } from '../../secagg/member.ts';
import type { PeerShare } from '../../secagg/messages.ts';
import { consistencyStatement, sessionId } from '../../secagg/transcript.ts';
import { finish } from '../../secagg/unmasking.ts';
import {
  consortium,
  gatherer,
  held,
  ids,
  member,
  options,
  plan,
  sealing,
  self,
  sender,
  session,
  sharesOf,
  threshold,
  u1Hash,
  vectors,
} from './fuzz-session.ts';
import { at, ringSum, seededEntropy } from './support.ts';

/** `as sent`: the honest message, however it came to be; `otherwise`: another that the judge allows. */
export type Outcome = 'refused' | 'as sent' | 'otherwise';

export interface Target<Body> {
  readonly name: string;
  readonly honest: Body;
  /** Throws what is no refusal, and an assertion for what must not be accepted. */
  feed(body: Body): Outcome;
}

function targetOf<Body, State>(
  name: string,
  honest: Body,
  accept: (body: Body) => State,
  judge: (body: Body, state: State) => void,
): Target<Body> {
  return {
    name,
    honest,
    feed(body) {
      let state: State;
      try {
        state = accept(body);
      } catch (error) {
        if (error instanceof FedwardError) return 'refused';
        throw error;
      }
      if (same(body, honest)) return 'as sent';
      judge(body, state);
      return 'otherwise';
    },
  };
}

const never = (): never => expect.fail('another message than the one that was signed is accepted');

const sid = sessionId(plan);
const { r0, r1, r2, r3, r4 } = session;

/** The message of a stage. Its sender is whose connection it came over, never whom it names. */
function bodyOf<S extends StageBody['stage']>(stage: S, body: StageBody): Extract<StageBody, { stage: S }> {
  if (body.stage !== stage || (body.stage !== 'R2' && body.message.from !== sender)) untimely();
  return body as Extract<StageBody, { stage: S }>;
}

/** What a driver says. */
function untimely(): never {
  throw new FedwardError('DEADLINE_EXCEEDED', 'Another stage is open.');
}

const kindsOf = (shares: readonly PeerShare[]) => shares.map(({ peer, kind }) => `${kind} of ${peer}`);

export const AT_THE_GATHERER: readonly Target<StageBody>[] = [
  targetOf(
    'R0',
    { stage: 'R0', message: at(r0.messages, sender) },
    (body) => acceptAdvertisement(gatherer.R0(), bodyOf('R0', body).message),
    never,
  ),
  targetOf(
    'R1',
    { stage: 'R1', message: at(r1.messages, sender) },
    (body) => acceptShares(gatherer.R1(), bodyOf('R1', body).message),
    (body) => {
      const { envelopes } = bodyOf('R1', body).message;
      const sent = new Map(at(r1.messages, sender).envelopes.map(({ to, ciphertext }) => [to, ciphertext]));
      expect(envelopes.map(({ to }) => to).sort()).toEqual([...sent.keys()]);
      for (const { from, to, ciphertext } of envelopes) {
        expect(from).toBe(sender);
        if (same(ciphertext, at(sent, to))) continue;
        expect(open(ciphertext, at(sealing, to), { sid, from, to, u1Hash })).toBeNull();
      }
    },
  ),
  targetOf(
    'R2',
    {
      stage: 'R2',
      chunk: { offset: 0, total: plan.model.dimension, words: at(r2.messages, sender).vector },
    },
    (body) => {
      const vector = new VectorAssembly(plan.model.dimension).add(bodyOf('R2', body).chunk);
      if (vector === null) untimely();
      const state = gatherer.R2();
      acceptMasked(state, { from: sender, vector });
      return state.received.save();
    },
    (body, { members, sum }) => {
      expect(members).toEqual([sender]);
      expect(sum).toEqual(bodyOf('R2', body).chunk.words);
    },
  ),
  targetOf(
    'R3',
    { stage: 'R3', message: at(r3.messages, sender) },
    (body) => acceptAttestation(gatherer.R3(), bodyOf('R3', body).message),
    never,
  ),
  targetOf(
    'R4',
    { stage: 'R4', message: at(r4.messages, sender) },
    (body) => acceptUnmasking(gatherer.R4(), bodyOf('R4', body).message),
    (body, state) => {
      const kinds = kindsOf(bodyOf('R4', body).message.shares);
      expect(kindsOf(at(r4.messages, sender).shares)).toEqual(expect.arrayContaining(kinds));
      expect(new Set(kinds).size).toBe(kinds.length);
      // Its shares are tried first and the other four are enough: the sum comes out, and it is that sum.
      const received = new Map([...state.received].reverse());
      expect(finish({ ...state, received }).sum).toEqual(ringSum(vectors, r2.u3));
    },
  ),
];

function openingOf<S extends InstructionBody['opens']>(
  stage: S,
  body: InstructionBody,
): Extract<InstructionBody, { opens: S }> {
  if (body.opens !== stage) untimely();
  return body as Extract<InstructionBody, { opens: S }>;
}

/** Ascending, distinct, within `outer`, with `self`, and a quorum: a set that there might have been. */
function expectPossible(set: readonly HospitalId[], outer: readonly HospitalId[]): void {
  expect(set).toEqual(outer.filter((id) => set.includes(id)));
  expect(set).toContain(self);
  expect(set.length).toBeGreaterThanOrEqual(threshold);
}

export const AT_A_MEMBER: readonly Target<InstructionBody>[] = [
  targetOf(
    'R1',
    { opens: 'R1', u1: r0.u1 },
    (body) => shareKeys(member.R1(), openingOf('R1', body).u1, seededEntropy(`R1/${self}`)),
    (body) => {
      const { u1 } = openingOf('R1', body);
      const members = u1.map(({ from }) => from);
      expectPossible(members, ids);
      for (const entry of u1) expect(same(entry, at(r0.messages, entry.from))).toBe(true);
    },
  ),
  targetOf(
    'R2',
    { opens: 'R2', inbox: at(r1.inboxes, self) },
    (body) => mask(member.R2(), openingOf('R2', body).inbox, at(vectors, self)),
    (body, { state }) => {
      const { u2 } = openingOf('R2', body).inbox;
      expectPossible(u2, ids);
      expect(state.u2).toEqual(u2);
      for (const [id, shares] of sharesOf(state)) expect(shares).toBe(at(held, id));
    },
  ),
  targetOf(
    'R3',
    { opens: 'R3', u3: r2.u3 },
    (body) => attest(member.R3(), openingOf('R3', body).u3, at(consortium.identities, self)),
    (body, { message }) => {
      const { u3 } = openingOf('R3', body);
      expectPossible(u3, ids);
      const { verifyKey } = at(r0.gathering.context.seats, self);
      const statement = consistencyStatement(sid, u1Hash, ids, u3);
      expect(verifySignature(verifyKey, statement, message.signature)).toBe(true);
    },
  ),
  targetOf(
    'R4',
    { opens: 'R4', attestations: r3.attestations },
    (body) => unmask(member.R4(), openingOf('R4', body).attestations),
    (body) => {
      const { attestations } = openingOf('R4', body);
      // Its own counts whether it is listed or not.
      const signers = new Set([...attestations.map(({ from }) => from), self]);
      expectPossible([...signers].sort(), r2.u3);
      for (const entry of attestations) expect(same(entry, at(r3.messages, entry.from))).toBe(true);
    },
  ),
];

/** Before R0: a plan that a member would open, whatever its site policy says of it. */
export const PLAN: Target<RoundPlan> = targetOf(
  'plan',
  plan,
  (body) => openSession({ ...options, plan: parseRoundPlan(body) }),
  (_, { context }) => {
    expect(same(context.sid, sid)).toBe(false);
    const { n, threshold, colluders, honest } = context.cohort;
    expect(2 * threshold).toBeGreaterThan(n + colluders);
    expect(honest).toBeGreaterThanOrEqual(2);
    for (const [id, { identityKey }] of context.seats) {
      expect(same(identityKey, at(consortium.pinned, id))).toBe(true);
    }
  },
);

/** The same fields with the same bytes, whatever class of byte array holds them. */
export function same(a: unknown, b: unknown): boolean {
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  const other = new Map(Object.entries(b));
  const fields = Object.entries(a);
  return fields.length === other.size && fields.every(([key, value]) => same(value, other.get(key)));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
