import type { DpEvent } from '../../accounting/events.ts';
import { addOnLattice } from '../../sampling/lattice.ts';
import { checkDelta, checkEpsilon, checkSensitivity, checkValue, invalid } from '../validation.ts';
import { drawLaplaceWithin, type LaplaceLattice, laplaceLattice } from './lattice-laplace.ts';
import { Mechanism, type MechanismOptions, type Moments, NO_COST } from './mechanism.ts';
import { conditionedLaplaceMoments } from './moments.ts';

export interface LaplaceBoundedNoiseOptions extends MechanismOptions {
  /** ε > 0. For ε = 0 use `Uniform`. */
  readonly epsilon: number;
  /** 0 < δ < 1/2. For δ = 0 use `Laplace`. */
  readonly delta: number;
  /** Δ ≥ 0. */
  readonly sensitivity: number;
}

/**
 * Laplace noise of scale b = Δ/ε, given that it is within ±b·ln(1 + (e^ε − 1)/2δ) (Geng, Ding, Guo, Kumar 2018,
 * "Truncated Laplacian Mechanism for Approximate Differential Privacy").
 */
export class LaplaceBoundedNoise extends Mechanism<LaplaceBoundedNoiseOptions, number, number> {
  readonly sensitivity: number;
  readonly #lattice: LaplaceLattice | null;
  /** The most noise there can be, in lattice steps. */
  readonly #reach: bigint;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: LaplaceBoundedNoiseOptions) {
    super(options, { epsilon: checkEpsilon(options.epsilon), delta: checkDelta(options.delta) });
    if (this.delta === 0 || this.delta >= 0.5) {
      throw invalid(`delta must be above 0 and below 0.5; got ${this.delta}. For 0 use Laplace.`);
    }
    this.sensitivity = checkSensitivity(options.sensitivity);
    this.#lattice = this.sensitivity === 0 ? null : laplaceLattice(this.epsilon, this.sensitivity);
    this.#reach = this.#lattice === null ? 0n : reach(this.epsilon, this.delta, this.#lattice.steps);
    Object.freeze(this);
  }

  /** The release never differs from the value by more than this. */
  get noiseBound(): number {
    return this.#lattice === null ? 0 : Number(this.#reach) * 2 ** this.#lattice.exponent;
  }

  override randomise(value: number): number {
    checkValue(value);
    if (this.#lattice === null) return value;
    const noise = drawLaplaceWithin(-this.#reach, this.#reach, this.#lattice, this.bits);
    return addOnLattice(value, noise, this.#lattice.exponent);
  }

  override get event(): DpEvent {
    if (this.#lattice === null) return NO_COST;
    return { type: 'unsupported', reason: 'LaplaceBoundedNoise is only known to be (ε, δ)-DP.' };
  }

  override copy(): LaplaceBoundedNoise {
    return new LaplaceBoundedNoise(this.options);
  }

  protected override moments(value: number): Moments {
    checkValue(value);
    if (this.#lattice === null) return { bias: 0, variance: 0 };
    const bound = this.noiseBound;
    return conditionedLaplaceMoments(bound, bound, this.sensitivity / this.epsilon);
  }
}

/**
 * Largest noise K in steps, where M steps are the sensitivity. The last M of the 2K + 1 points, which the
 * neighbour cannot reach, must weigh at most δ: with ratio r = e^(−ε/M) that is
 * r^(K+1)·(e^ε − 1 + 2δ) ≤ δ·(1 + r). As 2/(1 + r) ≤ e^(ε/2M), K ≥ ln(1 + (e^ε − 1)/2δ)·M/ε − ½ is enough.
 */
function reach(epsilon: number, delta: number, steps: bigint): bigint {
  const log = epsilon > 700 ? epsilon - Math.log(2 * delta) : Math.log1p(Math.expm1(epsilon) / (2 * delta));
  // Rounded up by more than the arithmetic can have lost.
  return BigInt(Math.ceil((log / epsilon) * Number(steps) * (1 + 2 ** -48)));
}
