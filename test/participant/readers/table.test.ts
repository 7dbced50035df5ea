import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableReader } from '../../../participant/readers/table.ts';
import { cicFlowMeter } from '../../../participant/readers/table-cicflowmeter.ts';
import { createFastRow } from '../../../participant/readers/table-fast.ts';
import { planWithoutHeader, type TableFormat } from '../../../participant/readers/table-format.ts';
import { TABLE_FORMATS } from '../../../participant/readers/table-formats.ts';
import { nslKdd } from '../../../participant/readers/table-nsl-kdd.ts';
import { formatPlace } from '../../../participant/readers/table-row.ts';
import { collect, fixture, readText, samples, troubles } from './sources.ts';

const small: TableFormat = {
  id: 'small',
  title: 'for tests',
  threat: 'network-intrusion',
  delimiter: ',',
  header: 'first line',
  columns: [
    { name: 'id', kind: 'text', role: 'context', optional: true },
    { name: 'size', kind: 'number', role: 'feature', range: [-1000, 1000] },
    { name: 'word', kind: 'text', role: 'feature' },
    { name: 'label', kind: 'number', role: 'label', optional: true },
  ],
  unset: ['-'],
  unknownColumns: 'point out',
};
const reader = tableReader(small);

test('cells come typed and parted: an encoder sees neither label nor id', async () => {
  const items = await readText(reader, 'word,id,SIZE,label\nab,7,1.50,1\n -, ,"-2e2",0\n');
  expect(samples(items)).toEqual([
    { format: 'small', fields: { size: 1.5, word: 'ab' }, labels: { label: 1 }, context: { id: '7' } },
    { format: 'small', fields: { size: -200, word: null }, labels: { label: 0 }, context: { id: null } },
  ]);
  expect(items.map(formatPlace)).toEqual(['<stdin>:2', '<stdin>:3']);
});

test('each bad row is refused where it stands, and costs no other', async () => {
  const text = 'size,word\nten,a\n1\n1,b\n2000,c\nInfinity,d\n NaN ,e\nsize,word\n,f\n"3,g\n4,h\n';
  const items = await readText(reader, text);
  expect(troubles(items)).toEqual([
    '2:1 Column 1 (size) holds text where a number is needed.',
    '3 The row has 1 values; 2 are expected.',
    '5:1 Column 1 (size) is outside its range -1000 to 1000.',
    '6 Column 1 (size) is infinite or not a number; it is read as unset.',
    '7 Column 1 (size) is infinite or not a number; it is read as unset.',
    '8 The line repeats the header.',
    '10:1 A quotation mark is never closed.',
  ]);
  expect(samples(items).map(({ fields }) => fields)).toEqual([
    { size: 1, word: 'b' },
    { size: null, word: 'd' },
    { size: null, word: 'e' },
    { size: null, word: 'f' },
    { size: 4, word: 'h' },
  ]);
  const refusals = items.filter((item) => item.kind === 'refused');
  expect(refusals.map(formatPlace)[0]).toBe('<stdin>:2:1');
  // A refusal goes into reports: it never quotes what stands in the cell.
  expect(JSON.stringify(refusals)).not.toContain('ten');
});

test('a file of another layout is refused once, with what is missing and a guess at the delimiter', async () => {
  expect(troubles(await readText(reader, 'size;word;x\n1;a;b\n2;c;d\n'))).toEqual([
    '1 The header lacks size, word, which small needs. Its values seem to be separated by ";", not ",".',
  ]);
  expect(troubles(await readText(tableReader(nslKdd), 'a\tb\tc\n'))).toEqual([
    '1 The first row has 1 values; nsl-kdd has 43. Its values seem to be separated by "\\t", not ",".',
  ]);
});

test('unknown and repeated columns are pointed out once', async () => {
  const items = await readText(reader, 'size,word,extra,size\n1,a,x,9\n2,b,x,9\n');
  expect(troubles(items)).toEqual([
    '2 In the header, columns 3 are not known and columns 4 repeat a name; they are left out.',
  ]);
});

