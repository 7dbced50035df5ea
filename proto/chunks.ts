/** Vectors and models on the wire: little-endian words in chunks, put together again without trust. */
import { endianness } from 'node:os';
import { FedwardError } from './errors.ts';
import type { VectorChunk } from './messages.ts';
import { CHUNK_BYTES } from './wire.ts';

const WORDS_PER_CHUNK = CHUNK_BYTES / 4;

/** Views of `vector` in order, none longer than a chunk. */
export function* splitVector(vector: Int32Array): Generator<VectorChunk> {
  for (let offset = 0; offset < vector.length; offset += WORDS_PER_CHUNK) {
    yield { offset, total: vector.length, words: vector.subarray(offset, offset + WORDS_PER_CHUNK) };
  }
}

/** Collects one sender's chunks, which must come in order and fill exactly the announced length. */
export class VectorAssembly {
  readonly #vector: Int32Array;
  #filled = 0;

  /** @param dimension elements that the plan says the vector has; nothing else decides how much is allocated. */
  constructor(dimension: number) {
    this.#vector = new Int32Array(dimension);
  }

  /**
   * Adds the next chunk; gives the whole vector with the last one and null before.
   * @throws FedwardError `PROTOCOL_VIOLATION` for a gap, an overlap or another length than planned.
   */
  add({ offset, total, words }: VectorChunk): Int32Array | null {
    if (
      total !== this.#vector.length ||
      offset !== this.#filled ||
      offset + words.length > total ||
      words.length === 0
    ) {
      throw new FedwardError(
        'PROTOCOL_VIOLATION',
        `A vector chunk of ${words.length} words at ${offset} of ${total} does not continue ${this.#filled} of ${this.#vector.length}: send the chunks once, in order.`,
      );
    }
    this.#vector.set(words, offset);
    this.#filled += words.length;
    return this.#filled === total ? this.#vector : null;
  }
}

/** Machines with the other order swap what they copied. */
const SWAP = endianness() === 'BE';

/** Int32 words as little-endian bytes, whatever the machine's own order. */
export function wordsToBytes(words: Int32Array): Buffer {
  const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
  const copy = Buffer.from(bytes);
  return SWAP ? copy.swap32() : copy;
}

/** @param bytes length a multiple of four (the codec has checked it). */
export function bytesToWords(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(bytes.length / 4);
  const copy = Buffer.from(words.buffer);
  copy.set(bytes);
  if (SWAP) copy.swap32();
  return words;
}
