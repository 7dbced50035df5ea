/**
 * Binomial probabilities and exact confidence bounds for a probability, as every audit needs them.
 *
 * Single probabilities by Loader 2000, "Fast and Accurate Computation of Binomial Probabilities": a product of
 * deviances and Stirling errors, in which nothing large cancels. Tails are sums of positive terms away from the
 * mode, so they are as accurate however deep they lie. A tail is the regularised incomplete beta function at
 * integers, P[X ≥ k] = I_p(k, n−k+1); inverting it in p gives the Clopper–Pearson bounds.
 */
import { FedwardError } from '../../proto/errors.ts';
import { type Bracket, bisect } from '../accounting/bisection.ts';

/** log P[X = k] for X ~ Binomial(n, p); −∞ where it is impossible. */
export function logBinomialPmf(k: number, n: number, p: number): number {
  checkBinomial(k, n, p);
  return logPmf(k, n, p);
}

/** log P[X ≥ k] for X ~ Binomial(n, p). */
export function logBinomialUpperTail(k: number, n: number, p: number): number {
  checkBinomial(k, n, p);
  return logUpperTail(k, n, p);
}

/** log P[X ≤ k] for X ~ Binomial(n, p). */
export function logBinomialLowerTail(k: number, n: number, p: number): number {
  checkBinomial(k, n, p);
  return logLowerTail(k, n, p);
}

export interface Observation {
  readonly successes: number;
  readonly trials: number;
  /** Probability with which the interval holds, at least. */
  readonly confidence: number;
  /** Both ends (each misses with half of 1 − confidence), or one end at the whole of it and the other trivial. */
  readonly side: 'two-sided' | 'upper' | 'lower';
}

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Clopper and Pearson 1934: the probabilities under which so few or so many successes are not too unlikely.
 * It covers the true probability at least as often as `confidence` says, whatever the probability is.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when counts or confidence are out of range.
 */
export function clopperPearson({ successes, trials, confidence, side }: Observation): Interval {
  if (!Number.isSafeInteger(trials) || trials < 1) throw wrong('trials must be a whole number, at least 1');
  if (!Number.isSafeInteger(successes) || successes < 0 || successes > trials) {
    throw wrong(`successes must be a whole number from 0 to the ${trials} trials`);
  }
  if (!(confidence > 0 && confidence < 1)) throw wrong('confidence must be above 0 and below 1');
  const logMiss = Math.log1p(-confidence) - (side === 'two-sided' ? Math.LN2 : 0);
  return {
    lower: side === 'upper' ? 0 : lowerBound(successes, trials, logMiss),
    upper: side === 'lower' ? 1 : upperBound(successes, trials, logMiss),
  };
}

/** Largest p with P[X ≤ k] at least the miss. */
function upperBound(k: number, n: number, logMiss: number): number {
  if (k === n) return 1;
  if (k === 0) return -Math.expm1(logMiss / n);
  return bracket((p) => logLowerTail(k, n, p) < logMiss).high;
}

/** Smallest p with P[X ≥ k] at least the miss. */
function lowerBound(k: number, n: number, logMiss: number): number {
  if (k === 0) return 0;
  if (k === n) return Math.exp(logMiss / n);
  return bracket((p) => logUpperTail(k, n, p) >= logMiss).low;
}

/** Both predicates are true at 1. */
function bracket(holds: (p: number) => boolean): Bracket {
  const unit = { low: 0, high: 1 };
  return bisect(holds, unit) ?? unit;
}

function logUpperTail(k: number, n: number, p: number): number {
  if (k <= 0) return 0;
  if (k > n || p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return 0;
  // Up from k the terms fall only above the mean; from below it the other tail is the one to sum.
  if (k <= n * p) return log1mexp(logLowerTail(k - 1, n, p));
  const odds = p / (1 - p);
  let term = 1;
  let sum = 1;
  for (let j = k; j < n && term > sum * Number.EPSILON; j++) {
    term *= ((n - j) / (j + 1)) * odds;
    sum += term;
  }
  return logPmf(k, n, p) + Math.log(sum);
}

function logLowerTail(k: number, n: number, p: number): number {
  if (k < 0) return Number.NEGATIVE_INFINITY;
  if (k >= n || p === 0) return 0;
  if (p === 1) return Number.NEGATIVE_INFINITY;
  if (k > n * p) return log1mexp(logUpperTail(k + 1, n, p));
  const odds = (1 - p) / p;
  let term = 1;
  let sum = 1;
  for (let j = k; j > 0 && term > sum * Number.EPSILON; j--) {
    term *= (j / (n - j + 1)) * odds;
    sum += term;
  }
  return logPmf(k, n, p) + Math.log(sum);
}

/** log(1 − e^x) for x ≤ 0. */
function log1mexp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

function logPmf(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY;
  if (k === 0) return n === 0 ? 0 : n * Math.log1p(-p);
  if (k === n) return n * Math.log(p);
  if (p === 0 || p === 1) return Number.NEGATIVE_INFINITY;
  const rest = n - k;
  const stirling = stirlingError(n) - stirlingError(k) - stirlingError(rest);
  const deviances = deviance(k, n * p) + deviance(rest, n * (1 - p));
  return stirling - deviances + 0.5 * Math.log(n / (2 * Math.PI * k * rest));
}

/** log n! − log(√(2πn)·(n/e)ⁿ) for whole n ≥ 1. */
function stirlingError(n: number): number {
  if (n < 16) {
    let factorial = 1;
    for (let i = 2; i <= n; i++) factorial *= i;
    return Math.log(factorial) - 0.5 * Math.log(2 * Math.PI * n) - n * Math.log(n) + n;
  }
  const s = 1 / (n * n);
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - s / 1188) * s) * s) * s) / n;
}

/** x·log(x/m) + m − x, by its series in (x − m)/(x + m) where the two are close. */
function deviance(x: number, m: number): number {
  if (Math.abs(x - m) >= 0.1 * (x + m)) return x * Math.log(x / m) + m - x;
  const v = (x - m) / (x + m);
  let sum = (x - m) * v;
  let power = 2 * x * v;
  for (let j = 3; ; j += 2) {
    power *= v * v;
    const next = sum + power / j;
    if (next === sum) return sum;
    sum = next;
  }
}

function checkBinomial(k: number, n: number, p: number): void {
  if (!Number.isSafeInteger(n) || n < 0) throw wrong('n must be a whole number, at least 0');
  if (!Number.isSafeInteger(k)) throw wrong('k must be a whole number');
  if (!(p >= 0 && p <= 1)) throw wrong('p must be from 0 to 1');
}

function wrong(sentence: string): FedwardError {
  return new FedwardError('INVALID_ARGUMENT', `Binomial: ${sentence}.`);
}
