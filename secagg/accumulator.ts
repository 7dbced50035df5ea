/**
 * The one mutable thing in a round: the sum that masked vectors are added to as they arrive, so that the
 * gatherer never holds more than one vector of its own. It knows whose vectors it holds, and refuses to add
 * one twice or after it was closed, whatever copy of the gatherer's state it is reached through.
 */
import { FedwardError } from '../proto/errors.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { refuse } from './context.ts';
import { addInPlace } from './ring.ts';

export class Accumulator {
  readonly #sum: Int32Array;
  readonly #members = new Set<HospitalId>();
  #phase: 'adding' | 'closed' | 'released' = 'adding';

  constructor(dimension: number) {
    this.#sum = new Int32Array(dimension);
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

  /** Ends the adding. */
  close(): void {
    this.#phase = 'closed';
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
