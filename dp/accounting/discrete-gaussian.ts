/**
 * The discrete Gaussian N_ℤ(0, σ²), Pr[x] ∝ e^(−x²/2σ²) on the integers (Canonne, Kamath, Steinke 2020), and sums of
 * it.
 */
import { requireEpsilon, requireInteger, requirePositive } from './arguments.ts';

/**
 * τ of Kairouz, Liu, Steinke 2021, "The Distributed Discrete Gaussian Mechanism", corollary 12, for one
 * coordinate: the sum of n independent N_ℤ(0, σ²) has |log ratio| ≤ τ/2 to N_ℤ(0, nσ²) everywhere. Needs
 * σ² ≥ 1/2. From σ ≈ 9 on it is below 2^-1074 and returned as 0; an accountant's outward rounding adds vastly more
 * than what is lost.
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

/** Pr[x] for an integer x, by the parameter σ² (which is not quite the variance). */
export function discreteGaussianPmf(sigmaSquared: number, x: number): number {
  requirePositive('sigmaSquared', sigmaSquared);
  requireInteger('|x|', Math.abs(x), 0);
  return Math.exp((-x * x) / (2 * sigmaSquared)) / normaliser(sigmaSquared);
}

/** The variance, slightly below σ²: exact summation, over ℤ itself or over its Fourier dual. */
export function discreteGaussianVariance(sigmaSquared: number): number {
  requirePositive('sigmaSquared', sigmaSquared);
  if (sigmaSquared <= DUAL_FROM) {
    const c = 1 / (2 * sigmaSquared);
    return (2 * gaussianSum(c, 2)) / (1 + 2 * gaussianSum(c, 0));
  }
  const c = 2 * Math.PI ** 2 * sigmaSquared;
  return sigmaSquared * (1 - (4 * c * gaussianSum(c, 2)) / (1 + 2 * gaussianSum(c, 0)));
}

export interface DiscreteGaussianRelease {
  readonly sigmaSquared: number;
  /** Integer by which one record moves the (one-dimensional) value. */
  readonly sensitivity?: number;
}

/**
 * Smallest δ for which an integer plus N_ℤ(0, σ²) is (ε, δ)-DP, exactly (Canonne, Kamath, Steinke 2020, theorem 7), as
 * Σ max(0, Pr[x] − e^ε·Pr[x + Δ]): every term is positive, so a δ of 1e-300 has all its digits. Time O(σ).
 */
export function discreteGaussianDelta(release: DiscreteGaussianRelease, epsilon: number): number {
  const { sigmaSquared, sensitivity = 1 } = release;
  requirePositive('sigmaSquared', sigmaSquared);
  requireInteger('sensitivity', sensitivity, 1);
  requireEpsilon(epsilon);
  const threshold = (epsilon * sigmaSquared) / sensitivity - sensitivity / 2;
  // Far below the mode nothing is left: e^(−40²/2).
  const first = Math.max(Math.floor(threshold) + 1, -Math.ceil(40 * Math.sqrt(sigmaSquared)));
  let sum = 0;
  for (let x = first; ; x++) {
    const weight = Math.exp((-x * x) / (2 * sigmaSquared));
    if (x > 0 && weight <= sum * 1e-18) break;
    sum -= weight * Math.expm1((sensitivity * (threshold - x)) / sigmaSquared);
  }
  return Math.min(1, sum / normaliser(sigmaSquared));
}

/** From here on the sums over the dual lattice converge faster. */
const DUAL_FROM = 1 / (2 * Math.PI);

/** Σ over ℤ of e^(−x²/2σ²). */
function normaliser(sigmaSquared: number): number {
  if (sigmaSquared <= DUAL_FROM) return 1 + 2 * gaussianSum(1 / (2 * sigmaSquared), 0);
  return Math.sqrt(2 * Math.PI * sigmaSquared) * (1 + 2 * gaussianSum(2 * Math.PI ** 2 * sigmaSquared, 0));
}

/** Σ_{k≥1} k^power·e^(−c·k²) for c ≥ π: below 1e-17 from the fourth term on. */
function gaussianSum(c: number, power: 0 | 2): number {
  let sum = 0;
  for (let k = 1; k <= 5; k++) sum += k ** power * Math.exp(-c * k * k);
  return sum;
}
