/**
 * Brings one published file here: into `<name>.part`, on from where an earlier try ended, and under its own name only
 * once its SHA-256 is the published one. Every wait has a deadline.
 */
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FedwardError } from '../../proto/errors.ts';
import { writeFault } from '../cli/output-file.ts';
import { statOrNull } from './look-ahead.ts';
import type { Pin } from './pins.ts';
import { sha256Of } from './presence.ts';
import { openFile, openUrl, type Stream, TransferFault } from './transfer-source.ts';

export type Origin =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'url'; readonly url: URL };

export interface TransferOptions {
  /** Plain http to other machines, too. */
  readonly insecure: boolean;
  /** Longest wait for the connection, and for each next piece. */
  readonly timeoutMs: number;
  /** Told how many bytes of the file are here. */
  readonly onBytes?: (bytes: number) => void;
}

export type Outcome = 'there already' | 'verified';

const ATTEMPTS = 3;

/**
 * @throws FedwardError `UNREACHABLE` when the connection keeps breaking (what has come is kept, to go on from),
 *   `DATA_INVALID` when the content is not what was published (nothing of it is kept) or another file is in the way,
 *   `INVALID_ARGUMENT` for an address that is not allowed and a place that cannot be written.
 */
export async function transfer(
  pin: Pin,
  origin: Origin,
  target: string,
  options: TransferOptions,
): Promise<Outcome> {
  try {
    return await brought(pin, origin, target, options);
  } catch (error) {
    throw writeFault('--to', target, error);
  }
}

async function brought(pin: Pin, origin: Origin, target: string, options: TransferOptions): Promise<Outcome> {
  const present = await sha256Of(target);
  if (present === pin.sha256) return 'there already';
  if (present !== null) {
    throw new FedwardError(
      'DATA_INVALID',
      `${target} is there already, with another content. Move it away first.`,
    );
  }
  await makeFolder(dirname(target));
  const part = `${target}.part`;
  for (let attempt = 1; ; attempt++) {
    const start = await startOf(part, pin);
    const fault = await fill(part, start, pin, origin, options);
    if (fault === null) {
      if ((await sha256Of(part)) === pin.sha256) break;
      await rm(part, { force: true });
      // An earlier try may have left the start of another file.
      if (start === 0 || attempt === ATTEMPTS) throw wrongContent(pin);
    } else if (!fault.again || attempt === ATTEMPTS) {
      const { bytes } = await sizeOf(part);
      const kept =
        bytes > 0
          ? ` ${bytes} of ${pin.bytes} bytes are kept in ${part}: run the command again to go on.`
          : '';
      throw new FedwardError(fault.code, `${pin.path} could not be fetched. ${fault.message}${kept}`, {
        cause: fault,
      });
    }
  }
  await flushed(part);
  await rename(part, target);
  return 'verified';
}

/** One level at a time: in a file system that refuses folders, such as /proc, `recursive` never ends. */
async function makeFolder(path: string): Promise<void> {
  const found = await statOrNull(path);
  if (found?.isDirectory()) return;
  const above = dirname(path);
  if (above !== path) await makeFolder(above);
  try {
    await mkdir(path);
  } catch (error) {
    // Another run may have been faster.
    if (!(await statOrNull(path))?.isDirectory()) throw error;
  }
}

function wrongContent({ path, sha256 }: Pin): FedwardError {
  const what = `What came as ${path} is not the published file: its SHA-256 is not ${sha256}.`;
  return new FedwardError('DATA_INVALID', `${what} It was removed; try another --from.`);
}

/** Bytes that an earlier try left; none when they are too many to be of this file. */
async function startOf(part: string, pin: Pin): Promise<number> {
  const { bytes } = await sizeOf(part);
  if (bytes <= pin.bytes) return bytes;
  await rm(part, { force: true });
  return 0;
}

async function sizeOf(path: string): Promise<{ bytes: number }> {
  try {
    return { bytes: (await stat(path)).size };
  } catch {
    return { bytes: 0 };
  }
}

/** Appends what is missing; the fault that ended it, or null when the file has its full length. */
async function fill(
  part: string,
  start: number,
  pin: Pin,
  origin: Origin,
  options: TransferOptions,
): Promise<TransferFault | null> {
  if (start === pin.bytes && start > 0) return null;
  try {
    const stream =
      origin.kind === 'path' ? await openFile(origin.path, start) : await openUrl(origin.url, start, options);
    const length = await append(part, stream, pin, options);
    return length < pin.bytes ? new TransferFault('It ended before its published length.', true) : null;
  } catch (error) {
    if (error instanceof TransferFault) return error;
    throw error;
  }
}

async function append(part: string, stream: Stream, pin: Pin, { onBytes }: TransferOptions): Promise<number> {
  const file = await open(part, stream.start === 0 ? 'w' : 'a', 0o644);
  let length = stream.start;
  try {
    for await (const piece of stream.pieces) {
      length += piece.length;
      if (length > pin.bytes) throw new TooLong();
      await file.writeFile(piece);
      onBytes?.(length);
    }
  } catch (error) {
    if (!(error instanceof TooLong)) throw error;
    await rm(part, { force: true });
    throw wrongContent(pin);
  } finally {
    await file.close();
  }
  return length;
}

/** An endless answer must not fill the disk. */
class TooLong extends Error {}

async function flushed(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
