/**
 * Mechanisms as pairs of distributions (P, Q), P with the record and Q without: what the adversary sees of them is the
 * loss log dP/dQ, and that has one law under P and one under Q. All pairs here are symmetric: (Q, P) is as good as
 * (P, Q), so the loss under Q is distributed as minus the loss under P.
 */
import { logErfc } from './special-functions.ts';

/** The distribution of a loss. */
export interface LossLaw {
  /** Where the accurate tail changes: below it the lower one is smaller or is all that is needed. */
  readonly split: number;
  /** log Pr(loss ≤ l) for l below `split`, log Pr(loss > l) from there on. */
  logTail(l: number): number;
  /** No more than `tail` of the mass lies below the first or above the second. */
  range(tail: number): readonly [number, number];
}

export interface DominatingPair {
  readonly p: LossLaw;
  readonly q: LossLaw;
}

/** log Pr(a < loss ≤ b), where the tails at both ends are known. */
export function logMass(law: LossLaw, a: number, tailA: number, b: number, tailB: number): number {
  if (b < law.split) return logDifference(tailB, tailA);
  if (a >= law.split) return logDifference(tailA, tailB);
  return Math.log1p(-Math.min(1, Math.exp(tailA) + Math.exp(tailB)));
}

/** N(1, σ²) and N(0, σ²) with μ = 1/σ: the loss is N(±μ²/2, μ²). */
export function gaussianPair(mu: number): DominatingPair {
  const law = (mean: number): LossLaw => ({
    split: mean,
    logTail: (l) => logNormalTail(Math.abs(l - mean) / mu),
    range: (tail) => {
      // Φ(−z) ≤ e^(−z²/2)/2, and from any z₀ on Φ(−z) ≤ e^(−z²/2)/(z₀·√2π): two steps come close enough.
      const far = Math.sqrt(-2 * Math.log(2 * tail));
      const near = Math.sqrt(Math.max(1, far * far - 2 * Math.log(far) - 1));
      const reach = mu * Math.sqrt(-2 * Math.log(tail * near * Math.sqrt(2 * Math.PI)));
      return [mean - reach, mean + reach];
    },
  });
  return { p: law((mu * mu) / 2), q: law((-mu * mu) / 2) };
}

/** Laplace noise of scale 1/c at 0 and at 1: losses between −c and c, half of the mass at that end which is its own. */
export function laplacePair(c: number): DominatingPair {
  // Pr_P(loss ≤ l) = e^((l − c)/2)/2 below c, and Q is the mirror image.
  return boundedPair(c, (l) => (l - c) / 2 - Math.LN2);
}

/** Randomised response, which dominates whatever is ε-DP (Kairouz, Oh and Viswanath 2015): the loss is ±ε. */
export function randomisedResponsePair(epsilon: number): DominatingPair {
  const lie = -epsilon - Math.log1p(Math.exp(-epsilon));
  return boundedPair(epsilon, () => lie);
}

/** Losses within ±c, with atoms at both ends; `logCdf` is Pr_P(loss ≤ l) for −c ≤ l < c. */
function boundedPair(c: number, logCdf: (l: number) => number): DominatingPair {
  const range = () => [-c, c] as const;
  return {
    p: {
      split: c,
      logTail: (l) => (Math.abs(l) < c || l === -c ? logCdf(l) : Number.NEGATIVE_INFINITY),
      range,
    },
    q: {
      split: -c,
      logTail: (l) => (Math.abs(l) < c || l === -c ? logCdf(-l) : Number.NEGATIVE_INFINITY),
      range,
    },
  };
}

/** log Φ(−z) for z ≥ 0. */
function logNormalTail(z: number): number {
  return z < Number.POSITIVE_INFINITY ? logErfc(z / Math.SQRT2) - Math.LN2 : Number.NEGATIVE_INFINITY;
}

/** log(e^a − e^b) for a ≥ b. */
function logDifference(a: number, b: number): number {
  return b < a ? a + Math.log(-Math.expm1(b - a)) : Number.NEGATIVE_INFINITY;
}
