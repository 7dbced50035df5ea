/**
 * Bytes in and out of a journal entry: big-endian integers, fields of known length, lists behind their count.
 *
 * A value has one encoding, and reading refuses everything else: an entry that ends early, bytes left over,
 * a list out of order. Nothing is allocated by a count before as many bytes are seen to be there.
 */
import { bytesToWords, wordsToBytes } from '../proto/chunks.ts';
import { FedwardError } from '../proto/errors.ts';
import type { HospitalId } from '../proto/vocabulary.ts';

/** Collects pieces, secrets among them, without copying any before `finish`. */
export class BinaryWriter {
  readonly #pieces: Uint8Array[] = [];
  readonly #positions: ReadonlyMap<HospitalId, number>;

  /** @param roster in ascending order: a hospital is written as its 1-based position. */
  constructor(roster: readonly HospitalId[]) {
    this.#positions = new Map(roster.map((id, i) => [id, i + 1]));
  }

  integer(value: number, bytes: 1 | 2 | 4): void {
    const piece = Buffer.alloc(bytes);
    piece.writeUIntBE(value, 0, bytes);
    this.#pieces.push(piece);
  }

  /** A field whose length the reader knows. */
  fixed(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
  }

  /** A field behind its length. */
  block(bytes: Uint8Array): void {
    this.integer(bytes.length, 4);
    this.#pieces.push(bytes);
  }

  words(vector: Int32Array): void {
    this.block(wordsToBytes(vector));
  }

  member(id: HospitalId): void {
    const position = this.#positions.get(id);
    if (position === undefined) throw new RangeError(`"${id}" is not on the roster.`);
    this.integer(position, 2);
  }

  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.integer(items.length, 2);
    for (const item of items) write(item);
  }

  members(ids: readonly HospitalId[]): void {
    this.list(ids, (id) => this.member(id));
  }

  /** One fresh buffer, which the caller zeroes when secrets are in it. */
  finish(): Uint8Array {
    const whole = new Uint8Array(this.#pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}

/** Reads what `BinaryWriter` wrote. Every method throws FedwardError `DATA_INVALID` that names the field. */
export class BinaryReader {
  readonly #bytes: Buffer;
  readonly #roster: readonly HospitalId[];
  #at = 0;

  constructor(bytes: Uint8Array, roster: readonly HospitalId[]) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#roster = roster;
  }

  integer(bytes: 1 | 2 | 4, field: string): number {
    return this.#take(bytes, field).readUIntBE(0, bytes);
  }

  /** A copy: it outlives the entry. */
  fixed(length: number, field: string): Uint8Array {
    return Uint8Array.from(this.#take(length, field));
  }

  block(field: string): Uint8Array {
    return this.fixed(this.integer(4, field), field);
  }

  words(length: number, field: string): Int32Array {
    const bytes = this.block(field);
    if (bytes.length !== 4 * length) damaged(field, `has ${bytes.length} bytes instead of ${4 * length}`);
    return bytesToWords(bytes);
  }

  member(field: string): HospitalId {
    const position = this.integer(2, field);
    return this.#roster[position - 1] ?? damaged(field, `names position ${position}, which the roster lacks`);
  }

  list<T>(field: string, read: () => T): T[] {
    const count = this.integer(2, field);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  }

  /** A set of hospitals: in strictly ascending order. */
  members(field: string): HospitalId[] {
    return ascending(
      this.list(field, () => this.member(field)),
      (id) => id,
      field,
    );
  }

  /** @throws FedwardError `DATA_INVALID` when bytes are left over. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) damaged('its end', `is followed by ${left} bytes more`);
  }

  #take(length: number, field: string): Buffer {
    const piece = this.#bytes.subarray(this.#at, this.#at + length);
    if (piece.length !== length) damaged(field, 'is cut off');
    this.#at += length;
    return piece;
  }
}

/** `items`, refused unless in strictly ascending order of id. @throws FedwardError `DATA_INVALID`. */
export function ascending<T>(items: T[], idOf: (item: T) => HospitalId, field: string): T[] {
  items.forEach((item, i) => {
    const before = items[i - 1];
    if (before !== undefined && idOf(before) >= idOf(item)) damaged(field, 'is out of order');
  });
  return items;
}

/** @throws FedwardError `DATA_INVALID` that names the field and what is wrong with it. */
export function damaged(field: string, what: string): never {
  throw new FedwardError(
    'DATA_INVALID',
    `The journal entry cannot be read: ${field} ${what}. Sit this round out and wait for the next attempt.`,
  );
}
