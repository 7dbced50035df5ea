/** A reading's profile: every row goes by once, and what is kept of it does not grow with the log. */
import type { Prepared } from '../threats/log-threat.ts';
import type { Cells } from '../threats/record.ts';
import { driftSince } from './quality-drift.ts';
import { createDuplicateTable, createRowHash } from './quality-duplicates.ts';
import {
  addToField,
  createField,
  type FieldState,
  type FormatCount,
  fieldProfile,
  fieldReport,
} from './quality-field.ts';
import type { Listed, QualityProfile, QualityReport } from './quality-report.ts';
import { createTimeline } from './quality-time.ts';
import { formatPlace, type RowItem } from './readers/table-row.ts';

export interface ProfileOptions {
  /** Fields that the threat's encoder reads. */
  readonly expected: readonly string[];
  /** The threat's class names. */
  readonly classes: readonly string[];
  /** The last run's profile, to measure drift against. */
  readonly last?: QualityProfile | undefined;
}

export interface Profile {
  /** Takes what the reader gives; whether it is a row equal to an earlier one in every cell. */
  item(item: RowItem): boolean;
  /** Takes what the threat made of the rows given so far. */
  prepared(prepared: Prepared): void;
  report(): QualityReport;
}

const LISTED = 100;
/** Logs with more are made of keys that someone else chooses. */
const MOST_FIELDS = 500;
const MOST_FORMATS = 100;
const OTHER_FORMATS = '(others)';

/**
 * Describes the hospital's own records: top values, counts by class, places in files. It is the hospital's alone and
 * never leaves it, neither in an update nor in a log that others read.
 */
export function createProfile({ expected, classes, last }: ProfileOptions): Profile {
  const fields = new Map<string, FieldState>();
  const formats = new Map<string, FormatCount & { readonly order: FieldState[] }>();
  const salts = new Map<string, number>();
  const leftOut = new Set<string>();
  const repetitions = createDuplicateTable();
  const hash = createRowHash();
  const timeline = createTimeline();
  const refused = createList();
  const notes = createList();
  const brokenOff = createList();
  const unprepared = createList();
  const labelled = classes.map(() => 0);
  let unlabelled = 0;
  let isPrepared = false;
  let records = 0;
  let repeated = 0;
  let place = '';

  const saltOf = (name: string): number => {
    let salt = salts.get(name);
    if (salt === undefined) {
      salt = salts.size + 1;
      // Beyond the limit all share one: rows that differ in nothing but such a name would count as equal.
      if (salts.size < 4 * MOST_FIELDS) salts.set(name, salt);
    }
    return salt;
  };
  const fieldOf = (name: string): FieldState | null => {
    let field = fields.get(name);
    if (field === undefined) {
      if (fields.size >= MOST_FIELDS) {
        if (leftOut.size < MOST_FIELDS) leftOut.add(name);
        return null;
      }
      field = createField(
        name,
        saltOf(name),
        Object.hasOwn(last?.fields ?? {}, name) ? last?.fields[name] : undefined,
      );
      fields.set(name, field);
    }
    return field;
  };
  const formatOf = (name: string) => {
    const key = formats.has(name) || formats.size < MOST_FORMATS ? name : OTHER_FORMATS;
    let format = formats.get(key);
    if (format === undefined) {
      format = { rows: 0, order: [] };
      formats.set(key, format);
    }
    return format;
  };
  const wanted = new Set(expected);
  for (const name of wanted) fieldOf(name);
  const hashCells = (cells: Cells): void => {
    for (const name of Object.keys(cells)) hash.cell(saltOf(name), cells[name] ?? null);
  };

  return {
    item(item) {
      place = formatPlace(item);
      if (item.kind === 'refused') {
        refused.add(`${place} ${item.reason}`);
        if (item.brokeOff === true) brokenOff.add(`${place} ${item.reason}`);
        return false;
      }
      records++;
      if (item.note !== null) notes.add(`${place} ${item.note}`);
      const { sample } = item;
      const format = formatOf(sample.format);
      format.rows++;
      hash.start(sample);
      const names = Object.keys(sample.fields);
      const cells = Object.values(sample.fields);
      for (let i = 0; i < names.length; i++) {
        const name = names[i] ?? '';
        const cell = cells[i] ?? null;
        // Rows of one format nearly always have the same fields at the same places.
        let field: FieldState | null | undefined = format.order[i];
        if (field?.name !== name) {
          field = fieldOf(name);
          if (field !== null) {
            format.order[i] = field;
            field.formats.add(format);
          }
        }
        hash.cell(field?.salt ?? saltOf(name), cell);
        if (field !== null && cell !== null) addToField(field, cell);
      }
      hashCells(sample.labels);
      // Salts begin at 1: a label is not the context of the same name.
      hash.cell(0, null);
      hashCells(sample.context);
      hash.end();
      timeline.take(sample, item);
      const isRepeated = repetitions.take(hash.high, hash.low);
      if (isRepeated) repeated++;
      return isRepeated;
    },
    prepared(prepared) {
      isPrepared = true;
      if (prepared.kind === 'refused') unprepared.add(`${place} ${prepared.reason}`);
      else if (prepared.label === null) unlabelled++;
      else labelled[prepared.label] = (labelled[prepared.label] ?? 0) + 1;
    },
    report() {
      const shapes = [...fields.values()].flatMap((field) => {
        const shape = fieldProfile(field);
        return shape === null ? [] : [[field.name, shape] as const];
      });
      return {
        records,
        repeated: { count: repeated, exact: repetitions.isExact() },
        refused: refused.list(),
        notes: notes.list(),
        brokenOff: brokenOff.list(),
        formats: Object.fromEntries([...formats].map(([name, { rows }]) => [name, rows])),
        fields: [...fields.values()].map((field) => fieldReport(field, wanted.has(field.name), records)),
        fieldsLeftOut: leftOut.size,
        time: timeline.report(),
        labels: isPrepared
          ? {
              classes: Object.fromEntries(classes.map((name, i) => [name, labelled[i] ?? 0])),
              unlabelled,
              refused: unprepared.list(),
            }
          : null,
        drift: last === undefined ? null : driftSince(last, fields),
        profile: { version: 1, records, fields: Object.fromEntries(shapes) },
      };
    },
  };
}

function createList() {
  const first: string[] = [];
  let count = 0;
  return {
    add(entry: string): void {
      count++;
      if (first.length < LISTED) first.push(entry);
    },
    list: (): Listed => ({ count, first }),
  };
}
