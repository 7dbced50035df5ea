import { describe, expect, it } from 'vitest';
import {
  MAX_WIDE_SIGMA,
  sampleDiscreteGaussian,
  sampleWideDiscreteGaussian,
} from '../../../dp/sampling/discrete-gaussian.ts';
import { sampleDiscreteLaplace } from '../../../dp/sampling/discrete-laplace.ts';
import { BitSource, osEntropy } from '../../../dp/sampling/entropy.ts';
import { drawDiscreteGaussian } from '../../../dp/sampling/exact.ts';
import { SEED } from '../seeded-entropy.ts';
import { kolmogorovStatistic, normalCdf } from '../statistics.ts';
import { bitsFor, repeat } from './draws.ts';
import { expectFit, expectUniformResidues, kolmogorovTail, LEVEL } from './fit.ts';
import { gaussianPmf, laplacePmf } from './pmf.ts';

const MILLION = 1_000_000;

describe(`the discrete Gaussian against its exact pmf (seed ${SEED})`, () => {
  it('σ = 0.5, rational', () => {
    const bits = bitsFor('gaussian 0.5');
    const sample = repeat(MILLION, () => drawDiscreteGaussian(1n, 4n, bits));
    expectFit('σ = 0.5', sample, gaussianPmf(0.5));
  });

  it.each([3, 64, 1000, 300_000])('σ = %d', (sigma) => {
    const sample = sampleDiscreteGaussian(sigma, MILLION, bitsFor(`gaussian ${sigma}`));
    expectFit(`σ = ${sigma}`, sample, gaussianPmf(sigma));
    if (sigma >= 64) expectUniformResidues(`σ = ${sigma}`, sample, 64);
  });

  it.each([1n, 3n, 1000n])('σ = %d through the integers of any size', (sigma) => {
    const sample = sampleWideDiscreteGaussian(sigma, 100_000, bitsFor(`wide ${sigma}`));
    expectFit(`wide σ = ${sigma}`, sample, gaussianPmf(Number(sigma)));
  });

  it.each([2n ** 26n, 2n ** 40n + 1n, MAX_WIDE_SIGMA])('σ = %d has the shape of a Gaussian', (sigma) => {
    const sample = sampleWideDiscreteGaussian(sigma, 100_000, bitsFor(`wide ${sigma}`));
    const deviates = Float64Array.from(sample, (y) => Number(y) / Number(sigma));
    expect(kolmogorovTail(kolmogorovStatistic(deviates, normalCdf)), `seed ${SEED}`).toBeGreaterThan(LEVEL);
    expectUniformResidues(`wide σ = ${sigma}`, sample, 64);
  });

  it.each([0n, -3n, MAX_WIDE_SIGMA + 1n])('refuses a wide σ = %d', (sigma) => {
    expect(() => sampleWideDiscreteGaussian(sigma, 1, new BitSource(osEntropy()))).toThrow(/sigma must be/);
  });
});

describe(`the discrete Laplace distribution against its exact pmf (seed ${SEED})`, () => {
  it.each([1, 7, 1000])('scale %d', (scale) => {
    const sample = sampleDiscreteLaplace(scale, 500_000, bitsFor(`laplace ${scale}`));
    expectFit(`scale ${scale}`, sample, laplacePmf(scale));
    if (scale === 1000) expectUniformResidues(`scale ${scale}`, sample, 16);
  });

  it('refuses a scale or a length that is out of range', () => {
    const bits = new BitSource(osEntropy());
    expect(() => sampleDiscreteLaplace(0.5, 1, bits)).toThrow(/scale must be an integer from 1/);
    expect(() => sampleDiscreteLaplace(2 ** 25 + 1, 1, bits)).toThrow(/scale/);
    expect(() => sampleDiscreteLaplace(1, -1, bits)).toThrow(/length/);
  });
});
