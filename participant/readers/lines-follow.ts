/** What is appended to a file, over rotations: `tail -F` as a stream. */
import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface FollowOptions {
  /** Ends the following, quietly; `AbortSignal.timeout(ms)` is a deadline. */
  readonly until: AbortSignal;
  /** Milliseconds between looks at the file. @default 500 */
  readonly interval?: number;
}

const CHUNK = 64 * 1024;

/**
 * One stream of bytes per file that `path` has named: it ends when the file was replaced or cut (each is
 * read to its end first), the next begins with the new file's first byte. Each must be read to its end, or
 * closed, before the next is asked for. A file that is not there yet is waited for.
 */
export async function* followed(
  path: string,
  { until, interval = 500 }: FollowOptions,
): AsyncGenerator<AsyncGenerator<Uint8Array>> {
  let left: Place | null = null;
  while (!until.aborted) {
    // A file that its reader gave up on is not begun again: the next to be read is another one.
    const file: FileHandle | null =
      left === null || (await isReplaced(path, left)) ? await openOrNull(path) : null;
    if (file === null) {
      await pause(interval, until);
    } else {
      const { ino, dev }: Stats = await file.stat();
      left = { ino, dev, offset: 0 };
      yield grown(file, path, left, until, interval);
    }
  }
}

/** Which file is read, and how far. */
interface Place {
  readonly ino: number;
  readonly dev: number;
  offset: number;
}

async function* grown(file: FileHandle, path: string, place: Place, until: AbortSignal, interval: number) {
  try {
    let replaced = false;
    while (!until.aborted) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, place.offset);
      if (bytesRead > 0) {
        place.offset += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else if (replaced) {
        return;
      } else {
        // What was written between the last read and the rotation is read before the old file is left.
        replaced = await isReplaced(path, place);
        if (!replaced) await pause(interval, until);
      }
    }
  } finally {
    await file.close();
  }
}

/** Whether the path names another file now, or the same one cut short. */
async function isReplaced(path: string, { ino, dev, offset }: Place): Promise<boolean> {
  const now = await statOrNull(path);
  return now !== null && (now.ino !== ino || now.dev !== dev || now.size < offset);
}

async function openOrNull(path: string): Promise<FileHandle | null> {
  return unlessMissing(open(path, 'r'));
}

async function statOrNull(path: string) {
  return unlessMissing(stat(path));
}

async function unlessMissing<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null;
    throw error;
  }
}

async function pause(interval: number, until: AbortSignal): Promise<void> {
  try {
    await delay(interval, undefined, { signal: until });
  } catch (error) {
    if (!until.aborted) throw error;
  }
}
