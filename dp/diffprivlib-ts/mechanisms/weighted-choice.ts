/**
 * An exact draw of i with probability ∝ μᵢ·exp(−γᵢ), for doubles μᵢ and rationals γᵢ.
 *
 * Floating point only makes a proposal: integer weights Wᵢ that are certain to be at least the true ones, and
 * larger by a relative 2^-35 or less. A proposal is accepted with the exact quotient, for which a uniform U is
 * compared with μᵢ·exp(−γᵢ)/Wᵢ; all but 2^-32 of the time its first 32 bits decide. So measures of any skew cost
 * no more than one or two trials, where rejection from the measure alone could take for ever.
 */
import { expBounds } from '../../sampling/bernoulli.ts';
import { dyadic } from '../../sampling/dyadic.ts';
import type { BitSource } from '../../sampling/entropy.ts';
import { uniformBelow } from '../../sampling/exact.ts';
import type { Fraction } from './fraction.ts';

export interface WeightedOption {
  /** μ ≥ 0, finite. */
  readonly measure: number;
  /** γ times the common denominator; of any sign. */
  readonly gap: bigint;
}

/** The largest weight is about 2^64. */
const WEIGHT_ONE = 2 ** 64;
/** Covers the error of log, exp and the quotients below for exponents up to 2^11, several times over. */
const ENVELOPE = 1 + 2 ** -36;
/** From this weight on, rounding up to an integer adds nothing of note. */
const LARGE = 2 ** 40;

export type Choice = (bits: BitSource) => number;

/**
 * @param options At least one with a measure above 0; the others are never drawn.
 * @param den Common denominator of the gaps, at least 1.
 * @returns A function that draws an index.
 */
export function weightedChoice(options: readonly WeightedOption[], den: bigint): Choice {
  // Counted from the least one that matters, exponents of any weight that does are small enough for ENVELOPE.
  const gaps = options.filter(({ measure }) => measure > 0).map(({ gap }) => gap);
  const least = gaps.reduce((low, gap) => (gap < low ? gap : low), gaps[0] ?? 0n);
  const logs = options.map(({ measure, gap }) =>
    measure > 0 ? Math.log(measure) - quotient(gap - least, den) : Number.NEGATIVE_INFINITY,
  );
  const best = logs.reduce((top, log, i) => (log > (logs[top] ?? 0) ? i : top), 0);
  const reference = options[best] ?? { measure: 1, gap: 0n };
  const weights = logs.map((log) =>
    log === Number.NEGATIVE_INFINITY
      ? 0
      : Math.ceil(Math.exp(log - (logs[best] ?? 0)) * ENVELOPE * WEIGHT_ONE) || 1,
  );
  const cumulative: bigint[] = [];
  let total = 0n;
  for (const weight of weights) {
    total += BigInt(weight);
    cumulative.push(total);
  }
  return (bits) => {
    for (;;) {
      const i = firstAbove(cumulative, uniformBelow(total, bits));
      const option = options[i] ?? reference;
      const weight = weights[i] ?? 0;
      const u = bits.word();
      // The quotient is above 1 − 2^-34, so any but the last word is below it.
      if (weight >= LARGE && u < 2 ** 32 - 1) return i;
      const share = quotientOf(option.measure, reference.measure);
      const quota = { num: share.num << 64n, den: share.den * BigInt(weight) };
      if (belowScaledExp(BigInt(u), 32, quota, { num: option.gap - reference.gap, den }, bits)) return i;
    }
  };
}

/**
 * Whether a uniform U on [0, 1) is below scale·exp(−gamma), given its first bits; further ones are drawn as
 * needed.
 *
 * @param u The first `length` bits of U.
 */
export function belowScaledExp(
  u: bigint,
  length: number,
  scale: Fraction,
  gamma: Fraction,
  bits: BitSource,
): boolean {
  let known = u;
  for (let size = length; ; size += 32) {
    const { low, high } = scaledExpBounds(scale, gamma, BigInt(size));
    if (known + 1n <= low) return true;
    if (known >= high) return false;
    known = (known << 32n) | BigInt(bits.word());
  }
}

/** Integers with low ≤ scale·exp(−gamma)·2^size ≤ high. */
function scaledExpBounds(scale: Fraction, gamma: Fraction, size: bigint): { low: bigint; high: bigint } {
  if (gamma.num >= 0n) {
    const extra = BigInt(8 + Math.max(0, bitLength(scale.num) - bitLength(scale.den) + 1));
    const { low, high } = expBounds(gamma.num, gamma.den, size + extra);
    const unit = scale.den << extra;
    return { low: (scale.num * low) / unit, high: (scale.num * high) / unit + 1n };
  }
  // exp of a positive exponent, as the inverse of its opposite; that may be as small as 2^(−3/2·exponent).
  const digits = size + 64n + (3n * -gamma.num) / gamma.den;
  const { low, high } = expBounds(-gamma.num, gamma.den, digits);
  const unit = scale.num << (size + digits);
  return { low: unit / (scale.den * high), high: unit / (scale.den * low) + 1n };
}

/** a/b of doubles, b > 0. */
function quotientOf(a: number, b: number): Fraction {
  const over = dyadic('measure', a);
  const under = dyadic('measure', b);
  const shift = over.exponent - under.exponent;
  const num = over.mantissa << BigInt(Math.max(0, shift));
  return { num, den: under.mantissa << BigInt(Math.max(0, -shift)) };
}

/** num/den as the nearest double or its neighbour. */
function quotient(num: bigint, den: bigint): number {
  const size = num < 0n ? -num : num;
  // At least 64 significant bits, in a range where Number() and the power of two are both finite.
  const shift = Math.min(1000, Math.max(-1000, 64 - bitLength(size) + bitLength(den)));
  const scaled = shift >= 0 ? (size << BigInt(shift)) / den : (size >> BigInt(-shift)) / den;
  const value = Number(scaled) * 2 ** -shift;
  return num < 0n ? -value : value;
}

function bitLength(n: bigint): number {
  return n.toString(2).length;
}

/** Index of the first entry above `target` in an ascending list whose last entry is. */
function firstAbove(ascending: readonly bigint[], target: bigint): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0n) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
