import { describe, expect, it } from 'vitest';
import type { DpEvent } from '../../../dp/accounting/events.ts';
import { RdpAccountant } from '../../../dp/accounting/rdp.ts';
import { zcdpDelta, zcdpEpsilon, zcdpRho, zcdpRhoWithin } from '../../../dp/accounting/zcdp.ts';
import { convolve, discreteGaussianPmf } from '../statistics.ts';
import { casesOf, relativeError } from './vectors.ts';

interface Case {
  readonly rho: number;
  readonly epsilon: number;
  readonly delta: number;
}

describe('zero-concentrated differential privacy', () => {
  it('ε at δ, and δ at ε, at the best real order', () => {
    for (const { rho, delta, epsilon } of casesOf<Case>('zcdp', 'epsilon'))
      expect(relativeError(zcdpEpsilon(rho, delta), epsilon)).toBeLessThan(1e-11);
    for (const { rho, delta, epsilon } of casesOf<Case>('zcdp', 'delta'))
      expect(relativeError(zcdpDelta(rho, epsilon), delta)).toBeLessThan(1e-11);
  });

  it('the three functions are inverse to one another, ρ on the safe side', () => {
    for (const rho of [1e-4, 0.02, 1, 30]) {
      const epsilon = zcdpEpsilon(rho, 1e-6);
      expect(relativeError(zcdpDelta(rho, epsilon), 1e-6)).toBeLessThan(1e-9);
      const back = zcdpRhoWithin(epsilon, 1e-6);
      expect(relativeError(back, rho)).toBeLessThan(1e-9);
      expect(zcdpDelta(back, epsilon)).toBeLessThanOrEqual(1e-6);
    }
  });

  it('is what the Rényi accountant finds at its best order, or a little less', () => {
    const event: DpEvent = { type: 'gaussian', noiseMultiplier: 4 };
    const rdp = new RdpAccountant().compose(event, 10).epsilon(1e-5);
    const zcdp = zcdpEpsilon(10 * zcdpRho(event), 1e-5);
    expect(zcdp).toBeLessThan(rdp);
    expect(zcdp).toBeGreaterThan(rdp * 0.9999);
  });

  it('ρ of noise, and of compositions', () => {
    const sum = {
      type: 'discreteGaussianSum',
      sigma: 8,
      contributions: 4,
      sensitivity: 4,
      dimension: 10,
    } as const;
    expect(zcdpRho(sum)).toBeCloseTo(1 / 32, 15);
    // One contribution is exact; ten of σ = 1 pay for τ.
    expect(zcdpRho({ ...sum, sigma: 1, contributions: 1 })).toBe(8);
    const tau = 5.435242581620002e-4;
    const ten = zcdpRho({ ...sum, sigma: 1, contributions: 10, sensitivity: 1, dimension: 7 });
    expect(ten).toBeCloseTo((Math.sqrt(0.1) + tau * Math.sqrt(7)) ** 2 / 2, 14);
    expect(zcdpRho({ type: 'pureDp', epsilon: 0.5 })).toBe(0.125);
    expect(zcdpRho({ type: 'laplace', noiseMultiplier: 2 })).toBe(0.125);
    expect(
      zcdpRho({
        type: 'composed',
        events: [{ type: 'selfComposed', count: 3, event: sum }, { type: 'none' }],
      }),
    ).toBeCloseTo(3 / 32, 14);
  });

  it('ten discrete Gaussians of σ = 1 keep to their ρ at every order', () => {
    const single = discreteGaussianPmf(1, 60);
    let noise = single;
    for (let h = 2; h <= 10; h++) noise = convolve(noise, single);
    const rho = zcdpRho({
      type: 'discreteGaussianSum',
      sigma: 1,
      contributions: 10,
      sensitivity: 2,
      dimension: 1,
    });
    for (const order of [1.01, 1.5, 2, 3.3, 8]) {
      let sum = 0;
      noise.forEach((p, x) => {
        const moved = noise[x - 2] ?? 0;
        if (p > 0 && moved > 0) sum += Math.exp(order * Math.log(moved) + (1 - order) * Math.log(p));
      });
      expect(Math.log(sum) / (order - 1)).toBeLessThanOrEqual(rho * order);
    }
  });

  it('ε-DP is no worse than its ρ', () => {
    const orders = [1.1, 2, 5, 40];
    for (const epsilon of [0.1, 1, 6]) {
      const curve = new RdpAccountant({ orders }).compose({ type: 'pureDp', epsilon }).curve();
      orders.forEach((order, i) => {
        expect(curve[i]).toBeLessThanOrEqual((order * epsilon * epsilon) / 2);
      });
    }
  });

  it('refuses what no ρ bounds', () => {
    const noise = { type: 'gaussian', noiseMultiplier: 1 } as const;
    const refused: readonly DpEvent[] = [
      { type: 'poissonSampled', rate: 0.1, event: noise },
      { type: 'skellam', mu: 4, sensitivityL1: 1, sensitivityL2: 1 },
      { type: 'unsupported', reason: 'nothing is known of it' },
    ];
    for (const event of refused) {
      expect(() => zcdpRho(event)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    expect(zcdpRho({ type: 'poissonSampled', rate: 1, event: noise })).toBe(0.5);
  });
});
