import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyticGaussianEpsilon } from '../../dp/accounting/analytic-gaussian.ts';
import type { DpEvent } from '../../dp/accounting/events.ts';
import { PldAccountant, pldEpsilon } from '../../dp/accounting/pld.ts';
import { RdpAccountant } from '../../dp/accounting/rdp.ts';

interface Case {
  readonly sampleRate: number;
  readonly noiseMultiplier: number;
  readonly steps: number;
  readonly delta: number;
  readonly truth: number;
  readonly quoted?: number;
}

const vectors: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../vectors/dp/pld.json', import.meta.url), 'utf8'),
);

const gaussian = (noiseMultiplier: number): DpEvent => ({ type: 'gaussian', noiseMultiplier });
const laplace = (noiseMultiplier: number): DpEvent => ({ type: 'laplace', noiseMultiplier });
const pureDp = (epsilon: number): DpEvent => ({ type: 'pureDp', epsilon });
const sampled = (rate: number, event: DpEvent): DpEvent => ({ type: 'poissonSampled', rate, event });
const of = (event: DpEvent, count = 1) => new PldAccountant().compose(event, count);

describe('known answers', () => {
  it.each(vectors.cases)('q $sampleRate, σ $noiseMultiplier, T $steps, δ $delta', (vector) => {
    const { sampleRate, noiseMultiplier, steps, delta, truth, quoted } = vector;
    const { lower, upper } = of(sampled(sampleRate, gaussian(noiseMultiplier)), steps).bracket(delta);
    expect(lower).toBeLessThanOrEqual(truth + 1e-8);
    expect(upper).toBeGreaterThanOrEqual(truth - 1e-8);
    expect(upper - lower).toBeLessThan(Math.min(3e-4, truth * 0.01));
    if (quoted !== undefined) expect(Math.abs(upper - quoted)).toBeLessThan(1e-4);
  });

  it('unsampled Gaussians are one Gaussian, in any order and at any δ', () => {
    for (const delta of [1e-3, 1e-5, 1e-10, 1e-18]) {
      const truth = analyticGaussianEpsilon(delta, 1 / Math.sqrt(100 / 49 + 1));
      const { lower, upper } = new PldAccountant()
        .compose(gaussian(7), 100)
        .compose(sampled(1, gaussian(1)))
        .bracket(delta);
      expect(lower).toBeLessThanOrEqual(truth);
      expect(upper).toBeGreaterThanOrEqual(truth);
      expect(upper - lower).toBeLessThan(3e-4);
    }
  });

  it('so they are where rate 0.9999999 forbids the short cut, through 10 000 convolutions', () => {
    const truth = analyticGaussianEpsilon(1e-8, 1);
    const { lower, upper } = of(sampled(1 - 1e-10, gaussian(100)), 10_000).bracket(1e-8);
    expect(lower).toBeLessThan(truth);
    expect(upper).toBeGreaterThan(truth * (1 - 1e-8));
    expect(upper - lower).toBeLessThan(1e-3);
  });

  it('Laplace: δ(ε) = 1 − e^((ε − 1/b)/2)', () => {
    for (const epsilon of [0, 0.3, 0.9]) {
      const { lower, upper } = of(laplace(1)).deltaBracket(epsilon);
      const truth = -Math.expm1((epsilon - 1) / 2);
      expect(lower).toBeLessThanOrEqual(truth);
      expect(upper).toBeGreaterThanOrEqual(truth);
      expect(upper - lower).toBeLessThan(5e-4);
    }
  });

  it('randomised response, twenty times: the binomial sum', () => {
    const each = 0.2;
    const truth = (epsilon: number) => {
      let choose = 1;
      let delta = 0;
      for (let k = 0; k <= 20; k++) {
        const loss = (2 * k - 20) * each;
        const mass = (choose * Math.exp(k * each)) / (1 + Math.exp(each)) ** 20;
        delta += mass * Math.max(0, -Math.expm1(epsilon - loss));
        choose *= (20 - k) / (k + 1);
      }
      return delta;
    };
    for (const epsilon of [0, 0.5, 1.5, 3]) {
      const { lower, upper } = of(pureDp(each), 20).deltaBracket(epsilon);
      expect(lower).toBeLessThanOrEqual(truth(epsilon));
      expect(upper).toBeGreaterThanOrEqual(truth(epsilon));
      expect(upper - lower).toBeLessThan(2e-3 * truth(epsilon));
    }
  });

  it('a sampled Laplace: both directions by their closed forms, the worse one returned', () => {
    const [rate, epsilon] = [0.3, 0.05];
    // Amplification (Li, Qardaji and Su 2012) is exact for removal: δ(log(1 + q(e^ε − 1))) = q·δ₁(ε).
    const removal = rate * -Math.expm1((Math.log1p(Math.expm1(epsilon) / rate) - 1) / 2);
    const { lower, upper } = of(sampled(rate, laplace(1))).deltaBracket(epsilon);
    expect(lower).toBeLessThanOrEqual(removal);
    expect(upper).toBeGreaterThanOrEqual(removal);
    expect(upper - lower).toBeLessThan(1e-3 * removal);
  });
});

