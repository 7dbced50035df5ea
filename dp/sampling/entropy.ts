/**
 * Random bits for the samplers.
 *
 * Every random byte is used once: it is overwritten the moment it is handed out, so that a later look into
 * the process's memory does not give back the noise that hides a record (DESIGN §1.4).
 */
import { randomFillSync } from 'node:crypto';
import { FedwardError } from '../../proto/errors.ts';

/**
 * Independent uniform bytes that were never handed out before; the returned array belongs to the caller.
 * In production `osEntropy()`. A seeded one is for tests and benchmarks only (DESIGN §6).
 */
export type Entropy = (bytes: number) => Uint8Array;

const OS_POOL_BYTES = 1 << 16;

/** The operating system's CSPRNG through node:crypto, fetched 64 KiB at a time. */
export function osEntropy(): Entropy {
  const pool = new Uint8Array(OS_POOL_BYTES);
  let next = pool.length;
  return (bytes) => {
    if (bytes > pool.length) return randomFillSync(new Uint8Array(bytes));
    if (next + bytes > pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    const fresh = pool.slice(next, next + bytes);
    pool.fill(0, next, next + bytes);
    next += bytes;
    return fresh;
  };
}

const POOL_WORDS = 4096;
/** Above this `below` no longer fits a 28-bit word times n into 53 bits. */
const SMALL_RANGE = 2 ** 25;
const SMALL_BITS = 2 ** 28;

/** Uniform integers out of an `Entropy`: each word is used once and erased. */
export class BitSource {
  readonly #entropy: Entropy;
  readonly #pool = new Uint32Array(POOL_WORDS);
  #next = POOL_WORDS;

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  /** Uniform on {0, …, 2^32 − 1}. */
  word(): number {
    if (this.#next === POOL_WORDS) this.#refill();
    const index = this.#next++;
    const value = this.#pool[index] ?? 0;
    this.#pool[index] = 0;
    return value;
  }

  /** Uniform on {0, …, 2^53 − 1}. */
  uniform53(): number {
    return (this.word() >>> 11) * 2 ** 32 + this.word();
  }

  /** Exactly uniform on {0, …, n − 1}, for integers 1 ≤ n ≤ 2^53; other arguments are a defect of the caller. */
  below(n: number): number {
    return n <= SMALL_RANGE ? this.#belowSmall(n) : this.#belowLarge(n);
  }

  /** Overwrites what was fetched and not used yet. */
  erase(): void {
    this.#pool.fill(0);
    this.#next = POOL_WORDS;
  }

  /**
   * Lemire 2019, "Fast Random Integer Generation in an Interval", algorithm 5, with 28-bit words so that
   * the product stays below 2^53.
   */
  #belowSmall(n: number): number {
    for (;;) {
      const product = (this.word() >>> 4) * n;
      const quotient = Math.floor(product / SMALL_BITS);
      const remainder = product - quotient * SMALL_BITS;
      if (remainder >= n || remainder >= SMALL_BITS % n) return quotient;
    }
  }

  /** Rejection above the largest multiple of n. */
  #belowLarge(n: number): number {
    const limit = 2 ** 53 - (2 ** 53 % n);
    for (;;) {
      const value = this.uniform53();
      if (value < limit) return value % n;
    }
  }

  #refill(): void {
    const fresh = this.#entropy(this.#pool.byteLength);
    if (fresh.length !== this.#pool.byteLength) {
      throw new FedwardError(
        'UNEXPECTED',
        `The entropy source gave ${fresh.length} bytes where ${this.#pool.byteLength} were asked for.`,
      );
    }
    new Uint8Array(this.#pool.buffer).set(fresh);
    fresh.fill(0);
    this.#next = 0;
  }
}
