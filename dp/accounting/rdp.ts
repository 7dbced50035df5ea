/**
 * Rényi differential privacy at integer orders (Mironov 2017).
 *
 * Integer orders only: there the Rényi moments of the discrete Gaussian under an integer shift are exactly
 * those of the continuous one, so the bound of Mironov, Talwar, Zhang 2019 for the Poisson-sampled Gaussian
 * holds for it as well (docs/privacy/poisson-sampled-discrete-gaussian.md gives the proof, the reverse
 * direction included). At ε = 4 this costs about half a per cent, and more only where ε is so large that the best
 * order is 2 or 3.
 *
 * What is composed may be chosen adaptively as long as its *parameters* are fixed in advance. A choice of
 * parameters that depends on earlier releases needs a filter with one order fixed beforehand, which this
 * accountant is not.
 */
import { FedwardError } from '../../proto/errors.ts';
import { canonicalJson } from '../canonical-json.ts';
import { type DiscreteGaussianSumEvent, type DpEvent, type GaussianEvent, parseDpEvent } from './events.ts';

/** The orders α that are tracked: every integer from 2 to 256, then a few more for very small ε. */
export const ORDERS: readonly number[] = [
  ...Array.from({ length: 255 }, (_, i) => i + 2),
  ...[288, 320, 384, 448, 512, 640, 768, 1024],
];

/** Rényi divergence bound at each of `ORDERS`, in nats, for both directions of the neighbour relation. */
export type RdpCurve = Float64Array;

/** Results are widened by this factor, far above the rounding of any sum here (below 10^-12 relative). */
const OUTWARD = 1 + 1e-10;

interface Tally {
  readonly curve: RdpCurve;
  count: number;
}

/** Adds up the privacy loss of a sequence of releases. `compose(e, k)` is the same as k times `compose(e)`. */
export class RdpAccountant {
  /** One tally per distinct event: a training run charges the same event hundreds of times. */
  readonly #tallies = new Map<string, Tally>();

  /** @throws FedwardError `INVALID_ARGUMENT` when the event is malformed or cannot be bounded; nothing is added. */
  compose(event: DpEvent, count = 1): this {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new FedwardError('INVALID_ARGUMENT', `count must be a non-negative integer; got ${count}.`);
    }
    this.#tallyOf(event).count += count;
    return this;
  }

  /** The composed curve. */
  curve(): RdpCurve {
    const total = new Float64Array(ORDERS.length);
    for (const { curve, count } of this.#tallies.values()) addScaled(total, curve, count);
    return total;
  }

  /** Smallest ε over the orders such that everything composed so far is (ε, δ)-DP. */
  epsilon(delta: number): number {
    return epsilonOf(this.curve(), delta);
  }

  /** Smallest δ over the orders such that everything composed so far is (ε, δ)-DP. */
  delta(epsilon: number): number {
    return deltaOf(this.curve(), epsilon);
  }

  /** What `epsilon(delta)` would be after one more `event`, which is not added. */
  epsilonAfter(event: DpEvent, delta: number): number {
    return epsilonOf(addScaled(this.curve(), this.#tallyOf(event).curve, 1), delta);
  }

  #tallyOf(event: DpEvent): Tally {
    const key = canonicalJson(event);
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const fresh: Tally = { curve: rdpCurve(event), count: 0 };
    this.#tallies.set(key, fresh);
    return fresh;
  }
}

/**
 * RDP curve of one event under add/remove adjacency.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when the event is malformed or cannot be bounded.
 */
export function rdpCurve(event: DpEvent): RdpCurve {
  return curveOf(parseDpEvent(event));
}

function curveOf(event: DpEvent): RdpCurve {
  switch (event.type) {
    case 'gaussian':
    case 'discreteGaussianSum':
      return noiseCurve(event, 1);
    case 'poissonSampled':
      if (event.event.type === 'gaussian' || event.event.type === 'discreteGaussianSum')
        return noiseCurve(event.event, event.rate);
      throw unbounded(
        `Poisson sampling is bounded only around one Gaussian release, not "${event.event.type}"`,
      );
    case 'selfComposed':
      return addScaled(new Float64Array(ORDERS.length), curveOf(event.event), event.count);
    case 'composed':
      return event.events.reduce<RdpCurve>(
        (total, part) => addScaled(total, curveOf(part), 1),
        new Float64Array(ORDERS.length),
      );
    case 'none':
      return new Float64Array(ORDERS.length);
    case 'unsupported':
      throw unbounded(event.reason);
    default:
      return event satisfies never;
  }
}

function unbounded(reason: string): FedwardError {
  return new FedwardError(
    'INVALID_ARGUMENT',
    `This release's privacy loss cannot be bounded: ${reason}. Release through a mechanism that the accountant knows.`,
  );
}

function noiseCurve(event: GaussianEvent | DiscreteGaussianSumEvent, rate: number): RdpCurve {
  if (event.type === 'gaussian')
    return Float64Array.from(ORDERS, (order) =>
      sampledGaussianRdp(rate, 1 / event.noiseMultiplier ** 2, order),
    );
  const { sigma, contributions, sensitivity } = event;
  const inverseVariance = (sensitivity / sigma) ** 2 / contributions;
  const distance = (event.dimension * tau(contributions, sigma)) / 2;
  // N' and the N_ℤ(0, hσ²) that stands in for it differ by at most e^±distance in every point, and so do
  // their shifts and mixtures: α powers of one side and α − 1 of the other.
  return Float64Array.from(
    ORDERS,
    (order) => sampledGaussianRdp(rate, inverseVariance, order) + (distance * (2 * order - 1)) / (order - 1),
  );
}

/**
 * τ of Kairouz, Liu, Steinke 2021, "The Distributed Discrete Gaussian Mechanism", corollary 12, for one
 * coordinate: the sum of n independent N_ℤ(0, σ²) has |log ratio| ≤ τ/2 to N_ℤ(0, nσ²) everywhere. Needs
 * σ² ≥ 1/2. From σ ≈ 9 on it is below 2^-1074 and returned as 0; `OUTWARD` adds vastly more than what is lost.
 */
export function tau(contributions: number, sigma: number): number {
  let sum = 0;
  for (let k = 1; k < contributions; k++) {
    const term = Math.exp((-2 * Math.PI ** 2 * sigma * sigma * k) / (k + 1));
    if (term === 0) break;
    sum += term;
  }
  return 10 * sum;
}

/**
 * Mironov, Talwar, Zhang 2019, section 3.3: for integer α,
 * (α−1)·ε(α) = log Σ_k C(α,k) (1−q)^(α−k) q^k exp((k²−k)·s²/2σ²), where s²/σ² is `inverseVariance`.
 *
 * The binomial weights sum to 1 and the exponent vanishes for k ≤ 1, so the sum is 1 + Σ_{k≥2} weight·expm1(…):
 * all terms positive, no cancellation however small the loss.
 */
function sampledGaussianRdp(rate: number, inverseVariance: number, order: number): number {
  if (rate === 1) return (order * inverseVariance) / 2;
  const logRate = Math.log(rate);
  const logRest = Math.log1p(-rate);
  let logBinomial = Math.log(order);
  let logSum = Number.NEGATIVE_INFINITY;
  for (let k = 2; k <= order; k++) {
    logBinomial += Math.log((order - k + 1) / k);
    const moment = (k * (k - 1) * inverseVariance) / 2;
    logSum = logAddExp(logSum, logBinomial + k * logRate + (order - k) * logRest + logExpm1(moment));
  }
  return logAddExp(0, logSum) / (order - 1);
}

/** log(e^a + e^b). */
function logAddExp(a: number, b: number): number {
  const high = Math.max(a, b);
  return high === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high));
}

