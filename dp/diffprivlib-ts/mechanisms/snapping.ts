import type { DpEvent } from '../../accounting/events.ts';
import { dyadic } from '../../sampling/dyadic.ts';
import { checkEpsilon, checkLowerUpper, checkSensitivity, checkValue } from '../validation.ts';
import { laplaceEvent, laplaceNoise } from './lattice-laplace.ts';
import { Mechanism, type MechanismOptions, type Moments } from './mechanism.ts';

export interface SnappingOptions extends MechanismOptions {
  /** ε > 0. */
  readonly epsilon: number;
  /** Δ ≥ 0: the most by which one record moves the value. */
  readonly sensitivity: number;
  /** Public bounds, lower ≤ upper: of the value before, and of the release after. */
  readonly lower: number;
  readonly upper: number;
}

/**
 * The snapping mechanism (Mironov 2012): clamp, add Laplace noise of scale Δ/ε, round half up to a multiple of Λ,
 * the least power of two that is not below the scale, and clamp.
 *
 * Mironov rounds so coarsely to hide what a floating-point sampler gives away. Here the noise is exact on a
 * lattice already: the rounding costs accuracy, gains no privacy, and none is lost either (`effectiveEpsilon`).
 */
export class Snapping extends Mechanism<SnappingOptions, number, number> {
  readonly sensitivity: number;
  readonly lower: number;
  readonly upper: number;
  /** Λ; 0 for sensitivity 0. */
  readonly step: number;
  readonly #addNoise;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: SnappingOptions) {
    super(options, { epsilon: checkEpsilon(options.epsilon), delta: 0 });
    this.sensitivity = checkSensitivity(options.sensitivity);
    ({ lower: this.lower, upper: this.upper } = checkLowerUpper(options.lower, options.upper));
    this.step = this.sensitivity === 0 ? 0 : powerOfTwoFrom(this.sensitivity / this.epsilon);
    this.#addNoise = laplaceNoise(this.epsilon, this.sensitivity);
    Object.freeze(this);
  }

  override randomise(value: number): number {
    return this.#snap(this.#addNoise(this.#clamp(checkValue(value)), this.bits));
  }

  /** The ε at which noise is drawn: all of it, where diffprivlib has to keep some back for rounding errors. */
  effectiveEpsilon(): number {
    return this.epsilon;
  }

  override get event(): DpEvent {
    return laplaceEvent(this.epsilon, this.sensitivity);
  }

  override copy(): Snapping {
    return new Snapping(this.options);
  }

  protected override moments(value: number): Moments {
    const centre = this.#clamp(checkValue(value));
    if (this.sensitivity === 0) return { bias: centre - value, variance: 0 };
    const scale = this.sensitivity / this.epsilon;
    // Λ ≥ b, so every further multiple is at most 1/e as likely and 50 of them leave nothing out.
    const nearest = Math.round(centre / this.step);
    let first = 0;
    let second = 0;
    for (let j = nearest - 50; j <= nearest + 50; j++) {
      const from = j === nearest - 50 ? Number.NEGATIVE_INFINITY : (j - 0.5) * this.step - centre;
      const to = j === nearest + 50 ? Number.POSITIVE_INFINITY : (j + 0.5) * this.step - centre;
      const probability = laplaceCdf(to / scale) - laplaceCdf(from / scale);
      const error = this.#clamp(j * this.step) - centre;
      first += probability * error;
      second += probability * error * error;
    }
    return { bias: centre - value + first, variance: second - first * first };
  }

  #snap(noisy: number): number {
    return this.#clamp(this.step === 0 ? noisy : Math.round(noisy / this.step) * this.step);
  }

  #clamp(value: number): number {
    return Math.min(this.upper, Math.max(this.lower, value));
  }
}

/** The least power of two that is not below `scale`. */
function powerOfTwoFrom(scale: number): number {
  const { mantissa, exponent } = dyadic('sensitivity / epsilon', scale);
  const size = mantissa === 1n ? 0 : mantissa.toString(2).length;
  return 2 ** (exponent + size);
}

function laplaceCdf(x: number): number {
  return x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2;
}
