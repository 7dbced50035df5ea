/**
 * Zeek's logs, TSV and JSON, of every kind: `conn`, `http`, `dns`, … Which it is stands in `#path`; JSON
 * does not say, so its columns or the file's name tell. Booleans are 1 and 0, times and intervals seconds.
 */
import { basename } from 'node:path';
import type { Cell, Cells } from '../../threats/record.ts';
import { SourceFault } from './lines-fault.ts';
import { flattened, parseObject } from './lines-json.ts';
import { type LineParser, readByLines } from './lines-source.ts';
import { type RowItem, refused, rowReader } from './table-row.ts';
import { NO_HEADER, unescaped, withHeaderLine, type ZeekHeader } from './zeek-header.ts';

export const zeekReader = rowReader(
  { id: 'zeek', title: 'Zeek logs, TSV and JSON', threat: 'network-flows' },
  (path, options) => readByLines(path, options, { open: createZeekParser, closesItself: isJson }),
);

/** They name the record, or tell when it was. */
const CONTEXT = new Set([
  'ts',
  'uid',
  'fuid',
  'uids',
  'conn_uids',
  '_path',
  '_write_ts',
  '_system_name',
  '_node',
]);
/** Zeek writes neither: those who label a log add them (IoT-23's names). They are never fields. */
const LABELS = new Set(['label', 'detailed-label']);
const NUMBER = /^(time|interval|count|int|double|port)$/;

function createZeekParser(source: string): LineParser {
  let header = NO_HEADER;
  let readers: readonly ColumnReader[] = [];
  const pathByName = pathOfFile(source);

  return {
    push(text, line, into) {
      if (text === '') return;
      if (text.startsWith('#')) {
        header = withHeaderLine(header, text);
        readers = header.fields.map((name, i) => columnReader(header, name, i));
      } else if (header.fields.length > 0) {
        into.push(
          readTsv(source, `zeek/${header.path ?? pathByName}`, header.separator, readers, text, line),
        );
      } else if (isJson(text)) {
        into.push(readJson(source, pathByName, text, line));
      } else {
        throw new SourceFault('It is no Zeek log: it begins with neither a header line (#fields) nor JSON.');
      }
    },
    interrupt() {},
  };
}

function isJson(text: string): boolean {
  return text.startsWith('{');
}

/** The bags of one row. */
interface Bags {
  readonly fields: Record<string, Cell>;
  readonly labels: Record<string, Cell>;
  readonly context: Record<string, Cell>;
}

function bagOf(name: string): keyof Bags {
  if (CONTEXT.has(name)) return 'context';
  return LABELS.has(name) ? 'labels' : 'fields';
}

interface ColumnReader {
  readonly name: string;
  readonly bag: keyof Bags;
  /** Undefined when the text is not of the column's type. */
  read(text: string): Cell | undefined;
}

function columnReader(
  { types, unsetField, emptyField }: ZeekHeader,
  name: string,
  index: number,
): ColumnReader {
  const type = types[index] ?? 'string';
  const typed = (text: string): Cell | undefined => {
    if (NUMBER.test(type)) return number(text);
    if (type === 'bool') return text === 'T' ? 1 : text === 'F' ? 0 : undefined;
    return unescaped(text);
  };
  return {
    name,
    bag: bagOf(name),
    read: (text) => (text === unsetField ? null : text === emptyField ? '' : typed(text)),
  };
}

function number(text: string): number | null | undefined {
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function readTsv(
  source: string,
  format: string,
  separator: string,
  readers: readonly ColumnReader[],
  text: string,
  line: number,
): RowItem {
  const cells = text.split(separator);
  if (cells.length !== readers.length) {
    return refused(source, line, `The row has ${cells.length} values; #fields names ${readers.length}.`);
  }
  const bags: Bags = { fields: {}, labels: {}, context: {} };
  for (let i = 0; i < readers.length; i++) {
    const reader = readers[i];
    if (reader === undefined) break;
    const value = reader.read(cells[i] ?? '');
    if (value === undefined) {
      return refused(
        source,
        line,
        `Column ${i + 1} (${reader.name}) is not of the type that #types gives.`,
        i + 1,
      );
    }
    bags[reader.bag][reader.name] = value;
  }
  return record(source, line, format, bags, null);
}

function readJson(source: string, pathByName: string, text: string, line: number): RowItem {
  const parsed = parseObject(text);
  if (parsed.kind === 'refused') return refused(source, line, parsed.reason, parsed.column);
  const { fields: flat, note } = flattened(parsed.object);
  const bags: Bags = { fields: {}, labels: {}, context: {} };
  for (const [name, value] of Object.entries(flat)) {
    bags[bagOf(name)][name] = name === 'ts' ? seconds(value) : value;
  }
  const { fields, context } = bags;
  const path = typeof context._path === 'string' ? context._path : (pathOfFields(fields) ?? pathByName);
  return record(source, line, `zeek/${path}`, bags, note);
}

function record(source: string, position: number, format: string, bags: Bags, note: string | null): RowItem {
  return { kind: 'record', source, position, sample: { format, ...bags }, note };
}

/** JSON logs may be set to ISO 8601 times. */
function seconds(value: Cell): Cell {
  if (typeof value !== 'string') return value;
  const milliseconds = Date.parse(value);
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}

/** The three that threats use, by columns that only they have. */
function pathOfFields(fields: Cells): string | null {
  if ('conn_state' in fields) return 'conn';
  if ('qtype' in fields && 'query' in fields) return 'dns';
  if ('trans_depth' in fields && ('method' in fields || 'status_code' in fields)) return 'http';
  return null;
}

/** `conn` of `conn.log.gz` and of `conn.10:00:00-11:00:00.log`. */
function pathOfFile(source: string): string {
  return /^[A-Za-z0-9_-]+/.exec(basename(source))?.[0] ?? 'unknown';
}
