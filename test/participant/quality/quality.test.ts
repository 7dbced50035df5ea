/** The profile counts what it says it counts. */
import { describe, expect, test } from 'vitest';
import { createProfile } from '../../../participant/quality.ts';
import { createDuplicateTable } from '../../../participant/quality-duplicates.ts';
import { type RowItem, refused } from '../../../participant/readers/table-row.ts';
import type { Cell, Cells } from '../../../threats/record.ts';
import { field, range, report, row } from './rows.ts';

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
