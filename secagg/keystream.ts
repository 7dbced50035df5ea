/**
 * The mask generator: AES-256 in counter mode (NIST SP 800-38A §6.5) as a stream of ring elements.
 *
 * Every key is derived for one mask of one session and expanded once, so the counter block starts at zero;
 * a key must never be expanded for a second purpose. Counter mode can start anywhere in the stream, so a
 * vector is done shard by shard, and shards may be done in any order and on several threads.
 */
import { createCipheriv } from 'node:crypto';
import type { Secret } from './secret.ts';
import { openShard, PIECE_BYTES, SHARD_WORDS, type Shard } from './shard.ts';

/** One keystream to add to a vector or, with sign −1, to take from it. */
export interface MaskTask {
  /** 32 bytes. */
  readonly key: Secret;
  readonly sign: 1 | -1;
}

const ZEROS = new Uint8Array(PIECE_BYTES);
const AES_BLOCK_WORDS = 4;

/** Of this thread, made at the first use. */
let shard: Shard | undefined;

/**
 * target ← target + Σ sign · keystream(key), word by word, each keystream from its word `offset` on.
 * Besides `target` it takes the memory of one shard and one piece, whatever the length.
 * @param offset a multiple of four.
 */
export function applyMasks(target: Int32Array, tasks: readonly MaskTask[], offset = 0): void {
  shard ??= openShard();
  for (let from = 0; from < target.length; from += SHARD_WORDS) {
    const part = target.subarray(from, from + SHARD_WORDS);
    shard.load(part);
    for (const { key, sign } of tasks) expand(shard, key.expose(), sign, offset + from, part.length);
    shard.store(part);
  }
}

function expand(shard: Shard, key: Uint8Array, sign: 1 | -1, offset: number, words: number): void {
  const cipher = createCipheriv('aes-256-ctr', key, counterAt(offset));
  const perPiece = PIECE_BYTES / 4;
  for (let from = 0; from < words; from += perPiece) {
    const length = Math.min(perPiece, words - from);
    const piece = cipher.update(length === perPiece ? ZEROS : ZEROS.subarray(0, 4 * length));
    shard.add(piece, from, sign);
    // The piece is as secret as the key: it is the mask itself.
    piece.fill(0);
  }
}

/** The counter block, big-endian, of the keystream's word `offset`. */
function counterAt(offset: number): Buffer {
  const block = Buffer.alloc(16);
  block.writeUInt32BE(offset / AES_BLOCK_WORDS, 12);
  return block;
}
