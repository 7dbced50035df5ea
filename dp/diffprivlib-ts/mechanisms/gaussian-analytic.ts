import { analyticGaussianSigma } from '../../accounting/analytic-gaussian.ts';
import type { DpEvent } from '../../accounting/events.ts';
import { checkSensitivity, checkValue } from '../validation.ts';
import { addGaussian, type GaussianOptions, gaussianEvent, gaussianGuarantee } from './gaussian.ts';
import { Mechanism, type Moments } from './mechanism.ts';

/**
 * The analytic Gaussian mechanism (Balle, Wang 2018): the smallest σ whose noise is (ε, δ)-DP, for any ε > 0 and
 * 0 < δ < 1.
 */
export class GaussianAnalytic extends Mechanism<GaussianOptions, number, number> {
  readonly sensitivity: number;
  readonly #sigma: number;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: GaussianOptions) {
    super(options, gaussianGuarantee(options));
    this.sensitivity = checkSensitivity(options.sensitivity);
    this.#sigma =
      this.sensitivity === 0 ? 0 : analyticGaussianSigma(this.epsilon, this.delta, this.sensitivity);
    Object.freeze(this);
  }

  override randomise(value: number): number {
    return addGaussian(checkValue(value), this.#sigma, this.sensitivity, this.bits);
  }

  override get event(): DpEvent {
    return gaussianEvent(this.#sigma, this.sensitivity);
  }

  override copy(): GaussianAnalytic {
    return new GaussianAnalytic(this.options);
  }

  protected override moments(value: number): Moments {
    checkValue(value);
    return { bias: 0, variance: this.#sigma ** 2 };
  }
}