describe('brackets', () => {
  const event = fc.record({
    rate: fc.constantFrom(1e-4, 1e-3, 0.02, 0.3, 1),
    inner: fc.oneof(
      fc.double({ min: 0.5, max: 20, noNaN: true }).map(gaussian),
      fc.double({ min: 0.5, max: 20, noNaN: true }).map(laplace),
      fc.double({ min: 0.01, max: 2, noNaN: true }).map(pureDp),
    ),
    count: fc.integer({ min: 1, max: 300 }),
  });

  it('pessimistic ≥ optimistic, not above the RDP bound, and decreasing in δ', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 3 }), (events) => {
        const pld = new PldAccountant();
        const rdp = new RdpAccountant();
        for (const { rate, inner, count } of events) {
          pld.compose(sampled(rate, inner), count);
          rdp.compose(sampled(rate, inner), count);
        }
        const [loose, strict] = [pld.bracket(1e-4), pld.bracket(1e-8)];
        for (const { lower, upper } of [loose, strict]) expect(lower).toBeLessThanOrEqual(upper);
        expect(loose.lower).toBeLessThanOrEqual(strict.upper);
        expect(loose.lower).toBeLessThanOrEqual(rdp.epsilon(1e-4));
        expect(strict.upper - strict.lower).toBeLessThan(2e-3 * Math.max(1, strict.upper));
        const { lower, upper } = pld.deltaBracket(strict.upper);
        expect(lower).toBeLessThanOrEqual(1e-8);
        expect(upper).toBeLessThan(1.1e-8);
      }),
      { numRuns: 6 },
    );
  });

  it('grow with the number of steps', () => {
    let before = 0;
    for (const steps of [1, 10, 100, 1000, 10_000]) {
      const { lower, upper } = of(sampled(0.01, gaussian(2)), steps).bracket(1e-6);
      expect(lower).toBeGreaterThan(before);
      before = upper;
    }
  });

  it('a small rate: within 1 % although the loss of a step is far narrower than any fixed mesh', () => {
    for (const [rate, noise, steps] of [
      [1e-5, 2, 1000],
      [1e-4, 20, 10_000],
      [1e-4, 0.5, 100],
    ] as const) {
      const { lower, upper } = of(sampled(rate, gaussian(noise)), steps).bracket(1e-8);
      expect(lower).toBeGreaterThan(0);
      expect(upper - lower).toBeLessThan(0.01 * upper);
    }
  });

  it('a mesh of one’s own: coarser is wider, and the brackets still overlap', () => {
    const event = sampled(0.01, gaussian(1.1));
    const [coarse, fine] = [1e-3, 1e-4].map((meshSize) =>
      new PldAccountant({ meshSize }).compose(event, 6000).bracket(1e-5),
    );
    expect(coarse?.lower).toBeLessThan(fine?.lower ?? 0);
    expect(coarse?.upper).toBeGreaterThan(fine?.upper ?? 0);
    expect(fine?.upper).toBeCloseTo(3.8997714, 6);
  });
});

describe('composition', () => {
  it('compose(e, k) is k times compose(e), selfComposed and composed alike', () => {
    const step = sampled(0.05, laplace(2));
    const one = of(step, 6).bracket(1e-5);
    const apart = new PldAccountant();
    for (let i = 0; i < 6; i++) apart.compose(step);
    expect(apart.bracket(1e-5)).toEqual(one);
    expect(of({ type: 'selfComposed', count: 3, event: step }, 2).bracket(1e-5)).toEqual(one);
    expect(of({ type: 'composed', events: [step, step, step] }, 2).bracket(1e-5)).toEqual(one);
  });

  it('a sample of a sample is one; nothing costs nothing', () => {
    const twice = of(sampled(0.5, sampled(0.25, gaussian(1)))).bracket(1e-5);
    expect(twice).toEqual(of(sampled(0.125, gaussian(1))).bracket(1e-5));
    expect(of({ type: 'none' }, 5).bracket(1e-5)).toEqual({ lower: 0, upper: 0 });
    expect(of(gaussian(1), 0).delta(0)).toBe(0);
  });

  it('ε of a training is the accountant’s', () => {
    const training = { noiseMultiplier: 2, sampleRate: 0.02, steps: 500 };
    expect(pldEpsilon(training, 1e-5)).toBe(of(sampled(0.02, gaussian(2)), 500).epsilon(1e-5));
  });

  it('integer noise, one batch used twice and the unknown are refused, and then nothing is added', () => {
    const refused: DpEvent[] = [
      { type: 'discreteGaussianSum', sigma: 100, contributions: 3, sensitivity: 50, dimension: 1 },
      { type: 'skellam', mu: 100, sensitivityL1: 3, sensitivityL2: 2 },
      { type: 'unsupported', reason: 'a figure was shown' },
      sampled(0.1, { type: 'selfComposed', count: 2, event: gaussian(1) }),
    ];
    for (const event of refused) {
      const accountant = new PldAccountant();
      expect(() => accountant.compose({ type: 'composed', events: [gaussian(1), event] })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
      expect(accountant.epsilon(1e-5)).toBe(0);
    }
  });

  it('impossible questions are refused', () => {
    for (const delta of [0, 1, Number.NaN]) expect(() => of(gaussian(1)).epsilon(delta)).toThrow(/delta/);
    expect(() => of(gaussian(1)).delta(-1)).toThrow(/epsilon/);
    expect(() => new PldAccountant({ meshSize: 0 })).toThrow(/meshSize/);
    expect(() => new PldAccountant({ meshSize: 1e-9 }).compose(gaussian(1)).epsilon(1e-5)).toThrow(
      /meshSize/,
    );
  });
});
