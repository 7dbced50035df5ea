import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  analyticGaussianDelta,
  analyticGaussianEpsilon,
  analyticGaussianSigma,
} from '../../../dp/accounting/analytic-gaussian.ts';
import { casesOf, relativeError } from './vectors.ts';

interface SigmaCase {
  readonly epsilon: number;
  readonly delta: number;
  readonly sigma: number;
}

interface DeltaCase extends SigmaCase {
  readonly sensitivity: number;
}

/** E[(1 − e^(ε−L))₊] for a privacy loss L ~ N(m²/2, m²), by Simpson's rule. */
function integrated(epsilon: number, m: number): number {
  const from = Math.max((epsilon - (m * m) / 2) / m, -12);
  const to = from + 14 / (1 + Math.max(0, from) / 3);
  const steps = 4000;
  const h = (to - from) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const z = from + i * h;
    const excess = -Math.expm1(epsilon - (m * m) / 2 - m * z);
    sum += (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * excess * Math.exp((-z * z) / 2);
  }
  return (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

describe('the Gaussian mechanism, exactly', () => {
  it('σ for δ = 1e-5', () => {
    for (const { epsilon, delta, sigma } of casesOf<SigmaCase>('analytic-gaussian', 'sigma')) {
      expect(relativeError(analyticGaussianSigma(epsilon, delta), sigma)).toBeLessThan(1e-9);
    }
  });

  it('δ from 1 to 1e-196, for shifts large and small', () => {
    for (const { epsilon, sigma, sensitivity, delta } of casesOf<DeltaCase>('analytic-gaussian', 'delta')) {
      const error = relativeError(analyticGaussianDelta(epsilon, sigma, sensitivity), delta);
      expect(error, `ε ${epsilon}, σ ${sigma}`).toBeLessThan(1e-12);
    }
  });

  it('is the expected excess of the privacy loss', () => {
    for (const m of [0.01, 0.3, 0.999, 1.001, 3]) {
      for (const epsilon of [0, 0.2, 2]) {
        const expected = integrated(epsilon, m);
        const error = Math.abs(analyticGaussianDelta(epsilon, 1 / m) - expected);
        expect(error, `m ${m}, ε ${epsilon}`).toBeLessThanOrEqual(1e-8 * expected);
      }
    }
  });

  it('ε and σ come back to δ, never above it, and scale with the sensitivity', () => {
    const sigma = fc.double({ min: 0.05, max: 1e4, noNaN: true });
    const exponent = fc.double({ min: -30, max: -0.5, noNaN: true });
    fc.assert(
      fc.property(sigma, exponent, (s, log) => {
        const delta = 10 ** log;
        const epsilon = analyticGaussianEpsilon(delta, s);
        expect(analyticGaussianDelta(epsilon, s)).toBeLessThanOrEqual(delta);
        if (epsilon === 0) return;
        expect(analyticGaussianDelta(epsilon * (1 - 1e-9), s)).toBeGreaterThan(delta);
        const back = analyticGaussianSigma(epsilon, delta, 3);
        expect(relativeError(back, 3 * s)).toBeLessThan(1e-9);
      }),
      { numRuns: 40 },
    );
  });

  it('ends: no noise gives δ = 1, endless noise δ = 0, and any ε where δ is generous', () => {
    expect(analyticGaussianDelta(1, 1e-9)).toBe(1);
    expect(analyticGaussianDelta(1, 1e9)).toBe(0);
    expect(analyticGaussianEpsilon(0.5, 10)).toBe(0);
    expect(analyticGaussianSigma(0, 1e-3)).toBeGreaterThan(398);
  });

  it('refuses nonsense, by name', () => {
    expect(() => analyticGaussianDelta(-1, 1)).toThrow(/epsilon/);
    expect(() => analyticGaussianDelta(1, 0)).toThrow(/sigma/);
    expect(() => analyticGaussianSigma(1, 1)).toThrow(/delta/);
    expect(() => analyticGaussianSigma(1, 1e-5, -1)).toThrow(/sensitivity/);
  });
});
