/**
 * Skellam noise: the difference of two Poisson(μ/2) variables, of variance μ. Sums of it are Skellam again,
 * which discrete Gaussians are not (Agarwal, Kairouz, Liu 2021, "The Skellam Mechanism for Differentially Private
 * Federated Learning").
 *
 * The Poisson variables come from an integer table, which cannot hold an infinite distribution of irrational
 * probabilities. What that changes is bounded here, in exact arithmetic, and given as a total variation.
 */
import { FedwardError } from '../../proto/errors.ts';
import { type AliasTable, aliasTable, columnBits, drawFromTable } from './alias.ts';
import { requireLength } from './arguments.ts';
import { dyadic, shifted } from './dyadic.ts';
import type { BitSource } from './entropy.ts';

/** A table of 2^20 columns, 12 MB. */
export const MAX_MU = 2 ** 32;

export interface SkellamTable {
  readonly mu: number;
  /**
   * τ: upper bound on the total variation between one draw and the Skellam distribution, some 2^-64.
   *
   * A release of d coordinates that would be (ε, δ)-DP with ideal noise is (ε, δ + (1 + e^ε)·d·τ)-DP with
   * draws from this table; its accountant must charge that.
   */
  readonly totalVariation: number;
  /** Of the Poisson distribution, less a shift that cancels in the difference. */
  readonly poisson: AliasTable;
}

/**
 * The table for one μ; it is worth keeping, since building it takes up to seconds where μ is large.
 *
 * @param mu variance of the noise, above 0 and at most 2^32; taken as the exact value of the double.
 * @throws FedwardError `INVALID_ARGUMENT` when μ is out of range.
 */
export function skellamTable(mu: number): SkellamTable {
  if (!(mu > 0 && mu <= MAX_MU)) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `mu must be above 0 and at most ${MAX_MU}, the largest variance whose table is kept in memory; got ${mu}. Use a coarser grid, or discrete Gaussian noise.`,
    );
  }
  const { mantissa, exponent } = dyadic('mu', mu);
  const { weights, mode, total } = poissonWeights(shifted(mantissa, exponent - 1));
  const b = columnBits(weights.length);
  const whole = 1n << BigInt(64 + b);
  // Rounded down everywhere but at the mode, which takes what is missing. So the mode is the only outcome that
  // comes more often than it should, and its surplus is the total variation.
  const shares = weights.map((weight) => (weight * whole) / total);
  const others = shares.reduce((sum, share) => sum + share, 0n) - (shares[mode] ?? 0n);
  shares[mode] = whole - others;
  const surplus = { num: (whole - others) * total - (weights[mode] ?? 0n) * whole, den: whole * total };
  return {
    mu,
    // Of the difference of two draws: at most the sum of theirs.
    totalVariation: 2 * roundedUp(surplus.num, surplus.den),
    poisson: aliasTable(shares, b),
  };
}

/**
 * `length` independent draws.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when the length is out of range.
 */
export function sampleSkellam(table: SkellamTable, length: number, bits: BitSource): Int32Array {
  requireLength(length);
  const noise = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    noise[i] = drawFromTable(table.poisson, bits) - drawFromTable(table.poisson, bits);
  }
  return noise;
}

const MODE_WEIGHT = 1n << 128n;
/** Outcomes below 2^-88 of the mode are left out; the total variation counts them. */
const SMALLEST_WEIGHT = 1n << 40n;

interface PoissonWeights {
  /** ∝ the probabilities of consecutive outcomes, rounded down. */
  readonly weights: readonly bigint[];
  /** Index of the largest, which is exact. */
  readonly mode: number;
  /** At least the sum of the unrounded weights of *all* outcomes. */
  readonly total: bigint;
}

/**
 * From the mode ⌊λ⌋ outward by p(k+1) = p(k)·λ/(k+1), in fixed point. Each step rounds down by less than one and
 * scales the error so far by at most 1, so after d steps a weight is short of the true one by less than d.
 */
function poissonWeights({ num, den }: { num: bigint; den: bigint }): PoissonWeights {
  const center = num / den;
  const above: bigint[] = [];
  const below: bigint[] = [];
  let total = MODE_WEIGHT;
  let weight = MODE_WEIGHT;
  let k = center;
  for (;;) {
    const next = (weight * num) / ((k + 1n) * den);
    if (next < SMALLEST_WEIGHT) break;
    above.push(next);
    weight = next;
    k++;
    total += weight + k - center;
  }
  // Ratios only fall from here on: a geometric series bounds all that follow.
  total += ((weight + k - center) * num) / ((k + 1n) * den - num) + 1n;
  weight = MODE_WEIGHT;
  k = center;
  for (;;) {
    const next = (weight * k * den) / num;
    if (next < SMALLEST_WEIGHT) break;
    below.push(next);
    weight = next;
    k--;
    total += weight + center - k;
  }
  if (k > 0n) total += ((weight + center - k) * k * den) / (num - k * den) + 1n;
  return { weights: [...below.reverse(), MODE_WEIGHT, ...above], mode: below.length, total };
}

/** A double that is at least num/den, for 0 ≤ num ≤ den. */
function roundedUp(num: bigint, den: bigint): number {
  const fraction = 256;
  return Number((num << BigInt(fraction)) / den + 1n) * 2 ** -fraction * (1 + 2 ** -50);
}
