import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { openUnmaskPool, startUnmaskThread } from '../../coordinator/unmask-pool.ts';
import type { MaskJob, MaskReply } from '../../coordinator/unmask-worker.ts';
import { applyMasks, type MaskTask } from '../../secagg/keystream.ts';
import { Secret } from '../../secagg/secret.ts';
import { SHARD_WORDS } from '../../secagg/shard.ts';
import type { MaskExecutor } from '../../secagg/unmask-tasks.ts';
import { finish, finishWith } from '../../secagg/unmasking.ts';
import { idAt, ringSum, runToR4, testConsortium, testVectors } from '../secagg/support.ts';

const pool = openUnmaskPool({ threads: 2, wordsHere: 0 });
afterAll(() => pool.close());

const masks = (count: number) =>
  Array.from(
    { length: count },
    (_, i): MaskTask => ({
      key: new Secret(new Uint8Array(randomBytes(32))),
      sign: i % 3 === 0 ? -1 : 1,
    }),
  );

function expected(tasks: readonly MaskTask[], dimension: number): Int32Array {
  const sum = new Int32Array(dimension);
  applyMasks(sum, tasks);
  return sum;
}

const joined = (pieces: readonly Int32Array[]) => Int32Array.from(pieces.flatMap((piece) => [...piece]));

describe('the pool', () => {
  it('gives the words of every shard in their order, whichever thread did it', async () => {
    for (const dimension of [1, SHARD_WORDS, 3 * SHARD_WORDS + 7]) {
      const tasks = masks(5);
      const pieces = await pool.execute(tasks, dimension);
      expect(pieces.length).toBe(Math.ceil(dimension / SHARD_WORDS));
      expect(
        Buffer.compare(Buffer.from(joined(pieces).buffer), Buffer.from(expected(tasks, dimension).buffer)),
      ).toBe(0);
    }
  });

  it('leaves the caller its keys, and works on several jobs at once', async () => {
    const jobs = [masks(2), masks(3), []];
    const dimension = SHARD_WORDS + 1;
    const done = await Promise.all(jobs.map((tasks) => pool.execute(tasks, dimension)));
    jobs.forEach((tasks, i) => {
      expect(joined(done[i] ?? [])).toEqual(expected(tasks, dimension));
    });
  });

  it('does what is small on the calling thread', async () => {
    const none = openUnmaskPool({
      wordsHere: 30,
      startThread: () => {
        throw new Error('a thread for ten words');
      },
    });
    const tasks = masks(3);
    expect(joined(await none.execute(tasks, 10))).toEqual(expected(tasks, 10));
    await expect(none.execute(tasks, 11)).rejects.toThrowError('a thread for ten words');
  });

  it('rejects when a thread is lost, and starts new ones for the next job', async () => {
    let started = 0;
    const frail = openUnmaskPool({
      threads: 2,
      wordsHere: 0,
      startThread: () =>
        ++started === 2 ? new Worker('process.exit(3)', { eval: true }) : startUnmaskThread(),
    });
    const tasks = masks(2);
    await expect(frail.execute(tasks, 8)).rejects.toMatchObject({
      code: 'UNEXPECTED',
      message: expect.stringMatching(/ended with code 3/),
    });
    expect(joined(await frail.execute(tasks, 8))).toEqual(expected(tasks, 8));
    const open = frail.execute(masks(20), 10 * SHARD_WORDS);
    await Promise.all([expect(open).rejects.toMatchObject({ code: 'UNEXPECTED' }), frail.close()]);
  });
});

it('a thread erases the keys before it says that it is done', async () => {
  const thread = startUnmaskThread();
  // Shared memory instead of a transfer, so that the test sees what the thread does to it.
  const keys = new Uint8Array(new SharedArrayBuffer(64)).fill(7);
  const job = {
    ...{ id: 1, keys, signs: Int8Array.of(1, -1), dimension: 10 },
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  thread.postMessage(job satisfies Omit<MaskJob, 'keys'>);
  const replies: MaskReply[] = [];
  while (replies.at(-1)?.type !== 'done') replies.push((await once(thread, 'message'))[0] as MaskReply);
  expect(replies.map(({ type }) => type)).toEqual(['shard', 'done']);
  expect(keys.every((byte) => byte === 0)).toBe(true);
  await thread.terminate();
});

describe('finishWith', () => {
  const consortium = testConsortium(8, { model: { dimension: SHARD_WORDS + 3 } });
  const vectors = testVectors(consortium);
  const dropped = [idAt(2), idAt(5)];
  const survivors = consortium.ids.filter((id) => !dropped.includes(id));
  const ready = () => runToR4(consortium, { R2: dropped }, vectors).collecting;

  it('gives the exact sum, as finish does', async () => {
    const { sum, contributors } = await finishWith(ready(), pool.execute);
    expect(contributors).toEqual(survivors);
    const bytes = (words: Int32Array) => Buffer.from(words.buffer, words.byteOffset, words.byteLength);
    expect(bytes(sum).equals(bytes(finish(ready()).sum))).toBe(true);
    expect(bytes(sum).equals(bytes(ringSum(vectors, survivors)))).toBe(true);
  });

  it('has one mask for each survivor and one for each pair with a dropped member, and erases their keys', async () => {
    let given: readonly MaskTask[] = [];
    const look: MaskExecutor = async (tasks, dimension) => {
      given = tasks;
      return pool.execute(tasks, dimension);
    };
    await finishWith(ready(), look);
    expect(given.length).toBe(survivors.length + survivors.length * dropped.length);
    for (const { key } of given) expect(() => key.expose()).toThrowError(/erased/);
  });

  it('leaves the state as it was when the executor fails, and releases the sum once', async () => {
    const state = ready();
    let given: readonly MaskTask[] = [];
    const broken: MaskExecutor = async (tasks) => {
      given = tasks;
      throw new Error('no thread');
    };
    await expect(finishWith(state, broken)).rejects.toThrowError('no thread');
    for (const { key } of given) expect(() => key.expose()).toThrowError(/erased/);
    await expect(finishWith(state, async () => [new Int32Array(5)])).rejects.toThrowError(/5 of 65539/);
    const { sum } = await finishWith(state, pool.execute);
    expect(sum.slice(0, 9)).toEqual(ringSum(vectors, survivors).slice(0, 9));
    await expect(finishWith(state, pool.execute)).rejects.toMatchObject({ code: 'ALREADY_SPENT' });
  });
});
