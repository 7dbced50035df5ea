/** Tables: which known one a file's first lines are, and what an unknown one is made of. */
import { createDelimitedParser, likelyDelimiter } from './delimited.ts';
import type { Look, TableLayout } from './detect-format.ts';
import { LINE_LIMIT } from './lines.ts';
import { SourceFault } from './lines-fault.ts';
import { tableLines } from './table.ts';
import { planFromHeader, type TableFormat } from './table-format.ts';
import { TABLE_FORMATS } from './table-formats.ts';
import type { RowItem } from './table-row.ts';

export type TableMatch =
  | { readonly kind: 'known'; readonly format: TableFormat; readonly why: string }
  | { readonly kind: 'not'; readonly reason: string };

/** The known table that explains most of the file's columns. */
export function matchTable({ lines }: Look): TableMatch {
  let best: { readonly format: TableFormat; readonly columns: number; readonly why: string } | null = null;
  for (const format of TABLE_FORMATS) {
    const columns =
      format.header === 'none' ? columnsWithoutHeader(format, lines) : columnsNamed(format, lines);
    if (columns <= (best?.columns ?? 0)) continue;
    const why =
      format.header === 'none'
        ? `no header, and ${columns} values a row that are all as ${format.id} has them`
        : `its header names ${columns} columns of ${format.id}`;
    best = { format, columns, why };
  }
  if (best !== null) return { kind: 'known', ...best };
  const widths = TABLE_FORMATS.filter(({ header }) => header === 'none');
  const [first = ''] = lines;
  const width = first.split(likelyDelimiter(first) ?? ',').length;
  const known = widths.map(({ id, columns }) => `${id} has ${columns.length}`).join(', ');
  return {
    kind: 'not',
    reason: `no known table: the first line names the columns of none, and has ${width} values where ${known}`,
  };
}

/** Columns of the header that the format knows; 0 where it is another's, or mostly of columns that it does not know. */
function columnsNamed(format: TableFormat, [first = '']: readonly string[]): number {
  const header = cellsOf(first, format.delimiter);
  if (header === null) return 0;
  try {
    const known = planFromHeader(format, header).columns.length;
    return known * 2 >= header.length ? known : 0;
  } catch (error) {
    if (error instanceof SourceFault) return 0;
    throw error;
  }
}

/** The format's columns when every line is a row of it; 0 otherwise. */
function columnsWithoutHeader(format: TableFormat, lines: readonly string[]): number {
  const items: RowItem[] = [];
  try {
    const parser = tableLines(format, LINE_LIMIT).open('');
    for (const [i, line] of lines.entries()) parser.push(line, i + 1, items);
  } catch (error) {
    if (error instanceof SourceFault) return 0;
    throw error;
  }
  const fits = items.length > 0 && items.every(({ kind }) => kind === 'record');
  return fits ? format.columns.length : 0;
}

const PARQUET = Buffer.from('PAR1');

/** Null when it is no table. */
export function guessTable({
  bytes,
  lines,
}: Look): { readonly layout: TableLayout; readonly why: string } | null {
  if (bytes.subarray(0, PARQUET.length).equals(PARQUET)) {
    return { layout: { type: 'parquet' }, why: 'it is Parquet' };
  }
  if (bytes.includes(0)) return null;
  const [first = '', ...rest] = lines;
  const delimiter = likelyDelimiter(first);
  if (delimiter === null || rest.length === 0) return null;
  const cells = cellsOf(first, delimiter);
  if (cells === null) return null;
  const width = cells.length;
  // A row that goes on over lines is rare enough to judge by those that do not.
  const alike = rest.filter((line) => cellsOf(line, delimiter)?.length === width).length;
  if (alike < 0.9 * rest.length) return null;
  const header = isHeader(cells) ? cells.map((name) => name.trim()) : null;
  const why = `a table of ${width} columns, separated by ${JSON.stringify(delimiter)}, ${header === null ? 'without a header' : 'with a header'}, that no reader knows`;
  return { layout: { type: 'delimited', delimiter, header, width }, why };
}

/** Names are distinct, and none is a number. */
function isHeader(cells: readonly string[]): boolean {
  const names = cells.map((cell) => cell.trim());
  return (
    new Set(names).size === names.length && names.every((name) => name !== '' && Number.isNaN(Number(name)))
  );
}

/** The cells of a line that is a row of its own; null when a quotation mark stays open. */
function cellsOf(line: string, delimiter: string): string[] | null {
  let cells: string[] | null = null;
  const parser = createDelimitedParser(delimiter, LINE_LIMIT, {
    row: (found) => {
      cells = found;
    },
    refused() {},
  });
  parser.push(line, 1);
  return parser.isOpen() ? null : cells;
}
