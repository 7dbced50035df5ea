/**
 * Rényi divergence of the Poisson-sampled Gaussian (Mironov, Talwar, Zhang 2019): with Q = N(0, σ²) and
 * P = (1 − q)·Q + q·N(s, σ²) the worse direction is P against Q (their theorem 5), so one moment is enough,
 * A_α = E_Q[(P/Q)^α], and the divergence is log A_α/(α − 1).
 */
import { poissonMoment } from './poisson-subsampling.ts';
import { logAddExp, logExcess, logExpm1 } from './special-functions.ts';

/** Standard deviations beyond which the normal density is below 1e-19 of its top. */
const REACH = 9.5;

/** RDP at `order`; `inverseVariance` is s²/σ² and `rate` is q, at most 1. Any real order above 1, exact to about 1e-13. */
export function sampledGaussianRdp(rate: number, inverseVariance: number, order: number): number {
  if (rate === 1) return (order * inverseVariance) / 2;
  if (!Number.isInteger(order))
    return logAddExp(0, logExcessMoment(rate, inverseVariance, order)) / (order - 1);
  return poissonMoment(rate, order, (k) => logExpm1((k * (k - 1) * inverseVariance) / 2)) / (order - 1);
}

/**
 * log(A_α − 1) at a fractional order, where the paper's two series alternate and converge like 1/k^(α+2).
 *
 * P/Q = 1 + x has mean 1 under Q, so A_α − 1 = E_Q[(1 + x)^α − 1 − αx], whose integrand is never negative: nothing
 * cancels, however small the loss. The trapezoid rule over the line converges exponentially; its step follows from
 * the Gaussian and from the branch point of (1 + x)^α at a distance of πσ/s from the real axis.
 */
function logExcessMoment(rate: number, inverseVariance: number, order: number): number {
  const shift = Math.sqrt(inverseVariance);
  // Error e^(−2πw/h + w²/2) by moving the line of integration by w, at most to the branch point; no w gains more
  // than √76.
  const width = Math.min(Math.PI / shift, Math.sqrt(76));
  const step = (2 * Math.PI * width) / (38 + width ** 2 / 2);
  const logRate = Math.log(rate);
  const logRest = Math.log1p(-rate);
  let top = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let next = Number.NEGATIVE_INFINITY;
  for (const [from, to] of windows(shift, order)) {
    const last = Math.floor(to / step);
    for (let i = Math.max(next, Math.ceil(from / step)); i <= last; i++) {
      const t = i * step;
      const logRatio = shift * t - inverseVariance / 2;
      const logMixture =
        Math.abs(logRatio) < 1
          ? Math.log1p(rate * Math.expm1(logRatio))
          : logAddExp(logRest, logRate + logRatio);
      const term = logExcess(order, rate * Math.expm1(logRatio), logMixture) - (t * t) / 2;
      if (term > top) {
        sum = sum * Math.exp(top - term) + 1;
        top = term;
      } else if (term > top - 50) sum += Math.exp(term - top);
    }
    next = last + 1;
  }
  return top + Math.log((sum * step) / Math.sqrt(2 * Math.PI));
}

/**
 * Where the integrand can matter, in standard deviations of Q and ascending. For little noise its maxima stand
 * far apart: at 0, where P/Q < 1, at 2s/σ, if it grows like x² there, and at αs/σ, where it grows like x^α.
 */
function windows(shift: number, order: number): readonly (readonly [number, number])[] {
  if (shift < 4) return [[-REACH, Math.max(2, order) * shift + REACH]];
  return [0, Math.min(2, order) * shift, Math.max(2, order) * shift].map(
    (centre) => [centre - REACH, centre + REACH] as const,
  );
}
