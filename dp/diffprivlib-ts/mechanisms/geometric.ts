import type { DpEvent } from '../../accounting/events.ts';
import type { BitSource } from '../../sampling/entropy.ts';
import { drawDiscreteLaplace } from '../../sampling/exact.ts';
import { checkEpsilon, checkIntegerSensitivity, checkIntegerValue } from '../validation.ts';
import { fractionOf } from './fraction.ts';
import { Mechanism, type MechanismOptions, type Moments, NO_COST } from './mechanism.ts';

export interface GeometricOptions extends MechanismOptions {
  /** ε > 0. */
  readonly epsilon: number;
  /** Integer Δ ≥ 0, by default 1. */
  readonly sensitivity?: number;
}

/**
 * The two-sided geometric mechanism (Ghosh, Roughgarden, Sundararajan 2009): an integer plus noise with
 * P(k) ∝ exp(−|k|·ε/Δ).
 */
export class Geometric extends Mechanism<GeometricOptions, number, number> {
  readonly sensitivity: number;
  readonly #addNoise;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: GeometricOptions) {
    const { sensitivity = 1 } = options;
    super(options, { epsilon: checkEpsilon(options.epsilon), delta: 0 });
    this.sensitivity = checkIntegerSensitivity(sensitivity);
    this.#addNoise = geometricNoise(this.epsilon, this.sensitivity);
    Object.freeze(this);
  }

  override randomise(value: number): number {
    return this.#addNoise(checkIntegerValue(value), this.bits);
  }

  override get event(): DpEvent {
    return geometricEvent(this.epsilon, this.sensitivity);
  }

  override copy(): Geometric {
    return new Geometric(this.options);
  }

  protected override moments(value: number): Moments {
    checkIntegerValue(value);
    // 2r/(1−r)² for r = e^(−ε/Δ); 0 for Δ = 0.
    return { bias: 0, variance: 1 / (2 * Math.sinh(this.epsilon / this.sensitivity / 2) ** 2) };
  }
}

/** The sum of an integer and the noise; beyond 2^53 it is the nearest double, which is an integer too. */
export function geometricNoise(
  epsilon: number,
  sensitivity: number,
): (value: number, bits: BitSource) => number {
  if (sensitivity === 0) return (value) => value;
  const { num, den } = fractionOf('epsilon', epsilon);
  const t = BigInt(sensitivity) * den;
  return (value, bits) => Number(BigInt(value) + drawDiscreteLaplace(t, num, bits));
}

/**
 * Pure ε-DP and no less: for Δ = 1 the privacy loss is always +ε or −ε, as in randomised response, so the event of
 * a continuous Laplace would charge too little.
 */
export function geometricEvent(epsilon: number, sensitivity: number): DpEvent {
  return sensitivity === 0 ? NO_COST : { type: 'pureDp', epsilon };
}
