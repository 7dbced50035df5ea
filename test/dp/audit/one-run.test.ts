import { describe, expect, it } from 'vitest';
import { RdpAccountant } from '../../../dp/accounting/rdp.ts';
import {
  correctGuesses,
  type OneRunOptions,
  oneRunEpsilon,
  oneRunPValue,
} from '../../../dp/audit/one-run.ts';
import { sampleDiscreteGaussian } from '../../../dp/sampling/discrete-gaussian.ts';
import { BitSource } from '../../../dp/sampling/entropy.ts';
import { poissonSample } from '../../../dp/sampling/poisson.ts';
import { casesOf, relativeError } from '../accounting/vectors.ts';
import { SEED, seededEntropy } from '../seeded-entropy.ts';

interface EpsilonCase extends OneRunOptions {
  readonly confidence: number;
  readonly epsilon: number;
}

describe('the bound', () => {
  it('1,000 canaries, 90 of 100 guesses right, δ = 1e-5: 1.6261437', () => {
    const epsilon = oneRunEpsilon({
      canaries: 1000,
      guesses: 100,
      correct: 90,
      delta: 1e-5,
      confidence: 0.95,
    });
    expect(Math.abs(epsilon - 1.6261437)).toBeLessThan(1e-6);
  });

  it('matches the formula evaluated by scipy', () => {
    for (const { epsilon, ...seen } of casesOf<EpsilonCase>('audit', 'oneRunEpsilon')) {
      expect(relativeError(oneRunEpsilon(seen), epsilon)).toBeLessThan(1e-9);
    }
  });

  it('with δ = 0 and every guess right is a power: accuracy^r = 1 − confidence', () => {
    const epsilon = oneRunEpsilon({ canaries: 300, guesses: 300, correct: 300, delta: 0, confidence: 0.99 });
    expect((1 / (1 + Math.exp(-epsilon))) ** 300).toBeCloseTo(0.01, 10);
  });

  it('is the worst case for randomised response: the p-value is its exact tail', () => {
    // Two of three right: 3a²(1 − a) + a³, for accuracy a.
    const a = Math.E / (1 + Math.E);
    const seen = { canaries: 3, guesses: 3, correct: 2, delta: 0 };
    expect(oneRunPValue(seen, 1)).toBeCloseTo(3 * a * a * (1 - a) + a ** 3, 14);
  });

  it('δ counts by the theorem: 2mδ · max (f(v − i) − f(v))/i, by brute force', () => {
    const [r, v, m, delta, epsilon] = [12, 9, 40, 1e-3, 0.7];
    const a = 1 / (1 + Math.exp(-epsilon));
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
    const tail = (from: number) =>
      Array.from({ length: r + 1 }, (_, k) =>
        k >= from ? choose(r, k) * a ** k * (1 - a) ** (r - k) : 0,
      ).reduce((x, y) => x + y);
    const most = Math.max(...Array.from({ length: m }, (_, i) => (tail(v - i - 1) - tail(v)) / (i + 1)));
    const seen = { canaries: m, guesses: r, correct: v, delta };
    expect(oneRunPValue(seen, epsilon)).toBeCloseTo(tail(v) + 2 * m * delta * most, 13);
  });

  it('no better than chance proves nothing; nor does a single guess', () => {
    const seen = { canaries: 100, delta: 1e-5 };
    expect(oneRunEpsilon({ ...seen, guesses: 100, correct: 50 })).toBe(0);
    expect(oneRunEpsilon({ ...seen, guesses: 0, correct: 0 })).toBe(0);
    expect(oneRunEpsilon({ ...seen, guesses: 1, correct: 1 })).toBe(0);
  });

  it('grows with right guesses, shrinks with δ and with confidence', () => {
    const seen = { canaries: 500, guesses: 100, correct: 80, delta: 1e-5, confidence: 0.95 };
    const epsilon = oneRunEpsilon(seen);
    expect(oneRunEpsilon({ ...seen, correct: 81 })).toBeGreaterThan(epsilon);
    expect(oneRunEpsilon({ ...seen, delta: 1e-3 })).toBeLessThan(epsilon);
    expect(oneRunEpsilon({ ...seen, confidence: 0.99 })).toBeLessThan(epsilon);
  });

  it.each([
    [{ guesses: 101 }, /guesses must/],
    [{ correct: 51 }, /correct must/],
    [{ canaries: 0 }, /canaries must/],
    [{ delta: 1 }, /delta must/],
    [{ delta: -1e-9 }, /delta must/],
    [{ confidence: 1 }, /confidence must/],
    [{ confidence: 0.4 }, /confidence must/],
  ])('refuses %j', (wrong, message) => {
    const seen = { canaries: 100, guesses: 50, correct: 40, delta: 1e-5, ...wrong };
    expect(() => oneRunEpsilon(seen)).toThrow(message);
  });
});

describe('guessing', () => {
  it('names the highest as in, the lowest as out, and passes over the rest', () => {
    const scores = [5, -9, 0.1, 7, -3, -0.1];
    expect(correctGuesses(scores, [1, 0, 0, 1, 0, 1], 4)).toBe(4);
    expect(correctGuesses(scores, [0, 1, 0, 1, 0, 1], 4)).toBe(2);
    expect(correctGuesses(scores, [0, 1, 1, 0, 1, 0], 0)).toBe(0);
    expect(correctGuesses(scores, [0, 1, 1, 1, 1, 0], 1)).toBe(1);
  });

  it('refuses more guesses than canaries, and coins that do not fit', () => {
    expect(() => correctGuesses([1, 2], [1, 0], 3)).toThrow(/guesses/);
    expect(() => correctGuesses([1, 2], [1], 1)).toThrow(/coin/);
  });
});

/** A run of Poisson-sampled sums, in which canary i alone moves coordinate i. */
function auditSums(bits: BitSource, sigma: number, charged: number) {
  const [m, steps, rate, unit, guesses, delta] = [1000, 30, 0.25, 64, 150, 1e-5];
  const coins = Uint8Array.from({ length: m }, () => bits.below(2));
  const scores = new Float64Array(m);
  for (let step = 0; step < steps; step++) {
    const noise = sampleDiscreteGaussian(sigma * unit, m, bits);
    for (const i of poissonSample(m, rate, bits)) noise[i] = (noise[i] ?? 0) + unit * (coins[i] ?? 0);
    noise.forEach((value, i) => {
      scores[i] = (scores[i] ?? 0) + value;
    });
  }
  const correct = correctGuesses(scores, coins, guesses);
  const step = {
    type: 'poissonSampled',
    rate,
    event: { type: 'gaussian', noiseMultiplier: charged },
  } as const;
  return {
    claimed: new RdpAccountant().compose(step, steps).epsilon(delta),
    proven: oneRunEpsilon({ canaries: m, guesses, correct, delta }),
  };
}

describe(`an audit of sampled sums, seed ${SEED}`, () => {
  const bits = new BitSource(seededEntropy('one-run audit'));

  it('proves something of an honest mechanism, and never more than it claims', () => {
    const { proven, claimed } = auditSums(bits, 2, 2);
    expect(proven).toBeGreaterThan(0);
    expect(proven).toBeLessThan(claimed);
  });

  it('refutes one that adds a quarter of the noise that it charges for', () => {
    const { proven, claimed } = auditSums(bits, 1, 4);
    expect(proven).toBeGreaterThan(claimed);
  });
});
