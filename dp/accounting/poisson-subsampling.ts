/**
 * Poisson sampling of a mechanism of which only the Rényi curve is known (Zhu and Wang 2019), at integer orders.
 *
 * With Q and R the outputs without and with the record, P = (1 − q)·Q + q·R. The binomial theorem gives
 * E_Q[(P/Q)^α] = Σ C(α,k)(1−q)^(α−k) q^k E_Q[(R/Q)^k], and E_Q[(R/Q)^k] ≤ e^((k−1)ε(k)) is what the curve bounds.
 * The other direction, E_P[(Q/P)^α], decides which of their two bounds holds:
 *
 * - *Symmetric* mechanisms: no larger. Where an involution of the output space swaps Q and R, the proof in
 *   docs/privacy/poisson-sampled-discrete-gaussian.md applies word for word; for noise that is symmetric about 0 and
 *   added to a vector it is x → Δ − x. So: Gaussian, discrete Gaussian and its sums, Laplace, Skellam.
 * - *Any* mechanism: three times every term from k = 3 on covers it (their general upper bound).
 */
import { logAddExp } from './special-functions.ts';

/**
 * log Σ_k C(α,k)(1−q)^(α−k) q^k·m_k over k = 0…α, where m_0 = m_1 = 1 and `logExcess(k)` is log(m_k − 1).
 *
 * The weights sum to 1, so the sum is 1 + Σ_{k≥2} weight·(m_k − 1): all terms positive, no cancellation however
 * small the loss.
 */
export function poissonMoment(rate: number, order: number, logExcess: (k: number) => number): number {
  const logRate = Math.log(rate);
  const logRest = Math.log1p(-rate);
  let logBinomial = Math.log(order);
  let logSum = Number.NEGATIVE_INFINITY;
  for (let k = 2; k <= order; k++) {
    logBinomial += Math.log((order - k + 1) / k);
    logSum = logAddExp(logSum, logBinomial + k * logRate + (order - k) * logRest + logExcess(k));
  }
  return logAddExp(0, logSum);
}

/**
 * RDP at integer `order` of a mechanism with curve `rdp` on a Poisson sample of `rate` < 1. `rdp` must bound both
 * directions of the neighbour relation at every integer from 2 to `order`.
 */
export function poissonSampledRdp(
  rate: number,
  order: number,
  rdp: (order: number) => number,
  symmetric: boolean,
): number {
  const logMoment = poissonMoment(rate, order, (k) => {
    const logMoment = (k - 1) * rdp(k);
    const factor = symmetric || k === 2 ? 1 : 3;
    // log(factor·e^m − 1), neither overflowing nor cancelling.
    return logMoment + Math.log(factor - 1 - Math.expm1(-logMoment));
  });
  return logMoment / (order - 1);
}
