/**
 * Skellam noise: the difference of two Poisson(μ/2) variables, of variance μ, with
 * Pr[x] = e^(−μ)·I_|x|(μ). Sums of Skellam variables are Skellam again.
 */
import { invalid, requireInteger, requirePositive } from './arguments.ts';
import { logScaledBesselI } from './special-functions.ts';

/**
 * RDP of integer vectors plus Skellam(μ) per coordinate at *integer* order α (Agarwal, Kairouz, Liu 2021):
 * αΔ₂²/2μ + min(((2α−1)Δ₂² + 6Δ₁)/4μ², 3Δ₁/2μ).
 */
export function skellamRdp(order: number, mu: number, sensitivityL1: number, sensitivityL2: number): number {
  const square = sensitivityL2 ** 2;
  return (
    (order * square) / (2 * mu) +
    Math.min(((2 * order - 1) * square + 6 * sensitivityL1) / (4 * mu * mu), (3 * sensitivityL1) / (2 * mu))
  );
}

/** log Pr[x] for x = 0…reach, to about 1e-13; the distribution is symmetric. Time O(reach + √μ). */
export function logSkellamPmf(mu: number, reach: number): Float64Array {
  requirePositive('mu', mu);
  return logScaledBesselI(mu, reach);
}

/** Pr[x] of one integer x. */
export function skellamPmf(mu: number, x: number): number {
  requireInteger('|x|', Math.abs(x), 0);
  return Math.exp(logSkellamPmf(mu, Math.abs(x))[Math.abs(x)] ?? Number.NaN);
}

/** A term this far below the largest, in nats, does not count. */
const NEGLIGIBLE = 50;

/**
 * Exact Rényi divergence of real order α > 1 between Skellam(μ) and itself shifted by an integer, in one dimension, by
 * summing over ℤ. The same in both directions, because the distribution is symmetric.
 */
export function skellamRenyiDivergence(order: number, shift: number, mu: number): number {
  if (!(order > 1 && Number.isFinite(order))) throw invalid(`order must be above 1; got ${order}.`);
  requireInteger('|shift|', Math.abs(shift), 0);
  const distance = Math.abs(shift);
  for (let reach = Math.ceil(order * distance + 12 * Math.sqrt(mu) + 30); ; reach *= 2) {
    const log = logSkellamPmf(mu, reach + distance);
    const terms = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => {
      const x = i - reach;
      return order * (log[Math.abs(x - distance)] ?? 0) + (1 - order) * (log[Math.abs(x)] ?? 0);
    });
    const top = terms.reduce((a, b) => Math.max(a, b));
    const edge = Math.max(terms[0] ?? 0, terms[2 * reach] ?? 0);
    if (edge > top - NEGLIGIBLE) continue;
    return (top + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - top), 0))) / (order - 1);
  }
}
