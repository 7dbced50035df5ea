import { analyticGaussianSigma } from '../../accounting/analytic-gaussian.ts';
import { bisect } from '../../accounting/bisection.ts';
import { discreteGaussianDelta, discreteGaussianVariance } from '../../accounting/discrete-gaussian.ts';
import type { DpEvent } from '../../accounting/events.ts';
import { drawDiscreteGaussian } from '../../sampling/exact.ts';
import { checkIntegerSensitivity, checkIntegerValue } from '../validation.ts';
import { fractionOf } from './fraction.ts';
import { gaussianGuarantee } from './gaussian.ts';
import { Mechanism, type MechanismOptions, type Moments, NO_COST } from './mechanism.ts';

export interface GaussianDiscreteOptions extends MechanismOptions {
  readonly epsilon: number;
  /** 0 < δ < 1. */
  readonly delta: number;
  /** Integer Δ ≥ 0, by default 1. */
  readonly sensitivity?: number;
}

/**
 * The discrete Gaussian mechanism on the integers (Canonne, Kamath, Steinke 2020), with the smallest σ that is
 * (ε, δ)-DP by their theorem 7, to a relative 1e-9 and never below it.
 */
export class GaussianDiscrete extends Mechanism<GaussianDiscreteOptions, number, number> {
  readonly sensitivity: number;
  readonly #sigma: number;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: GaussianDiscreteOptions) {
    const { sensitivity = 1 } = options;
    super(options, gaussianGuarantee(options));
    this.sensitivity = checkIntegerSensitivity(sensitivity);
    this.#sigma = this.sensitivity === 0 ? 0 : findSigma(this.epsilon, this.delta, this.sensitivity);
    Object.freeze(this);
  }

  override randomise(value: number): number {
    checkIntegerValue(value);
    if (this.sensitivity === 0) return value;
    const { num, den } = fractionOf('sigma', this.#sigma);
    return Number(BigInt(value) + drawDiscreteGaussian(num * num, den * den, this.bits));
  }

  /**
   * An event holds integers only. At integer orders its Rényi divergence is that of the noise, α·Δ²/2σ², with σ
   * rounded down: charged is at least what is spent.
   */
  override get event(): DpEvent {
    if (this.sensitivity === 0) return NO_COST;
    const sigma = Math.floor(this.#sigma);
    if (sigma < 1 || sigma > 2 ** 31 || this.sensitivity > 2 ** 31) {
      return {
        type: 'unsupported',
        reason: 'GaussianDiscrete with σ below 1 or above 2^31 has no event yet.',
      };
    }
    return {
      type: 'discreteGaussianSum',
      sigma,
      contributions: 1,
      sensitivity: this.sensitivity,
      dimension: 1,
    };
  }

  override copy(): GaussianDiscrete {
    return new GaussianDiscrete(this.options);
  }

  protected override moments(value: number): Moments {
    checkIntegerValue(value);
    return { bias: 0, variance: this.sensitivity === 0 ? 0 : discreteGaussianVariance(this.#sigma ** 2) };
  }
}

/** From this σ on the sums of theorem 7 are long, and the integrals of the continuous Gaussian as good. */
const CONTINUOUS_FROM = 2 ** 12;
/** Relative, in σ: several times what summing in place of integrating can change from there on. */
const CONTINUOUS_MARGIN = 2 ** -16;
const TOLERANCE = 1e-9;

function findSigma(epsilon: number, delta: number, sensitivity: number): number {
  const continuous = analyticGaussianSigma(epsilon, delta, sensitivity);
  if (continuous >= CONTINUOUS_FROM) return continuous * (1 + CONTINUOUS_MARGIN);
  const suffices = (sigma: number) =>
    discreteGaussianDelta({ sigmaSquared: sigma * sigma, sensitivity }, epsilon) <= delta;
  return bisect(suffices, { low: 0, high: continuous }, TOLERANCE)?.high ?? Number.POSITIVE_INFINITY;
}
