/** Rényi curves of mechanisms whose privacy loss is bounded: Laplace, and whatever is ε-DP. */
import { logAddExp, logExcess } from './special-functions.ts';

/**
 * RDP of Laplace noise of scale b = `noiseMultiplier` times the L1 sensitivity (Mironov 2017, table II):
 * log(α/(2α−1)·e^((α−1)/b) + (α−1)/(2α−1)·e^(−α/b))/(α − 1), with the larger exponential taken out.
 *
 * In several dimensions it is the same: as a function of the shift it is convex and 0 at 0, so moving one coordinate
 * by all of the sensitivity is the worst case.
 */
export function laplaceRdp(noiseMultiplier: number, order: number): number {
  const epsilon = 1 / noiseMultiplier;
  const share = (order - 1) / (2 * order - 1);
  return epsilon + Math.log1p(share * Math.expm1((1 - 2 * order) * epsilon)) / (order - 1);
}

/**
 * Tight RDP of an ε-DP mechanism on a Poisson sample of `rate`, 1 for none, at any real order above 1.
 *
 * The likelihood ratio L = P/Q lies between 1 + q(e^−ε − 1) and 1 + q(e^ε − 1) and has mean 1 under Q. L^α and, for
 * the other direction, L^(1−α) are convex, so the extremal L takes the two end points only: randomized response,
 * where the upper one has probability 1/(1 + e^ε) whatever q is.
 */
export function pureDpRdp(rate: number, epsilon: number, order: number): number {
  const ends = [
    { logWeight: -epsilon - Math.log1p(Math.exp(-epsilon)), loss: epsilon },
    { logWeight: -Math.log1p(Math.exp(-epsilon)), loss: -epsilon },
  ].map(({ logWeight, loss }) => ({
    logWeight,
    x: rate * Math.expm1(loss),
    logRatio: logMixture(rate, loss),
  }));
  const logMoment = (power: number) =>
    ends.map(({ logWeight, x, logRatio }) => logWeight + logExcess(power, x, logRatio)).reduce(logAddExp, 0);
  const rdp = Math.max(logMoment(order), logMoment(1 - order)) / (order - 1);
  // No divergence exceeds the largest loss; the moments overflow from ε = 700 on.
  return Math.min(rdp, logMixture(rate, epsilon));
}

/** log(1 + q(e^loss − 1)). */
function logMixture(rate: number, loss: number): number {
  if (loss < 1) return Math.log1p(rate * Math.expm1(loss));
  return logAddExp(Math.log1p(-rate), Math.log(rate) + loss);
}
