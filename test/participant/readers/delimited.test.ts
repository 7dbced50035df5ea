import { parse as csvParse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDelimitedParser, likelyDelimiter } from '../../../participant/readers/delimited.ts';

type Outcome = readonly [line: number, cells: readonly string[]] | string;

function parse(text: string, limit = 1_000_000): Outcome[] {
  const outcomes: Outcome[] = [];
  const parser = createDelimitedParser(',', limit, {
    row: (cells, line) => outcomes.push([line, cells]),
    refused: (line, column, reason) => outcomes.push(`${line}:${column} ${reason}`),
  });
  for (const [i, line] of text.split('\n').entries()) parser.push(line, i + 1);
  parser.end();
  return outcomes;
}

test('what RFC 4180 writes is read back, with the lines on which rows begin', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', '\n', 'é'), maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      (rows) => {
        const quoted = rows.map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join());
        let line = 1;
        const expected = rows.map((row, i) => {
          const begins = line;
          line += (quoted[i] ?? '').split('\n').length;
          return [begins, row];
        });
        expect(parse(quoted.join('\n'))).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});

test('rows are those of csv-parse, wherever that reads them', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', '""', ',', '\n', ' ', '"b"'), maxLength: 40 });
  let compared = 0;
  const rows = (input: string) => {
    try {
      return csvParse(input, { relax_column_count: true, relax_quotes: true, record_delimiter: '\n' });
    } catch {
      return null;
    }
  };
  fc.assert(
    fc.property(text, (input) => {
      // `relax_quotes` also lets text behind a closing mark pass, which is refused here.
      const outcomes = parse(input).filter(
        (outcome) => typeof outcome === 'string' || outcome[1].join() !== '',
      );
      const expected = rows(input)?.filter((cells) => cells.join() !== '');
      fc.pre(expected != null && !outcomes.some((outcome) => typeof outcome === 'string'));
      compared++;
      expect(outcomes.map(([, cells]) => cells)).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
  expect(compared).toBe(1000);
});

test('unquoted cells are as they stand, quotation marks inside them too', () => {
  expect(parse('a,,b\n5" disk,"q,r",')).toEqual([
    [1, ['a', '', 'b']],
    [2, ['5" disk', 'q,r', '']],
  ]);
});

test('a quotation mark that never closes costs its own line, not the file', () => {
  const text = ['a,b', 'x,"open', ...Array.from({ length: 150 }, (_, i) => `${i},y`)].join('\n');
  const outcomes = parse(text);
  expect(outcomes.slice(0, 3)).toEqual([
    [1, ['a', 'b']],
    '2:2 A quotation mark is still open after 100 lines.',
    [3, ['0', 'y']],
  ]);
  expect(outcomes).toHaveLength(152);
  expect(parse('x,"open\n1,2')).toEqual(['1:2 A quotation mark is never closed.', [2, ['1', '2']]]);
  expect(parse('"aaaa\nbbbb\nc,d', 8)).toEqual([
    '1:1 A quotation mark is still open after 2 lines.',
    [2, ['bbbb']],
    [3, ['c', 'd']],
  ]);
});

test('text behind a closing quotation mark is refused where it stands', () => {
  expect(parse('a,"b"c\nd,e')).toEqual([
    '1:2 There is text between a closing quotation mark and the next delimiter.',
    [2, ['d', 'e']],
  ]);
});

test('every line is accounted for, whatever the quotation marks', () => {
  const text = fc.string({ unit: fc.constantFrom('"', ',', '\n', 'a'), maxLength: 400 });
  fc.assert(
    fc.property(text, (input) => {
      const first = parse(input).map((outcome) =>
        typeof outcome === 'string' ? Number(outcome.split(':')[0]) : outcome[0],
      );
      expect(first).toEqual([...first].sort((a, b) => a - b));
      expect(new Set(first).size).toBe(first.length);
      expect(first[0]).toBe(1);
    }),
    { numRuns: 1000 },
  );
});

test('the likely delimiter', () => {
  expect(['a;b;c', 'a\tb', 'a|b', '1,5;2', 'abc'].map(likelyDelimiter)).toEqual([';', '\t', '|', ',', null]);
});
