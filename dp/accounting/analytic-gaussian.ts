/** The Gaussian mechanism, exactly (Balle and Wang 2018): one release, continuous noise. */
import { invalid, requireDelta, requireEpsilon, requirePositive } from './arguments.ts';
import { bisect } from './bisection.ts';
import { erfc, erfcx } from './special-functions.ts';

/**
 * Smallest δ for which N(0, σ²) on a value of L2 sensitivity Δ is (ε, δ)-DP: Φ(a) − e^ε·Φ(b), where with m = Δ/σ
 * a = m/2 − ε/m and b = a − m (theorem 8 of the paper), to about 1e-12 relative until it underflows.
 */
export function analyticGaussianDelta(epsilon: number, sigma: number, sensitivity = 1): number {
  requireEpsilon(epsilon);
  requirePositive('sigma', sigma);
  requirePositive('sensitivity', sensitivity);
  const m = sensitivity / sigma;
  const a = m / 2 - epsilon / m;
  if (a === Number.NEGATIVE_INFINITY) return 0;
  // e^ε·φ(b) = φ(a), so that nothing overflows.
  const density = Math.exp((-a * a) / 2) / Math.sqrt(2 * Math.PI);
  if (m < 1) return density * smallShiftIntegral(m, a);
  if (a < 0) return density * (millsRatio(-a) - millsRatio(m - a));
  return erfc(-a / Math.SQRT2) / 2 - density * millsRatio(m - a);
}

/**
 * Smallest ε for which N(0, σ²) is (ε, δ)-DP, to about 1e-12 relative and not below it; 0 when any ε will do.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when an argument is out of range.
 */
export function analyticGaussianEpsilon(delta: number, sigma: number, sensitivity = 1): number {
  requireDelta(delta);
  if (analyticGaussianDelta(0, sigma, sensitivity) <= delta) return 0;
  const suffices = (epsilon: number) => analyticGaussianDelta(epsilon, sigma, sensitivity) <= delta;
  return found(bisect(suffices, { low: 0, high: 1 })?.high, 'epsilon');
}

/**
 * Smallest σ for which N(0, σ²) is (ε, δ)-DP, to about 1e-12 relative and not below it.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when an argument is out of range.
 */
export function analyticGaussianSigma(epsilon: number, delta: number, sensitivity = 1): number {
  requireDelta(delta);
  requirePositive('sensitivity', sensitivity);
  const suffices = (multiplier: number) => analyticGaussianDelta(epsilon, multiplier) <= delta;
  return found(bisect(suffices, { low: 0, high: 1e-3 })?.high, 'sigma') * sensitivity;
}

function found(value: number | undefined, name: string): number {
  if (value === undefined) throw invalid(`No ${name} reaches this delta. Allow a larger delta.`);
  return value;
}

/** (1 − Φ(x))/φ(x) for x ≥ 0. */
function millsRatio(x: number): number {
  return Math.sqrt(Math.PI / 2) * erfcx(x / Math.SQRT2);
}

/**
 * (Φ(a) − e^ε·Φ(a − m))/φ(a) = ∫₀^∞ (1 − e^(−mt))·e^(at − t²/2)dt for m < 1: as a difference of Mills ratios it would
 * cancel to about m·a.
 *
 * Trapezoid rule after t = exp(y − e^(−y)), for which the integrand vanishes doubly exponentially on the left
 * (Takahasi and Mori 1974).
 */
function smallShiftIntegral(m: number, a: number): number {
  const step = 1 / 16;
  let sum = 0;
  for (let y = -4; y <= 4; y += step) {
    const inner = Math.exp(-y);
    const t = Math.exp(y - inner);
    sum -= Math.expm1(-m * t) * Math.exp(a * t - (t * t) / 2) * t * (1 + inner);
  }
  return sum * step;
}
