import type { DpEvent } from '../../accounting/events.ts';
import { checkEpsilonDelta, checkLowerUpper, checkSensitivity, checkValue } from '../validation.ts';
import type { BoundedLaplaceOptions } from './laplace-truncated.ts';
import { laplaceEvent, laplaceNoise, laplaceRate } from './lattice-laplace.ts';
import { Mechanism, type Moments } from './mechanism.ts';
import { fold, foldedMoments, laplaceReflection } from './moments.ts';

/** The Laplace mechanism whose release is reflected at the bounds until it lies in [lower, upper]. */
export class LaplaceFolded extends Mechanism<BoundedLaplaceOptions, number, number> {
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
    return fold(this.#addNoise(checkValue(value), this.bits), this.lower, this.upper);
  }

  override get event(): DpEvent {
    return laplaceEvent(this.#rate, this.sensitivity);
  }

  override copy(): LaplaceFolded {
    return new LaplaceFolded(this.options);
  }

  protected override moments(value: number): Moments {
    const folded = fold(checkValue(value), this.lower, this.upper);
    if (this.sensitivity === 0) return { bias: folded - value, variance: 0 };
    // Folding does not tell a value from its mirror image, so one outside counts as what it folds to.
    const reflection = laplaceReflection(this.sensitivity / this.#rate);
    const { bias, variance } = foldedMoments(folded - this.lower, this.upper - this.lower, reflection);
    return { bias: folded - value + bias, variance };
  }
}
