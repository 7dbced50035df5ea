/** Rows that repeat an earlier one in every cell, by 64-bit hashes in a table that stops growing at 32 MiB. */
import { randomBytes } from 'node:crypto';
import type { Cell, RowSample } from '../threats/record.ts';

/** Slots at most: exact up to 2.8 million different rows. */
const MOST_SLOTS = 2 ** 22;
const LOAD = 2 / 3;

export interface DuplicateTable {
  /** Whether this pair of words was taken before; takes it while there is room. */
  take(high: number, low: number): boolean;
  /** False once a row was not taken for want of room. */
  isExact(): boolean;
}

export function createDuplicateTable(mostSlots = MOST_SLOTS): DuplicateTable {
  let slots = Math.min(1024, mostSlots);
  let words = new Uint32Array(2 * slots);
  let used = 0;
  let exact = true;

  /** The slot that holds the pair, or the free one where it belongs. */
  const find = (high: number, low: number): number => {
    for (let slot = low & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const a = words[2 * slot] ?? 0;
      const b = words[2 * slot + 1] ?? 0;
      if ((a === high && b === low) || (a === 0 && b === 0)) return slot;
    }
  };
  const put = (high: number, low: number, slot: number): void => {
    words[2 * slot] = high;
    words[2 * slot + 1] = low;
  };
  const grow = (): void => {
    const old = words;
    slots *= 2;
    words = new Uint32Array(2 * slots);
    for (let i = 0; i < old.length; i += 2) {
      const high = old[i] ?? 0;
      const low = old[i + 1] ?? 0;
      if (high !== 0 || low !== 0) put(high, low, find(high, low));
    }
  };

  return {
    take(high, low) {
      // Zeros mark a free slot.
      const word = high === 0 && low === 0 ? 1 : high;
      if (used >= LOAD * slots && slots < mostSlots) grow();
      const slot = find(word, low);
      if (words[2 * slot] === word && words[2 * slot + 1] === low) return true;
      if (used >= LOAD * slots) {
        exact = false;
        return false;
      }
      put(word, low, slot);
      used++;
      return false;
    },
    isExact: () => exact,
  };
}

const DOUBLE = new Float64Array(1);
const HALVES = new Uint32Array(DOUBLE.buffer);
const NULL = 0x6e756c6c;

export interface RowHash {
  high: number;
  low: number;
  start(sample: RowSample): void;
  /** @param salt of the column: equal cells of two columns are not the same. */
  cell(salt: number, cell: Cell): void;
  /** Finishes both words. */
  end(): void;
}

/**
 * Two multiply–xorshift lanes over cells, in the order in which a row has them. Seeded anew in each process, so that
 * nobody can prepare log lines that pass for a repetition of others.
 */
export function createRowHash(): RowHash {
  const [seedHigh = 0, seedLow = 0] = new Uint32Array(new Uint8Array(randomBytes(8)).buffer);
  let a = 0;
  let b = 0;
  // The shifts bring the high bits down, where a double's exponent would else stay.
  const mix = (word: number): void => {
    a = Math.imul(a ^ word, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b ^ word, 0x85ebca77);
    b ^= b >>> 13;
  };
  const mixText = (text: string): void => {
    mix(text.length);
    for (let i = 0; i < text.length; i++) mix(text.charCodeAt(i));
  };
  const hash: RowHash = {
    high: 0,
    low: 0,
    start({ format }) {
      a = seedHigh;
      b = seedLow;
      mixText(format);
    },
    cell(salt, cell) {
      mix(salt);
      if (typeof cell === 'number') {
        DOUBLE[0] = cell;
        mix(HALVES[0] ?? 0);
        mix(HALVES[1] ?? 0);
      } else if (cell === null) mix(NULL);
      else mixText(cell);
    },
    end() {
      mix(0);
      mix(1);
      hash.high = a >>> 0;
      hash.low = b >>> 0;
    },
  };
  return hash;
}