/** log(e^x − 1) for x > 0. */
function logExpm1(x: number): number {
  return x > 1 ? x + Math.log1p(-Math.exp(-x)) : Math.log(Math.expm1(x));
}

function addScaled(total: RdpCurve, curve: RdpCurve, count: number): RdpCurve {
  for (let i = 0; i < total.length; i++) total[i] = (total[i] ?? 0) + count * (curve[i] ?? 0);
  return total;
}

/**
 * Canonne, Kamath, Steinke 2020, proposition 12 (Asoodeh et al. 2020): (α, r)-RDP is (ε, δ)-DP for
 * ε = r + log((α−1)/α) − (log δ + log α)/(α−1).
 */
export function epsilonOf(curve: RdpCurve, delta: number): number {
  if (!(delta > 0 && delta < 1)) {
    throw new FedwardError('INVALID_ARGUMENT', `delta must be above 0 and below 1; got ${delta}.`);
  }
  if (totalVariation(curve) <= delta) return 0;
  let best = Number.POSITIVE_INFINITY;
  ORDERS.forEach((order, i) => {
    const r = curve[i] ?? Number.POSITIVE_INFINITY;
    const epsilon = r + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1);
    best = Math.min(best, Math.max(0, epsilon));
  });
  return best * OUTWARD;
}

/** The same proposition solved for δ. */
export function deltaOf(curve: RdpCurve, epsilon: number): number {
  if (!(epsilon >= 0)) {
    throw new FedwardError('INVALID_ARGUMENT', `epsilon must be 0 or more; got ${epsilon}.`);
  }
  let best = Math.min(1, totalVariation(curve));
  ORDERS.forEach((order, i) => {
    const r = curve[i] ?? Number.POSITIVE_INFINITY;
    const logDelta = (order - 1) * (r - epsilon + Math.log1p(-1 / order)) - Math.log(order);
    best = Math.min(best, Math.exp(logDelta));
  });
  return Math.min(1, best * OUTWARD);
}

/** Bretagnolle–Huber: the total variation distance is at most √(1 − e^(−KL)), and KL ≤ r at every order. */
function totalVariation(curve: RdpCurve): number {
  return Math.sqrt(-Math.expm1(-Math.min(...curve))) * OUTWARD;
}
