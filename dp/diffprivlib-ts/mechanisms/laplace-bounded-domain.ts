import type { DpEvent } from '../../accounting/events.ts';
import { addOnLattice } from '../../sampling/lattice.ts';
import { checkEpsilonDelta, checkLowerUpper, checkSensitivity, checkValue } from '../validation.ts';
import type { BoundedLaplaceOptions } from './laplace-truncated.ts';
import {
  drawLaplaceWithin,
  type LaplaceLattice,
  laplaceLattice,
  laplaceRate,
  stepsOf,
  stepsWithin,
} from './lattice-laplace.ts';
import { Mechanism, type Moments, NO_COST } from './mechanism.ts';
import { conditionedLaplaceMoments } from './moments.ts';

/**
 * What the scale exceeds the continuous solution by, to cover that domain and noise are on a lattice: the
 * normalisers are then sums, off by a few lattice steps, and the lattice has 2^40 steps to (Δ/b)·Δ.
 */
const LATTICE_MARGIN = 2 ** -36;

/**
 * The bounded Laplace mechanism (Holohan, Antonatos, Braghin, Mac Aonghusa 2020): Laplace noise around the value,
 * given that the release lies in [lower, upper]. How likely that is depends on the value, which costs privacy, so
 * the scale is larger than Δ/ε: it solves b·(ε − ln(1−δ) − ln ΔC(b)) = Δ.
 */
export class LaplaceBoundedDomain extends Mechanism<BoundedLaplaceOptions, number, number> {
  readonly sensitivity: number;
  readonly lower: number;
  readonly upper: number;
  readonly #domain: Domain | null;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: BoundedLaplaceOptions) {
    const { delta = 0 } = options;
    super(options, checkEpsilonDelta(options.epsilon, delta));
    this.sensitivity = checkSensitivity(options.sensitivity);
    ({ lower: this.lower, upper: this.upper } = checkLowerUpper(options.lower, options.upper));
    // The value is clamped to the bounds before anything else, so it cannot move by more than their distance.
    const sensitivity = Math.min(this.sensitivity, this.upper - this.lower);
    const rate = laplaceRate(this.epsilon, this.delta);
    this.#domain = sensitivity === 0 ? null : domainOf(this.lower, this.upper, sensitivity, rate);
    Object.freeze(this);
  }

  override randomise(value: number): number {
    const inside = this.#clamp(checkValue(value));
    if (this.#domain === null) return inside;
    const { lattice, low, high } = this.#domain;
    const rounded = stepsOf(inside, lattice.exponent);
    const centre = rounded < low ? low : rounded > high ? high : rounded;
    const noise = drawLaplaceWithin(low - centre, high - centre, lattice, this.bits);
    return addOnLattice(0, centre + noise, lattice.exponent);
  }

  /** Δ/b: the ε of Laplace noise of the same scale without bounds. Null where δ > 0, as in diffprivlib. */
  effectiveEpsilon(): number | null {
    if (this.delta > 0) return null;
    return this.#domain === null ? 0 : this.#domain.rate;
  }

  override get event(): DpEvent {
    if (this.#domain === null) return NO_COST;
    if (this.delta === 0) return { type: 'pureDp', epsilon: this.epsilon };
    return {
      type: 'unsupported',
      reason: 'LaplaceBoundedDomain with delta > 0 is only known to be (ε, δ)-DP.',
    };
  }

  override copy(): LaplaceBoundedDomain {
    return new LaplaceBoundedDomain(this.options);
  }

  protected override moments(value: number): Moments {
    const inside = this.#clamp(checkValue(value));
    if (this.#domain === null) return { bias: inside - value, variance: 0 };
    const noise = conditionedLaplaceMoments(inside - this.lower, this.upper - inside, this.#domain.scale);
    return { bias: inside - value + noise.bias, variance: noise.variance };
  }

  #clamp(value: number): number {
    return Math.min(this.upper, Math.max(this.lower, value));
  }
}

/** The points that can be released, and the noise on them. */
interface Domain {
  /** b. */
  readonly scale: number;
  /** Δ/b. */
  readonly rate: number;
  readonly lattice: LaplaceLattice;
  readonly low: bigint;
  readonly high: bigint;
}

function domainOf(lower: number, upper: number, sensitivity: number, rate: number): Domain {
  const scale = findScale(sensitivity, upper - lower, rate) * (1 + LATTICE_MARGIN);
  const effective = sensitivity / scale;
  const resolution = Math.min(scale, sensitivity, sensitivity * effective);
  const lattice = laplaceLattice(effective, sensitivity, resolution);
  return { scale, rate: effective, lattice, ...stepsWithin(lower, upper, lattice.exponent) };
}

/** Smallest scale b with Δ/b + ln ΔC(b) ≤ rate, where ΔC(b) = C(lower + Δ)/C(lower) ≥ 1 is the normalisers' ratio. */
function findScale(sensitivity: number, width: number, rate: number): number {
  const loss = (b: number) => {
    const share = (x: number) => -Math.expm1(-x / b);
    // C(lower) ∝ share(width) and C(lower + Δ) ∝ share(Δ) + share(width − Δ), which is this product more.
    const surplus = (share(sensitivity) * share(width - sensitivity)) / share(width);
    return sensitivity / b + Math.log1p(surplus);
  };
  let low = sensitivity / rate;
  let high = low;
  while (loss(high) > rate) high *= 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return high;
    if (loss(middle) > rate) low = middle;
    else high = middle;
  }
}
