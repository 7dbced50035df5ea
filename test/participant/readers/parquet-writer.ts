/**
 * The smallest Parquet writer that serves: PLAIN pages of version 1, one a column and row group
 * (https://parquet.apache.org/docs/file-format/; Thrift's compact protocol).
 */
import { brotliCompressSync, gzipSync } from 'node:zlib';

export interface WrittenColumn {
  readonly name: string;
  readonly type: 'BOOLEAN' | 'INT32' | 'INT64' | 'DOUBLE' | 'BYTE_ARRAY';
  /** `ConvertedType`: 0 UTF8, 6 DATE, 9 and 10 timestamps in milliseconds and microseconds. */
  readonly converted?: number;
  readonly values: readonly (null | boolean | number | bigint | string)[];
}

const TYPES = { BOOLEAN: 0, INT32: 1, INT64: 2, DOUBLE: 5, BYTE_ARRAY: 6 } as const;
const CODECS = { none: 0, gzip: 2, brotli: 4, zstd: 6 } as const;

type Codec = keyof typeof CODECS;
/** Thrift's compact types. */
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/**
 * @param options.claimed Rows that each row group has only by its own account.
 * @param options.expanded Bytes that each column expands to by its own account.
 */
export function writeParquet(
  columns: readonly WrittenColumn[],
  { groupRows = 1_000_000, codec = 'none' as Codec, claimed = 0, expanded = 0 } = {},
): Buffer {
  const rows = columns[0]?.values.length ?? 0;
  const parts: Buffer[] = [Buffer.from('PAR1')];
  let offset = 4;
  const groups: Buffer[] = [];
  for (let start = 0; start < rows; start += groupRows) {
    const count = Math.min(groupRows, rows - start);
    const chunks = columns.map((column) => {
      const page = pageOf(column, column.values.slice(start, start + count), codec);
      const chunk = chunkOf(column, count, offset, page.length, codec, expanded);
      parts.push(page);
      offset += page.length;
      return chunk;
    });
    groups.push(
      struct([1, LIST, list(STRUCT, chunks)], [2, I64, varint(0n)], [3, I64, varint(count + claimed)]),
    );
  }
  const root = struct([4, BINARY, binary('schema')], [5, I32, varint(columns.length)]);
  const schema = columns.map(({ name, type, converted }) => {
    const more = converted === undefined ? [] : [[6, I32, varint(converted)] as const];
    return struct([1, I32, varint(TYPES[type])], [3, I32, varint(1)], [4, BINARY, binary(name)], ...more);
  });
  const footer = struct(
    [1, I32, varint(1)],
    [2, LIST, list(STRUCT, [root, ...schema])],
    [3, I64, varint(rows)],
    [4, LIST, list(STRUCT, groups)],
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, Buffer.from('PAR1')]);
}

function pageOf({ type }: WrittenColumn, values: WrittenColumn['values'], codec: Codec): Buffer {
  // Definition levels, run by run of one: 1 where there is a value.
  const levels = Buffer.concat(values.map((value) => Buffer.from([2, value === null ? 0 : 1])));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(levels.length);
  const set = values.filter((value) => value !== null);
  const body = Buffer.concat([
    length,
    levels,
    type === 'BOOLEAN' ? bits(set) : Buffer.concat(set.map((v) => plain(type, v))),
  ]);
  const stored = codec === 'gzip' ? gzipSync(body) : codec === 'brotli' ? brotliCompressSync(body) : body;
  const data = struct(
    [1, I32, varint(values.length)],
    [2, I32, varint(0)],
    [3, I32, varint(3)],
    [4, I32, varint(3)],
  );
  const header = struct(
    [1, I32, varint(0)],
    [2, I32, varint(body.length)],
    [3, I32, varint(stored.length)],
    [5, STRUCT, data],
  );
  return Buffer.concat([header, stored]);
}

function chunkOf(
  { name, type }: WrittenColumn,
  count: number,
  offset: number,
  size: number,
  codec: Codec,
  expanded: number,
): Buffer {
  const about = struct(
    [1, I32, varint(TYPES[type])],
    [2, LIST, list(I32, [varint(0)])],
    [3, LIST, list(BINARY, [binary(name)])],
    [4, I32, varint(CODECS[codec])],
    [5, I64, varint(count)],
    [6, I64, varint(expanded === 0 ? size : expanded)],
    [7, I64, varint(size)],
    [9, I64, varint(offset)],
  );
  return struct([2, I64, varint(offset)], [3, STRUCT, about]);
}

function plain(
  type: Exclude<WrittenColumn['type'], 'BOOLEAN'>,
  value: boolean | number | bigint | string,
): Buffer {
  const out = Buffer.alloc(type === 'INT32' ? 4 : 8);
  switch (type) {
    case 'INT32':
      out.writeInt32LE(Number(value));
      return out;
    case 'INT64':
      out.writeBigInt64LE(BigInt(value));
      return out;
    case 'DOUBLE':
      out.writeDoubleLE(Number(value));
      return out;
    case 'BYTE_ARRAY': {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(String(value)));
      return Buffer.concat([length, Buffer.from(String(value))]);
    }
    default:
      return type satisfies never;
  }
}

function bits(values: readonly unknown[]): Buffer {
  const out = Buffer.alloc(Math.ceil(values.length / 8));
  for (const [i, value] of values.entries())
    if (value === true) out[i >> 3] = (out[i >> 3] ?? 0) | (1 << (i & 7));
  return out;
}

/** Zigzag, then seven bits a byte. */
function varint(value: number | bigint): Buffer {
  const signed = BigInt(value);
  return unsigned(signed >= 0n ? signed * 2n : -signed * 2n - 1n);
}

function unsigned(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function binary(text: string): Buffer {
  return Buffer.concat([unsigned(BigInt(Buffer.byteLength(text))), Buffer.from(text)]);
}

function list(type: number, items: readonly Buffer[]): Buffer {
  const head =
    items.length < 15
      ? Buffer.from([(items.length << 4) | type])
      : Buffer.concat([Buffer.from([0xf0 | type]), unsigned(BigInt(items.length))]);
  return Buffer.concat([head, ...items]);
}

function struct(...fields: readonly (readonly [id: number, type: number, value: Buffer])[]): Buffer {
  let previous = 0;
  const parts = fields.flatMap(([id, type, value]) => {
    const head = Buffer.from([((id - previous) << 4) | type]);
    previous = id;
    return [head, value];
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}
