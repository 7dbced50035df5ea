/** The profile counts what it says it counts, and the gate names what is wrong. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createProfile,
  describeQuality,
  enforceQuality,
  type QualityProfile,
  type QualityReport,
  qualityGate,
  qualityLimitsSchema,
} from '../../../participant/quality.ts';
import { chanceIndex, populationStabilityIndex } from '../../../participant/quality-drift.ts';
import { createDuplicateTable } from '../../../participant/quality-duplicates.ts';
import {
  addToHistogram,
  countsBetween,
  createHistogram,
  quantileEdges,
} from '../../../participant/quality-histogram.ts';
import { qualityProfileSchema } from '../../../participant/quality-report.ts';
import { type RowItem, refused } from '../../../participant/readers/table-row.ts';
import type { Prepared } from '../../../threats/log-threat.ts';
import type { Cell, Cells } from '../../../threats/record.ts';

const LIMITS = qualityLimitsSchema.parse({});

function row(
  fields: Cells,
  more: { position?: number; context?: Cells; labels?: Cells; note?: string } = {},
): RowItem {
  const { position = 1, context = {}, labels = {}, note = null } = more;
  return {
    kind: 'record',
    source: 'a.log',
    position,
    note,
    sample: { format: 'f', fields, labels, context },
  };
}

function labelled(label: number | null): Prepared {
  return { kind: 'sample', sample: { fields: {} }, label, detail: null, entity: null };
}

interface Given {
  readonly expected?: readonly string[];
  readonly last?: QualityProfile;
  /** Samples by class: benign, bad. */
  readonly samples?: readonly (number | null)[];
}

