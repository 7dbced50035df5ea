/** Zhu and Wang's bounds: exact where they are exact, above the truth elsewhere, and never above no sampling. */
import { describe, expect, it } from 'vitest';
import type { DpEvent } from '../../../dp/accounting/events.ts';
import { RDP_ORDERS } from '../../../dp/accounting/orders.ts';
import { poissonSampledRdp } from '../../../dp/accounting/poisson-subsampling.ts';
import { rdpCurve } from '../../../dp/accounting/rdp-curves.ts';
import { logSkellamPmf } from '../../../dp/accounting/skellam.ts';
import { mixtureMoments } from './divergence.ts';
import { relativeError } from './vectors.ts';

const gaussian = (noiseMultiplier: number): DpEvent => ({ type: 'gaussian', noiseMultiplier });
const sampled = (rate: number, event: DpEvent): DpEvent => ({ type: 'poissonSampled', rate, event });
const rdpAt = (event: DpEvent, order: number) => rdpCurve(event, [order])[0] ?? Number.NaN;

describe('the formula', () => {
  it('weighs every moment with its binomial, and thrice from the third on for any mechanism', () => {
    const rdp = (k: number) => 0.2 * k + 0.05;
    const q = 0.3;
    const moment = (k: number) => Math.exp((k - 1) * rdp(k));
    const lower = (1 - q) ** 3 * (3 * q + 1);
    const second = 6 * q ** 2 * (1 - q) ** 2 * moment(2);
    const rest = 4 * q ** 3 * (1 - q) * moment(3) + q ** 4 * moment(4);
    expect(poissonSampledRdp(q, 4, rdp, true)).toBeCloseTo(Math.log(lower + second + rest) / 3, 14);
    const thrice = lower + second + 3 * rest;
    expect(poissonSampledRdp(q, 4, rdp, false)).toBeCloseTo(Math.log(thrice) / 3, 14);
  });

  it('keeps the digits of a tiny loss: q²(e^ε(2) − 1) at α = 2', () => {
    const rdp = poissonSampledRdp(1e-6, 2, () => 1e-6, true);
    expect(relativeError(rdp, 1e-12 * Math.expm1(1e-6))).toBeLessThan(1e-9);
  });

  it('an endless loss is endless, not undefined', () => {
    const inner: DpEvent = { type: 'composed', events: [{ type: 'laplace', noiseMultiplier: 1e-308 }] };
    expect(rdpCurve(sampled(0.5, inner)).some(Number.isNaN)).toBe(false);
  });
});

describe('sampled Laplace noise', () => {
  const exact = (b: number, q: number, order: number) => {
    const log = (z: number) => -Math.abs(z) / b - Math.log(2 * b);
    const reach = 60 * b;
    return mixtureMoments(log, 1, q, order, [-reach, 0, 1, 1 + reach]);
  };

  it('is exact at integer orders, and covers both directions between them', () => {
    for (const b of [0.4, 1, 5]) {
      for (const q of [0.01, 0.3, 0.9]) {
        for (const order of [1.2, 1.9, 2, 2.5, 3, 7, 7.8]) {
          const { forward, reverse } = exact(b, q, order);
          const charged = (order - 1) * rdpAt(sampled(q, { type: 'laplace', noiseMultiplier: b }), order);
          expect(charged).toBeGreaterThan(Math.log(forward) - 1e-8);
          expect(charged).toBeGreaterThan(Math.log(reverse) - 1e-8);
          if (Number.isInteger(order)) expect(charged).toBeCloseTo(Math.log(forward), 8);
        }
      }
    }
  });
});

describe('sampled Skellam noise', () => {
  it('covers both directions', () => {
    const shift = 2;
    for (const mu of [3, 40]) {
      const log = logSkellamPmf(mu, 400);
      const at = (x: number) => log[Math.abs(x)] ?? Number.NEGATIVE_INFINITY;
      for (const q of [0.05, 0.5]) {
        for (const order of [1.5, 2, 3.3, 6]) {
          let forward = 0;
          let reverse = 0;
          for (let x = -150; x <= 150; x++) {
            const ratio = Math.log1p(q * Math.expm1(at(x - shift) - at(x)));
            forward += Math.exp(at(x) + order * ratio);
            reverse += Math.exp(at(x) + (1 - order) * ratio);
          }
          const event: DpEvent = { type: 'skellam', mu, sensitivityL1: shift, sensitivityL2: shift };
          const charged = (order - 1) * rdpAt(sampled(q, event), order);
          expect(charged).toBeGreaterThan(Math.log(forward));
          expect(charged).toBeGreaterThan(Math.log(reverse));
        }
      }
    }
  });
});

describe('what is inside a sample', () => {
  it('several releases from one batch: above the truth, not above no sampling', () => {
    // Two Gaussians of the same batch are one of √(1/(σ₁⁻² + σ₂⁻²)).
    const parts: DpEvent = { type: 'composed', events: [gaussian(3), gaussian(4)] };
    for (const q of [0.01, 0.4, 0.99]) {
      const charged = rdpCurve(sampled(q, parts));
      const truth = rdpCurve(sampled(q, gaussian(2.4)));
      const unsampled = rdpCurve(parts);
      RDP_ORDERS.forEach((order, i) => {
        expect(charged[i], `α ${order}`).toBeGreaterThanOrEqual((truth[i] ?? 0) * (1 - 1e-9));
        expect(charged[i], `α ${order}`).toBeLessThanOrEqual(unsampled[i] ?? 0);
      });
    }
    // Where q is small it is worth having.
    const small = rdpAt(sampled(0.001, { type: 'selfComposed', count: 4, event: gaussian(4) }), 4);
    expect(small).toBeLessThan(2 * rdpAt(sampled(0.001, gaussian(2)), 4));
  });

  it('a sample of a sample is a sample', () => {
    for (const inner of [gaussian(1), { type: 'pureDp', epsilon: 1 } as const]) {
      expect(rdpCurve(sampled(0.5, sampled(0.25, inner)))).toEqual(rdpCurve(sampled(0.125, inner)));
    }
  });

  it('all of it is no sample', () => {
    const inner: DpEvent = { type: 'selfComposed', count: 3, event: { type: 'laplace', noiseMultiplier: 2 } };
    expect(rdpCurve(sampled(1, inner))).toEqual(rdpCurve(inner));
    expect(rdpCurve(sampled(0.5, { type: 'none' })).every((r) => r === 0)).toBe(true);
  });
});
