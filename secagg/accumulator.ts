/**
 * The one mutable thing in a round: the sum that masked vectors are added to as they arrive, so that the
 * gatherer never holds more than one vector of its own. It knows whose vectors it holds, and refuses to add
 * one twice or after it was closed, whatever copy of the gatherer's state it is reached through.
 */
import { FedwardError } from '../proto/errors.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { refuse } from './context.ts';
import { addInPlace } from './ring.ts';

/** An accumulator at rest. */
export interface SavedSum {
  readonly phase: 'adding' | 'closed' | 'released';
  /** Whose vectors are in the sum, in ascending order. */
  readonly members: readonly HospitalId[];
  /** Null once released: it is masked no more, and is not the accumulator's. */
  readonly sum: Int32Array | null;
}

export class Accumulator {
  readonly #sum: Int32Array;
  readonly #members = new Set<HospitalId>();
  #phase: SavedSum['phase'] = 'adding';

  /** @param start the dimension of a sum of nothing, or a sum to go on from. */
  constructor(start: number | Int32Array) {
    this.#sum = typeof start === 'number' ? new Int32Array(start) : start;
  }

  /** Takes ownership of `saved.sum`. */
  static restore({ phase, members, sum }: SavedSum): Accumulator {
    const restored = new Accumulator(sum ?? 0);
    for (const id of members) restored.#members.add(id);
    restored.#phase = phase;
    return restored;
  }

  /** A copy, still masked, from which `restore` makes an accumulator that refuses what this one would. */
  save(): SavedSum {
    const phase = this.#phase;
    const sum = phase === 'released' ? null : this.#sum.slice();
    return { phase, members: [...this.#members].sort(), sum };
  }

  get released(): boolean {
    return this.#phase === 'released';
  }

  has(from: HospitalId): boolean {
    return this.#members.has(from);
  }

  /**
   * @throws FedwardError `PROTOCOL_VIOLATION` for a vector of the wrong length, `ALREADY_SPENT` for a second
   *   one of the same member, `DEADLINE_EXCEEDED` for one that comes after the sum was closed.
   */
  add(from: HospitalId, vector: Int32Array): void {
    if (vector.length !== this.#sum.length) {
      refuse(
        `The masked vector of "${from}" has ${vector.length} elements and the plan's model ${this.#sum.length}: send one integer per parameter.`,
      );
    }
    if (this.#phase !== 'adding') {
      throw new FedwardError(
        'DEADLINE_EXCEEDED',
        `The masked vector of "${from}" came after its stage was closed and is discarded: wait for the next round.`,
      );
    }
    if (this.#members.has(from)) {
      throw new FedwardError(
        'ALREADY_SPENT',
        `A masked vector of "${from}" was added already: each member sends one in a session.`,
      );
    }
    addInPlace(this.#sum, vector);
    this.#members.add(from);
  }

  /** Ends the adding. Once closed or released it stays so, through whatever state it is reached. */
  close(): void {
    if (this.#phase === 'adding') this.#phase = 'closed';
  }

  /** Hands over the sum, still masked, once. @throws FedwardError `ALREADY_SPENT` the second time. */
  release(): Int32Array {
    if (this.#phase === 'released') {
      throw new FedwardError('ALREADY_SPENT', 'This sum was released already: a round yields one sum.');
    }
    this.#phase = 'released';
    return this.#sum;
  }
}
