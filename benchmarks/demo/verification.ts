/**
 * `--verify-sums`: compares each unmasked sum with the plain sum of what the hospitals fed in, bit for bit, and
 * the bytes that the coordinator received from each hospital with uniform ones. Only possible where one process may look into all hospitals, which is what masking prevents elsewhere.
 */
import { type AttemptId, formatAttempt } from '../../proto/vocabulary.ts';
import type { DemoReport } from './report-data.ts';

interface Unmasked {
  readonly contributors: readonly string[];
  readonly sum: Int32Array;
}

/** Sums and updates come from different processes, in any order: they are compared at the end. */
export class SumVerification {
  readonly #updates = new Map<string, Map<string, Int32Array>>();
  readonly #sums = new Map<string, Unmasked>();
  readonly #received = new Map<string, Float64Array>();

  update(attempt: AttemptId, hospital: string, vector: Int32Array): void {
    const key = formatAttempt(attempt);
    const updates = this.#updates.get(key) ?? new Map<string, Int32Array>();
    this.#updates.set(key, updates.set(hospital, vector));
  }

  sum(attempt: AttemptId, contributors: readonly string[], sum: Int32Array): void {
    this.#sums.set(formatAttempt(attempt), { contributors, sum });
  }

  received(hospital: string, vector: Int32Array): void {
    this.#received.set(hospital, tally(vector, this.#received.get(hospital)));
  }

  result(): NonNullable<DemoReport['sumsVerified']> {
    const exact = [...this.#sums].filter(([key, unmasked]) => this.#isExact(key, unmasked)).length;
    const chiSquare = [...this.#received].map(([hospital, bytes]) => ({
      hospital,
      received: chiSquareOfBytes(bytes),
      unmasked: chiSquareOfBytes(this.#plainBytes(hospital)),
    }));
    return { checked: this.#sums.size, exact, chiSquare };
  }

  #plainBytes(hospital: string): Float64Array {
    let bytes: Float64Array = new Float64Array(256);
    for (const updates of this.#updates.values()) {
      const vector = updates.get(hospital);
      if (vector !== undefined) bytes = tally(vector, bytes);
    }
    return bytes;
  }

  #isExact(key: string, { contributors, sum }: Unmasked): boolean {
    const expected = new Int32Array(sum.length);
    for (const id of contributors) {
      const update = this.#updates.get(key)?.get(id);
      if (update?.length !== sum.length) return false;
      update.forEach((value, i) => {
        expected[i] = ((expected[i] ?? 0) + value) | 0;
      });
    }
    return expected.every((value, i) => value === sum[i]);
  }
}

/** Adds how often each byte value occurs in `vector`. */
function tally(vector: Int32Array, counts: Float64Array = new Float64Array(256)): Float64Array {
  for (const byte of new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength))
    counts[byte] = (counts[byte] ?? 0) + 1;
  return counts;
}

/** Pearson's χ² of 256 counts against the uniform distribution: 255 ± 23 for uniform bytes. */
function chiSquareOfBytes(counts: Float64Array): number {
  const expected = counts.reduce((total, count) => total + count, 0) / counts.length;
  if (expected === 0) return 0;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
