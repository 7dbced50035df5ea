/** The accountant as ledgers, plans and policies use it: on integer orders. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tau } from '../../dp/accounting/discrete-gaussian.ts';
import { type DpEvent, parseDpEvent } from '../../dp/accounting/events.ts';
import { INTEGER_ORDERS } from '../../dp/accounting/orders.ts';
import { RdpAccountant } from '../../dp/accounting/rdp.ts';
import { rdpCurve } from '../../dp/accounting/rdp-curves.ts';
import { roundEvent, roundEventIfOthersCollude } from '../../dp/accounting/round.ts';
import { canonicalJson } from '../../dp/canonical-json.ts';
import { examplePlan } from './plans.ts';

const gaussian = (noiseMultiplier: number): DpEvent => ({ type: 'gaussian', noiseMultiplier });
const sampled = (rate: number, event: DpEvent): DpEvent => ({ type: 'poissonSampled', rate, event });
const discrete = (sigma: number, contributions: number, sensitivity = 65536, dimension = 1): DpEvent => ({
  type: 'discreteGaussianSum',
  sigma,
  contributions,
  sensitivity,
  dimension,
});
const accountant = () => new RdpAccountant({ orders: INTEGER_ORDERS });
const epsilonOf = (event: DpEvent, count = 1, delta = 1e-5) =>
  accountant().compose(event, count).epsilon(delta);
const curveOf = (event: DpEvent) => rdpCurve(event, INTEGER_ORDERS);
const at = (order: number) => INTEGER_ORDERS.indexOf(order);

describe('known answers', () => {
  it('q 0.01, σ 1.1, T 6000, δ 1e-5: not below the best real order, within 1 % of it', () => {
    const epsilon = epsilonOf(sampled(0.01, gaussian(1.1)), 6000);
    expect(epsilon).toBeGreaterThanOrEqual(4.2465987369);
    expect(epsilon).toBeLessThan(4.2465987369 * 1.01);
  });

  it('RDP at α = 5 of q 0.01, σ 2.5, T 50', () => {
    const curve = accountant()
      .compose(sampled(0.01, gaussian(2.5)), 50)
      .curve();
    expect(curve[at(5)]).toBeCloseTo(0.00218075656, 11);
  });

  it('q 1, σ 10, T 100, δ 1e-5', () => {
    const epsilon = epsilonOf(sampled(1, gaussian(10)), 100);
    expect(epsilon).toBeGreaterThanOrEqual(4.7285);
    expect(epsilon).toBeLessThan(4.7285 * 1.01);
    expect(epsilon).toBe(epsilonOf(gaussian(10), 100));
  });

  it('RDP of the Gaussian is α/2σ²', () => {
    expect(curveOf(gaussian(2))[at(7)]).toBeCloseTo(7 / 8, 14);
  });

  it('a tiny loss keeps its relative precision: q²(e^(1/σ²) − 1) at α = 2', () => {
    const curve = curveOf(sampled(1e-6, gaussian(1000)));
    expect((curve[0] ?? 0) / (1e-12 * Math.expm1(1e-6))).toBeCloseTo(1, 9);
  });

  it('h contributions of σᵢ cost what one Gaussian of √h·σᵢ costs, plus τ in every coordinate', () => {
    const sum = curveOf(sampled(0.1, discrete(40_000, 3)));
    const one = curveOf(sampled(0.1, gaussian((40_000 * Math.sqrt(3)) / 65536)));
    INTEGER_ORDERS.forEach((_, i) => {
      expect((sum[i] ?? 0) / (one[i] ?? 0)).toBeCloseTo(1, 9);
    });
    const coarse = curveOf(discrete(1, 10, 1, 7));
    expect(coarse[at(2)]).toBeCloseTo(2 / 20 + 3 * 7 * (tau(10, 1) / 2), 12);
  });
});

describe('composition', () => {
  const event = sampled(0.02, gaussian(1.3));

  it('compose(e, k) is k times compose(e), to the last bit', () => {
    const many = accountant();
    for (let i = 0; i < 37; i++) many.compose(event);
    expect(accountant().compose(event, 37).curve()).toEqual(many.curve());
    expect(curveOf({ type: 'selfComposed', count: 37, event })).toEqual(many.curve());
  });

  it('a composed event costs its parts', () => {
    const parts = [event, gaussian(5), { type: 'none' } as const];
    const whole = epsilonOf({ type: 'composed', events: parts });
    const apart = accountant();
    for (const part of parts) apart.compose(part);
    expect(whole).toBeCloseTo(apart.epsilon(1e-5), 12);
  });

  it('epsilonAfter foresees the next charge and adds nothing', () => {
    const total = accountant().compose(event, 100);
    const before = total.epsilon(1e-5);
    const foreseen = total.epsilonAfter(gaussian(4), 1e-5);
    expect(total.epsilon(1e-5)).toBe(before);
    expect(total.compose(gaussian(4)).epsilon(1e-5)).toBe(foreseen);
    expect(foreseen).toBeGreaterThan(before);
  });

  it('nothing spent is ε = 0', () => {
    expect(accountant().epsilon(1e-9)).toBe(0);
    expect(epsilonOf({ type: 'none' })).toBe(0);
    expect(accountant().delta(0)).toBe(0);
  });
});

describe('events that cannot be bounded are refused, and add nothing', () => {
  const refused: readonly [string, DpEvent][] = [
    ['unsupported', { type: 'unsupported', reason: 'a histogram without noise' }],
    ['unsupported inside', { type: 'composed', events: [gaussian(1), { type: 'unsupported', reason: 'x' }] }],
    ['rate above 1', sampled(1.5, gaussian(1))],
    ['no noise', gaussian(0)],
    ['σ no integer', discrete(1.5, 2)],
    ['an unknown kind', { type: 'exponential', epsilon: 1 } as unknown as DpEvent],
    ['unsupported in a sample', sampled(0.1, { type: 'unsupported', reason: 'x' })],
    ['an extra field', { ...gaussian(1), seed: 1 } as unknown as DpEvent],
  ];
  it.each(refused)('%s', (_, event) => {
    const total = accountant();
    expect(() => total.compose(event)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(total.epsilon(1e-5)).toBe(0);
  });

  it('an event survives canonical JSON', () => {
    const event: DpEvent = { type: 'selfComposed', count: 4, event: sampled(0.1, discrete(7, 3)) };
    expect(parseDpEvent(JSON.parse(canonicalJson(event)))).toEqual(event);
    expect(canonicalJson({ b: [1, null], a: 'x' })).toBe('{"a":"x","b":[1,null]}');
    expect(() => canonicalJson({ a: Number.NaN })).toThrow(/finite/);
  });
});

describe('properties', () => {
  const rate = fc.double({ min: 1e-4, max: 1, noNaN: true });
  const noise = fc.double({ min: 0.5, max: 20, noNaN: true });
  const steps = fc.integer({ min: 1, max: 5000 });
  const more = fc.double({ min: 1.001, max: 2, noNaN: true });
  const runs = { numRuns: 12 };

  it('more noise, less sampling, fewer steps and larger δ never cost more', () => {
    fc.assert(
      fc.property(rate, noise, steps, more, (q, sigma, count, factor) => {
        const base = epsilonOf(sampled(q, gaussian(sigma)), count);
        expect(epsilonOf(sampled(q, gaussian(sigma * factor)), count)).toBeLessThanOrEqual(base);
        expect(epsilonOf(sampled(q / factor, gaussian(sigma)), count)).toBeLessThanOrEqual(base);
        expect(epsilonOf(sampled(q, gaussian(sigma)), count + 10)).toBeGreaterThanOrEqual(base);
        expect(epsilonOf(sampled(q, gaussian(sigma)), count, 1e-5 * factor)).toBeLessThanOrEqual(base);
      }),
      runs,
    );
  });

  it('sampling never costs more than none', () => {
    fc.assert(
      fc.property(rate, noise, (q, sigma) => {
        const part = curveOf(sampled(q, gaussian(sigma)));
        const full = curveOf(gaussian(sigma));
        expect(part.every((r, i) => r <= (full[i] ?? 0) * (1 + 1e-12))).toBe(true);
      }),
      runs,
    );
  });

  it('delta(epsilon(δ)) comes back to δ', () => {
    fc.assert(
      fc.property(rate, noise, steps, (q, sigma, count) => {
        const total = accountant().compose(sampled(q, gaussian(sigma)), count);
        const epsilon = total.epsilon(1e-6);
        expect(total.delta(epsilon)).toBeLessThanOrEqual(1e-6 * (1 + 1e-6));
      }),
      runs,
    );
  });
});

describe('the charge of a round', () => {
  const sum = { type: 'discreteGaussianSum', sensitivity: 65536, dimension: 2049 } as const;

  it('distributed: h shares against the coordinator, one if everyone else colludes', () => {
    const plan = examplePlan({ noiseMultiplier: 1.1, sampleRate: 0.05 });
    // h = 5 − 1 − 1 = 3.
    const sigma = Math.ceil((1.1 * 65536) / Math.sqrt(3));
    expect(roundEvent(plan)).toEqual(sampled(0.05, { ...sum, sigma, contributions: 3 }));
    expect(roundEventIfOthersCollude(plan)).toEqual(sampled(0.05, { ...sum, sigma, contributions: 1 }));
  });

  it('distributed: the honest carry at least the noise of central DP-SGD', () => {
    const event = roundEvent(examplePlan({ noiseMultiplier: 1.1, sampleRate: 0.05 }));
    if (event === null) throw new Error('no event');
    const central = curveOf(sampled(0.05, gaussian(1.1)));
    expect(curveOf(event).every((r, i) => r <= (central[i] ?? 0) * (1 + 1e-9))).toBe(true);
  });

  it('local: every local step is sampled and carries all of its noise', () => {
    const plan = examplePlan({ mode: 'local', noiseMultiplier: 1.1, sampleRate: 0.05, localSteps: 4 });
    const event = { ...sum, sigma: Math.ceil(1.1 * 65536), contributions: 1 };
    const expected = { type: 'selfComposed', count: 4, event: sampled(0.05, event) };
    expect(roundEvent(plan)).toEqual(expected);
    expect(roundEventIfOthersCollude(plan)).toEqual(expected);
  });

  it('none: there is nothing to charge', () => {
    expect(roundEvent(examplePlan({ mode: 'none' }))).toBeNull();
    expect(roundEventIfOthersCollude(examplePlan({ mode: 'none' }))).toBeNull();
  });
});
