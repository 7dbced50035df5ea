/**
 * The exact discrete Gaussian N_ℤ(0, σ²): P(y) ∝ exp(−y²/2σ²) on the integers.
 *
 * Canonne, Kamath, Steinke 2020, algorithm 3 (discrete Gaussian by rejection from a discrete Laplace) with
 * t = σ, in a form whose integers all stay below 2^53. A proposal is |y| = u + t·v with u uniform on
 * {0, …, t−1}, kept with probability exp(−u/t), and v geometric with ratio exp(−1): the two-sided geometric of
 * algorithm 2. It is accepted with probability exp(−(|y| − σ)²/2σ²). For v ≥ 1,
 *
 *     (|y| − σ)²/2σ² = (v−1)²/2 + (v−1)·u/t + u²/2t²,
 *
 * so three independent coins replace one whose numerator would reach 2^92; for v = 0 it is (t−u)²/2t².
 *
 * The time a draw takes depends on the randomness, never on data: whole noise vectors are drawn before any
 * record is touched, and the signature below takes nothing but σ and a length.
 */
import { FedwardError } from '../../proto/errors.ts';
import { MAX_SCALE, requireLength, requireScale } from './arguments.ts';
import { bernoulliExp } from './bernoulli.ts';
import type { BitSource } from './entropy.ts';
import { drawDiscreteGaussian } from './exact.ts';

export const MAX_SIGMA = MAX_SCALE;
/** So that a draw leaves the BigInt64 range with probability below exp(−2^11), as at 2^25 and Int32. */
export const MAX_WIDE_SIGMA = 2n ** 57n;

/**
 * `length` independent draws, as integers mod 2^32. A draw leaves the Int32 range with probability below
 * exp(−2^11) even at the largest σ, and then wraps as every sum in the ring does.
 *
 * @param sigma integer, 1 to 2^25. Above that, `sampleWideDiscreteGaussian`.
 * @throws FedwardError `INVALID_ARGUMENT` when σ or the length is out of range.
 */
export function sampleDiscreteGaussian(sigma: number, length: number, bits: BitSource): Int32Array {
  requireScale('sigma', sigma);
  requireLength(length);
  const noise = new Int32Array(length);
  for (let i = 0; i < length; i++) noise[i] = drawOne(sigma, bits);
  return noise;
}

/**
 * `length` independent draws for a σ that 32 bits have no room for, as integers mod 2^64; some ten times slower.
 *
 * @param sigma 1 to 2^57.
 * @throws FedwardError `INVALID_ARGUMENT` when σ or the length is out of range.
 */
export function sampleWideDiscreteGaussian(sigma: bigint, length: number, bits: BitSource): BigInt64Array {
  if (sigma < 1n || sigma > MAX_WIDE_SIGMA) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `sigma must be an integer from 1 to ${MAX_WIDE_SIGMA}, so that the noise fits 64 bits; got ${sigma}. Use a coarser grid.`,
    );
  }
  requireLength(length);
  const noise = new BigInt64Array(length);
  for (let i = 0; i < length; i++) noise[i] = drawDiscreteGaussian(sigma * sigma, 1n, bits);
  return noise;
}

function drawOne(t: number, bits: BitSource): number {
  for (;;) {
    const u = bits.below(t);
    if (!bernoulliExp(u, t, bits)) continue;
    let v = 0;
    while (bernoulliExp(1, 1, bits)) v++;
    if (!accepts(u, v, t, bits)) continue;
    const magnitude = u + t * v;
    const negative = (bits.word() & 1) === 1;
    // Zero would be proposed with both signs and so twice as often as it should.
    if (negative && magnitude === 0) continue;
    return negative ? -magnitude : magnitude;
  }
}

function accepts(u: number, v: number, t: number, bits: BitSource): boolean {
  if (v === 0) return bernoulliExp((t - u) * (t - u), 2 * t * t, bits);
  const w = v - 1;
  return bernoulliExp(w * w, 2, bits) && bernoulliExp(w * u, t, bits) && bernoulliExp(u * u, 2 * t * t, bits);
}
