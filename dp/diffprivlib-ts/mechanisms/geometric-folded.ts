import type { DpEvent } from '../../accounting/events.ts';
import {
  checkEpsilon,
  checkIntegerSensitivity,
  checkIntegerValue,
  checkLowerUpper,
  invalid,
} from '../validation.ts';
import { geometricEvent, geometricNoise } from './geometric.ts';
import type { BoundedGeometricOptions } from './geometric-truncated.ts';
import { Mechanism, type Moments } from './mechanism.ts';
import { fold, foldedMoments, geometricReflection } from './moments.ts';

/**
 * The geometric mechanism whose release is reflected at the bounds until it lies between them. Bounds are integers or
 * halfway between two, so that integers are reflected to integers.
 */
export class GeometricFolded extends Mechanism<BoundedGeometricOptions, number, number> {
  readonly sensitivity: number;
  readonly lower: number;
  readonly upper: number;
  readonly #addNoise;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: BoundedGeometricOptions) {
    const { sensitivity = 1 } = options;
    super(options, { epsilon: checkEpsilon(options.epsilon), delta: 0 });
    this.sensitivity = checkIntegerSensitivity(sensitivity);
    ({ lower: this.lower, upper: this.upper } = checkLowerUpper(options.lower, options.upper));
    for (const bound of [this.lower, this.upper]) {
      // Halves are exact in a double up to 2^52.
      if (!Number.isInteger(2 * bound) || Math.abs(bound) > 2 ** 52) {
        throw invalid(`lower and upper must be integers or halves of integers below 2^52; got ${bound}.`);
      }
    }
    if (Math.ceil(this.lower) > this.upper)
      throw invalid('lower and upper must have an integer between them.');
    this.#addNoise = geometricNoise(this.epsilon, this.sensitivity);
    Object.freeze(this);
  }

  override randomise(value: number): number {
    return fold(this.#addNoise(checkIntegerValue(value), this.bits), this.lower, this.upper);
  }

  override get event(): DpEvent {
    return geometricEvent(this.epsilon, this.sensitivity);
  }

  override copy(): GeometricFolded {
    return new GeometricFolded(this.options);
  }

  protected override moments(value: number): Moments {
    const folded = fold(checkIntegerValue(value), this.lower, this.upper);
    if (this.sensitivity === 0) return { bias: folded - value, variance: 0 };
    const reflection = geometricReflection(this.epsilon / this.sensitivity, this.lower, this.upper);
    const { bias, variance } = foldedMoments(folded - this.lower, this.upper - this.lower, reflection);
    return { bias: folded - value + bias, variance };
  }
}
