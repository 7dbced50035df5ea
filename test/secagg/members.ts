/** A consortium's members as a coordinator meets them: it asks, and each answers or refuses. */
import { expect } from 'vitest';
import { FedwardError } from '../../proto/errors.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { advertise, attest, mask, shareKeys, unmask } from '../../secagg/member.ts';
import type { MemberState } from '../../secagg/member-state.ts';
import type {
  Advertisement,
  Attestation,
  Inbox,
  MaskedVector,
  SealedShares,
  Unmasking,
} from '../../secagg/messages.ts';
import { at, type Consortium, expectRefused, openAll, seededEntropy, testVectors } from './support.ts';

export type Answers<M> = ReadonlyMap<HospitalId, M>;

export class Members {
  /** Every state that each has been in. */
  readonly states: ReadonlyMap<HospitalId, MemberState[]>;
  /** Why a member does not answer any more. */
  readonly refusals = new Map<HospitalId, FedwardError>();
  readonly vectors: ReadonlyMap<HospitalId, Int32Array>;
  readonly #consortium: Consortium;
  readonly #seed: string;

  constructor(consortium: Consortium, seed = 'members') {
    this.#consortium = consortium;
    this.#seed = seed;
    this.vectors = testVectors(consortium, seed);
    this.states = new Map([...openAll(consortium)].map(([id, session]) => [id, [session]]));
  }

  /*
   * One request for each stage, to every one of `who`. What is asked may differ from member to member.
   */

  advertise(who: readonly HospitalId[]): Answers<Advertisement> {
    return this.#ask(who, 'opened', (state, id) =>
      advertise(state, this.#identity(id), this.#entropy('R0', id)),
    );
  }

  share(who: readonly HospitalId[], u1: (id: HospitalId) => readonly Advertisement[]): Answers<SealedShares> {
    return this.#ask(who, 'advertised', (state, id) => shareKeys(state, u1(id), this.#entropy('R1', id)));
  }

  mask(who: readonly HospitalId[], inbox: (id: HospitalId) => Inbox): Answers<MaskedVector> {
    return this.#ask(who, 'shared', (state, id) => mask(state, inbox(id), at(this.vectors, id)));
  }

  attest(who: readonly HospitalId[], u3: (id: HospitalId) => readonly HospitalId[]): Answers<Attestation> {
    return this.#ask(who, 'masked', (state, id) => attest(state, u3(id), this.#identity(id)));
  }

  unmask(who: readonly HospitalId[], list: (id: HospitalId) => readonly Attestation[]): Answers<Unmasking> {
    return this.#ask(who, 'attested', (state, id) => unmask(state, list(id)));
  }

  #ask<A extends MemberState['at'], M>(
    who: readonly HospitalId[],
    from: A,
    step: (state: Extract<MemberState, { at: A }>, id: HospitalId) => { state: MemberState; message: M },
  ): Answers<M> {
    const answers = new Map<HospitalId, M>();
    for (const id of who) {
      const states = at(this.states, id);
      const before = states.at(-1);
      if (before === undefined || !isAt(before, from) || this.refusals.has(id)) continue;
      try {
        const { state, message } = step(before, id);
        states.push(state);
        answers.set(id, message);
      } catch (error) {
        if (!(error instanceof FedwardError)) throw error;
        this.refusals.set(id, error);
      }
    }
    return answers;
  }

  /** Asks those that were asked before for another attestation, from the state they were in then. */
  attestAgain(who: readonly HospitalId[], u3: readonly HospitalId[]): Attestation[] {
    return who.flatMap((id) => {
      const state = at(this.states, id).find((one) => isAt(one, 'masked'));
      if (state === undefined) throw new Error(`${id} has not masked`);
      try {
        return attest(state, u3, this.#identity(id)).message;
      } catch (error) {
        if (!(error instanceof FedwardError)) throw error;
        return [];
      }
    });
  }

  /** The session is over for this member: none of the states it has been in takes another step. */
  expectBurnt(id: HospitalId): void {
    for (const state of at(this.states, id).filter((one) => one.at !== 'done')) {
      expectRefused(() => this.#press(state, id), /taken already/, 'ALREADY_SPENT');
    }
  }

  /** The step that follows `state`, with whatever a member might be told. */
  #press(state: MemberState, id: HospitalId): unknown {
    const { ids, plan } = this.#consortium;
    switch (state.at) {
      case 'opened':
        return advertise(state, this.#identity(id), this.#entropy('again', id));
      case 'advertised':
        return shareKeys(state, [], this.#entropy('again', id));
      case 'shared':
        return mask(state, { u2: ids, envelopes: [] }, new Int32Array(plan.model.dimension));
      case 'masked':
        return attest(state, ids, this.#identity(id));
      case 'attested':
        return unmask(state, [state.own]);
      case 'done':
        return expect.fail('nothing follows');
      default:
        return state satisfies never;
    }
  }

  #identity(id: HospitalId) {
    return at(this.#consortium.identities, id);
  }

  #entropy(stage: string, id: HospitalId) {
    return seededEntropy(`${this.#seed}/${stage}/${id}`);
  }
}

function isAt<A extends MemberState['at']>(
  state: MemberState,
  name: A,
): state is Extract<MemberState, { at: A }> {
  return state.at === name;
}

/** The inboxes that a coordinator makes who claims that `u2` is U2: whatever envelopes it has among them. */
export function inboxesOf(
  shares: Answers<SealedShares>,
  u2: readonly HospitalId[],
): (id: HospitalId) => Inbox {
  const sent = [...shares.values()].flatMap(({ envelopes }) => envelopes);
  return (id) => ({
    u2,
    envelopes: sent.filter(({ from, to }) => to === id && u2.includes(from)),
  });
}
