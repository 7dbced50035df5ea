/**
 * Walker's alias method in integers: one uniform column and one 64-bit threshold per draw, whatever the
 * number of outcomes.
 *
 * Walker 1977, "An Efficient Method for Generating Discrete Random Variables with General Distributions", with
 * the construction of Vose 1991. Weights add up to exactly 2^64 for each of the 2^b columns, so nothing is
 * rounded while the table is built or used, and probabilities are resolved to 2^-(64+b).
 */
import { FedwardError } from '../../proto/errors.ts';
import type { BitSource } from './entropy.ts';

export interface AliasTable {
  /** b: there are 2^b columns. */
  readonly columnBits: number;
  /** Thresholds, 64 bits in two halves: a column yields itself below, its alias from there on. */
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  readonly alias: Uint32Array;
}

const COLUMN = 2n ** 64n;
const HALF = 2n ** 32n;

/** Columns for so many outcomes: 2^columnBits of them, at least 2. */
export function columnBits(outcomes: number): number {
  return Math.max(1, Math.ceil(Math.log2(outcomes)));
}

/**
 * The table by which outcome i comes with probability weights[i] / 2^(64 + b).
 *
 * @param weights non-negative, at most 2^b of them, their sum exactly 2^(64 + b); b is 1 to 31.
 * @throws FedwardError `INVALID_ARGUMENT` for any other sum.
 */
export function aliasTable(weights: readonly bigint[], b: number): AliasTable {
  const columns = 2 ** b;
  const left = Array.from({ length: columns }, (_, i) => weights[i] ?? 0n);
  if (left.reduce((sum, weight) => sum + weight, 0n) !== COLUMN << BigInt(b)) {
    throw new FedwardError('INVALID_ARGUMENT', `weights must add up to 2^64 for each of ${columns} columns.`);
  }
  const table = {
    columnBits: b,
    high: new Uint32Array(columns),
    low: new Uint32Array(columns),
    alias: Uint32Array.from({ length: columns }, (_, i) => i),
  };
  const full: number[] = [];
  const short: number[] = [];
  left.forEach((weight, i) => {
    (weight < COLUMN ? short : full).push(i);
  });
  // The columns that remain hold 2^64 each on average, so while one is short another is full. A column that
  // is left over holds exactly 2^64: it is its own alias already.
  for (let column = short.pop(); column !== undefined; column = short.pop()) {
    const donor = full.at(-1) ?? column;
    const weight = left[column] ?? 0n;
    table.high[column] = Number(weight / HALF);
    table.low[column] = Number(weight % HALF);
    table.alias[column] = donor;
    const rest = (left[donor] ?? 0n) + weight - COLUMN;
    left[donor] = rest;
    if (rest < COLUMN) {
      full.pop();
      short.push(donor);
    }
  }
  return table;
}

/** One outcome. The threshold's lower half is compared only where the upper half is a tie. */
export function drawFromTable(table: AliasTable, bits: BitSource): number {
  const column = bits.word() >>> (32 - table.columnBits);
  const upper = bits.word();
  const high = table.high[column] ?? 0;
  const below = upper < high || (upper === high && bits.word() < (table.low[column] ?? 0));
  return below ? column : (table.alias[column] ?? 0);
}
