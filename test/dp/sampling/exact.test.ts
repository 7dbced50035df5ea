import { describe, expect, it } from 'vitest';
import { bernoulliExp } from '../../../dp/sampling/bernoulli.ts';
import { BitSource, osEntropy } from '../../../dp/sampling/entropy.ts';
import {
  bernoulliExact,
  bernoulliExpExact,
  drawDiscreteGaussian,
  drawDiscreteLaplace,
  drawGeometric,
  uniformBelow,
} from '../../../dp/sampling/exact.ts';
import { FedwardError } from '../../../proto/errors.ts';
import { SEED, scriptedEntropy } from '../seeded-entropy.ts';
import { bitsFor, repeat } from './draws.ts';
import { expectFit } from './fit.ts';
import { gaussianPmf, geometricPmf, laplacePmf } from './pmf.ts';

const coinPmf = (p: number) => ({ first: 0, probabilities: Float64Array.of(1 - p, p) });

/** A common factor takes an argument past 2^53 without changing the distribution. */
const HUGE = 10n ** 30n;

describe(`uniformBelow (seed ${SEED})`, () => {
  it.each([5n, 2n ** 53n, 2n ** 53n + 1n, 3n * 2n ** 62n, 10n ** 40n])('is uniform below %d', (n) => {
    const bits = bitsFor(`uniform ${n}`);
    const bins = n < 100n ? n : 100n;
    const sample = repeat(50_000, () => (uniformBelow(n, bits) * bins) / n);
    expectFit(`below ${n}`, sample, {
      first: 0,
      probabilities: new Float64Array(Number(bins)).fill(1 / Number(bins)),
    });
  });

  it('takes the top bits of as many words as it needs, and rejects what is not below', () => {
    const n = 2n ** 64n + 2n;
    // 65 bits: the first three words give 2^65 − 1, which is rejected; the next give n − 1.
    const script = [0xffffffff, 0xffffffff, 0xffffffff, 2 ** 31, 0, 2 ** 31];
    expect(uniformBelow(n, new BitSource(scriptedEntropy(script)))).toBe(n - 1n);
  });
});

describe(`coins (seed ${SEED})`, () => {
  it.each([
    [1n, 3n],
    [HUGE, 7n * HUGE],
    [2n ** 60n + 1n, 2n ** 61n],
  ])('bernoulliExact(%d / %d)', (num, den) => {
    const bits = bitsFor(`exact ${num}/${den}`);
    const sample = repeat(100_000, () => Number(bernoulliExact(num, den, bits)));
    expectFit(`${num}/${den}`, sample, coinPmf(Number(num) / Number(den)));
  });

  it.each([
    [1n, 10n, 0.1],
    [HUGE, 3n * HUGE, 1 / 3],
    [5n * HUGE, 2n * HUGE, 2.5],
    [1n, HUGE, 0],
  ])('bernoulliExpExact(%d / %d)', (num, den, gamma) => {
    const bits = bitsFor(`exp ${num}/${den}`);
    const sample = repeat(100_000, () => Number(bernoulliExpExact(num, den, bits)));
    if (gamma === 0) expect(sample.every((heads) => heads === 1)).toBe(true);
    else expectFit(`exp(−${num}/${den})`, sample, coinPmf(Math.exp(-gamma)));
  });

  it('bernoulliExpExact tells the same words apart as the plain coin, also past γ = 32', () => {
    const choice = bitsFor('choice');
    for (let i = 0; i < 2000; i++) {
      const den = 1 + choice.below(1000);
      const num = choice.below(40 * den);
      const plain = bernoulliExp(num, den, bitsFor(`same words ${i % 50}`));
      const wide = bernoulliExpExact(BigInt(num) * HUGE, BigInt(den) * HUGE, bitsFor(`same words ${i % 50}`));
      expect(wide, `${num}/${den}`).toBe(plain);
    }
  });

  it('compares further bits where the first 32 do not decide', () => {
    // exp(−1/3)·2^64 = 0xb76ecd67 fc4d…: the third word decides after a tie in the first two.
    const threshold = (716531310573789250425604n * 2n ** 64n) / 10n ** 24n;
    const words = [Number(threshold >> 32n), Number(threshold & 0xffffffffn)] as const;
    const coin = (last: number) =>
      bernoulliExpExact(HUGE, 3n * HUGE, new BitSource(scriptedEntropy([words[0], words[1] + last, 0, 0])));
    expect(coin(-1)).toBe(true);
    expect(coin(0)).toBe(true);
    expect(coin(1)).toBe(false);
  });

  it('ends at once where γ is astronomical', () => {
    expect(bernoulliExpExact(HUGE, 1n, new BitSource(osEntropy()))).toBe(false);
  });
});

describe(`distributions of rational scale (seed ${SEED})`, () => {
  it.each([
    [5n, 2n],
    [1n, 3n],
    [1n, 1n],
    [1000n * HUGE, HUGE],
  ])('drawGeometric(%d, %d)', (t, s) => {
    const bits = bitsFor(`geometric ${t}/${s}`);
    const sample = repeat(100_000, () => drawGeometric(t, s, bits));
    expectFit(`geometric ${t}/${s}`, sample, geometricPmf(Number(t) / Number(s)));
  });

  it.each([
    [1n, 1n],
    [7n, 3n],
    [3n, 7n],
    [50n * HUGE, 7n * HUGE],
  ])('drawDiscreteLaplace(%d, %d)', (t, s) => {
    const bits = bitsFor(`laplace ${t}/${s}`);
    const sample = repeat(100_000, () => drawDiscreteLaplace(t, s, bits));
    expectFit(`laplace ${t}/${s}`, sample, laplacePmf(Number(t) / Number(s)));
  });

  it.each([
    [1n, 100n],
    [9n, 4n],
    [2n, 1n],
    [1234n * HUGE, 5n * HUGE],
  ])('drawDiscreteGaussian of variance %d / %d', (num, den) => {
    const bits = bitsFor(`gaussian ${num}/${den}`);
    const sample = repeat(100_000, () => drawDiscreteGaussian(num, den, bits));
    expectFit(`gaussian ${num}/${den}`, sample, gaussianPmf(Math.sqrt(Number(num) / Number(den))));
  });
});

describe('arguments that make no distribution', () => {
  const bits = new BitSource(osEntropy());
  it.each([
    ['n must', () => uniformBelow(0n, bits)],
    ['den must', () => bernoulliExact(0n, 0n, bits)],
    ['num/den must be a probability', () => bernoulliExact(2n, 1n, bits)],
    ['num must not be negative', () => bernoulliExpExact(-1n, 1n, bits)],
    ['den must', () => bernoulliExpExact(1n, 0n, bits)],
    ['t must', () => drawGeometric(0n, 1n, bits)],
    ['s must', () => drawDiscreteLaplace(1n, -1n, bits)],
    ['varianceNum must', () => drawDiscreteGaussian(0n, 1n, bits)],
    ['varianceDen must', () => drawDiscreteGaussian(1n, 0n, bits)],
  ])('%s …', (sentence, call) => {
    expect(call).toThrow(FedwardError);
    expect(call).toThrow(sentence);
  });
});
