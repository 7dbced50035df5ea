/** Session machines of a whole consortium, with a real gatherer that opens the stages. */
import { AttemptGathering } from '../../coordinator/round/gathering.ts';
import { type SitePolicy, sitePolicySchema } from '../../participant/policy.ts';
import type { PrivateUpdate } from '../../participant/privatise.ts';
import {
  INITIAL_SESSION,
  type Inbound,
  type SessionEffect,
  type SessionEnvironment,
  type SessionState,
  step,
} from '../../participant/session.ts';
import { splitVector } from '../../proto/chunks.ts';
import type { InstructionBody, StageBody } from '../../proto/messages.ts';
import { attemptOf, type RoundPlan } from '../../proto/plan.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { at, type Consortium, seededEntropy } from '../secagg/support.ts';

/** Allows the plans of `testPlan` with a noise multiplier of 4, and nothing much beyond. */
export const policy: SitePolicy = sitePolicySchema.parse({ threats: ['test'] });

export function environmentOf(
  { pinned, identities }: Consortium,
  self: HospitalId,
  seed = 'session',
): SessionEnvironment {
  return {
    ...{ self, pinned, policy },
    identity: at(identities, self),
    entropy: seededEntropy(`${seed}/${self}`),
  };
}

/** Stands for what `privatise` returns: the one place in the tests that forges its brand. */
export function updateOf(reservation: string, vector: Int32Array): PrivateUpdate {
  return { reservation, vector: vector as PrivateUpdate['vector'] };
}

/** One hospital's machine and all that it did. */
export class Ward {
  state: SessionState = INITIAL_SESSION;
  readonly effects: SessionEffect[] = [];
  readonly #environment: SessionEnvironment;

  constructor(environment: SessionEnvironment) {
    this.#environment = environment;
  }

  /** The effects of this one event. */
  feed(inbound: Inbound): readonly SessionEffect[] {
    const { state, effects } = step(this.state, inbound, this.#environment);
    this.state = state;
    this.effects.push(...effects);
    return effects;
  }
}

/** One attempt, led by a coordinator that keeps to the protocol. */
export class Attempt {
  readonly plan: RoundPlan;
  readonly #wards: ReadonlyMap<HospitalId, Ward>;
  readonly #gathering: AttemptGathering;

  constructor(wards: ReadonlyMap<HospitalId, Ward>, plan: RoundPlan) {
    this.plan = plan;
    this.#wards = wards;
    this.#gathering = new AttemptGathering(plan, () => {});
  }

  get id() {
    return attemptOf(this.plan);
  }

  /** Sends the plan, and lets everybody prepare an update or carry the last one over. */
  publish(): this {
    for (const [id, ward] of this.#wards) {
      const prepare = ward
        .feed({ type: 'plan', plan: this.plan })
        .find((effect) => effect.type === 'prepare');
      if (prepare === undefined) throw new Error(`${id} refuses the plan`);
      const { dimension } = this.plan.model;
      const fresh = updateOf(
        `of ${id}`,
        Int32Array.from({ length: dimension }, (_, i) => 1000 + i),
      );
      ward.feed({ type: 'prepared', attempt: this.id, update: prepare.kept ?? fresh });
    }
    return this;
  }

  /** Hands what everybody last sent to the gatherer, and gives what opens `next` for each. */
  close(next: InstructionBody['opens']): (id: HospitalId) => Extract<Inbound, { type: 'instruction' }> {
    for (const [id, ward] of this.#wards) {
      for (const body of answersOf(ward.effects.at(-1))) this.#gathering.accept(id, body);
    }
    const bodyFor = this.#gathering.open(next);
    return (id) => {
      const body = bodyFor(id);
      if (body === null) throw new Error(`${id} is not in ${next}`);
      return { type: 'instruction', attempt: this.id, body };
    };
  }

  /** Opens every stage up to `last` for everybody. */
  openThrough(last: InstructionBody['opens']): this {
    const from = { R0: 0, R1: 1, R2: 2, R3: 3, R4: 4 }[this.#gathering.stage];
    for (const stage of (['R1', 'R2', 'R3', 'R4'] as const).slice(from)) {
      const instruction = this.close(stage);
      for (const [id, ward] of this.#wards) ward.feed(instruction(id));
      if (stage === last) break;
    }
    return this;
  }
}

function answersOf(effect: SessionEffect | undefined): StageBody[] {
  if (effect?.type === 'send') return [effect.body];
  if (effect?.type !== 'spend-and-send') throw new Error(`no answer but ${effect?.type}`);
  return [...splitVector(effect.masked)].map((chunk): StageBody => ({ stage: 'R2', chunk }));
}
