/**
 * Apache Parquet (https://parquet.apache.org/docs/file-format/) through a mapping file, like a CSV. Row groups are read
 * one at a time, and only the columns that the mapping names. Compression: none, Snappy, gzip and Brotli.
 */
import { asyncBufferFromFile, parquetMetadataAsync, parquetSchema } from 'hyparquet';
import { z } from 'zod';
import { FedwardError } from '../../proto/errors.ts';
import type { Cell } from '../../threats/record.ts';
import { peek } from './gzip.ts';
import { faultReason, SourceFault } from './lines-fault.ts';
import { sourcesAt } from './lines-source.ts';
import { parquetCell } from './parquet-cell.ts';
import { damaged, type Opened, type RowGroup, readGroup } from './parquet-group.ts';
import {
  type PlannedColumn,
  planFromHeader,
  planWithoutHeader,
  type RowPlan,
  type TableFormat,
} from './table-format.ts';
import { type RowItem, type RowReader, type RowReadOptions, refused, rowReader } from './table-row.ts';

const MAGIC = Buffer.from('PAR1');
const ROWS_AT_ONCE = 2 ** 16;

/** @param format whose columns are those of the file: by name, or by number where it has no header. */
export function parquetReader(format: TableFormat): RowReader {
  return rowReader(format, async function* read(path, options) {
    refuseStream(path, options);
    for await (const source of sourcesAt(path, options)) {
      if (source.kind === 'refused') {
        yield [source];
        continue;
      }
      // Taken for its first bytes only; what follows is read out of order.
      const isParquet = await beginsAsParquet(source.bytes);
      if (isParquet) yield* readFile(source.name, format, options);
      else yield [refused(source.name, 0, 'It is no Parquet file: it does not begin with PAR1.')];
    }
  });
}

function refuseStream(path: string, { follow }: RowReadOptions): void {
  if (path !== '-' && follow === undefined) return;
  throw new FedwardError(
    'INVALID_ARGUMENT',
    'Parquet is read from its end: it needs a whole file, and cannot come from standard input or be followed.',
  );
}

/** Whether the first file at `path` is Parquet; false for standard input. */
export async function holdsParquet(path: string): Promise<boolean> {
  if (path === '-') return false;
  for await (const source of sourcesAt(path)) {
    if (source.kind === 'source') return beginsAsParquet(source.bytes);
  }
  return false;
}

async function beginsAsParquet(bytes: AsyncGenerator<Uint8Array>): Promise<boolean> {
  try {
    const { head } = await peek(bytes, MAGIC.length);
    return head.equals(MAGIC);
  } catch {
    // It cannot be expanded: Parquet is never gzip as a whole.
    return false;
  } finally {
    await bytes.return(undefined);
  }
}

/** What is relied on: the library takes a footer's fields as they come. */
const footerSchema = z.looseObject({
  schema: z.array(z.looseObject({ name: z.string() })).min(2),
  row_groups: z.array(
    z.looseObject({
      num_rows: z.bigint().min(0n).max(BigInt(Number.MAX_SAFE_INTEGER)),
      columns: z.array(
        z.looseObject({
          meta_data: z.looseObject({
            codec: z.string(),
            path_in_schema: z.array(z.string()).min(1),
            total_compressed_size: z.bigint().min(0n),
            total_uncompressed_size: z.bigint().min(0n),
          }),
        }),
      ),
    }),
  ),
});

async function open(path: string): Promise<Opened> {
  const file = await asyncBufferFromFile(path);
  try {
    const metadata = await parquetMetadataAsync(file);
    footerSchema.parse(metadata);
    return { file, metadata, columns: parquetSchema(metadata).children };
  } catch (error) {
    throw damaged(
      error,
      'The Parquet footer cannot be read: the file is cut off or damaged. Fetch it again.',
    );
  }
}

export interface ParquetColumn {
  readonly name: string;
  readonly kind: 'number' | 'text' | 'nested';
}

/**
 * The columns of a Parquet file.
 * @throws FedwardError `DATA_INVALID` when it is none, or damaged.
 */
export async function parquetColumns(path: string): Promise<ParquetColumn[]> {
  try {
    const { columns } = await open(path);
    return columns.map(({ element, children }) => {
      if (children.length > 0 || element.repetition_type === 'REPEATED')
        return { name: element.name, kind: 'nested' };
      const isText = element.type === 'BYTE_ARRAY' || element.type === 'FIXED_LEN_BYTE_ARRAY';
      return { name: element.name, kind: isText && element.converted_type !== 'DECIMAL' ? 'text' : 'number' };
    });
  } catch (error) {
    throw new FedwardError('DATA_INVALID', `${path}: ${faultReason(error)}`, { cause: error });
  }
}

async function* readFile(
  source: string,
  format: TableFormat,
  { signal }: RowReadOptions,
): AsyncGenerator<readonly RowItem[]> {
  let opened: Opened;
  let plan: RowPlan;
  try {
    opened = await open(source);
    const names = opened.columns.map(({ element }) => element.name);
    plan = format.header === 'none' ? planWithoutHeader(format, names) : planFromHeader(format, names);
    if (plan.columns.length === 0)
      throw new SourceFault('It has none of the columns that the mapping names.');
  } catch (error) {
    yield [refused(source, 0, faultReason(error))];
    return;
  }
  const columns = plan.columns.map(({ index }) => opened.columns[index]?.element.name ?? '');
  let start = 0;
  for (const [i, { num_rows: rows }] of opened.metadata.row_groups.entries()) {
    const group: RowGroup = { index: i, start, end: start + Number(rows) };
    try {
      const nextRow = await readGroup(opened, group, columns);
      for (let at = group.start; at < group.end; ) {
        signal?.throwIfAborted();
        const items: RowItem[] = [];
        for (const end = Math.min(group.end, at + ROWS_AT_ONCE); at < end; at++)
          items.push(readRow(source, at + 1, format, plan.columns, nextRow()));
        yield items;
      }
    } catch (error) {
      if (signal?.aborted === true) throw error;
      yield [{ ...refused(source, start + 1, `Row group ${i + 1}: ${faultReason(error)}`), brokeOff: true }];
    }
    start = group.end;
  }
}

function readRow(
  source: string,
  position: number,
  format: TableFormat,
  columns: readonly PlannedColumn[],
  row: readonly unknown[],
): RowItem {
  const fields: Record<string, Cell> = {};
  const labels: Record<string, Cell> = {};
  const context: Record<string, Cell> = {};
  let note: string | null = null;
  for (const [i, { spec, index }] of columns.entries()) {
    const read = parquetCell(row[i], spec, format.unset);
    const name = `Column ${index + 1} (${spec.name})`;
    if (read.kind === 'refused') return refused(source, position, `${name} ${read.reason}`, index + 1);
    if (read.note !== null) note = note === null ? `${name} ${read.note}` : `${note} ${name} ${read.note}`;
    const bag = spec.role === 'feature' ? fields : spec.role === 'label' ? labels : context;
    bag[spec.name] = read.cell;
  }
  return { kind: 'record', source, position, sample: { format: format.id, fields, labels, context }, note };
}
