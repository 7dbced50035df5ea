import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fhirAuditReader } from '../../../participant/readers/fhir-audit.ts';
import { createLineSplitter, type LineFault, readLines } from '../../../participant/readers/lines.ts';
import { suricataReader } from '../../../participant/readers/suricata.ts';
import { tableReader } from '../../../participant/readers/table.ts';
import { phishingWebsites } from '../../../participant/readers/table-phishing.ts';
import { zeekReader } from '../../../participant/readers/zeek.ts';
import { chunksOf, collect, readText, samples, troubles } from './sources.ts';

async function linesOf(bytes: Uint8Array, size: number, options = {}): Promise<(string | LineFault)[]> {
  const batches = await collect(readLines(chunksOf(bytes, size), options));
  const lines: (string | LineFault)[] = [];
  for (const batch of batches) {
    expect(batch.first).toBe(lines.length + 1);
    lines.push(...batch.lines);
  }
  return lines;
}

test('however the bytes are cut, the lines are those of the text', async () => {
  const line = fc
    .string({ unit: 'grapheme', maxLength: 12 })
    .map((text) => text.replace(/[\r\n\0\ufeff]/g, 'é'));
  const text = fc.tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), fc.boolean());
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 40 }), async ([lines, end, last], size) => {
      const whole = lines.map((each) => each + end).join('') + (last ? 'last' : '');
      expect(await linesOf(Buffer.from(whole), size)).toEqual([...lines, ...(last ? ['last'] : [])]);
    }),
    { numRuns: 300 },
  );
});

test('a line at the limit is read, one byte more is refused, and the next is read again', async () => {
  const bytes = Buffer.from(`${'a'.repeat(10)}\r\n${'b'.repeat(11)}\n${'c'.repeat(500)}\nd`);
  for (const size of [1, 3, 7, 600]) {
    expect(await linesOf(bytes, size, { limit: 10 })).toEqual([
      'aaaaaaaaaa',
      { fault: 'The line has 11 bytes; the limit is 10.' },
      { fault: 'The line has 500 bytes; the limit is 10.' },
      'd',
    ]);
  }
});

test('a line without end is not kept', () => {
  const splitter = createLineSplitter({ limit: 1000 });
  const chunk = Buffer.alloc(1 << 20, 'x');
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 200; i++) splitter.push(Buffer.from(chunk));
  expect(splitter.end().lines).toEqual([{ fault: 'The line has 209715200 bytes; the limit is 1000.' }]);
  expect(splitter.push(Buffer.from('next\n'))).toEqual({ first: 2, lines: ['next'] });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150e6);
});

test('bad UTF-8 and NUL bytes cost their own line only', async () => {
  const bytes = Buffer.from('good\nb\xe4d\nalso good\nz\0ro\n\xc3\xa4\n', 'latin1');
  for (const size of [1, 6, 100]) {
    // The start of the file is looked at by itself: keep the NUL out of it.
    const all = Buffer.concat([Buffer.alloc(4200, 'x'), Buffer.from('\n'), bytes]);
    expect((await linesOf(all, size === 100 ? 4201 : size)).slice(1)).toEqual([
      'good',
      { fault: 'The line is not UTF-8. Convert the file.' },
      'also good',
      { fault: 'The line holds NUL bytes: binary data, or a crash while writing.' },
      'ä',
    ]);
  }
});

test('a byte-order mark is no part of the first line', async () => {
  for (const size of [1, 2, 100]) {
    expect(await linesOf(Buffer.from('\ufeffdate,time\n\ufeff'), size)).toEqual(['date,time', '\ufeff']);
  }
});

test('binary files and UTF-16 are refused as a whole, with the reason', async () => {
  await expect(linesOf(Buffer.from('a\0b\n'), 10)).rejects.toThrow('The file is binary');
  await expect(linesOf(Buffer.from('\ufeffab\n', 'utf16le'), 10)).rejects.toThrow('The file is UTF-16.');
});

describe('a last line without line break', () => {
  const UNENDED = 'The last line has no line break; it may not be complete.';
  const zeek = '#fields\tid\tbytes\n#types\tstring\tcount\na\t7\nb\t12';
  const row = Array.from({ length: 31 }, () => '1').join();

  test('is a record with a note, since its last cell may be cut', async () => {
    for (const chunk of [1, 1000]) {
      const items = await readText(zeekReader, zeek, {}, chunk);
      expect(samples(items).map(({ fields }) => fields.bytes)).toEqual([7, 12]);
      expect(troubles(items)).toEqual([`4 ${UNENDED}`]);
      expect(troubles(await readText(zeekReader, `${zeek}\n`, {}, chunk))).toEqual([]);
    }
    expect(troubles(await readText(tableReader(phishingWebsites), `${row}\n${row}`))).toEqual([
      `2 ${UNENDED}`,
    ]);
  });

  test('keeps the note that the record has anyway', async () => {
    const table = tableReader({ ...phishingWebsites, header: 'first line' });
    const names = phishingWebsites.columns.map(({ name }) => name).join();
    const items = await readText(table, `${names},strange\n${row},x`);
    expect(troubles(items)).toEqual([
      `2 In the header, columns 32 are not known; they are left out. ${UNENDED}`,
    ]);
  });

  test('is nothing to tell of in JSON, which is refused when it is cut', async () => {
    const event = '{"event_type":"flow","n":1}';
    expect(troubles(await readText(suricataReader, `${event}\n${event}`))).toEqual([]);
    expect(troubles(await readText(suricataReader, event.slice(0, -1)))).toHaveLength(1);
    expect(troubles(await readText(zeekReader, '{"ts":1,"id":"a"}'))).toEqual([]);
    const resource = '{"resourceType":"Patient"}';
    expect(troubles(await readText(fhirAuditReader, `${resource}\n${resource}`))).toEqual([
      '1 It is a Patient, not an AuditEvent.',
      '2 It is a Patient, not an AuditEvent.',
    ]);
  });
});
