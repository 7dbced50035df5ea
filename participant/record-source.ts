/** Encoded, labelled records as a trainer draws on them: in memory, or in a file larger than memory. */
import type { Dataset } from '../threats/threat.ts';

/** Rows of a source, gathered: `features` is row-major rows × width. */
export interface Gathered {
  readonly features: Float32Array;
  readonly labels: Uint8Array;
}

export interface RecordSource {
  readonly rows: number;
  readonly width: number;
  /** Records by class index. */
  readonly classCounts: readonly number[];
  /**
   * Copies the records at `rows`, in that order. Ascending indices are read fastest.
   *
   * @param rows indices from 0 to `this.rows` − 1, checked by the caller.
   * @throws FedwardError `DATA_INVALID` when the records' file has been damaged since it was written.
   */
  gather(rows: Int32Array | Uint32Array): Gathered;
  dispose(): void;
}

export function inMemory({ rows, width, features, labels }: Dataset): RecordSource {
  let held = { features, labels };
  return {
    rows,
    width,
    classCounts: countClasses(labels),
    gather(wanted) {
      // On the WASM backend `tf.gather` takes thirty times as long as this.
      const batch = new Float32Array(wanted.length * width);
      wanted.forEach((row, r) => {
        batch.set(held.features.subarray(row * width, (row + 1) * width), r * width);
      });
      return { features: batch, labels: Uint8Array.from(wanted, (row) => held.labels[row] ?? 0) };
    },
    dispose() {
      held = { features: new Float32Array(0), labels: new Uint8Array(0) };
    },
  };
}

export function countClasses(labels: Uint8Array): number[] {
  const counts: number[] = [];
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return Array.from(counts, (count) => count ?? 0);
}
