import type { DpEvent } from '../../accounting/events.ts';
import type { BitSource } from '../../sampling/entropy.ts';
import { bernoulliExpExact, drawGeometric, uniformBelow } from '../../sampling/exact.ts';
import { addOnLattice, latticeExponent, latticeSensitivity } from '../../sampling/lattice.ts';
import { checkEpsilon, checkNumber, checkSensitivity, checkValue, invalid } from '../validation.ts';
import { type Fraction, fractionOf } from './fraction.ts';
import { Mechanism, type MechanismOptions, type Moments, NO_COST } from './mechanism.ts';

export interface StaircaseOptions extends MechanismOptions {
  /** ε > 0. */
  readonly epsilon: number;
  /** Δ ≥ 0: the most by which one record moves the value. */
  readonly sensitivity: number;
  /** Where in each Δ the density steps down, 0 ≤ γ ≤ 1; by default 1/(1 + e^(ε/2)), which minimises the mean |error|. */
  readonly gamma?: number;
}

/**
 * The staircase mechanism (Geng, Viswanath 2014): noise of density ∝ e^(−εj) where |noise| has passed j of the
 * thresholds γΔ, (1+γ)Δ, (2+γ)Δ, …
 */
export class Staircase extends Mechanism<StaircaseOptions, number, number> {
  readonly sensitivity: number;
  readonly gamma: number;
  readonly #stairs: Stairs | null;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: StaircaseOptions) {
    super(options, { epsilon: checkEpsilon(options.epsilon), delta: 0 });
    this.sensitivity = checkSensitivity(options.sensitivity);
    const { gamma = 1 / (1 + Math.exp(this.epsilon / 2)) } = options;
    this.gamma = checkNumber('gamma', gamma);
    if (!(this.gamma >= 0 && this.gamma <= 1)) throw invalid(`gamma must be from 0 to 1; got ${this.gamma}.`);
    this.#stairs = this.sensitivity === 0 ? null : stairs(this.epsilon, this.sensitivity, this.gamma);
    Object.freeze(this);
  }

  override randomise(value: number): number {
    checkValue(value);
    if (this.#stairs === null) return value;
    return addOnLattice(value, drawStaircase(this.#stairs, this.bits), this.#stairs.exponent);
  }

  override get event(): DpEvent {
    return this.#stairs === null ? NO_COST : { type: 'pureDp', epsilon: this.epsilon };
  }

  override copy(): Staircase {
    return new Staircase(this.options);
  }

  protected override moments(value: number): Moments {
    checkValue(value);
    const { gamma } = this;
    // |noise|/Δ = k + a uniform share of [0, γ) or of [γ, 1), with k geometric.
    const ratio = Math.exp(-this.epsilon);
    const gap = -Math.expm1(-this.epsilon);
    const mean = ratio / gap;
    const square = (ratio * (1 + ratio)) / (gap * gap);
    const near = gamma / (gamma + (1 - gamma) * ratio);
    const first = near * gamma + (1 - near) * (1 + gamma);
    const second = (near * gamma * gamma + (1 - near) * (1 + gamma + gamma * gamma)) / 3;
    return { bias: 0, variance: this.sensitivity ** 2 * (square + mean * first + second) };
  }
}

/** The staircase in lattice steps. */
interface Stairs {
  readonly exponent: number;
  /** Δ. */
  readonly width: bigint;
  /** γΔ, rounded down: what matters to privacy is only that thresholds are Δ apart. */
  readonly tread: bigint;
  readonly rate: Fraction;
}

function stairs(epsilon: number, sensitivity: number, gamma: number): Stairs {
  const exponent = latticeExponent(sensitivity, sensitivity);
  const width = latticeSensitivity(sensitivity, exponent);
  const share = fractionOf('gamma', gamma);
  return { exponent, width, tread: (width * share.num) / share.den, rate: fractionOf('epsilon', epsilon) };
}

function drawStaircase({ width, tread, rate }: Stairs, bits: BitSource): bigint {
  const { num, den } = rate;
  for (;;) {
    const rest = uniformBelow(width, bits);
    if (rest >= tread && !bernoulliExpExact(num, den, bits)) continue;
    const magnitude = drawGeometric(den, num, bits) * width + rest;
    const negative = (bits.word() & 1) === 1;
    // Zero would come with both signs and so twice as often as it should.
    if (negative && magnitude === 0n) continue;
    return negative ? -magnitude : magnitude;
  }
}
