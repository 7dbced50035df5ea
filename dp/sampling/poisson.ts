/** Poisson sampling: every record enters the batch by its own coin, as privacy amplification requires. */
import { FedwardError } from '../../proto/errors.ts';
import type { BitSource } from './entropy.ts';

const LOW_BITS = 2 ** 21;

/**
 * Indices of the records that enter the batch, ascending. Each is drawn independently with probability
 * ⌊q·2^53⌋/2^53: equal to q when q ≥ 1/2, otherwise less than q by under 2^-53. It is never more than q, and the
 * privacy loss grows with q, so the accountant may charge q.
 *
 * The size of the result is as private as the records themselves: it must not be logged or sent.
 *
 * @param rate q, above 0 and at most 1.
 * @throws FedwardError `INVALID_ARGUMENT` when the number of records or the rate is out of range.
 */
export function poissonSample(records: number, rate: number, bits: BitSource): Int32Array {
  if (!Number.isInteger(records) || records < 0 || records >= 2 ** 31) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `records must be an integer from 0 to 2^31 − 1; got ${records}.`,
    );
  }
  if (!(rate > 0 && rate <= 1)) {
    throw new FedwardError('INVALID_ARGUMENT', `rate must be above 0 and at most 1; got ${rate}.`);
  }
  const threshold = Math.floor(rate * 2 ** 53);
  const high = Math.floor(threshold / LOW_BITS);
  const low = threshold % LOW_BITS;
  // Ten standard deviations above the mean, so that a large data set does not cost an index for every record.
  let chosen = new Int32Array(
    Math.min(records, Math.ceil(rate * records + 10 * Math.sqrt(rate * records) + 16)),
  );
  let size = 0;
  for (let i = 0; i < records; i++) {
    // A 53-bit uniform below the threshold; its low 21 bits are drawn only where the high 32 are a tie.
    const word = bits.word();
    if (word < high || (word === high && bits.word() >>> 11 < low)) {
      if (size === chosen.length) chosen = grown(chosen, records);
      chosen[size++] = i;
    }
  }
  return chosen.slice(0, size);
}

function grown(chosen: Int32Array<ArrayBuffer>, records: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.min(records, 2 * chosen.length));
  larger.set(chosen);
  return larger;
}
