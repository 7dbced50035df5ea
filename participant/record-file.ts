/**
 * Encoded records in a file, for a hospital whose logs do not fit in memory: written once while the logs stream by,
 * then read by random access, a Poisson sample at a time.
 *
 * Rows are sparse, since most of an encoded row is zeros: of a row the label (u8), the number of non-zero features
 * (u16), their places (u16 each) and values (float32 each), little-endian. A second file holds each row's offset
 * (u48) and one more, the end. Both are the hospital's raw material in another shape: mode 0600, never sent.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { FedwardError } from '../proto/errors.ts';
import type { RecordSource } from './record-source.ts';

const OFFSET_BYTES = 6;
const ROW_HEAD_BYTES = 3;
const PLACE_BYTES = 2;
const VALUE_BYTES = 4;
export const WIDEST_ROW = 2 ** 16;
const BUFFER_BYTES = 2 ** 20;

export interface RecordFiles {
  readonly data: string;
  readonly index: string;
}

export interface RecordWriter {
  /** Rows written so far. */
  readonly rows: number;
  /** Appends one row; a promise only when a buffer has to be written out, so that most rows cost no turn. */
  append(features: Float32Array, label: number): Promise<void> | undefined;
  /** Writes what is left and syncs both files. */
  close(): Promise<{ readonly rows: number; readonly classCounts: readonly number[] }>;
  /** Lets go of the files without finishing them. */
  abandon(): Promise<void>;
}

/** @throws FedwardError `INVALID_ARGUMENT` for rows wider than `WIDEST_ROW`. */
export async function createRecordWriter(files: RecordFiles, width: number): Promise<RecordWriter> {
  if (width > WIDEST_ROW) {
    throw new FedwardError('INVALID_ARGUMENT', `width must be at most ${WIDEST_ROW}; got ${width}.`);
  }
  const data = await createBufferedFile(files.data, ROW_HEAD_BYTES + width * (PLACE_BYTES + VALUE_BYTES));
  const index = await createBufferedFile(files.index, OFFSET_BYTES);
  const classCounts: number[] = [];
  const places = new Uint16Array(width);
  let rows = 0;

  const append = (features: Float32Array, label: number): Promise<void> | undefined => {
    let count = 0;
    for (let i = 0; i < width; i++) {
      if (features[i] !== 0) places[count++] = i;
    }
    index.room(OFFSET_BYTES).writeUIntLE(data.size(), 0, OFFSET_BYTES);
    const row = data.room(ROW_HEAD_BYTES + count * (PLACE_BYTES + VALUE_BYTES));
    row.writeUInt8(label, 0);
    row.writeUInt16LE(count, 1);
    let at = ROW_HEAD_BYTES;
    for (let i = 0; i < count; i++, at += PLACE_BYTES) row.writeUInt16LE(places[i] ?? 0, at);
    for (let i = 0; i < count; i++, at += VALUE_BYTES) row.writeFloatLE(features[places[i] ?? 0] ?? 0, at);
    classCounts[label] = (classCounts[label] ?? 0) + 1;
    rows++;
    return data.isFull() || index.isFull() ? flush() : undefined;
  };
  const flush = async () => {
    await data.flush();
    await index.flush();
  };

  return {
    get rows() {
      return rows;
    },
    append,
    async close() {
      index.room(OFFSET_BYTES).writeUIntLE(data.size(), 0, OFFSET_BYTES);
      await flush();
      await data.close();
      await index.close();
      return { rows, classCounts: Array.from(classCounts, (count) => count ?? 0) };
    },
    async abandon() {
      await data.abandon();
      await index.abandon();
    },
  };
}

/** A file that is written through one buffer, which always has room for the largest piece. */
async function createBufferedFile(path: string, largestPiece: number) {
  const file: FileHandle = await open(path, 'w', 0o600);
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES + largestPiece);
  let used = 0;
  let written = 0;
  return {
    size: () => written + used,
    isFull: () => used >= BUFFER_BYTES,
    room(bytes: number): Buffer {
      const piece = buffer.subarray(used, used + bytes);
      used += bytes;
      return piece;
    },
    async flush() {
      await file.writeFile(buffer.subarray(0, used));
      written += used;
      used = 0;
    },
    async close() {
      await file.sync();
      await file.close();
    },
    abandon: () => file.close(),
  };
}

/**
 * Opens what a writer has closed.
 *
 * @throws FedwardError `DATA_INVALID` when the files do not hold `rows` whole rows.
 */
export function openRecordFile(
  files: RecordFiles,
  { rows, width, classCounts }: Pick<RecordSource, 'rows' | 'width' | 'classCounts'>,
): RecordSource {
  const data = openSync(files.data, 'r');
  const index = openSync(files.index, 'r');
  const damaged = (): never => {
    throw new FedwardError(
      'DATA_INVALID',
      `The prepared records in ${files.data} are damaged or not whole. Delete the file: it is made anew from the logs.`,
    );
  };
  const dispose = () => {
    closeSync(data);
    closeSync(index);
  };
  const offsets = Buffer.alloc(2 * OFFSET_BYTES);
  const largest = ROW_HEAD_BYTES + width * (PLACE_BYTES + VALUE_BYTES);
  const bytes = Buffer.alloc(largest);

  const offsetAt = (row: number, count: number) => {
    const wanted = count * OFFSET_BYTES;
    if (readSync(index, offsets, 0, wanted, row * OFFSET_BYTES) !== wanted) damaged();
    return offsets.readUIntLE(0, OFFSET_BYTES);
  };
  try {
    if (offsetAt(rows, 1) !== fstatSync(data).size) damaged();
  } catch (error) {
    dispose();
    throw error;
  }

  return {
    rows,
    width,
    classCounts,
    gather(wanted) {
      const features = new Float32Array(wanted.length * width);
      const labels = new Uint8Array(wanted.length);
      wanted.forEach((row, r) => {
        const start = offsetAt(row, 2);
        const size = offsets.readUIntLE(OFFSET_BYTES, OFFSET_BYTES) - start;
        if (size < ROW_HEAD_BYTES || size > largest) damaged();
        if (readSync(data, bytes, 0, size, start) !== size) damaged();
        labels[r] = bytes[0] ?? 0;
        const count = bytes.readUInt16LE(1);
        if (size !== ROW_HEAD_BYTES + count * (PLACE_BYTES + VALUE_BYTES)) damaged();
        let place = ROW_HEAD_BYTES;
        let value = ROW_HEAD_BYTES + count * PLACE_BYTES;
        for (let i = 0; i < count; i++, place += PLACE_BYTES, value += VALUE_BYTES) {
          const at = bytes.readUInt16LE(place);
          if (at >= width) damaged();
          features[r * width + at] = bytes.readFloatLE(value);
        }
      });
      return { features, labels };
    },
    dispose,
  };
}
