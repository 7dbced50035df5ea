import { createCipheriv, createHash } from 'node:crypto';
import type { Entropy } from '../../dp/sampling/entropy.ts';

/** Set FEDWARD_TEST_SEED to try another history; it is part of the titles of the tests that use it. */
export const SEED = process.env.FEDWARD_TEST_SEED ?? 'fedward';

/** A reproducible stream of uniform bytes: AES-256-CTR under SHA-256(seed). */
export function seededEntropy(label: string): Entropy {
  const key = createHash('sha256').update(`${SEED}/${label}`).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return (bytes) => new Uint8Array(cipher.update(Buffer.alloc(bytes)));
}

/** Entropy whose first 32-bit words are given and whose others are zero. */
export function scriptedEntropy(words: readonly number[]): Entropy {
  let next = 0;
  return (bytes) => {
    const block = Uint32Array.from({ length: bytes / 4 }, (_, i) => words[next + i] ?? 0);
    next += block.length;
    return new Uint8Array(block.buffer);
  };
}
