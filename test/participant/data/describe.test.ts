/** What is said of a file, as text and as data. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeData } from '../../../participant/data/describe.ts';
import { descriptionText } from '../../../participant/data/describe-text.ts';
import { listPublicSets } from '../../../participant/data/list.ts';
import { createProgress } from '../../../participant/data/progress.ts';
import { bytes, short, wrapped } from '../../../participant/data/text.ts';
import { writeParquet } from '../readers/parquet-writer.ts';
import { DATA, hasData, temporaryFolder, WITHOUT_DATA, written } from '../readers/sources.ts';

const folder = temporaryFolder();
const progress = createProgress({ write: () => true }, true);
const about = (path: string, more = {}) => describeData(path, { progress, ...more });
const text = (description: Awaited<ReturnType<typeof about>>, width = 80) =>
  descriptionText(description, { width, colour: false, quiet: false });

const TABLE = `when;bytes;who;empty
2026-01-01;5;anna;
2026-01-02;7;bob;
2026-01-03;x;anna;
2026-01-03;x;anna;
2026-01-04;9.5;"a;b";-
`;

test('a table that no reader knows: types are found as the rows go by', async () => {
  const found = await about(written(folder, 'mine.csv', TABLE));
  const columns = found.columns.map(({ field }) => [field.name, field.kind, field.missing]);
  expect(columns).toEqual([
    ['when', 'text', 0],
    ['bytes', 'both', 0],
    ['who', 'text', 0],
    ['empty', 'unset', 1],
  ]);
  expect(found).toMatchObject({ kind: 'table', whole: true, fits: [], report: { repeated: { count: 1 } } });
  const shown = text(found);
  expect(shown).toMatch(/bytes +feature +both +5 to 9\.5, mean 7\.1667; x 40\.0 %/);
  expect(shown).toMatch(/1 field holds both numbers and text: bytes\./);
  expect(shown).toMatch(/No threat takes it as it is/);
});

test('Parquet is described by its schema', async () => {
  const path = written(
    folder,
    'mine.parquet',
    writeParquet([
      { name: 'n', type: 'INT64', values: [1n, 2n, null] },
      { name: 's', type: 'BYTE_ARRAY', converted: 0, values: ['a', 'a', 'b'] },
    ]),
  );
  const found = await about(path);
  expect(found.columns.map(({ field }) => [field.name, field.kind])).toEqual([
    ['n', 'number'],
    ['s', 'text'],
  ]);
  expect(found.columns[0]?.field.range).toEqual({ least: 1, most: 2, mean: 1.5 });
});

test('a table with a threat’s columns by name says which mapping would fit', async () => {
  const names = [
    'duration',
    'Protocol Type',
    'service',
    'flag',
    'src_bytes',
    'dst_bytes',
    'land',
    'wrong_fragment',
    'urgent',
    'hot',
    'num_failed_logins',
    'logged_in',
    'num_compromised',
    'root_shell',
    'su_attempted',
    'num_root',
    'num_file_creations',
    'num_shells',
    'num_access_files',
    'count',
    'srv_count',
    'serror_rate',
  ];
  const found = await about(written(folder, 'nearly.csv', `${names.join()}\n${names.map(() => 1).join()}\n`));
  expect(found.mappable).toMatchObject([{ threat: 'network-intrusion', found: 22 }]);
  expect(text(found)).toMatch(/network-intrusion, by a mapping file: 22 of its/);
});

test('a folder of several kinds: each format with its rows, and each threat that takes any', async () => {
  const mixed = join(folder, 'mixed');
  mkdirSync(mixed);
  const flow = {
    _path: 'conn',
    ts: 1,
    uid: 'C',
    'id.orig_h': 'a',
    'id.orig_p': 1,
    'id.resp_h': 'b',
    'id.resp_p': 2,
  };
  const rest = { proto: 'tcp', conn_state: 'SF', duration: 1, orig_bytes: 1, resp_bytes: 2, orig_pkts: 1 };
  const more = { orig_ip_bytes: 60, resp_pkts: 1, resp_ip_bytes: 60 };
  const conn = [1, 2].map((orig_bytes) => JSON.stringify({ ...flow, ...rest, ...more, orig_bytes }));
  written(mixed, 'conn.log', `${conn.join('\n')}\n`);
  const site = (result: number) => [...Array(30).fill(1), result].join();
  written(mixed, 'sites.csv', `${site(1)}\n`);
  const found = await about(mixed);
  expect(found.formats).toEqual({ 'zeek/conn': 2, 'uci-phishing-websites': 1 });
  const shown = text(found, 200);
  expect(shown).toMatch(/Formats\n {2}- zeek\/conn: 2 rows\n {2}- uci-phishing-websites: 1 row\n/);
  expect(shown).toMatch(
    /network-flows: 2 records without a label; without labels: network-flows-unsupervised \(2 records\)\./,
  );
  expect(shown).toMatch(/phishing-website: legitimate 1\./);
});

describe('a mapping file', () => {
  const csv = written(folder, 'firewall.csv', 'bytes;agent;verdict\n12;curl;normal\n');
  const mapping = (threat: string, format: string) =>
    written(
      folder,
      'map.yaml',
      `format: ${format}\nthreat: ${threat}\ndelimiter: ";"\ncolumns:
  - { column: bytes, field: src_bytes, type: number }
  - { column: agent, type: text }
  - { column: verdict, field: label, type: text, role: label }\n`,
    );

  test('a field that the format does not have is pointed out', async () => {
    const found = await about(csv, { mapping: mapping('network-intrusion', 'nsl-kdd') });
    expect(found.words[0]).toMatch(/map\.yaml gives a field that nsl-kdd does not have.*: agent\.$/);
  });

  test('a format may be one of a log with several kinds of rows', async () => {
    const found = await about(csv, { mapping: mapping('network-flows', 'zeek/conn') });
    expect(found.formats).toEqual({ 'zeek/conn': 1 });
  });

  test.each([
    ['coffee', 'nsl-kdd', /there is no threat "coffee" for logs; known are network-intrusion,/],
    ['network-intrusion', 'zeek.conn', /takes no "zeek\.conn"; "format" must be one of nsl-kdd/],
  ])('threat %s with format %s is refused', async (threat, format, message) => {
    await expect(about(csv, { mapping: mapping(threat, format) })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    });
  });
});

test('a pipe is described only by a reader that is named', async () => {
  await expect(about('/dev/null')).rejects.toThrow(/name --reader/);
});

test('mails are counted, and their words not shown', async () => {
  const mails = join(folder, 'mails');
  mkdirSync(mails);
  for (const name of ['a.eml', 'b.eml'])
    written(mails, name, 'Subject: Miller\nFrom: a@example.org\n\nSecret\n');
  const found = await about(mails);
  expect(found).toMatchObject({ kind: 'mail', report: { records: 2, repeated: { count: 1 } } });
  expect(text(found)).toMatch(/malicious-email: put mails of each class/);
  expect(JSON.stringify(found)).not.toMatch(/Miller|Secret/);
});

test('what stands in a file cannot write to the terminal', async () => {
  const found = await about(written(folder, 'evil.csv', 'a,b\n\u001b[2J,1\n\u001b]0;x\u0007,2\n'));
  const shown = text(found).replaceAll('\n', '');
  expect([...shown].filter((character) => character < ' ' || character === '\u007f')).toEqual([]);
});

test('nothing that is known says what was tried', async () => {
  await expect(about(written(folder, 'notes.txt', 'Read me.\n'))).rejects.toMatchObject({
    code: 'DATA_INVALID',
    message: expect.stringMatching(/notes\.txt: .*no JSON objects/),
  });
});

test('progress is patient, and leaves the terminal clean', async () => {
  const writes: string[] = [];
  const shown = createProgress({ write: (line) => writes.push(line), isTTY: true, columns: 20 }, false);
  shown.show(() => 'too early');
  await new Promise((resolve) => setTimeout(resolve, 1100));
  shown.show(() => 'far longer than the terminal is wide');
  shown.end();
  expect(writes).toEqual(['\r\u001b[Kfar longer than the', '\r\u001b[K']);
});

test('numbers and lines are short', () => {
  expect([0, 5, 1234.5678, 123_456.7, 5e-7, 3e15].map(short)).toEqual([
    '0',
    '5',
    '1,234.6',
    '123,457',
    '5.00e-7',
    '3.00e+15',
  ]);
  expect([300, 2_047_387, 59_000].map(bytes)).toEqual(['300 bytes', '2.0 MB', '59 kB']);
  expect(wrapped('one two 3 % four', 7)).toEqual(['one two', '3 %', 'four']);
});

describe.skipIf(!hasData)(`official files${WITHOUT_DATA}`, () => {
  test.each([
    'nsl-kdd/KDDTest+.txt.gz',
    'unsw-nb15',
    'ton-iot',
    'zeek',
    'atna-audit',
    'fhir-r4',
    'phishing-uci-websites',
  ])('%s, in 80 columns and in 120', async (path) => {
    const found = await about(join(DATA, path));
    for (const width of [80, 120]) {
      const lines = text(found, width)
        .split('\n')
        .filter((line) => !line.includes(DATA));
      expect(lines.filter((line) => line.length > width)).toEqual([]);
    }
    expect(found.fits.length).toBeGreaterThan(0);
  });

  test('--rows stops early and says so', async () => {
    const found = await about(join(DATA, 'nsl-kdd'), { rows: 100 });
    expect(found).toMatchObject({ whole: false, report: { records: 100 } });
    expect(text(found)).toMatch(/Only the first 100 rows were looked at/);
  });

  test('the list names every set, within 80 columns', async () => {
    const written: string[] = [];
    const options = { folder: DATA, format: 'table', quiet: false, width: 80, colour: false } as const;
    await listPublicSets(options, (line) => written.push(line));
    const lines = written.join('').split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.filter((line) => / {2}here +yes/.test(line))).toHaveLength(9);
  });
});
