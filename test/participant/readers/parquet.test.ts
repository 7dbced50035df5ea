/** Parquet through a mapping: what becomes of each type, and of files that are not what they should be. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { rowReaderFor } from '../../../participant/readers/choose.ts';
import { parseMapping } from '../../../participant/readers/mapping.ts';
import { parquetColumns, parquetReader } from '../../../participant/readers/parquet.ts';
import { networkIntrusion } from '../../../threats/network-intrusion/nsl-kdd.ts';
import { type WrittenColumn, writeParquet } from './parquet-writer.ts';
import { collect, samples, temporaryFolder, troubles, written } from './sources.ts';

const folder = temporaryFolder();

const MAPPING = `
format: flows
threat: network-intrusion
columns:
  - { column: Bytes Sent, field: bytes, type: number, range: [0, 1.0e+18], optional: true }
  - { column: share, type: number, optional: true }
  - { column: service, type: text, optional: true }
  - { column: internal, type: number, optional: true }
  - { column: when, type: number, role: context, optional: true }
  - { column: day, type: text, role: context, optional: true }
  - { column: verdict, type: text, role: label, optional: true }
`;
const reader = parquetReader(parseMapping(MAPPING, 'flows.yaml'));

const COLUMNS: readonly WrittenColumn[] = [
  { name: 'ignored', type: 'INT32', values: [1, 2, 3] },
  { name: 'Bytes Sent', type: 'INT64', values: [1234567890123n, null, 5n] },
  { name: 'share', type: 'DOUBLE', values: [0.5, -1e-9, Number.NaN] },
  { name: 'service', type: 'BYTE_ARRAY', converted: 0, values: [' http ', '-', 'dns'] },
  { name: 'internal', type: 'BOOLEAN', values: [true, false, null] },
  { name: 'when', type: 'INT64', converted: 10, values: [1_700_000_000_123_456n, 0n, null] },
  { name: 'day', type: 'INT32', converted: 6, values: [19_675, 0, null] },
  { name: 'verdict', type: 'BYTE_ARRAY', converted: 0, values: ['benign', 'bad', null] },
];

const read = (bytes: Uint8Array, name = 'flows.parquet') =>
  collect(reader.read(written(folder, name, bytes)));
const one = (column: WrittenColumn) => read(writeParquet([column]));

test.each(['none', 'gzip', 'brotli'] as const)(
  'every type becomes a cell, compressed with %s',
  async (codec) => {
    const items = await read(writeParquet(COLUMNS, { codec }));
    expect(samples(items)).toEqual([
      {
        format: 'flows',
        fields: { bytes: 1234567890123, share: 0.5, service: 'http', internal: 1 },
        context: { when: 1_700_000_000.123, day: '2023-11-14T00:00:00.000Z' },
        labels: { verdict: 'benign' },
      },
      {
        format: 'flows',
        fields: { bytes: null, share: -1e-9, service: null, internal: 0 },
        context: { when: 0, day: '1970-01-01T00:00:00.000Z' },
        labels: { verdict: 'bad' },
      },
      {
        format: 'flows',
        fields: { bytes: 5, share: null, service: 'dns', internal: null },
        context: { when: null, day: null },
        labels: { verdict: null },
      },
    ]);
    expect(troubles(items)).toEqual(['3 Column 3 (share) is infinite or not a number; it is read as unset.']);
  },
);

test('a bad value costs its row, with row and column named', async () => {
  expect(troubles(await one({ name: 'Bytes Sent', type: 'INT64', values: [1n, -1n, 2n] }))).toEqual([
    '2:1 Column 1 (bytes) is outside its range 0 to 1000000000000000000.',
  ]);
  expect(
    troubles(await one({ name: 'share', type: 'BYTE_ARRAY', converted: 0, values: ['1', 'secret'] })),
  ).toEqual(['2:1 Column 1 (share) holds text where a number is needed.']);
  expect(troubles(await one({ name: 'Bytes Sent', type: 'INT64', values: [2n ** 53n + 1n] }))).toEqual([
    '1 Column 1 (bytes) is beyond 2⁵³ and was rounded.',
  ]);
});

test('rows are numbered through all row groups, in batches', async () => {
  const values = Array.from({ length: 150_000 }, (_, i) => (i === 140_001 ? -1n : BigInt(i)));
  const path = written(
    folder,
    'large.parquet',
    writeParquet([{ name: 'Bytes Sent', type: 'INT64', values }], { groupRows: 100_000 }),
  );
  const sizes: number[] = [];
  const found: string[] = [];
  let sum = 0;
  for await (const batch of reader.readBatches(path)) {
    sizes.push(batch.length);
    found.push(...troubles(batch).map((text) => text.slice(0, 8)));
    for (const { fields } of samples(batch)) sum += Number(fields.bytes);
  }
  expect(sizes).toEqual([65_536, 34_464, 50_000]);
  expect(found).toEqual(['140002:1']);
  expect(sum).toBe((150_000 * 149_999) / 2 - 140_001);
});

test('a row group is read once: what becomes of the file meanwhile is all the same', async () => {
  const values = Array.from({ length: 70_000 }, (_, i) => BigInt(i));
  const path = written(folder, 'once.parquet', writeParquet([{ name: 'Bytes Sent', type: 'INT64', values }]));
  let rows = 0;
  for await (const batch of reader.readBatches(path)) {
    if (rows === 0) writeFileSync(path, '');
    expect(troubles(batch)).toEqual([]);
    expect(samples(batch).map(({ fields }) => Number(fields.bytes))).toEqual(
      Array.from(batch, (_, i) => rows + i),
    );
    rows += batch.length;
  }
  expect(rows).toBe(70_000);
});

test('pages whose number of rows is packed to nothing still count by what they hold', async () => {
  const names = Array.from({ length: 70 }, (_, i) => `c${i}`);
  const wide = parquetReader(
    parseMapping(
      `format: flows\nthreat: network-intrusion\ncolumns: [${names.map((name) => `{ column: ${name}, type: number }`)}]`,
      'wide.yaml',
    ),
  );
  const columns = names.map((name) => ({ name, type: 'INT32', values: [null] }) as const);
  const path = written(folder, 'wide.parquet', writeParquet(columns, { claimed: 2_000_000 }));
  expect(troubles(await collect(wide.read(path)))).toEqual([
    expect.stringMatching(/^1 Row group 1: Its columns expand to more than/),
  ]);
});

describe('what is refused', () => {
  const whole = writeParquet(COLUMNS);
  test.each<[string, Uint8Array, RegExp]>([
    ['cut off', whole.subarray(0, whole.length - 30), /^0 The Parquet footer cannot be read/],
    ['only its first bytes', whole.subarray(0, 6), /^0 The Parquet footer cannot be read/],
    ['no Parquet', Buffer.from('a,b\n1,2\n'), /^0 It is no Parquet file/],
    ['empty', Buffer.alloc(0), /^0 It is no Parquet file/],
    [
      'shorter than it says',
      writeParquet(COLUMNS, { claimed: 9 }),
      /^1 Row group 1: Its columns end before it does/,
    ],
    [
      'too long a row group',
      writeParquet(COLUMNS, { claimed: 110_000_000 }),
      /^1 Row group 1: It has 110000003 rows, more than 2097152: write the file again with smaller row groups/,
    ],
    [
      'too large when expanded',
      writeParquet(COLUMNS, { expanded: 2 ** 29 }),
      /^1 Row group 1: Its columns expand to more than 1073741824 bytes: write the file again/,
    ],
    [
      'of an unknown compression',
      writeParquet(COLUMNS, { codec: 'zstd' }),
      /^1 Row group 1: It is compressed with ZSTD\. Write it/,
    ],
  ])('a file that is %s', async (_, bytes, reason) => {
    const found = troubles(await read(bytes));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(reason);
  });

  test('bytes that were changed anywhere end in refusals or other values, never in a crash', async () => {
    for (let at = 4; at < whole.length - 8; at += 7) {
      const spoilt = Buffer.from(whole);
      spoilt[at] = (spoilt[at] ?? 0) ^ 0x55;
      const items = await read(spoilt, 'spoilt.parquet');
      for (const item of items) expect(['record', 'refused']).toContain(item.kind);
    }
  });

  test('a column that the mapping needs and the file lacks', async () => {
    const strict = parquetReader(
      parseMapping(MAPPING.replace(/(Bytes Sent.*), optional: true/, '$1'), 'flows.yaml'),
    );
    const path = written(folder, 'other.parquet', writeParquet([{ name: 'x', type: 'INT32', values: [1] }]));
    expect(troubles(await collect(strict.read(path)))).toEqual([
      '0 The header lacks bytes, which flows needs.',
    ]);
  });

  test('a stream', async () => {
    await expect(collect(reader.read('-'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

test('a mapping file chooses by the file’s content; the schema names columns and types', async () => {
  const mapping = written(
    folder,
    'm.yaml',
    'format: nsl-kdd\nthreat: network-intrusion\ncolumns: [{ column: duration, type: number }]\n',
  );
  const parquet = written(folder, 'a.log', writeParquet([{ name: 'duration', type: 'INT32', values: [7] }]));
  const csv = written(folder, 'b.log', 'duration\n8\n');
  for (const [path, duration] of [
    [parquet, 7],
    [csv, 8],
  ] as const) {
    const chosen = await rowReaderFor(networkIntrusion, path, { mapping });
    expect(samples(await collect(chosen.read(path)))).toMatchObject([{ fields: { duration } }]);
  }
  const columns = await parquetColumns(written(folder, 'c', writeParquet(COLUMNS)));
  expect(columns.map(({ kind }) => kind)).toEqual([
    'number',
    'number',
    'number',
    'text',
    'number',
    'number',
    'number',
    'text',
  ]);
  await expect(parquetColumns(csv)).rejects.toMatchObject({ code: 'DATA_INVALID' });
  expect(readFileSync(csv, 'utf8')).toBe('duration\n8\n');
});
