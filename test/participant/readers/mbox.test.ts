import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMboxSplitter, type MboxPart, mboxEntry } from '../../../participant/readers/mbox.ts';

const LIMIT = 100_000;

function split(file: Uint8Array, chunk = file.length, limit = LIMIT): MboxPart[] {
  const splitter = createMboxSplitter(limit);
  const parts: MboxPart[] = [];
  for (let at = 0; at < file.length; at += chunk) parts.push(...splitter.push(file.subarray(at, at + chunk)));
  return [...parts, ...splitter.end()];
}

function texts(file: string, chunk?: number): string[] {
  return split(Buffer.from(file, 'latin1'), chunk).map((part) =>
    part.kind === 'mail' ? Buffer.from(part.raw).toString('latin1') : `refused: ${part.reason}`,
  );
}

describe('mbox', () => {
  test('what was written is read back exactly, in chunks of any size', () => {
    const line = fc.constantFrom(
      'From ',
      '>From ',
      '>>From x 10:00',
      'From me 12:30',
      '',
      'text',
      '\r',
      '>',
      'F',
    );
    const mail = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '')))
      .map((lines) => Buffer.from(lines.flat().join('')));
    fc.assert(
      fc.property(fc.array(mail, { minLength: 1 }), fc.integer({ min: 1, max: 40 }), (mails, chunk) => {
        const parts = split(Buffer.concat(mails.map(mboxEntry)), chunk);
        expect(parts.map((part) => part.kind === 'mail' && Buffer.from(part.raw).toString())).toEqual(
          mails.map((raw) => raw.toString()),
        );
      }),
      { numRuns: 500 },
    );
    const binary = Uint8Array.from({ length: 9000 }, (_, i) => (i * i) % 251);
    expect(split(mboxEntry(binary), 7)).toEqual([{ kind: 'mail', index: 1, raw: Buffer.from(binary) }]);
  });

  const from = (minute: number) => `From bob@x.example  Thu Aug 22 12:${minute}:23 2002\n`;

  test('foreign files: with CRLF, without a blank line at the end, with unescaped prose', () => {
    for (const chunk of [1, 5, 1000]) {
      expect(texts(`${from(10)}A: b\n\none\n\n${from(11)}C: d\n\ntwo`, chunk)).toEqual([
        'A: b\n\none',
        'C: d\n\ntwo',
      ]);
      expect(texts(`${from(10)}A: b\r\n\r\none\r\n\r\n${from(11)}two\r\n`, chunk)).toEqual([
        'A: b\r\n\r\none',
        'two\r\n',
      ]);
      expect(texts(`${from(10)}x\n\nFrom here on, prose\n${from(11)}y\n`, chunk)).toEqual([
        `x\n\nFrom here on, prose\n${from(11)}y\n`,
      ]);
    }
    expect(texts('')).toEqual([]);
    expect(texts('\n \n')).toEqual([]);
    expect(texts(`stray\n\n${from(10)}x`)).toEqual([expect.stringContaining('refused: Text before'), 'x']);
  });

  test('a mail beyond the limit is refused, counted in full, and the next one read', () => {
    const file = Buffer.concat([mboxEntry(Buffer.alloc(5000, 'x\n')), mboxEntry(Buffer.from('small'))]);
    for (const chunk of [64, 100_000]) {
      expect(split(file, chunk, 1000)).toEqual([
        { kind: 'refused', index: 1, reason: expect.stringMatching(/500\d bytes; the limit is 1000/) },
        { kind: 'mail', index: 2, raw: Buffer.from('small') },
      ]);
    }
  });

  test('lines of any length', () => {
    const long = `${'>'.repeat(3000)}From x\n${'y'.repeat(80_000)}`;
    for (const chunk of [100, 65_536]) {
      const [part] = split(mboxEntry(Buffer.from(long)), chunk);
      expect(part?.kind === 'mail' && Buffer.from(part.raw).toString() === long).toBe(true);
    }
  });
});
