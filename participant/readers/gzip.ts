/** Streams that may be gzip (RFC 1952), told by their first two bytes, expanded under limits. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { SourceFault } from './lines-fault.ts';

/** What one compressed source may expand to. Deflate itself stops at about 1,032 : 1. */
export interface ExpansionLimits {
  /** Bytes out per byte in, looked at once 16 MiB came out. @default 250 */
  readonly ratio: number;
  /** Bytes out in all. @default 2 TiB */
  readonly bytes: number;
}

export const EXPANSION_LIMITS: ExpansionLimits = { ratio: 250, bytes: 2 ** 41 };

/** Small files of zeros are no bomb: the ratio counts from here on. */
const RATIO_FLOOR = 16 * 2 ** 20;
const CHUNK = 64 * 1024;

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * The bytes of `chunks`, expanded if they are gzip (several members one after another included). Holds
 * one chunk at a time; leaving the loop early closes the source.
 *
 * @throws SourceFault when a limit is exceeded; zlib's own error when the data are damaged or truncated.
 */
export async function* expanded(
  chunks: AsyncIterable<Uint8Array>,
  limits: ExpansionLimits = EXPANSION_LIMITS,
): AsyncGenerator<Buffer> {
  const { head, rest } = await peek(chunks, 2);
  if (!isGzip(head)) {
    for await (const chunk of rest) yield asBuffer(chunk);
    return;
  }
  let taken = 0;
  async function* counted() {
    for await (const chunk of rest) {
      taken += chunk.length;
      yield chunk;
    }
  }
  const gunzip = createGunzip({ chunkSize: CHUNK });
  // A failure of the source or of zlib reaches the loop below through the stream; this promise repeats it.
  pipeline(Readable.from(counted()), gunzip).catch(() => undefined);
  let given = 0;
  for await (const chunk of gunzip as AsyncIterable<Buffer>) {
    given += chunk.length;
    if (given > limits.bytes) {
      throw new SourceFault(`The gzip data expand to more than ${limits.bytes} bytes, the limit.`);
    }
    if (given > RATIO_FLOOR && given > limits.ratio * taken) {
      throw new SourceFault(
        `The gzip data expand more than ${limits.ratio}-fold, as no log does. Expand them by hand if they are good.`,
      );
    }
    yield chunk;
  }
}

/** The first `size` bytes (fewer if there are no more), and the whole stream again from its start. */
export async function peek(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
): Promise<{ head: Buffer; rest: AsyncGenerator<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let length = 0;
  while (length < size) {
    const next = await iterator.next();
    if (next.done === true) break;
    held.push(next.value);
    length += next.value.length;
  }
  async function* rest() {
    try {
      yield* held;
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head: Buffer.concat(held).subarray(0, size), rest: rest() };
}

export function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
