/**
 * A hospital with the real session machine and the real ledger, and a runtime that only pretends to train.
 * It performs effects as `participant/runtime.ts` does; updates are random vectors.
 */

import { type Ledger, openLedger } from '../../dp/ledger.ts';
import type { PrivateUpdate } from '../../participant/privatise.ts';
import {
  awaitsUpdate,
  INITIAL_SESSION,
  type Inbound,
  type SessionEffect,
  type SessionEnvironment,
  type SessionState,
  step,
} from '../../participant/session.ts';
import { splitVector } from '../../proto/chunks.ts';
import { type ErrorCode, FedwardError } from '../../proto/errors.ts';
import type { FromHospital, ToHospital } from '../../proto/messages.ts';
import { attemptOf, type RoundPlan } from '../../proto/plan.ts';
import { type AttemptId, formatAttempt, type HospitalId } from '../../proto/vocabulary.ts';
import { MemoryLedgerStore } from '../dp/memory-ledger-store.ts';
import { updateOf } from '../participant/sessions.ts';
import { seededEntropy } from '../secagg/support.ts';
import type { Network, Receiver } from './network.ts';
import type { World } from './world.ts';

/** What is asked of whoever looks over a hospital's shoulder. */
export interface Witness {
  prepared(self: HospitalId, update: PrivateUpdate): void;
  carried(self: HospitalId, update: PrivateUpdate): void;
  committed(self: HospitalId, reservation: string): void;
  /** The masked vector leaves now. */
  sent(self: HospitalId, attempt: AttemptId, reservation: string): void;
  /** Everything that was sent in the last attempt is sent again. */
  repeated(): void;
}

/** How a hospital behaves, drawn once for each. */
export interface Temper {
  /** Probability that an update cannot be made. */
  readonly refuses: number;
  /** Sends everything of the last attempt again when it is back, which is at once: a bug, or malice. */
  readonly repeats: boolean;
}

/** Ways to break the rules, so that the invariants can be seen to notice. */
export type Sabotage = 'commits too late' | 'uses an update twice' | 'falsifies its vector';

export interface HospitalOptions {
  readonly world: World;
  readonly network: Network;
  readonly environment: Omit<SessionEnvironment, 'entropy'>;
  readonly witness: Witness;
  readonly temper: Temper;
  readonly sabotage: Sabotage | null;
}

export class Hospital implements Receiver {
  readonly #options: HospitalOptions;
  readonly #ledger: Ledger;
  #starts = 0;
  #entropy = seededEntropy('none yet');
  #messages: FromHospital[] = [];
  #hoarded: Int32Array | null = null;
  state: SessionState = INITIAL_SESSION;

