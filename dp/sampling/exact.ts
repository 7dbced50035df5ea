/**
 * Exact samplers for any rational parameter, in integers of any size.
 *
 * Canonne, Kamath, Steinke 2020, "The Discrete Gaussian for Differential Privacy", algorithms 2 and 3. No
 * rounding happens anywhere: every coin has exactly the probability that the algorithm asks for. For long
 * vectors with an integer scale below 2^25 the same distributions come several times faster from
 * `sampleDiscreteGaussian` and `sampleDiscreteLaplace`.
 *
 * The time a draw takes depends on the randomness and on the parameters, so a parameter must never be secret.
 */
import { FedwardError } from '../../proto/errors.ts';
import { belowExp, bernoulliExp, MAX_EXPONENT } from './bernoulli.ts';
import type { BitSource } from './entropy.ts';

/** Up to here a bigint can be handled as a number without loss. */
const PLAIN = 2n ** 53n;
const FRACTION_BITS = 64n;

/**
 * Exactly uniform on {0, …, n − 1}.
 *
 * @throws FedwardError `INVALID_ARGUMENT` unless n ≥ 1.
 */
export function uniformBelow(n: bigint, bits: BitSource): bigint {
  requirePositive('n', n);
  if (n <= PLAIN) return BigInt(bits.below(Number(n)));
  const length = bitLength(n - 1n);
  const words = Math.ceil(length / 32);
  const surplus = BigInt(32 * words - length);
  for (;;) {
    let value = 0n;
    for (let i = 0; i < words; i++) value = (value << 32n) | BigInt(bits.word());
    value >>= surplus;
    if (value < n) return value;
  }
}

/**
 * True with probability exactly num/den.
 *
 * @throws FedwardError `INVALID_ARGUMENT` unless 0 ≤ num ≤ den and den ≥ 1.
 */
export function bernoulliExact(num: bigint, den: bigint, bits: BitSource): boolean {
  requirePositive('den', den);
  if (num < 0n || num > den) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `num/den must be a probability, so num must be from 0 to den; got num ${num}, den ${den}.`,
    );
  }
  return uniformBelow(den, bits) < num;
}

/**
 * True with probability exactly exp(−num/den).
 *
 * @throws FedwardError `INVALID_ARGUMENT` unless num ≥ 0 and den ≥ 1.
 */
export function bernoulliExpExact(num: bigint, den: bigint, bits: BitSource): boolean {
  requirePositive('den', den);
  if (num < 0n) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `num must not be negative: exp(−num/den) is a probability; got ${num}.`,
    );
  }
  if (num <= PLAIN && den <= PLAIN) return bernoulliExp(Number(num), Number(den), bits);
  const step = BigInt(MAX_EXPONENT) * den;
  let rest = num;
  for (; rest > step; rest -= step) if (!bernoulliExp(MAX_EXPONENT, 1, bits)) return false;
  if (rest === 0n) return true;
  const gamma = Number((rest << FRACTION_BITS) / den) * 2 ** -Number(FRACTION_BITS);
  return belowExp(gamma, rest, den, bits);
}

/**
 * The geometric distribution: P(k) ∝ exp(−k·s/t) for k ≥ 0.
 *
 * The body of algorithm 2: u + t·v has ratio exp(−1/t) and its quotient by s the ratio exp(−s/t).
 *
 * @throws FedwardError `INVALID_ARGUMENT` unless t ≥ 1 and s ≥ 1.
 */
export function drawGeometric(t: bigint, s: bigint, bits: BitSource): bigint {
  requirePositive('t', t);
  requirePositive('s', s);
  let u = uniformBelow(t, bits);
  while (!bernoulliExpExact(u, t, bits)) u = uniformBelow(t, bits);
  let v = 0n;
  while (bernoulliExp(1, 1, bits)) v++;
  return (u + t * v) / s;
}

/**
 * The discrete Laplace distribution with scale t/s: P(x) ∝ exp(−|x|·s/t) on the integers. Algorithm 2.
 *
 * @throws FedwardError `INVALID_ARGUMENT` unless t ≥ 1 and s ≥ 1.
 */
export function drawDiscreteLaplace(t: bigint, s: bigint, bits: BitSource): bigint {
  for (;;) {
    const magnitude = drawGeometric(t, s, bits);
    const negative = (bits.word() & 1) === 1;
    // Zero would come with both signs and so twice as often as it should.
    if (negative && magnitude === 0n) continue;
    return negative ? -magnitude : magnitude;
  }
}

/**
 * The discrete Gaussian N_ℤ(0, σ²), σ² = varianceNum/varianceDen: P(x) ∝ exp(−x²/2σ²) on the integers.
 *
 * Algorithm 3 with t = ⌊σ⌋ + 1. For σ² = a/b its coin exp(−(|y| − σ²/t)²/2σ²) has the exponent
 * (|y|·b·t − a)² / 2abt².
 *
 * @throws FedwardError `INVALID_ARGUMENT` unless both are at least 1.
 */
export function drawDiscreteGaussian(varianceNum: bigint, varianceDen: bigint, bits: BitSource): bigint {
  requirePositive('varianceNum', varianceNum);
  requirePositive('varianceDen', varianceDen);
  const t = floorSqrt(varianceNum / varianceDen) + 1n;
  const den = 2n * varianceNum * varianceDen * t * t;
  for (;;) {
    const y = drawDiscreteLaplace(t, 1n, bits);
    const distance = (y < 0n ? -y : y) * varianceDen * t - varianceNum;
    if (bernoulliExpExact(distance * distance, den, bits)) return y;
  }
}

function requirePositive(name: string, value: bigint): void {
  if (value >= 1n) return;
  throw new FedwardError('INVALID_ARGUMENT', `${name} must be a positive integer; got ${value}.`);
}

function bitLength(n: bigint): number {
  const digits = n.toString(16);
  return 4 * (digits.length - 1) + 32 - Math.clz32(Number.parseInt(digits.charAt(0), 16));
}

/** ⌊√n⌋ by Newton's method from above, which falls until it is there. */
function floorSqrt(n: bigint): bigint {
  if (n === 0n) return 0n;
  let root = 1n << BigInt(Math.ceil(bitLength(n) / 2));
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
