import type { DpEvent } from '../../accounting/events.ts';
import type { BitSource } from '../../sampling/entropy.ts';
import { addOnLattice, gaussianOnLattice, latticeExponent } from '../../sampling/lattice.ts';
import { checkDelta, checkEpsilon, checkSensitivity, checkValue, invalid } from '../validation.ts';
import { type Guarantee, Mechanism, type MechanismOptions, type Moments, NO_COST } from './mechanism.ts';

export interface GaussianOptions extends MechanismOptions {
  readonly epsilon: number;
  /** 0 < δ < 1. */
  readonly delta: number;
  /** Δ ≥ 0: the most by which one record moves the value. */
  readonly sensitivity: number;
}

/**
 * The classic Gaussian mechanism (Dwork, Roth 2014, theorem A.1), σ = √(2·ln(1.25/δ))·Δ/ε, proven for ε ≤ 1 only.
 * `GaussianAnalytic` needs less noise and has no such limit.
 */
export class Gaussian extends Mechanism<GaussianOptions, number, number> {
  readonly sensitivity: number;
  readonly #sigma: number;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: GaussianOptions) {
    super(options, gaussianGuarantee(options));
    if (this.epsilon > 1) {
      throw invalid(
        `epsilon must not exceed 1 in Gaussian; got ${this.epsilon}. Use GaussianAnalytic above 1.`,
      );
    }
    this.sensitivity = checkSensitivity(options.sensitivity);
    this.#sigma = (Math.sqrt(2 * Math.log(1.25 / this.delta)) * this.sensitivity) / this.epsilon;
    Object.freeze(this);
  }

  override randomise(value: number): number {
    return addGaussian(checkValue(value), this.#sigma, this.sensitivity, this.bits);
  }

  override get event(): DpEvent {
    return gaussianEvent(this.#sigma, this.sensitivity);
  }

  override copy(): Gaussian {
    return new Gaussian(this.options);
  }

  protected override moments(value: number): Moments {
    checkValue(value);
    return { bias: 0, variance: this.#sigma ** 2 };
  }
}

/** ε and δ of a mechanism with Gaussian noise, neither of which can be 0. */
export function gaussianGuarantee(options: { readonly epsilon: number; readonly delta: number }): Guarantee {
  const guarantee = { epsilon: checkEpsilon(options.epsilon), delta: checkDelta(options.delta) };
  if (guarantee.delta > 0) return guarantee;
  throw invalid(
    'delta must be above 0: Gaussian noise gives no pure differential privacy. Use Laplace for δ = 0.',
  );
}

/**
 * The value plus Gaussian noise on a lattice that divides the sensitivity and has at least 2^40 steps to σ, where
 * the discrete Gaussian's δ(ε) is the continuous one's to a relative 2^-70.
 */
export function addGaussian(value: number, sigma: number, sensitivity: number, bits: BitSource): number {
  if (sensitivity === 0) return value;
  const { noise, exponent } = gaussianOnLattice(sigma, bits, latticeExponent(sigma, sensitivity));
  return addOnLattice(value, noise, exponent);
}

export function gaussianEvent(sigma: number, sensitivity: number): DpEvent {
  return sensitivity === 0 ? NO_COST : { type: 'gaussian', noiseMultiplier: sigma / sensitivity };
}
