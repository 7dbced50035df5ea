import type { DpEvent } from '../../accounting/events.ts';
import { checkEpsilonDelta, checkLowerUpper, checkSensitivity, checkValue } from '../validation.ts';
import type { LaplaceOptions } from './laplace.ts';
import { laplaceEvent, laplaceNoise, laplaceRate } from './lattice-laplace.ts';
import { Mechanism, type Moments } from './mechanism.ts';
import { clampedMoments, laplaceTail } from './moments.ts';

export interface BoundedLaplaceOptions extends LaplaceOptions {
  /** Public bounds of the release, lower ≤ upper. */
  readonly lower: number;
  readonly upper: number;
}

/** The Laplace mechanism whose release is moved to the nearer bound where it lies outside [lower, upper]. */
export class LaplaceTruncated extends Mechanism<BoundedLaplaceOptions, number, number> {
  readonly sensitivity: number;
  readonly lower: number;
  readonly upper: number;
  readonly #rate: number;
  readonly #addNoise;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: BoundedLaplaceOptions) {
    const { delta = 0 } = options;
    super(options, checkEpsilonDelta(options.epsilon, delta));
    this.sensitivity = checkSensitivity(options.sensitivity);
    ({ lower: this.lower, upper: this.upper } = checkLowerUpper(options.lower, options.upper));
    this.#rate = laplaceRate(this.epsilon, this.delta);
    this.#addNoise = laplaceNoise(this.#rate, this.sensitivity);
    Object.freeze(this);
  }

  override randomise(value: number): number {
    return Math.min(this.upper, Math.max(this.lower, this.#addNoise(checkValue(value), this.bits)));
  }

  override get event(): DpEvent {
    return laplaceEvent(this.#rate, this.sensitivity);
  }

  override copy(): LaplaceTruncated {
    return new LaplaceTruncated(this.options);
  }

  protected override moments(value: number): Moments {
    checkValue(value);
    if (this.sensitivity === 0) {
      return { bias: Math.min(this.upper, Math.max(this.lower, value)) - value, variance: 0 };
    }
    return clampedMoments(value, this.lower, this.upper, laplaceTail(this.sensitivity / this.#rate));
  }
}
