/** A reader for whatever lies at a path: known formats, tables that none knows, mail. */
import { FedwardError } from '../../proto/errors.ts';
import { readNamedFile } from '../../proto/files.ts';
import type { Cell } from '../../threats/record.ts';
import { rowReaderById } from '../readers/catalogue.ts';
import { mappedTable } from '../readers/choose.ts';
import { type Detected, detectFormat, type TableLayout } from '../readers/detect-format.ts';
import { mailReader } from '../readers/mail.ts';
import { mappingDoubts, parseMapping } from '../readers/mapping.ts';
import { tableReader } from '../readers/table.ts';
import type { ColumnSpec, TableFormat } from '../readers/table-format.ts';
import { type RowItem, type RowReader, refused, rowReader } from '../readers/table-row.ts';
import { checkLookAhead, type Named } from './look-ahead.ts';

export interface DescribedReader {
  readonly reader: RowReader;
  readonly why: string;
  /** `table`: no reader knows its columns, and no threat takes them as they are. */
  readonly kind: 'log' | 'table' | 'mail';
  /** What is doubtful about a mapping file, in a sentence each. */
  readonly doubts: readonly string[];
}

export type ReaderNamed = Named;

/**
 * @throws FedwardError `DATA_INVALID` that lists what was tried, when the content is nothing that can be read; those of
 *   a named reader or mapping.
 */
export async function readerToDescribe(path: string, named: ReaderNamed): Promise<DescribedReader> {
  await checkLookAhead(path, named);
  if (named.reader !== undefined) return log(rowReaderById(named.reader), 'as you say');
  if (named.mapping !== undefined) {
    const format = parseMapping(
      String(await readNamedFile('The mapping file', named.mapping)),
      named.mapping,
    );
    const doubts = mappingDoubts(format, named.mapping);
    return log(await mappedTable(format, path), `by ${named.mapping}`, doubts);
  }
  if (path === '-') {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      'Standard input cannot be looked at beforehand: name --reader.',
    );
  }
  return describedAs(await detectFormat(path), path);
}

async function describedAs(found: Detected, path: string): Promise<DescribedReader> {
  switch (found.kind) {
    case 'rows':
      return log(found.reader, found.why);
    case 'mail':
      return { kind: 'mail', reader: mailRows, why: found.why, doubts: [] };
    case 'table':
      return {
        ...{ kind: 'table', reader: await unknownTable(found.layout, found.source) },
        ...{ why: found.why, doubts: [] },
      };
    case 'unknown':
      throw new FedwardError(
        'DATA_INVALID',
        `Nothing at ${path} is of a format that is known. ${found.tried.slice(0, 3).join(' ')}`,
      );
    default:
      return found satisfies never;
  }
}

function log(reader: RowReader, why: string, doubts: readonly string[] = []): DescribedReader {
  return { kind: 'log', reader, why, doubts };
}

const TABLE: Omit<TableFormat, 'delimiter' | 'header' | 'columns'> = {
  id: 'table',
  title: 'a table of your own',
  threat: '',
  unset: ['-', 'NA', 'null'],
  unknownColumns: 'let be',
};

async function unknownTable(layout: TableLayout, source: string): Promise<RowReader> {
  if (layout.type === 'parquet') {
    const { parquetColumns, parquetReader } = await import('../readers/parquet.ts');
    const columns = (await parquetColumns(source)).flatMap(({ name, kind }, i): ColumnSpec[] =>
      kind === 'nested' ? [] : [{ ...columnOf(name, i), kind }],
    );
    return parquetReader({ ...TABLE, delimiter: ',', header: 'first line', columns });
  }
  const { delimiter, header, width } = layout;
  const columns = Array.from({ length: width }, (_, i) => columnOf(header?.[i] ?? `column${i + 1}`, i));
  const read = tableReader({ ...TABLE, delimiter, columns, header: header === null ? 'none' : 'first line' });
  // Every cell was read as text: a column's type shows only when all of it has gone by.
  return rowReader(read, async function* typed(path, options) {
    for await (const batch of read.readBatches(path, options)) yield batch.map(withNumbers);
  });
}

function columnOf(spelling: string, index: number): ColumnSpec {
  // An assignment to this name would change the sample's prototype instead.
  const name = spelling === '__proto__' ? `column${index + 1}` : spelling;
  return { name, kind: 'text', role: 'feature', spellings: [spelling], optional: true };
}

function withNumbers(item: RowItem): RowItem {
  if (item.kind === 'refused') return item;
  const fields: Record<string, Cell> = {};
  for (const [name, cell] of Object.entries(item.sample.fields)) {
    const number = typeof cell === 'string' ? Number(cell) : Number.NaN;
    fields[name] = Number.isFinite(number) ? number : cell;
  }
  return { ...item, sample: { ...item.sample, fields } };
}

/** Mails as rows of what can be counted of them; their words stay out of reports. */
const mailRows = rowReader(mailReader, async function* rows(path, options) {
  for await (const item of mailReader.read(path, options)) {
    if (item.kind === 'refused') {
      yield [refused(item.source, item.position, item.reason)];
      continue;
    }
    const { source, position, sample, note } = item;
    const fields = { subject_characters: sample.subject.length, body_characters: sample.body.length };
    const context = { identity: mailReader.identity(sample) };
    yield [
      { kind: 'record', source, position, note, sample: { format: 'mail', fields, labels: {}, context } },
    ];
  }
});
