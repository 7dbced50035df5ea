import { describe, expect, it } from 'vitest';
import {
  getNoiseMultiplier,
  noiseMultiplierFor,
  noiseMultiplierWithin,
  stepsWithin,
} from '../../../dp/accounting/calibrate.ts';
import type { DpEvent } from '../../../dp/accounting/events.ts';
import { INTEGER_ORDERS } from '../../../dp/accounting/orders.ts';
import { RdpAccountant } from '../../../dp/accounting/rdp.ts';
import { roundEvent } from '../../../dp/accounting/round.ts';
import { examplePlan } from '../plans.ts';

const gaussian = (noiseMultiplier: number): DpEvent => ({ type: 'gaussian', noiseMultiplier });
const sampled = (rate: number, event: DpEvent): DpEvent => ({ type: 'poissonSampled', rate, event });
const epsilonOf = (event: DpEvent, count: number, delta = 1e-5, orders = INTEGER_ORDERS) =>
  new RdpAccountant({ orders }).compose(event, count).epsilon(delta);

describe('noiseMultiplierFor', () => {
  it.each([
    [3, 1e-5, 0.05, 310],
    [0.5, 1e-6, 0.01, 2000],
    [8, 1e-5, 1, 50],
  ])('ε %d, δ %d, q %d, T %d: enough, and hardly more than enough', (epsilon, delta, sampleRate, steps) => {
    const sigma = noiseMultiplierFor({ epsilon, delta, sampleRate, steps });
    expect(epsilonOf(sampled(sampleRate, gaussian(sigma)), steps, delta)).toBeLessThanOrEqual(epsilon);
    expect(epsilonOf(sampled(sampleRate, gaussian(sigma * (1 - 1e-4))), steps, delta)).toBeGreaterThan(
      epsilon,
    );
  });

  it('holds for the integer noise that a plan makes of it', () => {
    const noiseMultiplier = noiseMultiplierFor({ epsilon: 3, delta: 1e-5, sampleRate: 0.05, steps: 310 });
    const event = roundEvent(examplePlan({ noiseMultiplier, sampleRate: 0.05 }));
    expect(event).not.toBeNull();
    if (event !== null) expect(epsilonOf(event, 310)).toBeLessThanOrEqual(3);
  });

  it('refuses what no noise can reach, and nonsense', () => {
    const target = { epsilon: 1, delta: 1e-5, sampleRate: 0.1, steps: 10 };
    expect(() => noiseMultiplierFor({ ...target, epsilon: 1e-9, delta: 1e-15 })).toThrow(/larger ε/);
    expect(() => noiseMultiplierFor({ ...target, epsilon: 0 })).toThrow(/epsilon/);
    expect(() => noiseMultiplierFor({ ...target, sampleRate: 2 })).toThrow(/rate/);
    expect(() => noiseMultiplierFor({ ...target, steps: 0 })).toThrow(/steps/);
    expect(() => noiseMultiplierFor({ ...target, delta: 0 })).toThrow(/delta/);
  });
});

describe('getNoiseMultiplier', () => {
  const target = { epsilon: 8, delta: 1e-5, sampleRate: 0.04, steps: 2000 };

  it('is enough, and 1e-6 less is not', () => {
    for (const epsilon of [0.2, 1, 8, 60]) {
      const noise = getNoiseMultiplier({ ...target, epsilon });
      const reached = (sigma: number) =>
        new RdpAccountant().compose(sampled(0.04, gaussian(sigma)), 2000).epsilon(1e-5);
      expect(reached(noise)).toBeLessThanOrEqual(epsilon);
      expect(reached(noise * (1 - 1e-6))).toBeGreaterThan(epsilon);
    }
  });

  it('asks the accountant it is given, in its terms', () => {
    const asked: number[] = [];
    const noise = getNoiseMultiplier(target, ({ noiseMultiplier, sampleRate, steps }, delta) => {
      expect([sampleRate, steps, delta]).toEqual([0.04, 2000, 1e-5]);
      asked.push(noiseMultiplier);
      return 40 / noiseMultiplier ** 1.3;
    });
    expect(noise / 5 ** (1 / 1.3)).toBeCloseTo(1, 5);
    expect(asked.length).toBeLessThan(12);
  });

  it('bears accountants that stop at 0, jump, or know no bound', () => {
    const jumps = [
      [Number.POSITIVE_INFINITY, 0],
      [1e6, 0.999],
      [1.001, 1e-9],
    ] as const;
    for (const [before, after] of jumps) {
      let asked = 0;
      const found = noiseMultiplierWithin(1, (sigma) => {
        asked++;
        return sigma < 7 ? before : after;
      });
      expect(found).toBeGreaterThanOrEqual(7);
      expect(found).toBeLessThan(7 * (1 + 2e-6));
      expect(asked).toBeLessThan(80);
    }
    expect(noiseMultiplierWithin(1, () => 0)).toBe(1e-3);
    expect(() => noiseMultiplierWithin(1, () => 2)).toThrow(/larger ε/);
    expect(() => noiseMultiplierWithin(Number.NaN, () => 2)).toThrow(/epsilon/);
  });
});

describe('stepsWithin', () => {
  it('is the last step that fits', () => {
    const accountant = (steps: number) => epsilonOf(sampled(0.01, gaussian(1.1)), steps);
    const steps = stepsWithin(4, accountant);
    expect(accountant(steps)).toBeLessThanOrEqual(4);
    expect(accountant(steps + 1)).toBeGreaterThan(4);
  });

  it('may be none, one, or as many as anyone counts', () => {
    expect(stepsWithin(1, (steps) => 2 * steps)).toBe(0);
    expect(stepsWithin(1, (steps) => steps)).toBe(1);
    expect(stepsWithin(1, () => 0)).toBe(2 ** 30);
  });
});
