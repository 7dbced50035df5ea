import type { DpEvent } from '../../accounting/events.ts';
import { uniformBelow } from '../../sampling/exact.ts';
import { addOnLattice, latticeExponent, latticeSensitivity } from '../../sampling/lattice.ts';
import { checkDelta, checkSensitivity, checkValue, invalid } from '../validation.ts';
import { fractionOf } from './fraction.ts';
import { Mechanism, type MechanismOptions, type Moments, NO_COST } from './mechanism.ts';

export interface UniformOptions extends MechanismOptions {
  /** 0 < δ ≤ 1/2. */
  readonly delta: number;
  /** Δ ≥ 0: the most by which one record moves the value. */
  readonly sensitivity: number;
}

/** The (0, δ)-DP mechanism (Geng, Ding, Guo, Kumar 2018, ε = 0): noise uniform within ±Δ/2δ. */
export class Uniform extends Mechanism<UniformOptions, number, number> {
  readonly sensitivity: number;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: UniformOptions) {
    super(options, { epsilon: 0, delta: checkDelta(options.delta) });
    if (this.delta === 0 || this.delta > 0.5) {
      throw invalid(`delta must be above 0 and at most 0.5; got ${this.delta}.`);
    }
    this.sensitivity = checkSensitivity(options.sensitivity);
    Object.freeze(this);
  }

  override randomise(value: number): number {
    checkValue(value);
    if (this.sensitivity === 0) return value;
    const exponent = latticeExponent(this.sensitivity, this.sensitivity);
    const steps = latticeSensitivity(this.sensitivity, exponent);
    // Of 2K + 1 points a neighbour misses `steps`, which is a share of at most δ where 2K + 1 ≥ steps/δ.
    const { num, den } = fractionOf('delta', this.delta);
    const reach = (steps * den) / (2n * num) + 1n;
    return addOnLattice(value, uniformBelow(2n * reach + 1n, this.bits) - reach, exponent);
  }

  override get event(): DpEvent {
    if (this.sensitivity === 0) return NO_COST;
    return { type: 'unsupported', reason: 'Uniform is (0, δ)-DP, which no accountant here composes.' };
  }

  override copy(): Uniform {
    return new Uniform(this.options);
  }

  protected override moments(value: number): Moments {
    checkValue(value);
    return { bias: 0, variance: (this.sensitivity / this.delta) ** 2 / 12 };
  }
}
