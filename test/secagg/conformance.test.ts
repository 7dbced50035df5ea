/**
 * The vectors of `docs/secagg.md`, replayed through our own member and gatherer from what is in the files alone;
 * `test/conformance/python` replays them through another implementation.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AttemptGathering } from '../../coordinator/round/gathering.ts';
import { wordsToBytes } from '../../proto/chunks.ts';
import { FedwardError } from '../../proto/errors.ts';
import type { InstructionBody, StageBody } from '../../proto/messages.ts';
import { attemptOf, canonicalPlan, type RoundPlan } from '../../proto/plan.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import { neighboursOf } from '../../secagg/graph.ts';
import { identityFromSeed } from '../../secagg/identity.ts';
import { advertise, attest, mask, openSession, shareKeys, unmask } from '../../secagg/member.ts';
import type { MemberState } from '../../secagg/member-state.ts';
import { sessionId } from '../../secagg/transcript.ts';
import { allVectors } from '../conformance/all-vectors.ts';
import { entropyOf } from '../conformance/play.ts';
import { rosterHash, told } from '../conformance/session-vectors.ts';
import {
  type GraphVectors,
  type MemberVector,
  type PlanVectors,
  readVectors,
  type SessionVectors,
  type TamperedVectors,
} from '../conformance/vectors.ts';
import {
  fromHex,
  fromHospitalOfHex,
  fromHospitalToHex,
  toHex,
  toHospitalOfHex,
} from '../conformance/wire.ts';
import { nth } from './support.ts';

const plans = readVectors<PlanVectors>('plans');
const graph = readVectors<GraphVectors>('graph');
const session = readVectors<SessionVectors>('session');
const tampered = readVectors<TamperedVectors>('tampered');

const plan = planOf(session.plan);
const pinned = new Map(session.members.map(({ id, identityKey }) => [hospitalId(id), fromHex(identityKey)]));

function planOf(bytes: string): RoundPlan {
  const message = toHospitalOfHex(bytes);
  return message.type === 'plan' ? message.plan : expect.fail('not a plan');
}

function instructionOf(bytes: string): InstructionBody {
  const message = toHospitalOfHex(bytes);
  return message.type === 'instruction' ? message.body : expect.fail('not an instruction');
}

function stageOf(bytes: string, from: string): StageBody {
  const message = fromHospitalOfHex(bytes, hospitalId(from));
  return message.type === 'stage' ? message.body : expect.fail('not a stage message');
}

function bytesOf(body: StageBody): string {
  return fromHospitalToHex({ type: 'stage', attempt: attemptOf(plan), body });
}

/** Every other field, each behind its length. */
function pathsOf(canonical: Buffer): string[] {
  const fields: string[] = [];
  for (let at = 0; at < canonical.length; at += 4 + canonical.readUInt32BE(at)) {
    fields.push(canonical.toString('utf8', at + 4, at + 4 + canonical.readUInt32BE(at)));
  }
  return fields.filter((_, i) => i % 2 === 0);
}

/** The code of what `run` refuses. */
function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FedwardError) return error.code;
    throw error;
  }
  return 'accepted';
}

type Step = { readonly state: MemberState; readonly body: StageBody };

/** R0 of one member, from the secrets in its vector. */
function begin({ id, identitySeed, ...draws }: MemberVector): Step {
  const { state, message } = advertise(
    openSession({ plan, self: hospitalId(id), pinned }),
    identityFromSeed(fromHex(identitySeed)),
    entropyOf([draws.maskSecret, draws.sealSecret, draws.seed].map(fromHex)),
  );
  return { state, body: { stage: 'R0', message } };
}

/** What a member answers to one instruction. */
function answer(member: MemberVector, state: MemberState, body: InstructionBody): Step {
  if (state.at === 'advertised' && body.opens === 'R1') {
    const draws = [member.seedCoefficients, member.keyCoefficients].map(fromHex);
    const { state: next, message } = shareKeys(state, body.u1, entropyOf(draws));
    return { state: next, body: { stage: 'R1', message } };
  }
  if (state.at === 'shared' && body.opens === 'R2') {
    const bytes = Buffer.from(member.vector, 'hex');
    const vector = Int32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i));
    const { state: next, message } = mask(state, body.inbox, vector);
    return {
      state: next,
      body: { stage: 'R2', chunk: { offset: 0, total: vector.length, words: message.vector } },
    };
  }
  if (state.at === 'masked' && body.opens === 'R3') {
    const { state: next, message } = attest(state, body.u3, identityFromSeed(fromHex(member.identitySeed)));
    return { state: next, body: { stage: 'R3', message } };
  }
  if (state.at === 'attested' && body.opens === 'R4') {
    const { state: next, message } = unmask(state, body.attestations);
    return { state: next, body: { stage: 'R4', message } };
  }
  return expect.fail(`${body.opens} while ${state.at}`);
}

const memberVector = (id: string) => session.members.find((member) => member.id === id) ?? expect.fail(id);
const instructionsTo = (id: string) =>
  session.messages.filter((message) => 'to' in message && message.to.includes(id));
const saidBy = (id: string) => session.messages.filter((message) => 'from' in message && message.from === id);

/** A member that has played the session and waits for what opens `stage`. */
function waitingFor(stage: string, member: MemberVector): MemberState {
  let { state } = begin(member);
  for (const message of instructionsTo(member.id)) {
    if ('opens' in message && message.opens === stage) break;
    state = answer(member, state, instructionOf(message.bytes)).state;
  }
  return state;
}

const STAGES = ['R0', 'R1', 'R2', 'R3', 'R4'] as const;

