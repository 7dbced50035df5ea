import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EXPANSION_LIMITS, type ExpansionLimits, expanded } from '../../../participant/readers/gzip.ts';
import { faultReason } from '../../../participant/readers/lines-fault.ts';
import { chunksOf, collect } from './sources.ts';

async function read(bytes: Uint8Array, size = 1000, limits = EXPANSION_LIMITS): Promise<Buffer> {
  return Buffer.concat(await collect(expanded(chunksOf(bytes, size), limits)));
}

test('gzip is told by its first bytes, in chunks of any size, and may have several members', async () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(bytes, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 50 }),
      async (parts, size) => {
        const packed = Buffer.concat(parts.map((part) => gzipSync(part)));
        expect(await read(packed, size)).toEqual(Buffer.concat(parts));
      },
    ),
    { numRuns: 50 },
  );
  expect(await read(Buffer.from('plain'), 1)).toEqual(Buffer.from('plain'));
  expect(await read(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
});

test('a bomb is stopped by its ratio, and by the bytes that come out', async () => {
  const bomb = gzipSync(Buffer.alloc(40 * 2 ** 20));
  // Lengths, not bytes: a failing comparison of 40 MiB would take minutes to print.
  const size = async (limits?: ExpansionLimits) => (await read(bomb, 1000, limits)).length;
  await expect(size()).rejects.toThrow('expand more than 250-fold');
  await expect(size({ ratio: 2000, bytes: 2 ** 20 })).rejects.toThrow('more than 1048576 bytes');
  expect(await size({ ratio: 2000, bytes: 2 ** 30 })).toBe(40 * 2 ** 20);
});

test('what is cut off or damaged says so', async () => {
  const packed = gzipSync(Buffer.from('some text that is long enough to be cut'));
  const cut = await read(packed.subarray(0, -9)).catch(faultReason);
  expect(cut).toBe('The gzip data ends in the middle: the file is truncated. Fetch it again.');
  const spoilt = Buffer.from(packed);
  spoilt[packed.length - 5] = 0x55;
  expect(await read(spoilt).catch(faultReason)).toBe('The gzip data is damaged. Fetch it again.');
});

test('a failing source fails the stream, and leaving early closes the source', async () => {
  async function* failing() {
    yield gzipSync('x').subarray(0, 5);
    throw Object.assign(new Error('disk'), { code: 'EIO' });
  }
  await expect(collect(expanded(failing()))).rejects.toThrow('disk');

  let closed = false;
  async function* endless() {
    const member = gzipSync(Buffer.alloc(100_000, 'x'));
    try {
      for (;;) yield member;
    } finally {
      closed = true;
    }
  }
  for await (const chunk of expanded(endless())) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed).toBe(true);
});
