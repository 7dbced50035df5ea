/** The checks that the samplers must pass, checked: references, tails, and that slight mistakes do fail. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bernoulliExp } from '../../../dp/sampling/bernoulli.ts';
import { sampleDiscreteGaussian } from '../../../dp/sampling/discrete-gaussian.ts';
import type { BitSource } from '../../../dp/sampling/entropy.ts';
import { drawDiscreteGaussian } from '../../../dp/sampling/exact.ts';
import { SEED } from '../seeded-entropy.ts';
import { bitsFor, repeat } from './draws.ts';
import { assess, chiSquareTail, kolmogorovTail, LEVEL, type Pmf } from './fit.ts';
import { gaussianPmf, geometricPmf, laplacePmf, skellamPmf } from './pmf.ts';

const MILLION = 1_000_000;

type Vector = { readonly value: number } & (
  | { readonly quantity: 'discreteGaussianVariance'; readonly variance: number }
  | { readonly quantity: 'discreteGaussianPmf'; readonly variance: number; readonly x: number }
  | { readonly quantity: 'discreteLaplaceVariance'; readonly scale: number }
  | { readonly quantity: 'discreteLaplacePmf' | 'geometricPmf'; readonly scale: number; readonly x: number }
  | { readonly quantity: 'skellamPmf'; readonly mu: number; readonly x: number }
);

const VECTORS: { readonly cases: readonly Vector[] } = JSON.parse(
  readFileSync(new URL('../../vectors/dp/samplers.json', import.meta.url), 'utf8'),
);

function referenceOf(vector: Vector): number {
  const at = ({ first, probabilities }: Pmf, x: number) => probabilities[x - first] ?? 0;
  const variance = ({ first, probabilities }: Pmf) =>
    probabilities.reduce((sum, p, i) => sum + p * (i + first) ** 2, 0);
  switch (vector.quantity) {
    case 'discreteGaussianVariance':
      return variance(gaussianPmf(Math.sqrt(vector.variance)));
    case 'discreteGaussianPmf':
      return at(gaussianPmf(Math.sqrt(vector.variance)), vector.x);
    case 'discreteLaplaceVariance':
      return variance(laplacePmf(vector.scale));
    case 'discreteLaplacePmf':
      return at(laplacePmf(vector.scale), vector.x);
    case 'geometricPmf':
      return at(geometricPmf(vector.scale), vector.x);
    case 'skellamPmf':
      return at(skellamPmf(vector.mu), vector.x);
  }
}

const FLAWS = [
  'no flaw',
  'zero from both signs',
  'without exp(−u/t)',
  'without exp(−(v−1)²/2)',
  'without exp(−(v−1)u/t)',
  'without exp(−u²/2t²)',
] as const;

describe(`the tests of fit: references are right, and what is slightly wrong is rejected (seed ${SEED})`, () => {
  it('their tails are the published ones', () => {
    // Abramowitz and Stegun, table 26.8; Smirnov 1948.
    expect(chiSquareTail(3.84146, 1)).toBeCloseTo(0.05, 6);
    expect(chiSquareTail(29.5883, 10)).toBeCloseTo(0.001, 6);
    expect(chiSquareTail(124.342, 100)).toBeCloseTo(0.05, 5);
    expect(chiSquareTail(70.0649, 100)).toBeCloseTo(0.99, 5);
    expect(kolmogorovTail(1.3581)).toBeCloseTo(0.05, 4);
    expect(kolmogorovTail(1.9495)).toBeCloseTo(0.001, 5);
  });

  it.each(VECTORS.cases)('the reference $quantity is the published one', (vector) => {
    expect(referenceOf(vector) / vector.value).toBeCloseTo(1, 11);
  });

  it.each([1000, 300_000])('σ = %d, too wide by a hundredth', (sigma) => {
    const sample = sampleDiscreteGaussian(sigma * 1.01, MILLION, bitsFor(`too wide ${sigma}`));
    const fit = assess(sample, gaussianPmf(sigma));
    expect(fit.chiSquare).toBeLessThan(LEVEL);
    expect(fit.kolmogorov).toBeLessThan(LEVEL);
  });

  it('σ = 3, too wide by a hundredth', () => {
    const bits = bitsFor('too wide 3');
    const sample = repeat(MILLION / 2, () => drawDiscreteGaussian(303n ** 2n, 100n ** 2n, bits));
    expect(assess(sample, gaussianPmf(3)).chiSquare).toBeLessThan(LEVEL);
  });

  it.each(FLAWS)('%s', (flaw) => {
    const bits = bitsFor(`flaw ${flaw}`);
    const sample = repeat(MILLION / 4, () => flawedDraw(64, flaw, bits));
    const { chiSquare } = assess(sample, gaussianPmf(64));
    if (flaw === 'no flaw') expect(chiSquare).toBeGreaterThan(LEVEL);
    else expect(chiSquare).toBeLessThan(LEVEL);
  });
});

/** The production sampler's algorithm with one step left out. */
function flawedDraw(t: number, flaw: (typeof FLAWS)[number], bits: BitSource): number {
  const coin = (name: string, num: number, den: number) =>
    flaw === `without exp(−${name})` || bernoulliExp(num, den, bits);
  for (;;) {
    const u = bits.below(t);
    if (!coin('u/t', u, t)) continue;
    let v = 0;
    while (bernoulliExp(1, 1, bits)) v++;
    const w = v - 1;
    if (v === 0) {
      if (!bernoulliExp((t - u) ** 2, 2 * t * t, bits)) continue;
    } else {
      if (!coin('(v−1)²/2', w * w, 2) || !coin('(v−1)u/t', w * u, t) || !coin('u²/2t²', u * u, 2 * t * t))
        continue;
    }
    const magnitude = u + t * v;
    const negative = (bits.word() & 1) === 1;
    if (negative && magnitude === 0 && flaw !== 'zero from both signs') continue;
    return negative ? -magnitude : magnitude;
  }
}
