/**
 * Bytes into lines, at several million lines a second and in memory bounded by the longest line allowed.
 *
 * Newlines are sought in the bytes and only whole lines are decoded, so that a character cut by a chunk's
 * border cannot be damaged. Each line is a string of its own: whoever keeps a cell of it keeps that line
 * alive, never the chunk.
 */
import { isUtf8 } from 'node:buffer';
import { asBuffer } from './gzip.ts';
import { SourceFault } from './lines-fault.ts';

/** A line that cannot be had as text. */
export interface LineFault {
  /** One sentence. */
  readonly fault: string;
}

/** Lines one after another; the first has the 1-based number `first`. */
export interface LineBatch {
  readonly first: number;
  readonly lines: readonly (string | LineFault)[];
  /** The only line is the file's last and has no line break: it may be half-written. */
  readonly unended?: true;
}

export interface LineOptions {
  /** Bytes one line may have, its line break aside. @default 1 MiB */
  readonly limit?: number;
  /** Reads a line that is not UTF-8; without it such a line is a fault. */
  readonly fallback?: (bytes: Uint8Array) => string;
  /** The stream ends while its writer goes on: a line without its line break is then unfinished. */
  readonly growing?: boolean;
}

export interface LineSplitter {
  push(chunk: Uint8Array): LineBatch;
  /** The last line, if it lacks its line break. */
  end(): LineBatch;
}

export const LINE_LIMIT = 2 ** 20;

const LF = 0x0a;
const CR = 0x0d;
const UNFINISHED: LineFault = { fault: 'The line was still being written when following ended.' };

export function createLineSplitter(options: LineOptions = {}): LineSplitter {
  const { limit = LINE_LIMIT, fallback } = options;
  let number = 1;
  /** Pieces of the line that has begun; given up, and only counted in `size`, once it is too long. */
  let held: Buffer[] = [];
  let size = 0;

  const hold = (piece: Buffer) => {
    size += piece.length;
    // One byte more for a carriage return.
    if (size > limit + 1) held = [];
    else if (piece.length > 0) held.push(piece);
  };

  const decode = (data: Buffer, start: number, end: number, suspect: boolean): string | LineFault => {
    const stop = end > start && data[end - 1] === CR ? end - 1 : end;
    if (stop - start > limit) return tooLong(stop - start, limit);
    if (suspect) {
      const bytes = data.subarray(start, stop);
      if (bytes.includes(0))
        return { fault: 'The line holds NUL bytes: binary data, or a crash while writing.' };
      if (!isUtf8(bytes)) {
        return fallback === undefined
          ? { fault: 'The line is not UTF-8. Convert the file.' }
          : fallback(bytes);
      }
    }
    return data.toString('utf8', start, stop);
  };

  const finishHeld = (): string | LineFault => {
    const line = size > limit + 1 ? tooLong(size, limit) : decodeWhole(Buffer.concat(held));
    held = [];
    size = 0;
    return line;
  };
  const decodeWhole = (bytes: Buffer) => decode(bytes, 0, bytes.length, isSuspect(bytes));

  return {
    push(chunk) {
      const data = asBuffer(chunk);
      const lines: (string | LineFault)[] = [];
      let at = 0;
      if (size > 0) {
        const newline = data.indexOf(LF);
        hold(newline < 0 ? data : data.subarray(0, newline));
        if (newline < 0) return { first: number, lines };
        lines.push(finishHeld());
        at = newline + 1;
      }
      const last = data.lastIndexOf(LF);
      // The two checks run once over the chunk at memory speed; only a suspect chunk pays by the line.
      const suspect = last >= at && isSuspect(data.subarray(at, last));
      while (at <= last) {
        const newline = data.indexOf(LF, at);
        lines.push(decode(data, at, newline, suspect));
        at = newline + 1;
      }
      if (at < data.length) hold(data.subarray(at));
      const first = number;
      number += lines.length;
      return { first, lines };
    },
    end() {
      const first = number;
      if (size === 0) return { first, lines: [] };
      number++;
      return { first, lines: [options.growing === true ? UNFINISHED : finishHeld()], unended: true };
    },
  };
}

/**
 * The lines of `chunks`, one batch per chunk, without a byte-order mark.
 * @throws SourceFault when the start is not text: NUL bytes, or UTF-16.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  options: LineOptions = {},
): AsyncGenerator<LineBatch> {
  const splitter = createLineSplitter(options);
  let begun = false;
  for await (const chunk of chunks) {
    if (!begun && chunk.length > 0) refuseBinary(chunk);
    begun ||= chunk.length > 0;
    const batch = splitter.push(chunk);
    if (batch.lines.length > 0) yield withoutMark(batch);
  }
  const batch = splitter.end();
  if (batch.lines.length > 0) yield withoutMark(batch);
}

const PROBE_BYTES = 4096;

function refuseBinary(chunk: Uint8Array): void {
  const [a, b] = chunk;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    throw new SourceFault('The file is UTF-16. Save it as UTF-8.');
  }
  if (chunk.subarray(0, PROBE_BYTES).includes(0)) {
    throw new SourceFault('The file is binary: it begins with NUL bytes among its first 4,096.');
  }
}

function withoutMark(batch: LineBatch): LineBatch {
  const [line, ...rest] = batch.first === 1 ? batch.lines : [];
  return typeof line === 'string' && line.startsWith('\ufeff')
    ? { ...batch, lines: [line.slice(1), ...rest] }
    : batch;
}

function isSuspect(bytes: Buffer): boolean {
  return bytes.includes(0) || !isUtf8(bytes);
}

function tooLong(size: number, limit: number): LineFault {
  return { fault: `The line has ${size} bytes; the limit is ${limit}.` };
}
