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
import { bernoulliExp } from './bernoulli.ts';
import type { BitSource } from './entropy.ts';

/** 2σ² and (t−u)² must be exact in 53 bits. */
export const MAX_SIGMA = 2 ** 25;

/**
 * `length` independent draws, as integers mod 2^32. A draw leaves the Int32 range with probability below
 * exp(−2^11) even at the largest σ, and then wraps as every sum in the ring does.
 *
 * @param sigma integer, 1 to 2^25.
 * @throws FedwardError `INVALID_ARGUMENT` when σ or the length is out of range.
 */
export function sampleDiscreteGaussian(sigma: number, length: number, bits: BitSource): Int32Array {
  if (!Number.isInteger(sigma) || sigma < 1 || sigma > MAX_SIGMA) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `sigma must be an integer from 1 to ${MAX_SIGMA}, the range in which the sampler is exact; got ${sigma}. Round σ up to an integer, or use a coarser grid.`,
    );
  }
  if (!Number.isInteger(length) || length < 0) {
    throw new FedwardError('INVALID_ARGUMENT', `length must be a non-negative integer; got ${length}.`);
  }
  const noise = new Int32Array(length);
  for (let i = 0; i < length; i++) noise[i] = drawOne(sigma, bits);
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
