/** What is gathered of one field while rows stream by, in bounded memory. */
import type { Cell } from '../threats/record.ts';
import {
  addToHistogram,
  countsBetween,
  createHistogram,
  type Histogram,
  quantileEdges,
} from './quality-histogram.ts';
import type { FieldProfile, FieldReport } from './quality-report.ts';

/** Texts counted for a field (Misra, Gries 1982): a count is too low by at most rows / 201. */
const COUNTED = 200;
const LISTED = 20;
/** Longer texts are cut: a profile is no copy of the log. */
const LONGEST = 64;
const BINS = 10;
/** A text is a bin of its own from this share on. */
const BIN_SHARE = 0.01;

/** Rows of one layout. */
export interface FormatCount {
  rows: number;
}

export interface FieldState {
  readonly name: string;
  /** Tells the field's cells from equal ones of another where rows are hashed. */
  readonly salt: number;
  readonly formats: Set<FormatCount>;
  numbers: number;
  texts: number;
  first: Cell;
  varied: boolean;
  least: number;
  most: number;
  mean: number;
  readonly histogram: Histogram;
  readonly counts: Map<string, number>;
  /** Exact counts of the texts that the earlier run's bins are of. */
  readonly lastValues: Map<string, number>;
}

export function createField(name: string, salt: number, last: FieldProfile | undefined): FieldState {
  return {
    ...{ name, salt, formats: new Set(), numbers: 0, texts: 0, first: null, varied: false },
    ...{ least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY, mean: 0 },
    ...{ histogram: createHistogram(), counts: new Map() },
    lastValues: new Map(last?.kind === 'text' ? last.values.map((value) => [value, 0]) : []),
  };
}

/** Takes one value that is set. */
export function addToField(field: FieldState, cell: string | number): void {
  if (field.first === null) field.first = typeof cell === 'string' ? cut(cell) : cell;
  else if (!field.varied && !isSame(field.first, cell)) field.varied = true;
  if (typeof cell === 'number') {
    field.numbers++;
    if (cell < field.least) field.least = cell;
    if (cell > field.most) field.most = cell;
    field.mean += (cell - field.mean) / field.numbers;
    addToHistogram(field.histogram, cell);
  } else {
    field.texts++;
    countText(field, cut(cell));
  }
}

function isSame(first: Cell, cell: string | number): boolean {
  return first === (typeof cell === 'string' ? cut(cell) : cell);
}

function cut(text: string): string {
  return text.length > LONGEST ? text.slice(0, LONGEST) : text;
}

function countText({ counts, lastValues }: FieldState, text: string): void {
  if (lastValues.size > 0) {
    const known = lastValues.get(text);
    if (known !== undefined) lastValues.set(text, known + 1);
  }
  const count = counts.get(text);
  if (count !== undefined) {
    counts.set(text, count + 1);
  } else if (counts.size < COUNTED) {
    counts.set(text, 1);
  } else {
    for (const [other, held] of counts) {
      if (held === 1) counts.delete(other);
      else counts.set(other, held - 1);
    }
  }
}

/** Rows that could have had the field. */
function rowsOf(field: FieldState): number {
  let rows = 0;
  for (const format of field.formats) rows += format.rows;
  return rows;
}

/** @param records all rows, for a field that none of them has. */
export function fieldReport(field: FieldState, expected: boolean, records: number): FieldReport {
  const { name, numbers, texts, least, most, mean } = field;
  const rows = rowsOf(field) || records;
  const set = numbers + texts;
  return {
    name,
    expected,
    kind: set === 0 ? 'unset' : texts === 0 ? 'number' : numbers === 0 ? 'text' : 'both',
    missing: rows === 0 ? 1 : 1 - set / rows,
    constant: set > 1 && !field.varied,
    clashes: Math.min(numbers, texts),
    range: numbers === 0 ? null : { least, most, mean },
    top: mostFrequent(field)
      .slice(0, LISTED)
      .map(([value, count]) => ({ value, share: count / rows })),
  };
}

function mostFrequent({ counts }: FieldState): (readonly [string, number])[] {
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

/** The field's shape for the next run; null where there is none, or two. */
export function fieldProfile(field: FieldState): FieldProfile | null {
  const { numbers, texts, histogram } = field;
  if (numbers === 0 && texts === 0) return null;
  if (numbers >= texts) {
    const edges = quantileEdges(histogram, BINS);
    return { kind: 'number', edges, shares: sharesIn(field, { kind: 'number', edges, shares: [] }) };
  }
  const rows = rowsOf(field);
  const values = mostFrequent(field)
    .filter(([, count]) => count >= BIN_SHARE * rows)
    .slice(0, LISTED)
    .map(([value]) => value);
  const known = new Map(values.map((value) => [value, field.counts.get(value) ?? 0]));
  return { kind: 'text', values, shares: textShares(field, values, known) };
}

/** What share of rows falls into each bin of `profile`, those without a value last; values of the other type are "other". */
export function sharesIn(field: FieldState, profile: FieldProfile): number[] {
  const rows = Math.max(1, rowsOf(field));
  switch (profile.kind) {
    case 'number': {
      const counts = countsBetween(field.histogram, profile.edges);
      return [...counts, rows - field.numbers].map((count) => count / rows);
    }
    case 'text':
      return textShares(field, profile.values, field.lastValues);
    default:
      return profile satisfies never;
  }
}

function textShares(
  field: FieldState,
  values: readonly string[],
  counts: ReadonlyMap<string, number>,
): number[] {
  const rows = Math.max(1, rowsOf(field));
  const listed = values.map((value) => counts.get(value) ?? 0);
  const others = field.texts - listed.reduce((sum, count) => sum + count, 0);
  return [...listed, others, rows - field.texts].map((count) => count / rows);
}
