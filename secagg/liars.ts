/**
 * Which of many Shamir shares are wrong: they are a Reed–Solomon code word with errors (McEliece and Sarwate 1981),
 * and ⌊(m − t)/2⌋ errors among m shares of a t-of-n sharing can be found (Welch and Berlekamp 1986).
 *
 * This runs at the gatherer, on shares of secrets that it is about to hold anyway, and only after some were
 * seen to be wrong.
 */
import { invert, multiply, type Share } from './shamir.ts';

/**
 * Positions x of the shares that lie, or null when there are more of them than can be told.
 *
 * A share counts as wrong when any of its bytes is; each byte is a code word of its own.
 */
export function findLiars(shares: readonly Share[], threshold: number): ReadonlySet<number> | null {
  const liars = new Set<number>();
  const length = shares[0]?.bytes.length ?? 0;
  for (let byte = 0; byte < length; byte++) {
    const honest = shares.filter(({ x }) => !liars.has(x));
    const xs = honest.map(({ x }) => x);
    const wrong = wrongPoints(
      xs,
      honest.map(({ bytes }) => bytes[byte] ?? 0),
      threshold,
    );
    if (wrong === null) return null;
    for (const i of wrong) liars.add(xs[i] ?? 0);
  }
  return liars;
}

/** Indices of the points that do not lie on the polynomial of degree below t that most of them lie on. */
function wrongPoints(xs: readonly number[], ys: readonly number[], t: number): readonly number[] | null {
  const errors = Math.floor((xs.length - t) / 2);
  if (errors < 0) return null;
  // Q(x) = y·E(x) in every point, with E monic of degree `errors` and Q of degree below t + errors.
  const rows = xs.map((x, i) => {
    const y = ys[i] ?? 0;
    const powers = powersOf(x, t + errors);
    const ofE = powers.slice(0, errors).map((power) => multiply(power, y));
    return [...powers, ...ofE, multiply(y, powerOf(x, errors))];
  });
  const solution = solve(rows, t + 2 * errors);
  if (solution === null) return null;
  const quotient = divide(solution.slice(0, t + errors), [...solution.slice(t + errors), 1]);
  if (quotient === null || quotient.length > t) return null;
  const wrong = xs.flatMap((x, i) => (valueAt(quotient, x) === ys[i] ? [] : [i]));
  return wrong.length <= errors ? wrong : null;
}

/** 1, x, x², … */
function powersOf(x: number, count: number): number[] {
  const powers = [1];
  while (powers.length < count) powers.push(multiply(powers[powers.length - 1] ?? 0, x));
  return powers.slice(0, count);
}

function powerOf(x: number, exponent: number): number {
  return powersOf(x, exponent + 1)[exponent] ?? 1;
}

/** A solution of rows whose last column is the right-hand side, free unknowns being 0; null when there is none. */
function solve(rows: number[][], unknowns: number): number[] | null {
  const pivots: number[] = [];
  for (let column = 0; column < unknowns; column++) {
    const found = rows.findIndex((row, i) => i >= pivots.length && row[column] !== 0);
    if (found < 0) continue;
    const at = pivots.length;
    const pivot = rows[found] ?? [];
    [rows[found], rows[at]] = [rows[at] ?? [], pivot];
    const inverse = invert(pivot[column] ?? 0);
    for (let k = column; k <= unknowns; k++) pivot[k] = multiply(pivot[k] ?? 0, inverse);
    for (const row of rows) if (row !== pivot) subtract(row, pivot, row[column] ?? 0, column);
    pivots.push(column);
  }
  if (rows.slice(pivots.length).some((row) => row[unknowns] !== 0)) return null;
  const solution = new Array<number>(unknowns).fill(0);
  pivots.forEach((column, i) => {
    solution[column] = rows[i]?.[unknowns] ?? 0;
  });
  return solution;
}

function subtract(row: number[], pivot: readonly number[], factor: number, from: number): void {
  if (factor === 0) return;
  for (let k = from; k < row.length; k++) row[k] = (row[k] ?? 0) ^ multiply(pivot[k] ?? 0, factor);
}

/** The quotient by a monic divisor, lowest coefficient first and without leading zeros; null with a remainder. */
function divide(dividend: readonly number[], divisor: readonly number[]): number[] | null {
  const rest = [...dividend];
  const degree = divisor.length - 1;
  const quotient: number[] = [];
  for (let top = rest.length - 1; top >= degree; top--) {
    const factor = rest[top] ?? 0;
    quotient[top - degree] = factor;
    divisor.forEach((coefficient, k) => {
      const at = top - degree + k;
      rest[at] = (rest[at] ?? 0) ^ multiply(coefficient, factor);
    });
  }
  if (rest.some((coefficient) => coefficient !== 0)) return null;
  while (quotient.length > 0 && quotient[quotient.length - 1] === 0) quotient.pop();
  return quotient;
}

function valueAt(polynomial: readonly number[], x: number): number {
  return polynomial.reduceRight((value, coefficient) => multiply(value, x) ^ coefficient, 0);
}
