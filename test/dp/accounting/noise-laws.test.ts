/** Discrete Gaussian and Skellam: moments, privacy and divergences against sums over the integers. */
import { describe, expect, it } from 'vitest';
import {
  discreteGaussianDelta,
  discreteGaussianPmf,
  discreteGaussianVariance,
  tau,
} from '../../../dp/accounting/discrete-gaussian.ts';
import {
  logSkellamPmf,
  skellamPmf,
  skellamRdp,
  skellamRenyiDivergence,
} from '../../../dp/accounting/skellam.ts';
import { casesOf, relativeError } from './vectors.ts';

describe('the discrete Gaussian', () => {
  it('variance and normaliser, on either side of the change to the dual lattice', () => {
    const cases = casesOf<{ sigmaSquared: number; variance: number; pmf0: number }>(
      'discrete-gaussian',
      'moments',
    );
    for (const { sigmaSquared, variance, pmf0 } of cases) {
      expect(relativeError(discreteGaussianVariance(sigmaSquared), variance)).toBeLessThan(1e-13);
      expect(relativeError(discreteGaussianPmf(sigmaSquared, 0), pmf0)).toBeLessThan(1e-13);
    }
    expect(discreteGaussianPmf(4, 0)).toBeCloseTo(0.199471140201, 12);
    expect(discreteGaussianPmf(4, -3)).toBeCloseTo(discreteGaussianPmf(4, 0) * Math.exp(-9 / 8), 15);
  });

  it('δ, exactly', () => {
    const cases = casesOf<{ sigmaSquared: number; epsilon: number; sensitivity: number; delta: number }>(
      'discrete-gaussian',
      'delta',
    );
    for (const { epsilon, delta, ...release } of cases)
      expect(relativeError(discreteGaussianDelta(release, epsilon), delta)).toBeLessThan(1e-12);
    expect(discreteGaussianDelta({ sigmaSquared: 4 }, Number.POSITIVE_INFINITY)).toBe(0);
  });

  it('δ is the hockey-stick divergence between shifted probabilities', () => {
    for (const [sigmaSquared, sensitivity, epsilon] of [
      [2, 1, 0.5],
      [30, 4, 1],
      [0.3, 2, 4],
    ] as const) {
      let expected = 0;
      for (let x = -80; x <= 80; x++) {
        const excess =
          discreteGaussianPmf(sigmaSquared, x) -
          Math.exp(epsilon) * discreteGaussianPmf(sigmaSquared, x + sensitivity);
        expected += Math.max(0, excess);
      }
      expect(discreteGaussianDelta({ sigmaSquared, sensitivity }, epsilon)).toBeCloseTo(expected, 13);
    }
  });

  it('τ of ten at σ = 1; none for a single one, nor where it is beyond doubles', () => {
    expect(relativeError(tau(10, 1), 5.43524258e-4)).toBeLessThan(1e-8);
    expect(tau(1, 1)).toBe(0);
    expect(tau(100, 40_000)).toBe(0);
  });

  it('refuses nonsense, by name', () => {
    expect(() => discreteGaussianVariance(0)).toThrow(/sigmaSquared/);
    expect(() => discreteGaussianPmf(1, 0.5)).toThrow(/integer/);
    expect(() => discreteGaussianDelta({ sigmaSquared: 1, sensitivity: 0.5 }, 1)).toThrow(/sensitivity/);
    expect(() => discreteGaussianDelta({ sigmaSquared: 1 }, -1)).toThrow(/epsilon/);
  });
});

describe('Skellam noise', () => {
  it('probabilities', () => {
    for (const { mu, x, pmf } of casesOf<{ mu: number; x: number; pmf: number }>('skellam', 'pmf'))
      expect(relativeError(skellamPmf(mu, x), pmf)).toBeLessThan(1e-12);
  });

  it('is the difference of two Poisson(μ/2) variables', () => {
    const mu = 3;
    const poisson = [Math.exp(-mu / 2)];
    for (let k = 1; k < 60; k++) poisson.push(((poisson[k - 1] ?? 0) * mu) / 2 / k);
    for (const x of [0, 1, 4, 9]) {
      const expected = poisson.reduce((sum, p, k) => sum + p * (poisson[k + x] ?? 0), 0);
      expect(relativeError(skellamPmf(mu, x), expected)).toBeLessThan(1e-13);
    }
  });

  it('has mass 1 and variance μ', () => {
    const pmf = logSkellamPmf(50, 200).map(Math.exp);
    const mass = pmf.reduce((sum, p, x) => sum + (x === 0 ? p : 2 * p), 0);
    const variance = pmf.reduce((sum, p, x) => sum + 2 * x * x * p, 0);
    expect(mass).toBeCloseTo(1, 14);
    expect(variance).toBeCloseTo(50, 11);
  });

  it('exact divergences', () => {
    const cases = casesOf<{ order: number; shift: number; mu: number; divergence: number }>(
      'skellam',
      'divergence',
    );
    for (const { order, shift, mu, divergence } of cases) {
      expect(relativeError(skellamRenyiDivergence(order, shift, mu), divergence)).toBeLessThan(1e-12);
      expect(skellamRenyiDivergence(order, -shift, mu)).toBe(skellamRenyiDivergence(order, shift, mu));
    }
    expect(skellamRenyiDivergence(8, 3, 100)).toBeCloseTo(0.355722087715, 12);
  });

  it('the bound, and that it is one', () => {
    for (const c of casesOf<{
      order: number;
      sensitivityL1: number;
      sensitivityL2: number;
      mu: number;
      rdp: number;
    }>('skellam', 'bound'))
      expect(skellamRdp(c.order, c.mu, c.sensitivityL1, c.sensitivityL2)).toBeCloseTo(c.rdp, 14);
    for (const mu of [2, 20, 300]) {
      for (const shift of [1, 3, 7]) {
        for (const order of [2, 3, 10, 33]) {
          const exact = skellamRenyiDivergence(order, shift, mu);
          expect(skellamRdp(order, mu, shift, shift), `μ ${mu}, Δ ${shift}, α ${order}`).toBeGreaterThan(
            exact,
          );
        }
      }
    }
  });
});
