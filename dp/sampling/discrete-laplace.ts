/**
 * The discrete Laplace distribution, also known as the two-sided geometric: P(y) ∝ exp(−|y|/scale) on the
 * integers. Canonne, Kamath, Steinke 2020, algorithm 2, in plain numbers; `drawDiscreteLaplace` for rational
 * scales of any size.
 */
import { requireLength, requireScale } from './arguments.ts';
import { bernoulliExp } from './bernoulli.ts';
import type { BitSource } from './entropy.ts';

/**
 * `length` independent draws, as integers mod 2^32. A draw leaves the Int32 range with probability below
 * exp(−2^31/scale), exp(−64) at the largest scale, and then wraps as every sum in the ring does.
 *
 * @param scale integer, 1 to 2^25; the variance is close to 2·scale².
 * @throws FedwardError `INVALID_ARGUMENT` when the scale or the length is out of range.
 */
export function sampleDiscreteLaplace(scale: number, length: number, bits: BitSource): Int32Array {
  requireScale('scale', scale);
  requireLength(length);
  const noise = new Int32Array(length);
  for (let i = 0; i < length; i++) noise[i] = drawOne(scale, bits);
  return noise;
}

function drawOne(t: number, bits: BitSource): number {
  for (;;) {
    const u = bits.below(t);
    if (!bernoulliExp(u, t, bits)) continue;
    let v = 0;
    while (bernoulliExp(1, 1, bits)) v++;
    const magnitude = u + t * v;
    const negative = (bits.word() & 1) === 1;
    // Zero would come with both signs and so twice as often as it should.
    if (negative && magnitude === 0) continue;
    return negative ? -magnitude : magnitude;
  }
}
