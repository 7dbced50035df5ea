/**
 * The members' process of `fedward bench secagg`: all hospitals of a session, one after the other on one
 * thread, timed one by one. It answers what the coordinator's process asks, in order, and ends with it.
 */
import { randomBytes } from 'node:crypto';
import { splitVector } from '../proto/chunks.ts';
import type { VectorChunk } from '../proto/messages.ts';
import { rosterKeys } from '../proto/plan.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { abandon, advertise, attest, mask, openSession, shareKeys, unmask } from '../secagg/member.ts';
import type { MemberState } from '../secagg/member-state.ts';
import type { Advertisement, Attestation, Inbox, SealedShares, Unmasking } from '../secagg/messages.ts';
import { type Consortium, consortiumOf, type Setting, vectorOf } from './secagg-setting.ts';

/** What the coordinator asks, stage by stage. */
export type Ask =
  | { readonly stage: 'R0'; readonly setting: Setting; readonly session: number }
  | { readonly stage: 'R1'; readonly u1: readonly Advertisement[] }
  | { readonly stage: 'R2'; readonly member: HospitalId; readonly inbox: Inbox }
  | { readonly stage: 'R3'; readonly u3: readonly HospitalId[] }
  | { readonly stage: 'R4'; readonly attestations: readonly Attestation[] };

/** Seconds of each member where they are asked for. */
export type Answer =
  | { readonly stage: 'R0'; readonly messages: readonly Advertisement[] }
  | { readonly stage: 'R1'; readonly messages: readonly SealedShares[]; readonly seconds: readonly number[] }
  | { readonly stage: 'R2'; readonly chunk: VectorChunk; readonly seconds: number }
  | { readonly stage: 'R3'; readonly messages: readonly Attestation[] }
  | { readonly stage: 'R4'; readonly messages: readonly Unmasking[] };

process.on('disconnect', () => process.exit(0));
process.on('message', (ask: Ask) => answer(ask));

let consortium: Consortium;
let session = 0;
const members = new Map<HospitalId, MemberState>();

function answer(ask: Ask): void {
  switch (ask.stage) {
    case 'R0': {
      for (const state of members.values()) abandon(state);
      consortium = consortiumOf(ask.setting, ask.session);
      session = ask.session;
      const { plan, identities } = consortium;
      const pinned = rosterKeys(plan);
      const messages = [...identities].map(([self, identity]) => {
        const opened = openSession({ plan, self, pinned });
        return keep(self, advertise(opened, identity, entropy));
      });
      tell({ stage: 'R0', messages });
      break;
    }
    case 'R1': {
      const seconds: number[] = [];
      const messages = each('advertised', (state, self) =>
        keep(
          self,
          timed(seconds, () => shareKeys(state, ask.u1, entropy)),
        ),
      );
      tell({ stage: 'R1', messages, seconds });
      break;
    }
    case 'R2': {
      const state = members.get(ask.member);
      if (state?.at !== 'shared') throw new Error(`${ask.member} cannot mask: it is ${state?.at}.`);
      const vector = vectorOf(ask.member, session, consortium.plan.model.dimension);
      const seconds: number[] = [];
      const { state: masked, message } = timed(seconds, () => mask(state, ask.inbox, vector));
      // The vector is sent and never again: the members of a hundred hospitals need not fit in memory.
      members.set(ask.member, { ...masked, own: { from: ask.member, vector: new Int32Array(0) } });
      for (const chunk of splitVector(message.vector)) tell({ stage: 'R2', chunk, seconds: seconds[0] ?? 0 });
      break;
    }
    case 'R3': {
      const { identities } = consortium;
      const messages = each('masked', (state, self) => {
        const identity = identities.get(self);
        return identity === undefined ? null : keep(self, attest(state, ask.u3, identity));
      }).filter((message) => message !== null);
      tell({ stage: 'R3', messages });
      break;
    }
    case 'R4':
      tell({
        stage: 'R4',
        messages: each('attested', (state, self) => keep(self, unmask(state, ask.attestations))),
      });
      break;
    default:
      ask satisfies never;
  }
}

/** Runs `step` for every member that has come as far as `at`. */
function each<At extends MemberState['at'], R>(
  at: At,
  step: (state: Extract<MemberState, { at: At }>, self: HospitalId) => R,
): R[] {
  return [...members].flatMap(([self, state]) =>
    state.at === at ? [step(state as Extract<MemberState, { at: At }>, self)] : [],
  );
}

function keep<M>(self: HospitalId, { state, message }: { state: MemberState; message: M }): M {
  members.set(self, state);
  return message;
}

function timed<R>(seconds: number[], run: () => R): R {
  const start = performance.now();
  const result = run();
  seconds.push((performance.now() - start) / 1000);
  return result;
}

function entropy(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}

function tell(message: Answer): void {
  process.send?.(message);
}
