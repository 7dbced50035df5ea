/**
 * Closed forms for the bias and variance of Laplace-like noise that is clamped, folded or conditioned on a
 * range, without the cancellation that the textbook forms suffer where the range is narrow against the noise or the
 * value large against both. Lattice steps are some 2^-40 of the scale and do not show in them.
 *
 * Both the continuous Laplace law and its discrete cousin, the two-sided geometric law, have tails that are
 * exponential in the distance; what differs is only how a tail is added up.
 */
import type { Moments } from './mechanism.ts';

/** The lower incomplete gamma function γ(n, z) = ∫₀ᶻ tⁿ⁻¹ e^−t dt, for z ≥ −1; sums over the integers need z < 0. */
export function lowerGamma(n: 1 | 2 | 3, z: number): number {
  if (n === 1) return -Math.expm1(-z);
  if (z > 1) {
    const tail = n === 2 ? 1 + z : 2 + 2 * z + z * z;
    // e^−z underflows before the polynomial overflows.
    return n - 1 - (z > 700 ? 0 : tail * Math.exp(-z));
  }
  // zⁿ e^−z Σ zᵏ / (n (n+1) ⋯ (n+k)), DLMF 8.7.1.
  let term = 1 / n;
  let sum = term;
  for (let k = 1; Math.abs(term) > 1e-17 * sum; k++) {
    term *= z / (n + k);
    sum += term;
  }
  return z ** n * Math.exp(-z) * sum;
}

/** First two moments of min(max(N − d, 0), w): the part of one tail of the noise N that shows in a window. */
export type TailMoments = (d: number, w: number) => { readonly first: number; readonly second: number };

/** Tails of Laplace noise of the given scale, for d ≥ 0 and w ≥ 0: P(N > x) = e^(−x/b)/2. */
export function laplaceTail(scale: number): TailMoments {
  return (d, w) => {
    const share = Math.exp(-d / scale);
    return {
      first: (share * scale * lowerGamma(1, w / scale)) / 2,
      second: share * scale * scale * lowerGamma(2, w / scale),
    };
  };
}

/** Tails of two-sided geometric noise with ratio r = e^−x, for integers d ≥ 0 and w ≥ 0: P(N ≥ k) = rᵏ/(1+r). */
export function geometricTail(x: number): TailMoments {
  const r = Math.exp(-x);
  const gap = -Math.expm1(-x);
  // x − 1 + e^−x: what a sum over the integers has more than an integral.
  const surplus = x > 1 ? x - gap : r * lowerGamma(2, -x);
  return (d, w) => {
    const share = Math.exp(-x * d) / (1 + r);
    // Σ rᵏ and Σ k·rᵏ over k = 1 … w.
    const plain = (r * lowerGamma(1, x * w)) / gap;
    const weighted = (r * (lowerGamma(2, x * w) + w * Math.exp(-x * w) * surplus)) / (gap * gap);
    return { first: share * plain, second: share * (2 * weighted - plain) };
  };
}

/** value + noise, clamped to [lower, upper]. The value may lie outside. */
export function clampedMoments(value: number, lower: number, upper: number, tail: TailMoments): Moments {
  const width = upper - lower;
  if (value < lower) {
    const { first, second } = tail(lower - value, width);
    return { bias: lower - value + first, variance: second - first * first };
  }
  if (value > upper) {
    const { first, second } = tail(value - upper, width);
    return { bias: upper - value - first, variance: second - first * first };
  }
  const above = tail(0, upper - value);
  const below = tail(0, value - lower);
  const bias = above.first - below.first;
  return { bias, variance: above.second + below.second - bias * bias };
}

/** value + Laplace noise, given that the noise lies in [−below, above]; both are at least 0 and not both 0. */
export function conditionedLaplaceMoments(below: number, above: number, scale: number): Moments {
  const a = below / scale;
  const c = above / scale;
  const mass = lowerGamma(1, a) + lowerGamma(1, c);
  const bias = (scale * (lowerGamma(2, c) - lowerGamma(2, a))) / mass;
  const second = (scale * scale * (lowerGamma(3, a) + lowerGamma(3, c))) / mass;
  return { bias, variance: second - bias * bias };
}

/** What `value` becomes when the line is folded at `lower` and `upper` until it fits between them. */
export function fold(value: number, lower: number, upper: number): number {
  if (value >= lower && value <= upper) return value;
  const width = upper - lower;
  if (width === 0) return lower;
  // Each remainder is exact, so that integers far outside stay integers.
  const period = 2 * width;
  const phase = ((((value % period) - (lower % period)) % period) + period) % period;
  return Math.min(upper, Math.max(lower, phase <= width ? lower + phase : upper - (phase - width)));
}

