/** What every mechanism of diffprivlib-ts has in common. */
import type { DpEvent } from '../../accounting/events.ts';
import { BitSource, type Entropy, osEntropy } from '../../sampling/entropy.ts';
import { invalid, kindOf, refuseSeed } from '../validation.ts';

export interface MechanismOptions {
  /** Where randomness comes from; the operating system's CSPRNG by default. A reproducible one is for tests (DESIGN §6). */
  readonly entropy?: Entropy;
}

export interface Guarantee {
  readonly epsilon: number;
  readonly delta: number;
}

/** Mean error and variance of a release. */
export interface Moments {
  readonly bias: number;
  readonly variance: number;
}

/**
 * A mechanism is fixed once it is made: parameters are readable and never change, and only `randomise` draws
 * randomness. Two mechanisms never share random bits, a copy and its original included.
 */
export abstract class Mechanism<Options extends MechanismOptions, Value, Released> {
  readonly epsilon: number;
  readonly delta: number;
  readonly #options: Options;
  #bits: BitSource | undefined;

  /** @throws FedwardError `INVALID_ARGUMENT` for a seed, or an entropy source that is no function. */
  constructor(options: Options, guarantee: Guarantee) {
    refuseSeed(options);
    const { entropy } = options;
    if (entropy !== undefined && typeof entropy !== 'function') {
      throw invalid(
        `entropy must be a function from a number of bytes to that many; got ${kindOf(entropy)}.`,
      );
    }
    this.#options = Object.freeze({ ...options });
    this.epsilon = guarantee.epsilon;
    this.delta = guarantee.delta;
  }

  /** One release of `value`. Every call costs the privacy that `event` says, the same value again included. */
  abstract randomise(value: Value): Released;

  /** What one release costs, for an accountant. */
  abstract get event(): DpEvent;

  /** A mechanism with the same parameters. */
  abstract copy(): Mechanism<Options, Value, Released>;

  /** Expected release minus `value`. */
  bias(value: Value): number {
    return this.moments(value).bias;
  }

  /** Variance of the release. */
  variance(value: Value): number {
    return this.moments(value).variance;
  }

  /** Mean squared error of the release, as an estimate of `value`. */
  mse(value: Value): number {
    const { bias, variance } = this.moments(value);
    return variance + bias * bias;
  }

  /** @throws FedwardError `INVALID_ARGUMENT` in mechanisms that do not release a number. */
  protected moments(_value: Value): Moments {
    throw invalid(`${this.constructor.name} has no bias, variance or mse: what it releases is not a number.`);
  }

  protected get options(): Options {
    return this.#options;
  }

  protected get bits(): BitSource {
    this.#bits ??= new BitSource(this.#options.entropy ?? osEntropy());
    return this.#bits;
  }
}

/** The cost of a release that depends on no record, because the sensitivity is 0. */
export const NO_COST: DpEvent = Object.freeze({ type: 'none' });