  constructor(options: HospitalOptions) {
    this.#options = options;
    this.#ledger = openLedger(new MemoryLedgerStore(), {
      ...{ hospital: this.self, dataset: 'simulated', unit: 'record', delta: 1e-5 },
      ...{ maxEpsilon: 1000, maxEpsilonIfOthersCollude: null },
    });
  }

  get self() {
    return this.#options.environment.self;
  }

  /** A new process: of all that it knew, only the ledger is left. */
  start(): void {
    this.#starts += 1;
    this.#entropy = seededEntropy(`${this.#options.world.int32()}/${this.self}/${this.#starts}`);
    this.state = INITIAL_SESSION;
    this.#messages = [];
    this.#options.network.connect(this.self);
  }

  /** @param away milliseconds until the next process starts. */
  crash(away: number): void {
    this.#options.world.note(`${this.self} crashes`);
    this.#starts += 1;
    this.#options.network.break(this.self);
    this.state = INITIAL_SESSION;
    this.#options.world.after(away, () => this.start());
  }

  lost(): void {
    this.#feed({ type: 'connection-lost' });
    const process = this.#starts;
    const away = this.#options.world.between(1, this.#options.temper.repeats ? 10 : 800);
    this.#options.world.after(away, () => {
      if (process !== this.#starts || this.#options.network.isOpen(this.self)) return;
      this.#options.network.connect(this.self);
      if (!this.#options.temper.repeats || this.#messages.length === 0) return;
      this.#options.witness.repeated();
      for (const message of this.#messages) this.#send(message);
    });
  }

  received(message: ToHospital): void {
    if (message.type === 'plan' || message.type === 'instruction' || message.type === 'round-closed') {
      this.#feed(message);
    }
  }

  #feed(inbound: Inbound): void {
    const { state, effects } = step(this.state, inbound, {
      ...this.#options.environment,
      entropy: this.#entropy,
    });
    this.state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: SessionEffect): void {
    switch (effect.type) {
      case 'prepare':
        if (effect.kept !== null) this.#prepare(effect.plan, effect.kept);
        else this.#train(effect.plan);
        break;
      case 'send':
        this.#remember({ type: 'stage', attempt: effect.attempt, body: effect.body });
        break;
      case 'spend-and-send':
        this.#spend(effect.attempt, effect.reservation, effect.masked);
        break;
      case 'refuse':
        this.#options.world.note(
          `${this.self} refuses ${formatAttempt(effect.attempt)}: ${effect.failure.code}`,
        );
        this.#send({ type: 'refusal', attempt: effect.attempt, ...effect.failure });
        break;
      case 'erase':
        if (this.#options.sabotage === 'uses an update twice') this.#hoarded ??= effect.update.vector.slice();
        effect.update.vector.fill(0);
        break;
      default:
        effect satisfies never;
    }
  }

  /** Mostly in time, now and then longer than a round may last. */
  #train(plan: RoundPlan): void {
    const { trainMs } = plan.deadlines;
    const process = this.#starts;
    this.#options.world.after(
      this.#options.world.between(1, this.#options.world.chance(0.04) ? 3 * trainMs : trainMs / 2),
      () => {
        if (process === this.#starts && awaitsUpdate(this.state, attemptOf(plan))) this.#prepare(plan, null);
      },
    );
  }

  #prepare(plan: RoundPlan, kept: PrivateUpdate | null): void {
    const attempt = attemptOf(plan);
    try {
      if (kept !== null) this.#ledger.carry(kept.reservation, attempt);
      const update = kept ?? this.#makeUpdate(plan);
      this.#options.witness[kept === null ? 'prepared' : 'carried'](this.self, update);
      this.#feed({ type: 'prepared', attempt, update });
    } catch (error) {
      if (!(error instanceof FedwardError)) throw error;
      this.#feed({ type: 'unprepared', attempt, failure: { code: error.code, reason: error.message } });
    }
  }

  #makeUpdate(plan: RoundPlan): PrivateUpdate {
    const attempt = attemptOf(plan);
    if (this.#options.world.chance(this.#options.temper.refuses)) {
      const code = this.#options.world.pick<ErrorCode>(['DATA_INVALID', 'UNREACHABLE', 'BUDGET_EXHAUSTED']);
      throw new FedwardError(code, 'The simulation wants it so.');
    }
    const reservation = this.#ledger.reserve({ attempt, event: null, eventIfOthersCollude: null });
    const fresh = Int32Array.from({ length: plan.model.dimension }, () => this.#options.world.int32());
    return updateOf(reservation, this.#hoarded ?? fresh);
  }

  #spend(attempt: AttemptId, reservation: string, masked: Int32Array): void {
    const late = this.#options.sabotage === 'commits too late';
    if (late) this.#options.witness.sent(this.self, attempt, reservation);
    this.#ledger.commit(reservation);
    this.#options.witness.committed(this.self, reservation);
    if (!late) this.#options.witness.sent(this.self, attempt, reservation);
    if (this.#options.sabotage === 'falsifies its vector') masked[0] = (masked[0] ?? 0) ^ 1;
    for (const chunk of splitVector(masked)) {
      this.#remember({ type: 'stage', attempt, body: { stage: 'R2', chunk } });
    }
    const { world, network, temper } = this.#options;
    // On its way the vector is lost; what is sent again must not find its way into the sum.
    if (temper.repeats && world.chance(0.15)) world.after(0, () => network.break(this.self));
  }

  #remember(message: Extract<FromHospital, { type: 'stage' }>): void {
    if (message.body.stage === 'R0') this.#messages = [];
    this.#messages.push(message);
    this.#options.world.note(`${this.self} sends ${message.body.stage} of ${formatAttempt(message.attempt)}`);
    this.#send(message);
  }

  #send(message: FromHospital): void {
    this.#options.network.fromHospital(this.self, message);
  }
}
