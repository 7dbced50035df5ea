/**
 * `--verify-sums`: compares each unmasked sum with the plain sum of what the hospitals fed in, bit for bit.
 * Only possible where one process may look into all hospitals, which is what masking prevents elsewhere.
 */
import { type AttemptId, formatAttempt } from '../../proto/vocabulary.ts';

interface Unmasked {
  readonly contributors: readonly string[];
  readonly sum: Int32Array;
}

/** Sums and updates come from different processes, in any order: they are compared at the end. */
export class SumVerification {
  readonly #updates = new Map<string, Map<string, Int32Array>>();
  readonly #sums = new Map<string, Unmasked>();

  update(attempt: AttemptId, hospital: string, vector: Int32Array): void {
    const key = formatAttempt(attempt);
    const updates = this.#updates.get(key) ?? new Map<string, Int32Array>();
    this.#updates.set(key, updates.set(hospital, vector));
  }

  sum(attempt: AttemptId, contributors: readonly string[], sum: Int32Array): void {
    this.#sums.set(formatAttempt(attempt), { contributors, sum });
  }

  result(): { checked: number; exact: number } {
    const exact = [...this.#sums].filter(([key, unmasked]) => this.#isExact(key, unmasked)).length;
    return { checked: this.#sums.size, exact };
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
