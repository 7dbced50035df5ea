import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseMapping } from '../../../participant/readers/mapping.ts';
import { tableReader } from '../../../participant/readers/table.ts';
import { collect, fixture, readText, samples, troubles } from './sources.ts';

const mapping = parseMapping(readFileSync(fixture('firewall.yaml'), 'utf8'), 'firewall.yaml');

test('a mapping file makes fields of a CSV that nobody knows', async () => {
  const items = await collect(tableReader(mapping).read(fixture('firewall.csv')));
  expect(samples(items)).toEqual([
    {
      format: 'city-firewall',
      fields: { src_bytes: 12, agent: 'curl; 8' },
      labels: { verdict: 'ok' },
      context: { date: '2024-01-01' },
    },
    {
      format: 'city-firewall',
      fields: { src_bytes: null, agent: 'Mozilla' },
      labels: { verdict: 'bad' },
      context: { date: '2024-01-02' },
    },
  ]);
  expect(troubles(items)).toEqual([
    '4:2 Column 2 (src_bytes) is outside its range 0 to 1000000000000.',
    '5:2 Column 2 (src_bytes) holds text where a number is needed.',
    '6 The row has 2 values; 4 are expected.',
  ]);
});

test('a field named like another column takes the mapped one', async () => {
  const yaml = 'format: x\nthreat: t\ncolumns: [{ column: ms, field: duration, type: number }]\n';
  const items = await readText(tableReader(parseMapping(yaml, 'm')), 'duration,ms\n1,2\n');
  expect(samples(items).map(({ fields }) => fields)).toEqual([{ duration: 2 }]);
});

test('of two columns that differ in punctuation alone, the one spelt exactly is taken', async () => {
  const yaml = 'format: x\nthreat: t\ncolumns: [{ column: a_b, type: number }]\n';
  const items = await readText(tableReader(parseMapping(yaml, 'm')), 'a-b,a_b\n1,2\n');
  expect(samples(items).map(({ fields }) => fields)).toEqual([{ a_b: 2 }]);
});

test('columns by number, where there is no header', async () => {
  const yaml = `format: x\nthreat: t\nheader: false\nwidth: 3\ncolumns: [{ column: 2, field: a, type: number }]\n`;
  const items = await readText(tableReader(parseMapping(yaml, 'm')), 'p,5,q\n"r, s",6,t\n');
  expect(samples(items).map(({ fields }) => fields)).toEqual([{ a: 5 }, { a: 6 }]);
});

test.each([
  ['columns: []', /columns/],
  ['columns: [{ column: a, field: __proto__, type: text }]', /columns\.0\.field/],
  ['columns: [{ column: a b, type: text }]', /column "a b" needs a field name/],
  [
    'columns: [{ column: a, type: text }, { column: b, field: a, type: text }]',
    /two columns give the field a/,
  ],
  ['columns: [{ column: a, type: text, range: [0, 1] }]', /a text has no range/],
  ['columns: [{ column: a, type: number, range: [1, 0] }]', /from least to most/],
  ['columns: [{ column: 1, field: a, type: text }]', /the file has a header/],
  ['header: false\ncolumns: [{ column: a, type: text }]', /must be a number/],
  [
    'header: false\ncolumns: [{ column: 1, field: a, type: text }, { column: 1, field: b, type: text }]',
    /twice/,
  ],
  ['header: false\nwidth: 1\ncolumns: [{ column: 2, field: a, type: text }]', /beyond the width 1/],
  ['delimiter: ""\ncolumns: [{ column: a, type: text }]', /delimiter/],
  ['surprise: 1\ncolumns: [{ column: a, type: text }]', /surprise/],
])('%s is refused with the key', (yaml, message) => {
  expect(() => parseMapping(`format: x\nthreat: t\n${yaml}\n`, 'm.yaml')).toThrow(message);
});
