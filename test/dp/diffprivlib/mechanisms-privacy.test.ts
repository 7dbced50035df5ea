/** Calibration and the neighbours' likelihood ratios: what the guarantees rest on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyticGaussianDelta } from '../../../dp/accounting/analytic-gaussian.ts';
import { discreteGaussianDelta } from '../../../dp/accounting/discrete-gaussian.ts';
import { Gaussian } from '../../../dp/diffprivlib-ts/mechanisms/gaussian.ts';
import { GaussianAnalytic } from '../../../dp/diffprivlib-ts/mechanisms/gaussian-analytic.ts';
import { GaussianDiscrete } from '../../../dp/diffprivlib-ts/mechanisms/gaussian-discrete.ts';
import { LaplaceBoundedDomain } from '../../../dp/diffprivlib-ts/mechanisms/laplace-bounded-domain.ts';
import { LaplaceBoundedNoise } from '../../../dp/diffprivlib-ts/mechanisms/laplace-bounded-noise.ts';
import { drawLaplaceWithin, laplaceLattice } from '../../../dp/diffprivlib-ts/mechanisms/lattice-laplace.ts';
import { Staircase } from '../../../dp/diffprivlib-ts/mechanisms/staircase.ts';
import { Uniform } from '../../../dp/diffprivlib-ts/mechanisms/uniform.ts';
import { BitSource } from '../../../dp/sampling/entropy.ts';
import { scriptedEntropy, seededEntropy } from '../seeded-entropy.ts';
import { chiSquareDeviate } from '../statistics.ts';

const entropy = (label: string) => seededEntropy(`privacy ${label}`);
const epsilons = fc.double({ min: 0.01, max: 8, noNaN: true });
const deltas = fc.double({ min: 1e-9, max: 0.4, noNaN: true });

describe('calibration', () => {
  it('the Gaussian mechanisms are (ε, δ)-DP, and the analytic one to the last digit', () => {
    fc.assert(
      fc.property(epsilons, deltas, (epsilon, delta) => {
        const sigma = Math.sqrt(new GaussianAnalytic({ epsilon, delta, sensitivity: 3 }).variance(0)) / 3;
        expect(analyticGaussianDelta(epsilon, sigma)).toBeLessThanOrEqual(delta * (1 + 1e-9));
        expect(analyticGaussianDelta(epsilon, sigma * (1 - 1e-6))).toBeGreaterThan(delta);
        if (epsilon > 1) return;
        const classic = Math.sqrt(new Gaussian({ epsilon, delta, sensitivity: 3 }).variance(0)) / 3;
        expect(analyticGaussianDelta(epsilon, classic)).toBeLessThanOrEqual(delta);
      }),
      { numRuns: 50 },
    );
  });

  /** δ of N_ℤ(0, σ²) by brute force over the integers. */
  function hockeyStick(sigma: number, epsilon: number, sensitivity: number): number {
    const reach = Math.ceil(40 * sigma) + sensitivity;
    const weight = (x: number) => Math.exp((-x * x) / (2 * sigma * sigma));
    let total = 0;
    let excess = 0;
    for (let x = -reach; x <= reach; x++) {
      total += weight(x);
      excess += Math.max(0, weight(x) - Math.exp(epsilon) * weight(x + sensitivity));
    }
    return excess / total;
  }

  it('GaussianDiscrete is (ε, δ)-DP with the least σ, which diffprivlib misses by up to 1e-5 of δ', () => {
    fc.assert(
      fc.property(epsilons, deltas, fc.integer({ min: 1, max: 3 }), (epsilon, delta, sensitivity) => {
        const mechanism = new GaussianDiscrete({ epsilon, delta, sensitivity });
        if (mechanism.variance(0) < 1 || mechanism.variance(0) > 2500) return;
        // From σ = 1 up σ² and the variance agree to 1e-7; this undoes the rest of the difference.
        const sigma = Math.sqrt(sigmaSquared(mechanism.variance(0)));
        expect(hockeyStick(sigma, epsilon, sensitivity)).toBeLessThan(delta * (1 + 1e-8));
        expect(hockeyStick(sigma * (1 - 1e-6), epsilon, sensitivity)).toBeGreaterThan(delta * (1 - 1e-8));
      }),
      { numRuns: 40 },
    );
  });

  /** σ² of a discrete Gaussian of at least σ = 1, by its variance σ²·(1 − 8π²σ²·e^(−2π²σ²)). */
  function sigmaSquared(variance: number): number {
    let s = variance;
    for (let i = 0; i < 20; i++) s = variance / (1 - 8 * Math.PI ** 2 * s * Math.exp(-2 * Math.PI ** 2 * s));
    return s;
  }

  it('GaussianDiscrete keeps δ where σ comes from the continuous mechanism', () => {
    for (const [epsilon, delta] of [
      [1, 0.3],
      [0.02, 1e-3],
      [0.5, 1e-10],
    ] as const) {
      const probe = new GaussianAnalytic({ epsilon, delta, sensitivity: 1 });
      const sensitivity = Math.ceil(4200 / Math.sqrt(probe.variance(0)));
      const sigma2 = new GaussianDiscrete({ epsilon, delta, sensitivity }).variance(0);
      expect(sigma2).toBeGreaterThan(4096 ** 2);
      expect(discreteGaussianDelta({ sigmaSquared: sigma2, sensitivity }, epsilon)).toBeLessThanOrEqual(
        delta,
      );
    }
  });

  it('GaussianDiscrete charges its σ rounded down, and refuses to be charged below 1', () => {
    const mechanism = new GaussianDiscrete({ epsilon: 1, delta: 1e-5, sensitivity: 2 });
    expect(Math.sqrt(mechanism.variance(0))).toBeCloseTo(7.4606, 4);
    const event = { type: 'discreteGaussianSum', sigma: 7, contributions: 1, sensitivity: 2, dimension: 1 };
    expect(mechanism.event).toEqual(event);
    expect(new GaussianDiscrete({ epsilon: 20, delta: 0.1 }).event.type).toBe('unsupported');
  });

  it('LaplaceBoundedNoise leaves its neighbour at most δ that it cannot reach', () => {
    fc.assert(
      fc.property(epsilons, fc.double({ min: 1e-9, max: 0.499, noNaN: true }), (epsilon, delta) => {
        const sensitivity = 0.75;
        const mechanism = new LaplaceBoundedNoise({ epsilon, delta, sensitivity });
        const { exponent, steps } = laplaceLattice(epsilon, sensitivity);
        const last = mechanism.noiseBound / 2 ** exponent;
        const x = epsilon / Number(steps);
        // Mass of the last M = Δ/u of the points −K … K under P(k) ∝ e^(−x|k|), by the geometric series.
        const tail = Math.exp(-x * (last - Number(steps) + 1)) * -Math.expm1(-epsilon);
        const all = 1 + Math.exp(-x) - 2 * Math.exp(-x * (last + 1));
        expect(tail / all).toBeLessThanOrEqual(delta * (1 + 1e-12));
        expect(tail / all).toBeGreaterThan(delta * (1 - 1e-9));
      }),
    );
  });

  it('Uniform leaves its neighbour at most δ that it cannot reach', () => {
    const sensitivity = 0.3;
    for (const delta of [0.5, 0.1, 1e-6]) {
      const mechanism = new Uniform({ delta, sensitivity, entropy: entropy(`uniform ${delta}`) });
      const largest = Math.max(...Array.from({ length: 5000 }, () => Math.abs(mechanism.randomise(0))));
      expect(largest / (sensitivity / delta / 2)).toBeGreaterThan(0.999);
      expect(largest / (sensitivity / delta / 2)).toBeLessThan(1 + 1e-11);
    }
  });

  it('LaplaceBoundedDomain is ε-DP with its normalisers, on the lattice too, and with no more noise than that takes', () => {
    fc.assert(
      fc.property(epsilons, fc.double({ min: 1.0001, max: 200, noNaN: true }), (epsilon, width) => {
        const rate =
          new LaplaceBoundedDomain({ epsilon, sensitivity: 1, lower: 0, upper: width }).effectiveEpsilon() ??
          0;
        const mass = (m: number) => -Math.expm1(-rate * m) - Math.expm1(-rate * (width - m));
        // Integral over the domain around 0 and around any neighbour; the worst is the farthest.
        for (const m of [0.1, 0.5, 1]) {
          expect(rate * m + Math.log(mass(m) / mass(0))).toBeLessThanOrEqual(epsilon);
        }
        expect(rate + Math.log(mass(1) / mass(0))).toBeGreaterThan(epsilon * (1 - 1e-8));
        // Sums over 2^40 and more points to rate in place of integrals.
        const x = (rate * rate) / 2 ** 40;
        const sums = (m: number) =>
          -Math.expm1(-rate * m - x) + Math.exp(-x) * -Math.expm1(-rate * (width - m));
        expect(rate + Math.log(sums(1) / sums(0))).toBeLessThanOrEqual(epsilon);
      }),
    );
    // Where one record can move the value from bound to bound and farther, the width is the sensitivity.
    const wide = new LaplaceBoundedDomain({ epsilon: 1, sensitivity: 5, lower: 0, upper: 2 });
    expect(wide.effectiveEpsilon()).toBeCloseTo(1, 9);
    expect(wide.variance(1)).toBe(
      new LaplaceBoundedDomain({ epsilon: 1, sensitivity: 2, lower: 0, upper: 2 }).variance(1),
    );
  });

  it('Staircase does not take zero with both signs', () => {
    // A zero, no whole Δ more, negative: not taken. Then 5 steps, no whole Δ more, positive.
    const words = [...[0, 0, 0, 0xffffffff, 1], ...[0, 5, 0, 0xffffffff, 0]];
    const entropy = scriptedEntropy(words);
    expect(new Staircase({ epsilon: 1, sensitivity: 1, gamma: 0.5, entropy }).randomise(0)).toBe(
      5 * 2 ** -40,
    );
  });

  it('drawLaplaceWithin gives ratios of exactly e^(−ε·distance), whichever way it proposes', () => {
    for (const [epsilon, low, high] of [
      [0.25, -1n, 2n],
      [2, -2n, 3n],
      [1, 0n, 5n],
    ] as const) {
      const bits = new BitSource(entropy(`within ${epsilon}`));
      const t = 1n;
      const lattice = { exponent: 0, t: 4n * t, s: BigInt(epsilon * 4), steps: 1n };
      const counts = Array.from({ length: Number(high - low) + 1 }, () => 0);
      for (let i = 0; i < 20_000; i++) {
        const at = Number(drawLaplaceWithin(low, high, lattice, bits) - low);
        counts[at] = (counts[at] ?? Number.NaN) + 1;
      }
      const weights = counts.map((_, i) => Math.exp(-epsilon * Math.abs(i + Number(low))));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      expect(
        Math.abs(
          chiSquareDeviate(
            counts,
            weights.map((weight) => (20_000 * weight) / total),
          ),
        ),
      ).toBeLessThan(5);
    }
  });
});
