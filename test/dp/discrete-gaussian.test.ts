import { describe, expect, it } from 'vitest';
import { MAX_SIGMA, sampleDiscreteGaussian } from '../../dp/sampling/discrete-gaussian.ts';
import { BitSource, osEntropy } from '../../dp/sampling/entropy.ts';
import { FedwardError } from '../../proto/errors.ts';
import { SEED, seededEntropy } from './seeded-entropy.ts';
import { chiSquareDeviate, discreteGaussianPmf, kolmogorovStatistic, normalCdf } from './statistics.ts';

describe(`sampleDiscreteGaussian (seed ${SEED})`, () => {
  it.each([1, 2, 3, 64])('σ = %d agrees with the exact pmf', (sigma) => {
    const draws = 400_000;
    const noise = sampleDiscreteGaussian(sigma, draws, new BitSource(seededEntropy(`pmf ${sigma}`)));
    // Bins: every integer out to 3σ, and one for each tail.
    const reach = 3 * sigma;
    const pmf = discreteGaussianPmf(sigma, 12 * sigma);
    const bin = (y: number) => Math.max(-reach - 1, Math.min(reach + 1, y)) + reach + 1;
    const observed = new Float64Array(2 * reach + 3);
    const expected = new Float64Array(2 * reach + 3);
    for (const y of noise) observed[bin(y)] = (observed[bin(y)] ?? 0) + 1;
    pmf.forEach((p, i) => {
      const b = bin(i - 12 * sigma);
      expected[b] = (expected[b] ?? 0) + p * draws;
    });
    expect(Math.abs(chiSquareDeviate(observed, expected))).toBeLessThan(5);
  });

  it.each([300_000, MAX_SIGMA])('σ = %d has the moments and the shape of a Gaussian', (sigma) => {
    const draws = 200_000;
    const noise = sampleDiscreteGaussian(sigma, draws, new BitSource(seededEntropy(`shape ${sigma}`)));
    const moment = (k: number) => noise.reduce((sum, y) => sum + (y / sigma) ** k, 0) / draws;
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(draws));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / draws));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / draws));
    expect(kolmogorovStatistic(noise, (y) => normalCdf(y / sigma))).toBeLessThan(2.8);
  });

  it('draws are independent of their neighbours', () => {
    const noise = sampleDiscreteGaussian(1000, 200_000, new BitSource(seededEntropy('pairs')));
    let products = 0;
    for (let i = 1; i < noise.length; i++)
      products += ((noise[i] ?? 0) / 1000) * ((noise[i - 1] ?? 0) / 1000);
    expect(Math.abs(products / noise.length)).toBeLessThan(5 / Math.sqrt(noise.length));
  });

  it.each([0, -3, 1.5, MAX_SIGMA + 1, Number.NaN])('refuses σ = %d', (sigma) => {
    const draw = () => sampleDiscreteGaussian(sigma, 1, new BitSource(osEntropy()));
    expect(draw).toThrow(FedwardError);
    expect(draw).toThrow(/sigma must be an integer from 1 to 33554432/);
  });

  it('refuses a length that is none, and gives an empty vector for 0', () => {
    const bits = new BitSource(osEntropy());
    expect(() => sampleDiscreteGaussian(1, -1, bits)).toThrow(/length/);
    expect(sampleDiscreteGaussian(1, 0, bits).length).toBe(0);
  });
});
