/** What must hold in every history (DESIGN §1), checked as it happens and after every event. */
import type { DriverObserver } from '../../coordinator/driver.ts';
import type { PrivateUpdate } from '../../participant/privatise.ts';
import type { RoundPlan } from '../../proto/plan.ts';
import { type AttemptId, formatAttempt, type HospitalId } from '../../proto/vocabulary.ts';
import { ringSum } from '../secagg/support.ts';
import type { Hospital, Witness } from './hospital.ts';

/** How often something happened that the histories are meant to try. */
export type Tally = Record<'sums' | 'carried' | 'repeated' | 'abortedAfterR2', number>;

export class Invariants implements Witness, DriverObserver {
  readonly tally: Tally = { sums: 0, carried: 0, repeated: 0, abortedAfterR2: 0 };
  readonly #threshold: number;
  /** Every update ever made, as it was when it was made. */
  readonly #updates = new Map<string, Int32Array>();
  readonly #committed = new Set<string>();
  /** Under which attempt each update left. */
  readonly #sent = new Map<string, string>();
  /** Every vector that left, whatever reservation it went under. */
  readonly #contents = new Set<string>();
  readonly #inputs = new Map<string, Map<HospitalId, Int32Array>>();
  readonly #summed = new Set<string>();
  #last: AttemptId | null = null;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  prepared(self: HospitalId, update: PrivateUpdate): void {
    const key = `${self} ${update.reservation}`;
    must(!this.#updates.has(key), `the update ${key} is made once`);
    this.#updates.set(key, update.vector.slice());
  }

  carried(self: HospitalId, update: PrivateUpdate): void {
    this.tally.carried += 1;
    this.#checkHeld(self, update);
  }

  committed(self: HospitalId, reservation: string): void {
    this.#committed.add(`${self} ${reservation}`);
  }

  sent(self: HospitalId, attempt: AttemptId, reservation: string): void {
    const key = `${self} ${reservation}`;
    const under = formatAttempt(attempt);
    const vector = this.#updates.get(key) ?? new Int32Array();
    must(this.#committed.has(key), `the update ${key} is committed before it leaves`);
    must(!this.#sent.has(key), `the update ${key} leaves once, under one attempt`);
    must(!this.#contents.has(vector.join()), `no vector of ${self} leaves twice`);
    this.#sent.set(key, under);
    this.#contents.add(vector.join());
    const inputs = this.#inputs.get(under) ?? new Map<HospitalId, Int32Array>();
    this.#inputs.set(under, inputs.set(self, vector));
  }

  repeated(): void {
    this.tally.repeated += 1;
  }

  /** The coordinator sends a plan; the same one goes to many. */
  published({ job, round, attempt }: RoundPlan): void {
    const last = this.#last;
    const later = last === null || round > last.round || (round === last.round && attempt >= last.attempt);
    must(later, `attempts strictly increase: ${round}.${attempt}`);
    this.#last = { job, round, attempt };
  }

  summed(attempt: AttemptId, contributors: readonly HospitalId[], sum: Int32Array): void {
    const key = formatAttempt(attempt);
    this.tally.sums += 1;
    must(!this.#summed.has(key), `the attempt ${key} gives one sum`);
    this.#summed.add(key);
    must(contributors.length >= this.#threshold, `the sum of ${key} is of at least t vectors`);
    const inputs = this.#inputs.get(key) ?? new Map<HospitalId, Int32Array>();
    must(
      contributors.every((id) => inputs.has(id)),
      `all contributors to ${key} have sent a vector`,
    );
    const expected = ringSum(inputs, contributors);
    must(
      sum.length === expected.length && sum.every((value, i) => value === expected[i]),
      `the sum of ${key} is that of its contributors: ${sum} and not ${expected}`,
    );
  }

  aborted(attempt: AttemptId): void {
    if (this.#inputs.has(formatAttempt(attempt))) this.tally.abortedAfterR2 += 1;
  }

  model(weights: Float32Array): void {
    must(weights.every(Number.isFinite), 'a model is finite');
  }

  afterEvent(hospitals: Iterable<Hospital>): void {
    for (const { self, state } of hospitals) {
      const { phase } = state;
      if (phase.at === 'advertised' || phase.at === 'shared') this.#checkHeld(self, phase.update);
      if (phase.at === 'idle' && phase.kept !== null) this.#checkHeld(self, phase.kept.update);
    }
  }

  /** What a hospital still holds was never sent, and is what it was. */
  #checkHeld(self: HospitalId, { reservation, vector }: PrivateUpdate): void {
    const key = `${self} ${reservation}`;
    must(!this.#sent.has(key), `the update ${key} is not held once it was sent`);
    const made = this.#updates.get(key);
    must(vector.every((value, i) => value === made?.[i]) === true, `the update ${key} does not change`);
  }
}

function must(holds: boolean, invariant: string): void {
  if (!holds) throw new Error(`Broken invariant: ${invariant}`);
}
