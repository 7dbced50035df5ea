import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RdpAccountant } from '../../../dp/accounting/rdp.ts';
import { reidentificationBound } from '../../../dp/audit/reidentification.ts';
import { casesOf } from '../accounting/vectors.ts';

interface PowerCase {
  readonly mu: number;
  readonly prior: number;
  readonly power: number;
  readonly advantage: number;
}

/** E[(1 − e^(ε−L))₊] for a privacy loss L ~ N(μ²/2, μ²), by Simpson's rule over what is not negligible. */
function gaussianDelta(epsilon: number, mu: number): number {
  const from = Math.max((epsilon - (mu * mu) / 2) / mu, -12);
  const steps = 2000;
  const h = 14 / (1 + Math.max(0, from) / 3) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const z = from + i * h;
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * -Math.expm1(epsilon - (mu * mu) / 2 - mu * z) * Math.exp((-z * z) / 2);
  }
  return (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

/** Probabilities of every answer of `times` randomised responses, without and with the record. */
function randomisedResponses(times: number, stay: number): [number, number][] {
  let answers: [number, number][] = [[1, 1]];
  for (let i = 0; i < times; i++) {
    answers = answers.flatMap(([p, q]): [number, number][] => [
      [p * stay, q * (1 - stay)],
      [p * (1 - stay), q * stay],
    ]);
  }
  return answers;
}

const curveOf = (answers: readonly [number, number][]) => ({
  delta: (epsilon: number) =>
    answers.reduce((sum, [p, q]) => sum + Math.max(0, q - Math.exp(epsilon) * p), 0),
});

/** Neyman and Pearson: the answers that speak loudest for "in" until the false-positive rate is used up. */
function mostPowerful(answers: readonly [number, number][], rate: number): number {
  let left = rate;
  let power = 0;
  for (const [p, q] of [...answers].sort(([p1, q1], [p2, q2]) => q2 / p2 - q1 / p1)) {
    const share = Math.min(1, left / p);
    power += share * q;
    left -= share * p;
    if (left <= 0) break;
  }
  return power;
}

describe('the bound on re-identification', () => {
  it('with the exact curve of the Gaussian mechanism is Φ(Φ⁻¹(κ) + Δ/σ)', () => {
    for (const { mu, prior, power, advantage } of casesOf<PowerCase>('audit', 'gaussianPower')) {
      const bound = reidentificationBound({ delta: (epsilon) => gaussianDelta(epsilon, mu) }, prior);
      expect(Math.abs(bound.power - power)).toBeLessThan(1e-8);
      expect(Math.abs(bound.advantage - advantage)).toBeLessThan(1e-8);
      expect(bound.reduction).toBe(1 - bound.advantage);
    }
  });

  it('with the exact curve of repeated randomised response is the Neyman–Pearson test’s power', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.double({ min: 0.51, max: 0.95, noNaN: true }),
        fc.double({ min: 1e-4, max: 0.999, noNaN: true }),
        (times, stay, prior) => {
          const answers = randomisedResponses(times, stay);
          const { power } = reidentificationBound(curveOf(answers), prior);
          expect(Math.abs(power - mostPowerful(answers, prior))).toBeLessThan(1e-7);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('pure ε alone: e^ε·κ, or 1 − e^-ε·(1 − κ) where that is less', () => {
    const curve = { delta: (epsilon: number) => (epsilon >= 1 ? 0 : 1 - Math.exp(epsilon - 1)) };
    expect(reidentificationBound(curve, 0.01).power).toBeCloseTo(0.01 * Math.E, 7);
    expect(reidentificationBound(curve, 0.9).power).toBeCloseTo(1 - 0.1 / Math.E, 7);
  });

  it('nothing released: nothing gained; nothing hidden: everything', () => {
    const blind = reidentificationBound(new RdpAccountant(), 0.3);
    expect(blind.power).toBeCloseTo(0.3, 12);
    expect(blind.reduction).toBeCloseTo(1, 12);
    const bare = reidentificationBound({ delta: () => 1 }, 0.3);
    expect(bare.power).toBe(1);
    expect(bare.reduction).toBeCloseTo(0, 12);
  });

  it('the RDP accountant’s curve gives a bound above the exact power, and not far above', () => {
    for (const mu of [0.1, 0.5, 1]) {
      const accountant = new RdpAccountant().compose({ type: 'gaussian', noiseMultiplier: 1 / mu });
      for (const prior of [0.5, 0.1, 0.01]) {
        const exact = reidentificationBound({ delta: (epsilon) => gaussianDelta(epsilon, mu) }, prior);
        const bound = reidentificationBound(accountant, prior);
        expect(bound.power).toBeGreaterThan(exact.power);
        expect(bound.advantage).toBeLessThan(2 * exact.advantage);
      }
    }
  });

  it.each([0, 1, -0.1, Number.NaN])('refuses the prior %d', (prior) => {
    expect(() => reidentificationBound(new RdpAccountant(), prior)).toThrow(/prior must be/);
  });
});
