/** One row group of a Parquet file: read once, under limits, since its columns lie one behind the other. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import {
  type asyncBufferFromFile,
  type Compressors,
  type DecodedArray,
  type FileMetaData,
  parquetRead,
  type SchemaTree,
} from 'hyparquet';
import { SourceFault } from './lines-fault.ts';

export interface Opened {
  readonly file: Awaited<ReturnType<typeof asyncBufferFromFile>>;
  readonly metadata: FileMetaData;
  readonly columns: readonly SchemaTree[];
}

export interface RowGroup {
  readonly index: number;
  /** 0-based numbers of its rows in the file, the last exclusive. */
  readonly start: number;
  readonly end: number;
}

const MOST_ROWS = 2 ** 21;
/** Bytes of one column as stored. */
const STORED_LIMIT = 2 ** 29;
/** Bytes of all columns that are wanted, expanded. */
const EXPANDED_LIMIT = 2 ** 30;
/** What a value takes once it is decoded, however well a dictionary or run lengths had packed it. */
const VALUE_BYTES = 8;
const REWRITE = 'write the file again with smaller row groups, such as row_group_size=100000 in pyarrow.';

const COMPRESSORS: Compressors = {
  GZIP: (input, maxOutputLength) => gunzipSync(input, { maxOutputLength }),
  BROTLI: (input, maxOutputLength) => brotliDecompressSync(input, { maxOutputLength }),
};
const CODECS = new Set(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI']);

/**
 * Decodes the columns named, and gives a function that returns the group's rows one after another.
 * @throws SourceFault when a column cannot be read, or not in bounded memory.
 */
export async function readGroup(
  { file, metadata }: Opened,
  { index, start, end }: RowGroup,
  columns: readonly string[],
): Promise<() => unknown[]> {
  const rows = end - start;
  checkGroup(metadata, index, rows, new Set(columns));
  // A piece is a page, in the file's order.
  const pieces = new Map(columns.map((name) => [name, [] as DecodedArray[]]));
  if (rows > 0) {
    try {
      await parquetRead({
        ...{ file, metadata, rowStart: start, rowEnd: end, compressors: COMPRESSORS },
        columns: [...pieces.keys()],
        onChunk: ({ columnName, columnData }) => pieces.get(columnName)?.push(columnData),
      });
    } catch (error) {
      throw damaged(
        error,
        'Its data cannot be read: the file is damaged, or of a kind that is not supported.',
      );
    }
  }
  for (const column of pieces.values()) {
    if (column.reduce((sum, { length }) => sum + length, 0) < rows)
      throw new SourceFault('Its columns end before it does: the file is damaged.');
  }
  const cells = columns.map((name) => valuesOf(pieces.get(name) ?? []));
  return () => cells.map((next) => next());
}

function checkGroup(
  { row_groups }: FileMetaData,
  index: number,
  rows: number,
  wanted: ReadonlySet<string>,
): void {
  if (rows > MOST_ROWS) {
    throw new SourceFault(`It has ${rows} rows, more than ${MOST_ROWS}: ${REWRITE}`);
  }
  let expanded = 0;
  for (const { meta_data: chunk } of row_groups[index]?.columns ?? []) {
    if (chunk === undefined || !wanted.has(chunk.path_in_schema[0] ?? '')) continue;
    if (!CODECS.has(chunk.codec)) {
      throw new SourceFault(`It is compressed with ${chunk.codec}. Write it with Snappy, gzip or Brotli.`);
    }
    if (chunk.total_compressed_size > STORED_LIMIT) {
      throw new SourceFault(`A column has more than ${STORED_LIMIT} bytes: ${REWRITE}`);
    }
    expanded += Math.max(Number(chunk.total_uncompressed_size), rows * VALUE_BYTES);
  }
  if (expanded > EXPANDED_LIMIT) {
    throw new SourceFault(`Its columns expand to more than ${EXPANDED_LIMIT} bytes: ${REWRITE}`);
  }
}

function valuesOf(pieces: readonly DecodedArray[]): () => unknown {
  let piece = 0;
  let at = 0;
  return () => {
    while (at === pieces[piece]?.length) {
      piece++;
      at = 0;
    }
    return pieces[piece]?.[at++];
  };
}

/** The library's own words may quote the file. */
export function damaged(error: unknown, sentence: string): Error {
  const isSystem = typeof (error as { syscall?: unknown }).syscall === 'string';
  return isSystem && error instanceof Error ? error : new SourceFault(sentence);
}
