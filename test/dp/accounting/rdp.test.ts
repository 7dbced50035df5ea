/** Rényi curves at real orders, against numerical integration of what they bound. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DpEvent } from '../../../dp/accounting/events.ts';
import { INTEGER_ORDERS, RDP_ORDERS } from '../../../dp/accounting/orders.ts';
import { RdpAccountant } from '../../../dp/accounting/rdp.ts';
import { rdpCurve } from '../../../dp/accounting/rdp-curves.ts';
import { sampledGaussianRdp } from '../../../dp/accounting/subsampled-gaussian.ts';
import { type Density, integral, mixtureMoments } from './divergence.ts';
import { casesOf, relativeError } from './vectors.ts';

const gaussian = (noiseMultiplier: number): DpEvent => ({ type: 'gaussian', noiseMultiplier });
const sampled = (rate: number, event: DpEvent): DpEvent => ({ type: 'poissonSampled', rate, event });
const rdpAt = (event: DpEvent, order: number) => rdpCurve(event, [order])[0] ?? Number.NaN;

describe('the default orders', () => {
  it('are those of google/dp_accounting', () => {
    expect(RDP_ORDERS).toHaveLength(99 + 53 + 4);
    expect(RDP_ORDERS.slice(0, 3)).toEqual([1.1, 1.2, 1.3]);
    expect(RDP_ORDERS.slice(97, 101)).toEqual([10.8, 10.9, 11, 12]);
    expect(RDP_ORDERS.slice(-5)).toEqual([63, 128, 256, 512, 1024]);
    expect(new RdpAccountant().orders).toEqual(RDP_ORDERS);
  });

  it('give the published ε, which the exact integral undercuts by up to 1e-6', () => {
    for (const c of casesOf<{
      rate: number;
      noiseMultiplier: number;
      steps: number;
      delta: number;
      epsilon: number;
    }>('rdp', 'epsilon')) {
      const event = sampled(c.rate, gaussian(c.noiseMultiplier));
      const epsilon = new RdpAccountant().compose(event, c.steps).epsilon(c.delta);
      expect(relativeError(epsilon, c.epsilon)).toBeLessThan(3e-6);
    }
  });

  it('RDP at α = 5 of q 0.01, σ 2.5, T 50', () => {
    const curve = new RdpAccountant({ orders: [5] }).compose(sampled(0.01, gaussian(2.5)), 50).curve();
    expect(relativeError(curve[0] ?? 0, 0.00218075656)).toBeLessThan(1e-8);
  });

  it('may be others; not 1, not none', () => {
    expect(() => new RdpAccountant({ orders: [2, 1] })).toThrow(/above 1/);
    expect(() => new RdpAccountant({ orders: [] })).toThrow(/at least one/);
    expect(() => new RdpAccountant({ orders: [Number.POSITIVE_INFINITY] })).toThrow(/at most/);
  });
});

describe('the Poisson-sampled Gaussian at real orders', () => {
  it('is exact to 1e-12 from σ = 0.02 to 1000, and the other direction costs less', () => {
    for (const c of casesOf<{
      rate: number;
      noiseMultiplier: number;
      order: number;
      rdp: number;
      reverse: number;
    }>('rdp', 'moments')) {
      const rdp = rdpAt(sampled(c.rate, gaussian(c.noiseMultiplier)), c.order);
      expect(relativeError(rdp, c.rdp), JSON.stringify(c)).toBeLessThan(1e-12);
      expect(c.reverse).toBeLessThanOrEqual(rdp);
    }
  });

  it('agrees with integration of both directions', () => {
    const real = fc.double({ min: 1.05, max: 12, noNaN: true });
    const rate = fc.double({ min: 0.001, max: 0.95, noNaN: true });
    const noise = fc.double({ min: 0.4, max: 8, noNaN: true });
    fc.assert(
      fc.property(rate, noise, real, (q, sigma, order) => {
        const density = normal(sigma);
        const { forward, reverse } = mixtureMoments(density, 1, q, order, [-14 * sigma, order + 14 * sigma]);
        const charged = rdpAt(sampled(q, gaussian(sigma)), order);
        expect(charged).toBeCloseTo(Math.log(forward) / (order - 1), 10);
        expect(Math.log(reverse) / (order - 1)).toBeLessThanOrEqual(charged + 1e-12);
      }),
      { numRuns: 40 },
    );
  });

  it('joins the closed form of integer orders, and grows with the order', () => {
    for (const [q, sigma] of [
      [0.01, 1],
      [0.5, 0.3],
      [0.001, 0.1],
      [1e-5, 0.02],
      [0.04, 8],
      [1e-8, 1e4],
    ] as const) {
      for (const order of [2, 3, 10, 63]) {
        const [below, at, above] = [order - 1e-7, order, order + 1e-7].map((a) =>
          sampledGaussianRdp(q, sigma ** -2, a),
        ) as [number, number, number];
        expect(below).toBeLessThan(at);
        expect(above).toBeGreaterThan(at);
        expect(above / below - 1).toBeLessThan(1e-5);
      }
    }
  });
});

describe('bounded losses', () => {
  const orders = [1.1, 1.7, 2, 3.5, 8, 30];

  it('Laplace: the integral of the densities', () => {
    for (const b of [0.3, 1, 20]) {
      for (const order of orders) {
        const moment = integral(
          (z) => Math.exp(order * logLaplace(b)(z - 1) + (1 - order) * logLaplace(b)(z)),
          [-45 * b, 0, 1, 1 + 45 * b],
        );
        expect(rdpAt({ type: 'laplace', noiseMultiplier: b }, order)).toBeCloseTo(
          Math.log(moment) / (order - 1),
          8,
        );
      }
    }
    expect(relativeError(rdpAt({ type: 'laplace', noiseMultiplier: 1e6 }, 5), 5e-12 / 2)).toBeLessThan(1e-5);
  });

  it('ε-DP: randomized response attains it, and nothing passes it, sampled or not', () => {
    for (const epsilon of [0.01, 1, 5]) {
      const p = 1 / (1 + Math.exp(-epsilon));
      for (const order of orders) {
        for (const q of [1e-3, 0.2, 1]) {
          const event: DpEvent = { type: 'pureDp', epsilon };
          const charged = rdpAt(sampled(q, event), order);
          const attained = divergences([1 - p, p], [p, 1 - p], q, order);
          expect(charged).toBeCloseTo(Math.max(attained.forward, attained.reverse), 12);
        }
      }
    }
  });

  it('ε-DP: holds for mechanisms with any outputs', () => {
    const weights = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 3, maxLength: 6 });
    const tilt = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 });
    const order = fc.double({ min: 1.01, max: 40, noNaN: true });
    const rate = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(weights, tilt, order, rate, (raw, tilts, a, q) => {
        const base = normalised(raw);
        const other = normalised(base.map((w, i) => w * Math.exp(tilts[i] ?? 0)));
        const epsilon = Math.max(...base.map((w, i) => Math.abs(Math.log((other[i] ?? 0) / w))));
        if (epsilon < 1e-6) return;
        const { forward, reverse } = divergences(base, other, q, a);
        const charged = rdpAt(sampled(q, { type: 'pureDp', epsilon }), a);
        expect(Math.max(forward, reverse)).toBeLessThanOrEqual(charged + 1e-12);
      }),
      { numRuns: 60 },
    );
  });

  it('never more than ε, however large', () => {
    for (const epsilon of [30, 800, 1e9]) {
      for (const rate of [0.5, 1]) {
        const curve = rdpCurve(sampled(rate, { type: 'pureDp', epsilon }));
        expect(curve.every((r) => r >= 0 && r <= epsilon)).toBe(true);
      }
    }
  });
});

describe('composition', () => {
  it('compose(e, k) is k times compose(e), for every kind of event', () => {
    const noise = gaussian(1.3);
    const events: readonly DpEvent[] = [
      noise,
      { type: 'laplace', noiseMultiplier: 2 },
      { type: 'skellam', mu: 30, sensitivityL1: 2, sensitivityL2: 1.5 },
      sampled(0.1, noise),
      sampled(0.2, { type: 'composed', events: [noise, { type: 'pureDp', epsilon: 0.3 }] }),
    ];
    const once = new RdpAccountant();
    const often = new RdpAccountant();
    for (const event of events) {
      often.compose(event, 7);
      for (let i = 0; i < 7; i++) once.compose(event);
    }
    expect(often.curve()).toEqual(once.curve());
  });

  it('an order at which nothing was charged stays finite', () => {
    const accountant = new RdpAccountant({ orders: [2, 2.5] });
    const coarse = sampled(0.1, {
      type: 'discreteGaussianSum',
      sigma: 3,
      contributions: 1,
      sensitivity: 1,
      dimension: 1,
    });
    expect(accountant.epsilonAfter(coarse, 1e-5)).toBeLessThan(20);
    expect([...accountant.compose(noneOf(coarse)).curve()]).toEqual([0, 0]);
    expect(accountant.compose(coarse).curve()[1]).toBe(Number.POSITIVE_INFINITY);
    expect(INTEGER_ORDERS.every(Number.isInteger)).toBe(true);
  });
});

function noneOf(_: DpEvent): DpEvent {
  return { type: 'none' };
}

function normal(sigma: number): Density {
  return (z) => -(z * z) / (2 * sigma * sigma) - Math.log(sigma * Math.sqrt(2 * Math.PI));
}

function logLaplace(b: number): Density {
  return (z) => -Math.abs(z) / b - Math.log(2 * b);
}

function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / total);
}

/** Rényi divergences of (1 − q)·base + q·other and base, by definition. */
function divergences(base: readonly number[], other: readonly number[], q: number, order: number) {
  const mixed = base.map((b, i) => (1 - q) * b + q * (other[i] ?? 0));
  const of = (p: readonly number[], r: readonly number[]) =>
    Math.log(p.reduce((sum, x, i) => sum + x ** order * (r[i] ?? 0) ** (1 - order), 0)) / (order - 1);
  return { forward: of(mixed, base), reverse: of(base, mixed) };
}
