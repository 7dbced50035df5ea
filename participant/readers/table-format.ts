/** How a table of rows is laid out, and how a file's own header becomes a plan for its cells. */
import { likelyDelimiter } from './delimited.ts';
import { SourceFault } from './lines-fault.ts';

/**
 * `feature` goes to the encoder, `label` to the label rule, `context` to neither: it names the record or
 * gives its label away. `ignored` is known and not read.
 */
export type ColumnRole = 'feature' | 'label' | 'context' | 'ignored';

export interface ColumnSpec {
  /** The field's name in the sample, whatever the file calls it. */
  readonly name: string;
  readonly kind: 'number' | 'text';
  readonly role: ColumnRole;
  /** How headers spell it; case, blanks and punctuation do not count. @default its name */
  readonly spellings?: readonly string[];
  /** Values outside are refused. */
  readonly range?: readonly [least: number, most: number];
  /** A header may lack it. */
  readonly optional?: boolean;
}

export interface TableFormat {
  readonly id: string;
  readonly title: string;
  readonly threat: string;
  /** One character. */
  readonly delimiter: string;
  readonly header: 'first line' | 'none';
  /** In the file's order where there is no header. */
  readonly columns: readonly ColumnSpec[];
  /** Cells that mean "unset", besides an empty one. */
  readonly unset: readonly string[];
  /** Columns that no `ColumnSpec` names are let be (a mapping file picks what it wants), or pointed out. */
  readonly unknownColumns: 'let be' | 'point out';
  /** Lines that begin so are comments. */
  readonly comment?: string;
  readonly fallback?: (bytes: Uint8Array) => string;
}

export interface PlannedColumn {
  /** 0-based place in the row. */
  readonly index: number;
  readonly spec: ColumnSpec;
}

/** What a file's rows are to be read by. */
export interface RowPlan {
  /** Cells that a row must have. */
  readonly width: number;
  readonly columns: readonly PlannedColumn[];
  /** What is odd about the header, in one sentence; null when nothing is. */
  readonly note: string | null;
}

/** Spellings of one name are equal after this: ` Flow Bytes/s`, `flow_bytes_s`. */
export function headerKey(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

/** @throws SourceFault when the first row of a file without a header does not have the declared width. */
export function planWithoutHeader(format: TableFormat, first: readonly string[]): RowPlan {
  const width = format.columns.length;
  if (first.length !== width) {
    throw new SourceFault(
      `The first row has ${first.length} values; ${format.id} has ${width}.${delimiterHint(format, first)}`,
    );
  }
  return { width, columns: planned(format.columns.entries()), note: null };
}

/** @throws SourceFault when the header lacks a column that the format needs. */
export function planFromHeader(format: TableFormat, header: readonly string[]): RowPlan {
  const exact = new Map<string, number>();
  const places = new Map<string, number>();
  const repeated: number[] = [];
  for (const [index, name] of header.entries()) {
    const key = headerKey(name);
    if (!exact.has(name.trim())) exact.set(name.trim(), index);
    if (places.has(key)) repeated.push(index);
    else places.set(key, index);
  }
  const place = (name: string) => exact.get(name) ?? places.get(headerKey(name));
  const found: [number, ColumnSpec][] = [];
  const missing: string[] = [];
  for (const spec of format.columns) {
    const index = (spec.spellings ?? [spec.name]).map(place).find((index) => index !== undefined);
    if (index !== undefined) found.push([index, spec]);
    else if (spec.optional !== true) missing.push(spec.name);
  }
  if (missing.length > 0) {
    throw new SourceFault(
      `The header lacks ${listed(missing)}, which ${format.id} needs.${delimiterHint(format, header)}`,
    );
  }
  const known = new Set(found.map(([index]) => index));
  const strange = [...places.values()].filter((index) => !known.has(index));
  return {
    width: header.length,
    columns: planned(found),
    note: format.unknownColumns === 'let be' ? null : headerNote(strange, repeated),
  };
}

function planned(columns: Iterable<[number, ColumnSpec]>): PlannedColumn[] {
  return [...columns].filter(([, spec]) => spec.role !== 'ignored').map(([index, spec]) => ({ index, spec }));
}

/** Column numbers, not names: a file without a header shows its first record here. */
function headerNote(strange: readonly number[], repeated: readonly number[]): string | null {
  const notes: string[] = [];
  if (strange.length > 0) notes.push(`columns ${listed(strange.map((i) => `${i + 1}`))} are not known`);
  if (repeated.length > 0) notes.push(`columns ${listed(repeated.map((i) => `${i + 1}`))} repeat a name`);
  return notes.length === 0 ? null : `In the header, ${notes.join(' and ')}; they are left out.`;
}

function delimiterHint(format: TableFormat, cells: readonly string[]): string {
  const likely = likelyDelimiter(cells.join(format.delimiter));
  return likely === null || likely === format.delimiter
    ? ''
    : ` Its values seem to be separated by ${JSON.stringify(likely)}, not ${JSON.stringify(format.delimiter)}.`;
}

const LISTED = 5;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).join(', ');
  return names.length > LISTED ? `${shown} and ${names.length - LISTED} more` : shown;
}
