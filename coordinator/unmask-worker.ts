/**
 * One thread of the unmasking pool. It takes shard after shard of a job until none is left, then erases the
 * job's keys and says so.
 */
import { parentPort } from 'node:worker_threads';
import { applyMasks, type MaskTask } from '../secagg/keystream.ts';
import { Secret } from '../secagg/secret.ts';
import { SHARD_WORDS } from '../secagg/shard.ts';
import { KEY_BYTES } from '../secagg/x25519.ts';

export interface MaskJob {
  readonly id: number;
  /** One key after the other, for this thread alone. */
  readonly keys: Uint8Array<ArrayBuffer>;
  /** 1 or −1 for each key. */
  readonly signs: Int8Array;
  readonly dimension: number;
  /** Shared by all threads at work on the job: the first shard that none of them has taken. */
  readonly next: Int32Array;
}

export type MaskReply =
  | { readonly id: number; readonly type: 'shard'; readonly index: number; readonly words: Int32Array }
  | { readonly id: number; readonly type: 'done' };

parentPort?.on('message', ({ id, keys, signs, dimension, next }: MaskJob) => {
  const tasks = Array.from(signs, (sign, i): MaskTask => {
    const key = new Secret(keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES));
    return { key, sign: sign === 1 ? 1 : -1 };
  });
  for (;;) {
    const index = Atomics.add(next, 0, 1);
    const offset = index * SHARD_WORDS;
    if (offset >= dimension) break;
    const words = new Int32Array(Math.min(SHARD_WORDS, dimension - offset));
    applyMasks(words, tasks, offset);
    reply({ id, type: 'shard', index, words }, words.buffer);
  }
  keys.fill(0);
  reply({ id, type: 'done' });
});

function reply(message: MaskReply, ...transfer: ArrayBuffer[]): void {
  parentPort?.postMessage(message, transfer);
}
