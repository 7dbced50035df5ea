/** Tables of rows, such as CSV: every row becomes a typed sample or a refusal that names line and column. */
import type { Cell } from '../../threats/record.ts';
import { createDelimitedParser } from './delimited.ts';
import { LINE_LIMIT } from './lines.ts';
import { type LineFormat, type LineParser, readByLines } from './lines-source.ts';
import { createFastRow } from './table-fast.ts';
import {
  headerKey,
  type PlannedColumn,
  planFromHeader,
  planWithoutHeader,
  type RowPlan,
  type TableFormat,
} from './table-format.ts';
import { type RowItem, type RowReader, refused, rowReader } from './table-row.ts';

export function tableReader(format: TableFormat): RowReader {
  return rowReader(format, (path, options) =>
    readByLines(path, options, tableLines(format, options.limit ?? LINE_LIMIT)),
  );
}

/** The table as a format of lines, for readers that meet tables among other things. */
export function tableLines(format: TableFormat, limit: number): LineFormat {
  return {
    open: (source) => createTableParser(format, source, limit),
    ...(format.fallback === undefined ? {} : { fallback: format.fallback }),
  };
}

function createTableParser(format: TableFormat, source: string, limit: number): LineParser {
  let plan: RowPlan | null = null;
  let fastRow: ReturnType<typeof createFastRow> | null = null;
  let header: string | null = null;
  let headerNote: string | null = null;
  let items: RowItem[] = [];

  const parser = createDelimitedParser(format.delimiter, limit, {
    row(cells, line) {
      // A blank line that an unclosed quotation mark had swallowed.
      if (cells.length === 1 && isNothing(cells[0] ?? '', format)) return;
      if (plan === null) {
        plan = format.header === 'none' ? planWithoutHeader(format, cells) : planFromHeader(format, cells);
        fastRow = createFastRow(format.id, plan, format.delimiter, format.unset);
        headerNote = plan.note;
        if (format.header === 'first line') {
          header = cells.map(headerKey).join();
          return;
        }
      }
      const item = readRow(format.id, plan, format.unset, cells, source, line, headerNote);
      if (item.kind === 'refused' && header === cells.map(headerKey).join()) {
        items.push(refused(source, line, 'The line repeats the header.'));
        return;
      }
      if (item.kind === 'record') headerNote = null;
      items.push(item);
    },
    refused: (line, column, reason) => items.push(refused(source, line, reason, column)),
  });

  return {
    push(text, line, into) {
      items = into;
      if (parser.isOpen()) {
        parser.push(text, line);
        return;
      }
      if (isNothing(text, format)) return;
      const sample = fastRow === null ? null : fastRow(text);
      if (sample === null) {
        parser.push(text, line);
      } else {
        into.push({ kind: 'record', source, position: line, sample, note: headerNote });
        headerNote = null;
      }
    },
    interrupt(into) {
      items = into;
      parser.end();
    },
  };
}

function isNothing(text: string, { comment }: TableFormat): boolean {
  return text === '' || (comment !== undefined && text.startsWith(comment));
}

function readRow(
  format: string,
  plan: RowPlan,
  unset: readonly string[],
  cells: readonly string[],
  source: string,
  line: number,
  headerNote: string | null,
): RowItem {
  if (cells.length !== plan.width) {
    const reason = `The row has ${cells.length} values; ${plan.width} are expected.`;
    return refused(source, line, reason);
  }
  const fields: Record<string, Cell> = {};
  const labels: Record<string, Cell> = {};
  const context: Record<string, Cell> = {};
  let note = headerNote;
  for (const column of plan.columns) {
    const { spec, index } = column;
    const raw = cells[index] ?? '';
    let value: Cell;
    if (spec.kind === 'text') {
      const text = raw.trim();
      value = text === '' || unset.includes(text) ? null : text;
    } else {
      const number = Number(raw);
      // Number('') and Number(' ') are 0.
      if (Number.isFinite(number) && (number !== 0 || raw.trim() !== '')) {
        value = number;
        if (spec.range !== undefined && (number < spec.range[0] || number > spec.range[1])) {
          const reason = `${named(column)} is outside its range ${spec.range[0]} to ${spec.range[1]}.`;
          return refused(source, line, reason, index + 1);
        }
      } else {
        value = null;
        const text = raw.trim();
        if (text !== '' && !unset.includes(text)) {
          if (!isNotFinite(text, number)) {
            const reason = `${named(column)} holds text where a number is needed.`;
            return refused(source, line, reason, index + 1);
          }
          note = joined(note, `${named(column)} is infinite or not a number; it is read as unset.`);
        }
      }
    }
    if (spec.role === 'feature') fields[spec.name] = value;
    else if (spec.role === 'label') labels[spec.name] = value;
    else context[spec.name] = value;
  }
  return { kind: 'record', source, position: line, sample: { format, fields, labels, context }, note };
}

/** Flow meters divide by a duration of 0 and write what their language calls the result. */
function isNotFinite(text: string, number: number): boolean {
  return Math.abs(number) === Number.POSITIVE_INFINITY || /^[+-]?(nan|inf(inity)?)$/i.test(text);
}

function named({ spec, index }: PlannedColumn): string {
  return `Column ${index + 1} (${spec.name})`;
}

function joined(note: string | null, more: string): string {
  return note === null ? more : `${note} ${more}`;
}