function report(items: Iterable<RowItem>, { expected = [], last, samples = [] }: Given = {}): QualityReport {
  const profile = createProfile({ expected, classes: ['benign', 'bad'], last });
  for (const item of items) profile.item(item);
  for (const label of samples) profile.prepared(labelled(label));
  const made = profile.report();
  // It is kept as JSON.
  expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  qualityProfileSchema.parse(made.profile);
  return made;
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const field = (made: QualityReport, name: string) => made.fields.find((each) => each.name === name);
const BOTH = [...range(150).map(() => 0), ...range(150).map(() => 1)];

describe('the profile', () => {
  test('counts missing, range, constant, clashes and top values of each field', () => {
    const made = report([
      row({ n: 1, same: 7, text: 'a', mixed: 1, never: null }),
      row({ n: 3, same: 7, text: 'a', mixed: 'x', never: null }),
      row({ n: null, same: 7, text: 'b', mixed: 2, never: null }),
      row({ n: -4, same: 7, text: null, mixed: 3, never: null }),
    ]);
    expect(field(made, 'n')).toMatchObject({
      kind: 'number',
      missing: 0.25,
      constant: false,
      range: { least: -4, most: 3, mean: 0 },
    });
    expect(field(made, 'same')).toMatchObject({ constant: true, missing: 0 });
    expect(field(made, 'text')?.top).toEqual([
      { value: 'a', share: 0.5 },
      { value: 'b', share: 0.25 },
    ]);
    expect(field(made, 'mixed')).toMatchObject({ kind: 'both', clashes: 1 });
    expect(field(made, 'never')).toMatchObject({ kind: 'unset', missing: 1, constant: false });
  });

  test('a field counts as missing among rows of its own formats only', () => {
    const other: RowItem = {
      kind: 'record',
      source: 'b',
      position: 1,
      note: null,
      sample: { format: 'g', fields: { y: 1 }, labels: {}, context: {} },
    };
    const made = report([row({ x: 1 }), row({ x: null }), other, other, other]);
    expect(field(made, 'x')?.missing).toBe(0.5);
    expect(made.formats).toEqual({ f: 2, g: 3 });
  });

  test('lists the first hundred refusals with their places, and counts the rest', () => {
    const made = report([...range(130)].map((i) => refused('a.csv', i + 1, 'Broken.', 3)));
    expect(made.refused.count).toBe(130);
    expect(made.refused.first).toHaveLength(100);
    expect(made.refused.first[1]).toBe('a.csv:2:3 Broken.');
  });

  test('tells a row that repeats another in every cell, and only that', () => {
    const profile = createProfile({ expected: [], classes: [] });
    const same = (fields: Cells, context: Cells = {}, labels: Cells = {}) =>
      profile.item(row(fields, { context, labels }));
    expect(same({ a: 1, b: 0 })).toBe(false);
    expect(same({ a: 1, b: 0 })).toBe(true);
    for (const other of [
      { a: 0, b: 1 },
      { a: 1 },
      { a: 1, c: 0 },
      { a: '1', b: 0 },
      { a: 1, b: null },
      { a: 1, b: '' },
    ]) {
      expect.soft(same(other as Cells), JSON.stringify(other)).toBe(false);
    }
    expect(same({ a: 1, b: 0 }, { id: 1 })).toBe(false);
    expect(same({ a: 1, b: 0 }, {}, { id: 1 })).toBe(false);
    expect(profile.report().repeated).toEqual({ count: 1, exact: true });
  });

  test('small numbers in several columns are not taken for each other', () => {
    const profile = createProfile({ expected: [], classes: [] });
    for (let i = 0; i < 200_000; i++) {
      profile.item(row({ a: i % 32, b: (i >> 5) % 32, c: 2 ** ((i >> 10) % 32), d: i >> 15 }));
    }
    expect(profile.report().repeated.count).toBe(0);
  });

  test('a full table of rows says that it counts at least', () => {
    const table = createDuplicateTable(16);
    for (const i of range(30)) expect(table.take(i, 7 * i)).toBe(false);
    expect(table.isExact()).toBe(false);
    expect(table.take(1, 7)).toBe(true);
  });

  test('memory is bounded: texts, fields and formats of someone else’s choosing', () => {
    const made = report(
      range(3000).map((i): RowItem => {
        const sample = {
          format: `f${i}`,
          fields: { [`k${i}`]: 1, text: `${i}`.padStart(200, 'x') },
          labels: {},
          context: {},
        };
        return { kind: 'record', source: 'a', position: i, note: null, sample };
      }),
    );
    expect(made.fields).toHaveLength(500);
    expect(made.fieldsLeftOut).toBeGreaterThan(0);
    expect(Object.keys(made.formats)).toHaveLength(101);
    expect(JSON.stringify(made).length).toBeLessThan(200_000);
  });

  test('a text that becomes frequent late is found among many that are not', () => {
    const made = report(range(6000).map((i) => row({ text: i < 3000 ? `${i}` : 'late' })));
    const [first, second] = field(made, 'text')?.top ?? [];
    expect(first?.value).toBe('late');
    // Too low by at most 1/201 of the rows.
    expect(first?.share).toBeGreaterThan(0.5 - 1 / 201);
    expect(first?.share).toBeLessThanOrEqual(0.5);
    expect(second?.share ?? 0).toBeLessThan(0.001);
  });

  test('follows the time of each file for itself', () => {
    const at = (source: string, ts: Cell, position: number): RowItem => ({
      ...(row({}, { context: { ts }, position }) as Extract<RowItem, { kind: 'record' }>),
      source,
    });
    const { time } = report([
      at('a', 100, 1),
      at('a', 90, 2),
      at('a', 500_000, 3),
      at('b', 10, 1),
      at('b', null, 2),
      at('b', 11, 3),
    ]);
    expect(time).toEqual({
      field: 'ts',
      from: 10,
      to: 500_000,
      steps: 3,
      backwards: 1,
      largestGap: 499_910,
      largestGapAt: 'a:3',
    });
    expect(report([row({ recorded: '2026-01-01T00:00:00+01:00' })]).time).toMatchObject({
      from: 1_767_222_000,
    });
  });
});

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

describe('the gate', () => {
  const good = range(300).map((i) => row({ x: i }));
  const keys = (made: QualityReport, limits = LIMITS) => qualityGate(made, limits).map(({ limit }) => limit);

  test('lets good records pass', () => {
    const made = report(good, { expected: ['x'], samples: BOTH });
    expect(keys(made)).toEqual([]);
    expect(() => enforceQuality(made, LIMITS)).not.toThrow();
  });

  test.each<[string, QualityReport, RegExp]>([
    ['minRecords', report(good.slice(0, 199)), /There are 199 records; 200 are needed/],
    ['minRecords', report(good, { samples: BOTH.slice(60, 255) }), /There are 195 records with a label/],
    [
      'maxRefusedShare',
      report([...good, ...range(16).map((i) => refused('a.csv', i + 1, 'Broken.', 2))]),
      /16 of 316 lines \(5\.1 %\).*a\.csv:1:2 Broken\./,
    ],
    ['maxMissingShare', report(good, { expected: ['x', 'y', 'z'], samples: BOTH }), /No record has y, z/],
    [
      'maxMissingShare',
      report(good.concat(range(301).map(() => row({ x: null }))), { expected: ['x'] }),
      /lack fields.*x \(50\.1 %\)/,
    ],
    ['requireBothClasses', report(good, { samples: range(300).map(() => 0) }), /Every record is "benign"/],
    ['requireBothClasses', report(good, { samples: range(300).map(() => 1) }), /No record is "benign"/],
  ])('refuses by %s', (limit, made, words) => {
    expect(keys(made)).toEqual([limit]);
    expect(() => enforceQuality(made, LIMITS)).toThrow(
      expect.objectContaining({ code: 'DATA_INVALID', message: expect.stringMatching(words) }),
    );
    expect(() => enforceQuality(made, LIMITS)).toThrow(`quality.${limit}`);
  });

  test('refuses samples that the threat could not be made of', () => {
    const profile = createProfile({ expected: [], classes: ['benign', 'bad'] });
    for (const item of good) profile.item(item);
    for (const label of BOTH) profile.prepared(labelled(label));
    for (const _ of range(20)) profile.prepared({ kind: 'refused', reason: 'The label is not known.' });
    expect(() => enforceQuality(profile.report(), LIMITS)).toThrow(
      /20 of 320 records.*a\.log:1 The label is not known\./,
    );
  });

  test('a site may be stricter or laxer, in known keys only', () => {
    expect(keys(report(good), qualityLimitsSchema.parse({ minRecords: 301 }))).toEqual(['minRecords']);
    expect(() => qualityLimitsSchema.parse({ minRecord: 5 })).toThrow();
  });
});

test('the words say what is wrong first, and never show a value', () => {
  const made = report(
    [
      ...range(50).map((i) =>
        row({ name: 'Miller', x: 1 }, { position: i, note: i === 3 ? 'Half of it.' : '' }),
      ),
      refused('a.log', 51, 'Broken.'),
    ],
    { samples: [0, 0, 1, null] },
  );
  const lines = describeQuality(made);
  expect(lines[0]).toMatch(/^There are 3 records with a label/);
  expect(lines.join('\n')).toMatch(/1 refused, the first at a\.log:51 Broken\./);
  expect(lines).toContain('49 rows repeat another in every cell (98.0 %).');
  expect(lines).toContain('Labels: benign 2 (66.7 %), bad 1 (33.3 %); 1 without one.');
  expect(lines).toContain('2 fields never change: name, x.');
  expect(lines.join()).not.toMatch(/Miller/);
});