test('the fast path and the slow one agree on every row that both read', () => {
  const bare = { ...small, header: 'none' } as const;
  const fast = createFastRow('small', planWithoutHeader(bare, ['', '', '', '']), ',', small.unset);
  const odd = fc.string({ unit: fc.constantFrom('a', '1', '.', ' ', '"', '-', '+', 'é'), maxLength: 4 });
  const mostly = (plain: fc.Arbitrary<string>) =>
    fc.oneof({ weight: 9, arbitrary: plain }, { weight: 1, arbitrary: odd });
  const decimal = mostly(fc.stringMatching(/^-?[0-9]{1,3}(\.[0-9]{0,12})?$/));
  const word = mostly(fc.stringMatching(/^([a1."-]{1,4}|"[a1., -]{0,4}")$/));
  const row = fc.oneof(
    { weight: 9, arbitrary: fc.tuple(word, decimal, word, decimal) },
    { weight: 1, arbitrary: fc.array(odd, { minLength: 3, maxLength: 5 }) },
  );
  let compared = 0;
  return fc
    .assert(
      fc.asyncProperty(fc.array(row, { minLength: 20, maxLength: 60 }), async (rows) => {
        const quick = rows
          .map((cells) => [cells, fast(cells.join())] as const)
          .filter(([, sample]) => sample !== null);
        // A quoted number sends the row the slow way.
        const quoted = quick.map(([cells]) => cells.with(-1, `"${cells.at(-1)}"`).join());
        const items = await readText(tableReader(bare), `${quoted.join('\n')}\n`);
        expect(troubles(items)).toEqual([]);
        expect(samples(items)).toStrictEqual(quick.map(([, sample]) => sample));
        compared += quick.length;
      }),
      { numRuns: 60 },
    )
    .then(() => expect(compared).toBeGreaterThan(100));
});

test('plain decimals are the doubles that their text denotes', () => {
  const format: TableFormat = { ...small, columns: [{ name: 'x', kind: 'number', role: 'feature' }] };
  const fast = createFastRow('x', planWithoutHeader(format, ['']), ',', []);
  fc.assert(
    fc.property(fc.stringMatching(/^-?[0-9]{1,9}(\.[0-9]{0,6})?$/), (text) => {
      expect(fast(text)?.fields.x).toBe(Number(text));
    }),
    { numRuns: 5000 },
  );
  for (const text of ['1e5', '0x10', '1234567890123456', '.', '-', '', '1 ', '+1'])
    expect(fast(text)).toBeNull();
});

describe('CICFlowMeter', () => {
  const cic = tableReader(cicFlowMeter);

  test('the spellings of 2017 and 2018 give the same fields', async () => {
    const [old] = samples(await collect(cic.read(fixture('cic-2017.csv'))));
    const [young] = samples(await collect(cic.read(fixture('cic-2018.csv'))));
    expect(Object.keys(old?.fields ?? {})).toHaveLength(77);
    expect({ ...old?.fields, protocol: 6 }).toEqual(young?.fields);
    expect(young?.context).toEqual({ timestamp: '14/02/2018 08:31:01' });
    expect([old?.labels, young?.labels]).toEqual([{ label: 'BENIGN' }, { label: 'Benign' }]);
  });

  test('infinite rates, the repeated column, the dash of windows-1252 and repeated headers are coped with', async () => {
    const items = await collect(cic.read(fixture('cic-2017.csv')));
    expect(troubles(items)).toEqual([
      '2 In the header, columns 56 repeat a name; they are left out.',
      '3 Column 15 (flow_bytes_per_second) is infinite or not a number; it is read as unset. Column 16 (flow_packets_per_second) is infinite or not a number; it is read as unset.',
    ]);
    expect(samples(items)[2]?.labels).toEqual({ label: 'Web Attack – XSS' });
    expect(troubles(await collect(cic.read(fixture('cic-2018.csv'))))).toEqual([
      '3 The line repeats the header.',
    ]);
  });
});

test('what gives labels away is never a feature, in any format', () => {
  const leaks = /^(id|ts|date|time|timestamp|difficulty|label|type|attack_cat|result|flow_id)$/i;
  for (const { id, columns } of TABLE_FORMATS) {
    const features = columns.filter(({ role }) => role === 'feature').map(({ name }) => name);
    expect([id, features.filter((name) => leaks.test(name))]).toEqual([id, []]);
    expect(new Set(features).size).toBe(features.length);
  }
});

test('the fixtures are what the tests think they are', () => {
  expect(readFileSync(fixture('cic-2017.csv')).includes(0x96)).toBe(true);
});