/** A gatherer that has heard all of the session before `stage`. */
function gatheringAt(stage: string): AttemptGathering {
  const gathering = new AttemptGathering(plan, () => {});
  for (const next of STAGES) {
    if (next !== 'R0') gathering.open(next);
    if (next === stage) break;
    for (const { from, bytes } of stageMessages(next)) gathering.accept(from, stageOf(bytes, from));
  }
  return gathering;
}

function stageMessages(stage: string): { from: HospitalId; bytes: string }[] {
  return session.messages.flatMap((message) =>
    'stage' in message && message.stage === stage
      ? [{ from: hospitalId(message.from), bytes: message.bytes }]
      : [],
  );
}

describe('the vectors', () => {
  it('are what the generator writes', async () => {
    const written = JSON.parse(JSON.stringify(await allVectors()));
    expect(written).toEqual({ plans, graph, session, tampered });
  });

  it.each(plans.cases)('have the canonical bytes and the session id of $name', (vector) => {
    const decoded = planOf(vector.bytes);
    expect(toHex(canonicalPlan(decoded))).toBe(vector.canonical);
    expect(toHex(rosterHash(decoded))).toBe(vector.rosterHash);
    expect(toHex(sessionId(decoded))).toBe(vector.sid);
  });

  it('have the fields of the page’s table, in its order', () => {
    const page = readFileSync(new URL('../../docs/secagg.md', import.meta.url), 'utf8');
    const table = page.slice(page.indexOf('| path |'), page.indexOf('Numbers, in addition'));
    const paths = plans.cases.flatMap(({ canonical }) => pathsOf(Buffer.from(canonical, 'hex')));
    expect([...table.matchAll(/^\| `([\w.]+)`/gm)].map(([, path]) => path)).toEqual(
      [...new Set(paths.map((path) => path.replace(/\d{6}/, '000000')))].sort(),
    );
  });

  it.each(graph.cases)('have the graph of $n hospitals and degree $degree', (vector) => {
    expect(neighboursOf(fromHex(vector.sid), vector.n, vector.degree)).toEqual(vector.neighbours);
  });
});

describe('our member', () => {
  it.each(session.members)('says what $id says in the session, byte for byte', (member) => {
    const own = saidBy(member.id);
    let step = begin(member);
    expect(bytesOf(step.body)).toBe(nth(own, 0).bytes);
    instructionsTo(member.id).forEach((message, i) => {
      // Who is lost has heard one instruction more than it answers.
      if (i + 1 === own.length) return;
      step = answer(member, step.state, instructionOf(message.bytes));
      expect(bytesOf(step.body)).toBe(nth(own, i + 1).bytes);
    });
    expect(own.length).toBe({ elm: 1, cedar: 2 }[member.id] ?? 5);
  });

  it.each(tampered.plans)('opens no session for a plan where $name', ({ member, bytes, code }) => {
    expect(codeOf(() => openSession({ plan: planOf(bytes), self: hospitalId(member), pinned }))).toBe(code);
  });

  it.each(tampered.instructions)('refuses at $opens: $name', ({ member, opens, bytes, code }) => {
    const vector = memberVector(member);
    const state = waitingFor(opens, vector);
    expect(codeOf(() => answer(vector, state, instructionOf(bytes)))).toBe(code);
  });

  it.each(tampered.inboxes)('takes an inbox with $name as one with a share missing', (inbox) => {
    const vector = memberVector(inbox.member);
    let step = answer(vector, waitingFor('R2', vector), instructionOf(inbox.bytes));
    expect(bytesOf(step.body)).toBe(nth(saidBy(inbox.member), 2).bytes);
    for (const { bytes } of instructionsTo(inbox.member).slice(2)) {
      step = answer(vector, step.state, instructionOf(bytes));
    }
    const whole = stageOf(nth(saidBy(inbox.member), 4).bytes, inbox.member);
    if (whole.stage !== 'R4') expect.fail(whole.stage);
    const shares = whole.message.shares.filter(({ peer }) => !inbox.missing.includes(peer));
    expect(shares.length).toBe(whole.message.shares.length - inbox.missing.length);
    expect(bytesOf(step.body)).toBe(bytesOf({ stage: 'R4', message: { ...whole.message, shares } }));
  });
});

describe('our gatherer', () => {
  it('answers the session byte for byte, to the sum', async () => {
    const gathering = new AttemptGathering(plan, () => {});
    for (const stage of STAGES) {
      if (stage !== 'R0') {
        const bodyFor = gathering.open(stage);
        for (const message of session.messages) {
          if (!('opens' in message) || message.opens !== stage) continue;
          const to = message.to.map(hospitalId);
          const bodies = to.map((id) => bodyFor(id) ?? expect.fail(`nothing for ${id}`));
          for (const body of bodies) expect(told(plan, to, body)).toEqual(message);
        }
      }
      for (const { from, bytes } of stageMessages(stage)) {
        expect(gathering.accept(from, stageOf(bytes, from))).toBe(true);
        // A repeat of the same bytes changes nothing; of R2 nothing is kept to tell by.
        if (stage !== 'R2') gathering.accept(from, stageOf(bytes, from));
      }
    }
    const { sum, contributors } = await gathering.finish();
    expect(toHex(wordsToBytes(sum))).toBe(session.sum);
    expect(contributors).toEqual(session.u3);
  });

  it.each(tampered.stageMessages)(
    'refuses in $stage of $from: $name',
    ({ from, stage, after, bytes, code }) => {
      const gathering = gatheringAt(stage);
      for (const message of stageMessages(stage)) {
        if (after || message.from !== from)
          gathering.accept(message.from, stageOf(message.bytes, message.from));
      }
      expect(codeOf(() => gathering.accept(hospitalId(from), stageOf(bytes, from)))).toBe(code);
    },
  );
});
