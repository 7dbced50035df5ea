/** Bins lose no value, and fields that move show. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { enforceQuality, qualityGate } from '../../../participant/quality.ts';
import { chanceIndex, populationStabilityIndex } from '../../../participant/quality-drift.ts';
import {
  addToHistogram,
  countsBetween,
  createHistogram,
  quantileEdges,
} from '../../../participant/quality-histogram.ts';
import type { Cells } from '../../../threats/record.ts';
import { LIMITS, range, report, row } from './rows.ts';

describe('quantile bins', () => {
  const filled = (values: readonly number[]) => {
    const histogram = createHistogram();
    for (const value of values) addToHistogram(histogram, value);
    return histogram;
  };

  test('hold about a tenth each, and count every value once', () => {
    const histogram = filled(range(10_000).map((i) => (i - 3000) / 7));
    const counts = countsBetween(histogram, quantileEdges(histogram, 10));
    expect(counts).toHaveLength(10);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(250);
  });

  test('never lose a value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })),
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })),
        (then, now) => {
          const edges = quantileEdges(filled(then), 10);
          expect([...edges].sort((a, b) => a - b)).toEqual(edges);
          const counts = countsBetween(filled(now), edges);
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(now.length);
        },
      ),
    );
  });

  test('a value that most records have is a bin of its own', () => {
    const edges = quantileEdges(filled(range(100).map(() => 5)), 10);
    expect(countsBetween(filled([4, 5, 5, 6]), edges)).toEqual([1, 2, 1]);
  });
});

describe('drift', () => {
  const rows = (value: (i: number) => Cells) => range(5000).map((i) => row({ ...value(i), id: i }));

  test('is what the formula says, and none against oneself', () => {
    expect(populationStabilityIndex([0.5, 0.5], [0.25, 0.75])).toBeCloseTo(
      0.25 * Math.log(2) + 0.25 * Math.log(1.5),
    );
    expect(populationStabilityIndex([0.5, 0.5], [0.5, 0.5])).toBe(0);
    // χ² of 10 degrees of freedom exceeds 29.59 once in a thousand times.
    expect(chanceIndex(11, 1, Number.POSITIVE_INFINITY)).toBeCloseTo(29.59, 0);
  });

  test('shows in numbers, texts, missing values and fields that are gone', () => {
    const then = report(
      rows((i) => ({
        still: i % 100,
        number: i % 100,
        text: i % 2 ? 'a' : 'b',
        rare: i,
        gone: 1,
        constant: 5,
      })),
    );
    const now = report(
      rows((i) => ({
        still: (i * 7) % 100,
        number: 50 + (i % 100),
        text: i % 9 ? 'a' : 'b',
        rare: i % 2 ? i : null,
        constant: 6,
      })),
      { last: then.profile },
    );
    const psi = Object.fromEntries(now.drift?.fields.map((each) => [each.field, each.psi]) ?? []);
    expect(psi.still).toBeLessThan(0.001);
    expect(psi.id).toBeLessThan(0.001);
    for (const moved of ['number', 'text', 'rare', 'gone', 'constant'])
      expect.soft(psi[moved], moved).toBeGreaterThan(0.25);
    const [finding] = qualityGate(now, LIMITS);
    expect(finding).toMatchObject({ limit: 'maxPsi', verdict: 'warn' });
    enforceQuality(now, LIMITS);
    expect(() => enforceQuality(now, { ...LIMITS, onDrift: 'refuse' })).toThrow(
      /5 fields have moved far.*quality\.maxPsi: 0\.25/,
    );
  });

  test('a few records are not called drift for chance alone', () => {
    const few = (seed: number) =>
      range(200).map((i) => row({ x: ((i * 7919 + seed * 104_729) % 1000) / 1000 }));
    const made = report(few(1), { last: report(few(2)).profile });
    expect(qualityGate(made, { ...LIMITS, maxPsi: 0 })).toEqual([]);
  });
});
