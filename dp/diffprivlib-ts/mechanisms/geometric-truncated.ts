import type { DpEvent } from '../../accounting/events.ts';
import {
  checkEpsilon,
  checkInteger,
  checkIntegerSensitivity,
  checkIntegerValue,
  checkLowerUpper,
} from '../validation.ts';
import { type GeometricOptions, geometricEvent, geometricNoise } from './geometric.ts';
import { Mechanism, type Moments } from './mechanism.ts';
import { clampedMoments, geometricTail } from './moments.ts';

export interface BoundedGeometricOptions extends GeometricOptions {
  /** Public bounds of the release, lower ≤ upper. */
  readonly lower: number;
  readonly upper: number;
}

/** The geometric mechanism whose release is moved to the nearer bound where it lies outside; bounds are integers. */
export class GeometricTruncated extends Mechanism<BoundedGeometricOptions, number, number> {
  readonly sensitivity: number;
  readonly lower: number;
  readonly upper: number;
  readonly #addNoise;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: BoundedGeometricOptions) {
    const { sensitivity = 1 } = options;
    super(options, { epsilon: checkEpsilon(options.epsilon), delta: 0 });
    this.sensitivity = checkIntegerSensitivity(sensitivity);
    ({ lower: this.lower, upper: this.upper } = checkLowerUpper(
      checkInteger('lower', options.lower),
      checkInteger('upper', options.upper),
    ));
    this.#addNoise = geometricNoise(this.epsilon, this.sensitivity);
    Object.freeze(this);
  }

  override randomise(value: number): number {
    return this.#clamp(this.#addNoise(checkIntegerValue(value), this.bits));
  }

  override get event(): DpEvent {
    return geometricEvent(this.epsilon, this.sensitivity);
  }

  override copy(): GeometricTruncated {
    return new GeometricTruncated(this.options);
  }

  protected override moments(value: number): Moments {
    checkIntegerValue(value);
    if (this.sensitivity === 0) return { bias: this.#clamp(value) - value, variance: 0 };
    return clampedMoments(value, this.lower, this.upper, geometricTail(this.epsilon / this.sensitivity));
  }

  #clamp(value: number): number {
    return Math.min(this.upper, Math.max(this.lower, value));
  }
}
