/** The SIMD code that is assembled by hand, against the loops of the ring. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addInPlace, subtractInPlace } from '../../secagg/ring.ts';
import { openShard, PIECE_BYTES, portableShard, SHARD_WORDS, simdShard } from '../../secagg/shard.ts';

const words = (length: number) => {
  const bytes = new Uint8Array(randomBytes(4 * length));
  return new Int32Array(bytes.buffer, bytes.byteOffset, length);
};
const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);
const same = (a: Int32Array, b: Int32Array) => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
const perPiece = PIECE_BYTES / 4;

describe.each([
  ['SIMD', simdShard],
  ['portable', portableShard],
])('the %s shard', (_, open) => {
  it.each([1, 3, 4, 15, 16, 17, perPiece - 1, perPiece, perPiece + 5, SHARD_WORDS - 1, SHARD_WORDS])(
    'adds and subtracts pieces over %i words, and no word beyond',
    (length) => {
      const shard = open();
      if (shard === null) return;
      // A longer vector before: none of it may come up again.
      const long = words(SHARD_WORDS);
      shard.load(long);
      shard.add(bytesOf(words(perPiece)), 0, 1);
      shard.store(long);

      const room = words(length + 8);
      const target = room.subarray(0, length);
      const [beyond, expected] = [room.slice(length), target.slice()];
      shard.load(target);
      for (const sign of [1, -1, -1] as const) {
        for (let from = 0; from < length; from += perPiece) {
          const piece = words(Math.min(perPiece, length - from));
          shard.add(bytesOf(piece), from, sign);
          const part = expected.subarray(from, from + piece.length);
          (sign === 1 ? addInPlace : subtractInPlace)(part, piece);
        }
      }
      shard.store(target);
      expect(same(target, expected)).toBe(true);
      expect(room.slice(length)).toEqual(beyond);
    },
  );

  it('forgets what it was made of', () => {
    const shard = open();
    if (shard === null) return;
    const target = words(100);
    shard.load(target);
    shard.add(bytesOf(words(100)), 0, 1);
    shard.store(target);
    const rest = new Int32Array(SHARD_WORDS);
    shard.store(rest);
    expect(rest.every((word) => word === 0)).toBe(true);
    // Whatever were left of the last piece would come up behind this one, which is shorter than a step.
    const zeros = new Int32Array(16);
    shard.load(zeros);
    shard.add(new Uint8Array(4), 0, 1);
    shard.store(zeros);
    expect(zeros).toEqual(new Int32Array(16));
  });
});

it('on the machines that Fedward is built for SIMD runs, and is what is taken', () => {
  expect(simdShard()).not.toBeNull();
  const target = Int32Array.of(2 ** 31 - 1, -(2 ** 31));
  const shard = openShard();
  shard.load(target);
  shard.add(bytesOf(Int32Array.of(1, -1)), 0, 1);
  shard.store(target);
  expect(target).toEqual(Int32Array.of(-(2 ** 31), 2 ** 31 - 1));
});
