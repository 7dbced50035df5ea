/** The exact distributions, each from its definition and by another road than the sampler's. */
import { discreteGaussianPmf } from '../statistics.ts';
import type { Pmf } from './fit.ts';

/** P(x) ∝ exp(−x²/2σ²), normalised by summing over ±10σ. */
export function gaussianPmf(sigma: number): Pmf {
  const reach = Math.ceil(10 * sigma) + 1;
  return { first: -reach, probabilities: discreteGaussianPmf(sigma, reach) };
}

/** P(k) = (1 − r)·r^k, r = exp(−1/scale). */
export function geometricPmf(scale: number): Pmf {
  const reach = Math.ceil(40 * scale);
  const ratio = Math.exp(-1 / scale);
  return {
    first: 0,
    probabilities: Float64Array.from({ length: reach + 1 }, (_, k) => (1 - ratio) * ratio ** k),
  };
}

/** P(x) = (1 − r)/(1 + r)·r^|x|, r = exp(−1/scale). */
export function laplacePmf(scale: number): Pmf {
  const reach = Math.ceil(40 * scale);
  const ratio = Math.exp(-1 / scale);
  return {
    first: -reach,
    probabilities: Float64Array.from(
      { length: 2 * reach + 1 },
      (_, i) => ((1 - ratio) / (1 + ratio)) * ratio ** Math.abs(i - reach),
    ),
  };
}

/**
 * exp(−μ)·I_|x|(μ) = 1/π ∫₀^π exp(μ(cos θ − 1))·cos(xθ) dθ. The trapezoidal rule converges exponentially on a
 * full period: its error is the pmf at the multiples of the number of nodes.
 */
export function skellamPmf(mu: number): Pmf {
  const reach = Math.ceil(12 * Math.sqrt(mu) + 20);
  const nodes = 4 * reach;
  const at = (x: number) => {
    let sum = 0;
    for (let j = 0; j < nodes; j++) {
      const theta = (2 * Math.PI * j) / nodes;
      sum += Math.exp(mu * (Math.cos(theta) - 1)) * Math.cos(x * theta);
    }
    return Math.max(0, sum / nodes);
  };
  const half = Array.from({ length: reach + 1 }, (_, x) => at(x));
  return {
    first: -reach,
    probabilities: Float64Array.from({ length: 2 * reach + 1 }, (_, i) => half[Math.abs(i - reach)] ?? 0),
  };
}
