import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clopperPearson,
  logBinomialLowerTail,
  logBinomialPmf,
  logBinomialUpperTail,
  type Observation,
} from '../../../dp/audit/binomial.ts';
import { casesOf, relativeError } from '../accounting/vectors.ts';

interface BinomialCase {
  readonly k: number;
  readonly n: number;
  readonly p: number;
  readonly logPmf: number;
  readonly logUpperTail: number;
  readonly logLowerTail: number;
}

interface IntervalCase extends Observation {
  readonly lower: number;
  readonly upper: number;
}

/** All probabilities of Binomial(n, p), one trial after another: no formula for n over k. */
function distribution(n: number, p: number): number[] {
  let row = [1];
  for (let trial = 0; trial < n; trial++) {
    row = [...row, 0].map((same, k) => same * (1 - p) + (row[k - 1] ?? 0) * p);
  }
  return row;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('binomial probabilities', () => {
  it('match arithmetic to 120 digits, in logarithms, deep in the tails too', () => {
    for (const { k, n, p, ...expected } of casesOf<BinomialCase>('audit', 'binomial')) {
      expect(relativeError(logBinomialPmf(k, n, p), expected.logPmf)).toBeLessThan(1e-12);
      expect(relativeError(logBinomialUpperTail(k, n, p), expected.logUpperTail)).toBeLessThan(1e-11);
      expect(relativeError(logBinomialLowerTail(k, n, p), expected.logLowerTail)).toBeLessThan(1e-11);
    }
  });

  it('match coins tossed one after another', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (n, p) => {
          const row = distribution(n, p);
          row.forEach((probability, k) => {
            expect(relativeError(Math.exp(logBinomialPmf(k, n, p)), probability)).toBeLessThan(3e-13);
            expect(relativeError(Math.exp(logBinomialUpperTail(k, n, p)), sum(row.slice(k)))).toBeLessThan(
              1e-11,
            );
            expect(
              relativeError(Math.exp(logBinomialLowerTail(k, n, p)), sum(row.slice(0, k + 1))),
            ).toBeLessThan(1e-11);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('certain and impossible events', () => {
    expect(logBinomialUpperTail(0, 10, 0.2)).toBe(0);
    expect(logBinomialUpperTail(11, 10, 0.2)).toBe(Number.NEGATIVE_INFINITY);
    expect(logBinomialLowerTail(-1, 10, 0.2)).toBe(Number.NEGATIVE_INFINITY);
    expect(logBinomialLowerTail(10, 10, 0.2)).toBe(0);
    expect(logBinomialPmf(3, 10, 0)).toBe(Number.NEGATIVE_INFINITY);
    expect(logBinomialUpperTail(10, 10, 1)).toBe(0);
    expect(logBinomialLowerTail(9, 10, 1)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('Clopper–Pearson', () => {
  it('0 of 15,000: at most 1.99696e-4, one-sided at 95 %', () => {
    const { upper } = clopperPearson({ successes: 0, trials: 15_000, confidence: 0.95, side: 'upper' });
    expect(upper).toBeCloseTo(1.99696e-4, 9);
    expect(upper).toBeCloseTo(1 - 0.05 ** (1 / 15_000), 15);
  });

  it('matches 40-digit arithmetic', () => {
    for (const { lower, upper, ...seen } of casesOf<IntervalCase>('audit', 'clopperPearson')) {
      const interval = clopperPearson(seen);
      expect(relativeError(interval.lower, lower)).toBeLessThan(1e-12);
      expect(relativeError(interval.upper, upper)).toBeLessThan(1e-12);
    }
  });

  it.each(['two-sided', 'upper', 'lower'] as const)(
    '%s covers every probability as often as it says',
    (side) => {
      const trials = 30;
      const intervals = Array.from({ length: trials + 1 }, (_, successes) =>
        clopperPearson({ successes, trials, confidence: 0.9, side }),
      );
      for (let p = 0.005; p < 1; p += 0.005) {
        const covered = distribution(trials, p).filter((_, k) => {
          const { lower, upper } = intervals[k] ?? { lower: 1, upper: 0 };
          return lower <= p && p <= upper;
        });
        expect(sum(covered)).toBeGreaterThan(0.9 - 1e-12);
      }
    },
  );

  it.each([
    [{ successes: 5, trials: 4 }, /successes/],
    [{ successes: -1, trials: 4 }, /successes/],
    [{ successes: 0, trials: 0 }, /trials/],
    [{ successes: 1.5, trials: 4 }, /successes/],
    [{ successes: 1, trials: 4, confidence: 1 }, /confidence/],
  ])('refuses %j', (wrong, message) => {
    expect(() => clopperPearson({ confidence: 0.95, side: 'upper', ...wrong })).toThrow(message);
  });
});