/** One end of the range at which a law is folded. */
interface End {
  /** c: 1, or cosh(x/2) where a law on the integers has a point on the very end. */
  readonly cosh: number;
  /** 1/c − 1, with all its digits. */
  readonly inverseExcess: number;
  /** ρ − 1 for ρ = S/(c·x), with all its digits. */
  readonly ratioExcess: number;
}

/** How a law with tails e^−x·distance reflects at the ends of its range. */
export interface Reflection {
  /** x. */
  readonly decay: number;
  /** S: x itself for a continuous law, 2·sinh(x/2) for one on the integers. The variance without folding is 2/S². */
  readonly step: number;
  readonly lower: End;
  readonly upper: End;
}

export function laplaceReflection(scale: number): Reflection {
  const end = { cosh: 1, inverseExcess: 0, ratioExcess: 0 };
  return { decay: 1 / scale, step: 1 / scale, lower: end, upper: end };
}

/** For the two-sided geometric law e^−x|k|; a bound is either an integer or halfway between two. */
export function geometricReflection(x: number, lower: number, upper: number): Reflection {
  const end = (bound: number) => (Number.isInteger(bound) ? endOnPoint(x / 2) : endBetween(x / 2));
  return { decay: x, step: 2 * Math.sinh(x / 2), lower: end(lower), upper: end(upper) };
}

function endOnPoint(h: number): End {
  const cosh = Math.cosh(h);
  const half = Math.sinh(h / 2);
  // tanh(h)/h − 1.
  const ratioExcess = h > 1 ? Math.tanh(h) / h - 1 : (sinhMinus(h) - 2 * h * half * half) / (h * cosh);
  return { cosh, inverseExcess: h > 1 ? 1 / cosh - 1 : (-2 * half * half) / cosh, ratioExcess };
}

function endBetween(h: number): End {
  return { cosh: 1, inverseExcess: 0, ratioExcess: h > 1 ? Math.sinh(h) / h - 1 : sinhMinus(h) / h };
}

/**
 * Position a + noise, folded into [0, w], for 0 ≤ a ≤ w: bias against a, and variance.
 *
 * The law is the Green's function of f − f″/S² (for the integers, with the second difference), so the expectation
 * f(a) of a function T of the folded position solves f − f″/S² = T with reflecting ends:
 *
 *     E T  = a + (cosh((w−a)x)/c₀ − cosh(ax)/c₁) / (S·sinh(wx))
 *     E T² = a² + 2/S² − 2w·cosh(ax) / (S·c₁·sinh(wx)).
 */
export function foldedMoments(a: number, w: number, reflection: Reflection): Moments {
  const { decay, step, lower, upper } = reflection;
  if (w === 0) return { bias: 0, variance: 0 };
  if (2 * a > w) {
    // Seen from the nearer end, the terms stay as small as the noise.
    const mirrored = foldedMoments(w - a, w, { decay, step, lower: upper, upper: lower });
    return { bias: -mirrored.bias, variance: mirrored.variance };
  }
  const q = decay * w;
  const asymmetry = lower.inverseExcess - upper.inverseExcess;
  const bias =
    ((2 * sinhRatio(decay * (w / 2 - a), q)) / lower.cosh + coshRatio(decay * a, q) * asymmetry) / step;
  // (E T² − a²)·S²/2 = 1 − q·ρ·cosh(ax)/sinh(q), where the two nearly cancel for small q.
  const { ratioExcess } = upper;
  const half = Math.sinh((decay * a) / 2);
  const spread =
    q > 1
      ? 1 - q * (1 + ratioExcess) * coshRatio(decay * a, q)
      : (sinhMinus(q) - q * ((1 + ratioExcess) * 2 * half * half + ratioExcess)) / Math.sinh(q);
  // Where only one integer is in range the two terms are equal but for rounding.
  return { bias, variance: Math.max(0, (2 * spread) / (step * step) - bias * (2 * a + bias)) };
}

/** cosh(u)/sinh(q) for 0 ≤ u ≤ q. */
function coshRatio(u: number, q: number): number {
  return (Math.exp(u - q) * (1 + Math.exp(-2 * u))) / -Math.expm1(-2 * q);
}

/** sinh(q/2)·sinh(m)/sinh(q) = sinh(m) / (2·cosh(q/2)) for |m| ≤ q/2. */
function sinhRatio(m: number, q: number): number {
  const size = Math.abs(m);
  return (Math.sign(m) * Math.exp(size - q / 2) * -Math.expm1(-2 * size)) / (2 * (1 + Math.exp(-q)));
}

/** sinh(q) − q for 0 ≤ q ≤ 1. */
function sinhMinus(q: number): number {
  let term = q;
  let sum = 0;
  for (let k = 2; k < 22; k += 2) {
    term *= (q * q) / (k * (k + 1));
    sum += term;
  }
  return sum;
}
