/**
 * Works off the masks of `secagg/unmask-tasks.ts` on worker threads, so that a coordinator goes on answering
 * hospitals while a large sum is unmasked. Each thread adds up a shard of the vector at a time, so the memory
 * it takes does not grow with the model.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { FedwardError } from '../proto/errors.ts';
import type { MaskTask } from '../secagg/keystream.ts';
import { SHARD_WORDS } from '../secagg/shard.ts';
import { executeHere, type MaskExecutor } from '../secagg/unmask-tasks.ts';
import { KEY_BYTES } from '../secagg/x25519.ts';
import type { MaskJob, MaskReply } from './unmask-worker.ts';

export interface UnmaskPool {
  readonly execute: MaskExecutor;
  /** Ends the threads; what is still being executed rejects. */
  close(): Promise<void>;
}

export interface UnmaskPoolOptions {
  /**
   * Threads, started when they are first needed. Each holds up to 80 MB of keystream that V8 has not collected
   * yet, and two do the largest complete graph with 10^6 parameters in less than two seconds.
   * @default one for each processor, at most two
   */
  readonly threads?: number;
  /**
   * Up to so many words of keystream, over all masks, the calling thread does the work itself.
   * @default 2^24, some 20 ms
   */
  readonly wordsHere?: number;
  /** @default startUnmaskThread */
  readonly startThread?: () => Worker;
}

const MOST_THREADS = 2;

interface OpenJob {
  readonly shards: Int32Array[];
  /** Threads that still hold the job's keys. */
  busy: number;
  readonly resolve: (shards: readonly Int32Array[]) => void;
  readonly reject: (error: Error) => void;
}

export function openUnmaskPool(options: UnmaskPoolOptions = {}): UnmaskPool {
  const {
    threads = Math.min(availableParallelism(), MOST_THREADS),
    wordsHere = 2 ** 24,
    startThread = startUnmaskThread,
  } = options;
  const jobs = new Map<number, OpenJob>();
  let workers: readonly Worker[] = [];
  let jobsEver = 0;

  function start(): Worker {
    const worker = startThread();
    const lost = (how: string, cause?: unknown) => {
      if (workers.includes(worker)) void fail(`A thread that unmasks the sum ended ${how}.`, cause);
    };
    worker.on('message', hear);
    worker.on('error', (cause) => lost('by an error', cause));
    worker.on('exit', (code) => lost(`with code ${code}`));
    return worker;
  }

  function hear(reply: MaskReply): void {
    const job = jobs.get(reply.id);
    if (job === undefined) return;
    if (reply.type === 'shard') job.shards[reply.index] = reply.words;
    else if (--job.busy === 0) {
      settle(reply.id);
      job.resolve(job.shards);
    }
  }

  function settle(id: number): void {
    jobs.delete(id);
    // An idle pool keeps no process alive.
    if (jobs.size === 0) for (const worker of workers) worker.unref();
  }

  /** Ends all threads: those left would hold keys of jobs that cannot end. The next job starts new ones. */
  async function fail(sentence: string, cause?: unknown): Promise<void> {
    const ending = workers;
    workers = [];
    for (const [id, job] of jobs) {
      settle(id);
      job.reject(new FedwardError('UNEXPECTED', `${sentence} Start another attempt.`, { cause }));
    }
    await Promise.all(ending.map((worker) => worker.terminate()));
  }

  const execute: MaskExecutor = async (tasks, dimension) => {
    if (tasks.length * dimension <= wordsHere) return executeHere(tasks, dimension);
    if (workers.length === 0) workers = Array.from({ length: threads }, start);
    const id = ++jobsEver;
    const next = new Int32Array(new SharedArrayBuffer(4));
    for (const worker of workers) {
      const job: MaskJob = { id, dimension, next, ...packed(tasks) };
      worker.ref();
      // Transferred, not copied: this thread keeps no second copy of the keys.
      worker.postMessage(job, [job.keys.buffer]);
    }
    return new Promise((resolve, reject) => {
      const shards = new Array<Int32Array>(Math.ceil(dimension / SHARD_WORDS));
      jobs.set(id, { shards, busy: workers.length, resolve, reject });
    });
  };
  return { execute, close: () => fail('The unmasking pool was closed.') };
}

/** From source the thread needs tsx's loader, which `--import tsx` registers on the main thread only. */
export function startUnmaskThread(): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./unmask-worker.js', import.meta.url));
  }
  const entry = JSON.stringify(new URL('./unmask-worker.ts', import.meta.url));
  const load = `import('tsx/esm/api').then(({ register }) => { register(); return import(${entry}); })`;
  return new Worker(load, { eval: true, execArgv: [] });
}

function packed(tasks: readonly MaskTask[]): Pick<MaskJob, 'keys' | 'signs'> {
  const keys = new Uint8Array(tasks.length * KEY_BYTES);
  tasks.forEach(({ key }, i) => {
    keys.set(key.expose(), i * KEY_BYTES);
  });
  return { keys, signs: Int8Array.from(tasks, ({ sign }) => sign) };
}
