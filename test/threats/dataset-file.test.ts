/** The coordinator's public test set on disk: what was written is read, and nothing else is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDataset, encodeDataset } from '../../threats/dataset-file.ts';
import type { Dataset } from '../../threats/threat.ts';
import { expectRefused } from '../secagg/support.ts';

const ENCODER = 'mail/1';
const sample: Dataset = {
  ...{ rows: 2, width: 3, labels: Uint8Array.of(0, 1) },
  features: Float32Array.of(0, 0.5, -1, 1e30, -0, 2 ** -126),
};
const file = encodeDataset(ENCODER, sample);

it('what was written is read bit for bit', () => {
  const values = fc.float({ noNaN: true, noDefaultInfinity: true });
  const datasets = fc.tuple(fc.nat(6), fc.nat(6)).chain(([rows, width]) =>
    fc.record({
      ...{ rows: fc.constant(rows), width: fc.constant(width) },
      labels: fc.uint8Array({ minLength: rows, maxLength: rows }),
      features: fc
        .array(values, { minLength: rows * width, maxLength: rows * width })
        .map((list) => Float32Array.from(list)),
    }),
  );
  fc.assert(
    fc.property(datasets, fc.string({ maxLength: 60 }), (dataset, encoder) => {
      expect(decodeDataset(encodeDataset(encoder, dataset), encoder, 'file')).toEqual(dataset);
    }),
  );
});

it('is little-endian on every machine', () => {
  const one: Dataset = { rows: 1, width: 1, features: Float32Array.of(1), labels: Uint8Array.of(1) };
  const head = Buffer.from('FWDATA01').toString('hex');
  expect(encodeDataset('e', one).toString('hex')).toBe(`${head}01000000650100000001000000010000803f`);
});

describe('is refused by name', () => {
  const changed = (at: number, bytes: Buffer) => {
    const copy = Buffer.from(file);
    bytes.copy(copy, at);
    return copy;
  };
  const ROWS_AT = 8 + 4 + ENCODER.length;
  const u32 = (value: number) => {
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32LE(value);
    return buffer;
  };

  it.each<[string, Buffer, RegExp]>([
    [
      'another kind of file',
      changed(0, Buffer.from('PK')),
      /test\.bin is not a usable data set file: it does not begin/,
    ],
    ['an empty file', Buffer.alloc(0), /it does not begin as one/],
    ['one cut in its head', file.subarray(0, 10), /it is cut short/],
    ['one cut before its width', file.subarray(0, ROWS_AT + 5), /it is cut short/],
    ['one cut in its records', file.subarray(0, -1), /its length is not what it claims/],
    ['one with something behind', Buffer.concat([file, Buffer.alloc(1)]), /its length is not what it claims/],
    [
      'one of another encoder',
      encodeDataset('mail/2', sample),
      /encoded by "mail\/2" and the job's encoder is "mail\/1"/,
    ],
    ['an endless name', changed(8, u32(2 ** 32 - 1)), /its encoder name is too long/],
    ['more rows than memory', changed(ROWS_AT, u32(2 ** 31)), /more values than fit in memory/],
    ['rows that are not there', changed(ROWS_AT, u32(3)), /its length is not what it claims/],
    [
      'a feature that is no number',
      changed(file.length - 4, Buffer.from('0000c07f', 'hex')),
      /is not a finite number/,
    ],
  ])('%s', (_, bytes, what) => {
    expectRefused(() => decodeDataset(bytes, ENCODER, 'test.bin'), what, 'DATA_INVALID');
  });

  it('whatever else does not read as one', () => {
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.uint8Array({ maxLength: 30 }), (at, junk) => {
        const bytes = Buffer.concat([file.subarray(0, at), junk, file.subarray(at + junk.length)]);
        try {
          decodeDataset(bytes, ENCODER, 'test.bin');
        } catch (error) {
          expect(error).toMatchObject({ name: 'FedwardError', code: 'DATA_INVALID' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
