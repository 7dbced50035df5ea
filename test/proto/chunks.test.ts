/** Vectors in pieces: nothing is lost, nothing is taken twice, nothing is allocated on a sender's word. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToWords, splitVector, VectorAssembly, wordsToBytes } from '../../proto/chunks.ts';
import type { VectorChunk } from '../../proto/messages.ts';
import { CHUNK_BYTES } from '../../proto/wire.ts';
import { expectRefused, nth } from '../secagg/support.ts';

const PER_CHUNK = CHUNK_BYTES / 4;

function vectorOf(length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => Math.imul(i + 1, 0x9e3779b9));
}

describe('a vector', () => {
  it.each([1, 5, PER_CHUNK - 1, PER_CHUNK, PER_CHUNK + 1, 3 * PER_CHUNK + 7])(
    'of %i words comes together from its chunks, with the last one',
    (length) => {
      const vector = vectorOf(length);
      const chunks = [...splitVector(vector)];
      expect(chunks).toHaveLength(Math.ceil(length / PER_CHUNK));
      const assembly = new VectorAssembly(length);
      const results = chunks.map((chunk) => {
        expect(wordsToBytes(chunk.words).length).toBeLessThanOrEqual(CHUNK_BYTES);
        return assembly.add(chunk);
      });
      const whole = results.pop();
      expect(results.every((result) => result === null)).toBe(true);
      expect(wordsToBytes(whole ?? new Int32Array()).equals(wordsToBytes(vector))).toBe(true);
      expect(whole).not.toBe(vector);
    },
  );

  it('comes together however it was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.int32Array({ minLength: 1, maxLength: 5 }), { minLength: 1 }), (pieces) => {
        const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
        const assembly = new VectorAssembly(total);
        let offset = 0;
        let whole: Int32Array | null = null;
        for (const words of pieces) {
          expect(whole).toBeNull();
          whole = assembly.add({ offset, total, words });
          offset += words.length;
        }
        expect(whole).toEqual(Int32Array.from(pieces.flatMap((piece) => [...piece])));
      }),
    );
  });
});

describe('an assembly refuses', () => {
  const chunk = (offset: number, length: number, total = 10): VectorChunk => ({
    ...{ offset, total, words: new Int32Array(length) },
  });

  it.each<[string, readonly VectorChunk[]]>([
    ['another length than planned', [chunk(0, 4, 11)]],
    ['a shorter one', [chunk(0, 4, 9)]],
    ['a gap', [chunk(0, 4), chunk(5, 5)]],
    ['an overlap', [chunk(0, 4), chunk(3, 5)]],
    ['the same chunk again', [chunk(0, 4), chunk(0, 4)]],
    ['more than the whole', [chunk(0, 4), chunk(4, 7)]],
    ['an empty chunk', [chunk(0, 0)]],
    ['anything after the whole', [chunk(0, 10), chunk(10, 0)]],
    ['the whole again', [chunk(0, 10), chunk(0, 10)]],
    ['a length announced later', [chunk(0, 4), chunk(4, 6, 12)]],
  ])('%s', (_, chunks) => {
    const assembly = new VectorAssembly(10);
    for (const good of chunks.slice(0, -1)) assembly.add(good);
    expectRefused(() => assembly.add(nth(chunks, chunks.length - 1)), /does not continue .* once, in order/);
  });

  it('and takes what continues it afterwards all the same', () => {
    const assembly = new VectorAssembly(10);
    assembly.add(chunk(0, 4));
    expectRefused(() => assembly.add(chunk(0, 4)), /4 words at 0 of 10 does not continue 4 of 10/);
    expect(assembly.add(chunk(4, 6))).toHaveLength(10);
  });
});

describe('words', () => {
  it('are little-endian two’s complement on every machine', () => {
    const words = Int32Array.of(1, -1, 0x12345678, -(2 ** 31));
    const hex = '01000000ffffffff7856341200000080';
    expect(wordsToBytes(words).toString('hex')).toBe(hex);
    expect(bytesToWords(Buffer.from(hex, 'hex'))).toEqual(words);
  });

  it('are read from a view that begins anywhere in its buffer', () => {
    const padded = Buffer.from('aaaaaa01000000ffffffffbb', 'hex');
    expect(bytesToWords(padded.subarray(3, 11))).toEqual(Int32Array.of(1, -1));
  });
});
