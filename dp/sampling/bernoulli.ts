/**
 * Coins with exactly the stated probability: no rounding of exp() ever reaches the distribution.
 *
 * Canonne, Kamath, Steinke 2020, "The Discrete Gaussian for Differential Privacy", algorithm 1 draws
 * Bernoulli(exp(−γ)) from integers alone, but with many small draws. Here a uniform U in [0, 1) is compared
 * with exp(−γ) directly. Its first 32 bits decide unless they fall within the error interval of the floating-
 * point value; then further bits of the *same* U are compared with ever tighter integer bounds. (Starting
 * algorithm 1 afresh in that case would not be exact: U is no longer uniform once it is known to be close.)
 */
import type { BitSource } from './entropy.ts';

const WORD = 2 ** 32;
/** Larger exponents are split off, so that the floating-point quotient below stays accurate. */
export const MAX_EXPONENT = 32;
/**
 * Half-width, in units of 2^-32, of the interval around the floating-point value: 2^-40 in all. γ ≤ 32 is
 * rounded by at most 2^-48 and V8's exp (fdlibm) is within one unit in the last place, so the true error
 * is below 2^-47.
 */
const SLACK = 2 ** -8;

/** True with probability exactly num/den, for integers 0 ≤ num ≤ den ≤ 2^53, den ≥ 1. */
export function bernoulli(num: number, den: number, bits: BitSource): boolean {
  return bits.below(den) < num;
}

/** True with probability exactly exp(−num/den), for integers num ≥ 0 and 1 ≤ den ≤ 2^53, num ≤ 2^53. */
export function bernoulliExp(num: number, den: number, bits: BitSource): boolean {
  let rest = num;
  while (rest / den > MAX_EXPONENT) {
    if (!belowExp(MAX_EXPONENT, MAX_EXPONENT, 1, bits)) return false;
    rest -= MAX_EXPONENT * den;
  }
  return rest === 0 || belowExp(rest / den, rest, den, bits);
}

type Integer = number | bigint;

/**
 * True with probability exactly exp(−num/den), for integers 0 < num ≤ 32·den.
 *
 * @param gamma num/den, off by at most 2^-48: it decides only where that cannot matter.
 */
export function belowExp(gamma: number, num: Integer, den: Integer, bits: BitSource): boolean {
  const approximate = Math.exp(-gamma) * WORD;
  const word = bits.word();
  // U lies in [word, word + 1) · 2^-32.
  if (word + 1 + SLACK <= approximate) return true;
  if (word - SLACK >= approximate) return false;
  return belowExpExactly(word, BigInt(num), BigInt(den), bits);
}

function belowExpExactly(word: number, num: bigint, den: bigint, bits: BitSource): boolean {
  let u = BigInt(word);
  // exp of a rational other than 0 is irrational, so some number of bits tells the two apart.
  for (let length = 64; ; length += 32) {
    u = (u << 32n) | BigInt(bits.word());
    const { low, high } = expBounds(num, den, BigInt(length));
    if (u + 1n <= low) return true;
    if (u >= high) return false;
  }
}

/** Integers with low ≤ exp(−num/den) · 2^bits ≤ high, from Taylor sums of exp(+num/den) rounded either way. */
export function expBounds(num: bigint, den: bigint, bits: bigint): { low: bigint; high: bigint } {
  const one = 1n << (bits + 64n);
  let termLow = one;
  let termHigh = one;
  let sumLow = one;
  let sumHigh = one;
  for (let i = 1n; ; i++) {
    termLow = (termLow * num) / (den * i);
    termHigh = (termHigh * num) / (den * i) + 1n;
    sumLow += termLow;
    sumHigh += termHigh;
    // From i ≥ 2γ on each term is at most half the one before, so all the rest sum to at most this one.
    if (i * den >= 2n * num && termLow === 0n) {
      sumHigh += termHigh;
      break;
    }
  }
  const unit = one << bits;
  return { low: unit / sumHigh, high: unit / sumLow + 1n };
}
