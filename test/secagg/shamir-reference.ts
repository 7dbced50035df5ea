/**
 * Shamir's scheme a second time, by another road: GF(2^8) through logarithms to the base 3, each share as a sum
 * of powers, and interpolation by Newton's divided differences, which gives the whole polynomial and not its
 * value at zero alone. Tables at secret indices: for tests only.
 */

/** A position and the polynomial's value there, one byte. */
export type Point = readonly [x: number, y: number];

/** 3^i for i in 0…509: twice the order of 3, so that a sum of two logarithms needs no reduction. */
const POWERS: readonly number[] = powersOfThree(510);
const LOGARITHMS: ReadonlyMap<number, number> = new Map(POWERS.slice(0, 255).map((value, i) => [value, i]));

/** 3 generates the multiplicative group: 3·a is a doubled, reduced by x^8 + x^4 + x^3 + x + 1, and a again. */
function powersOfThree(count: number): number[] {
  const powers = [1];
  for (let i = 1; i < count; i++) {
    const last = powers[i - 1] ?? 0;
    const doubled = 2 * last;
    powers.push((doubled > 255 ? doubled ^ 0x11b : doubled) ^ last);
  }
  return powers;
}

export function times(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  return POWERS[logarithm(a) + logarithm(b)] ?? 0;
}

/** @throws RangeError for b = 0. */
export function over(a: number, b: number): number {
  const divisor = logarithm(b);
  return a === 0 ? 0 : (POWERS[logarithm(a) + 255 - divisor] ?? 0);
}

function logarithm(a: number): number {
  const log = LOGARITHMS.get(a);
  if (log === undefined) throw new RangeError(`${a} has no logarithm`);
  return log;
}

/** c₀ + c₁·x + c₂·x² + …, the coefficients in ascending order of degree. */
export function valueAt(polynomial: readonly number[], x: number): number {
  return polynomial.reduce((sum, coefficient, i) => sum ^ times(coefficient, power(x, i)), 0);
}

function power(x: number, exponent: number): number {
  if (exponent === 0) return 1;
  return x === 0 ? 0 : (POWERS[(logarithm(x) * exponent) % 255] ?? 0);
}

/** The one polynomial of least degree through the points, its coefficients in ascending order of degree. */
export function interpolate(points: readonly Point[]): number[] {
  const differences = points.map(([, y]) => y);
  for (let order = 1; order < points.length; order++) {
    for (let i = points.length - 1; i >= order; i--) {
      const rise = (differences[i] ?? 0) ^ (differences[i - 1] ?? 0);
      differences[i] = over(rise, xAt(points, i) ^ xAt(points, i - order));
    }
  }
  // Horner over the Newton basis: p ← p·(X − xᵢ) + dᵢ.
  let polynomial: number[] = [];
  for (let i = points.length - 1; i >= 0; i--) {
    const raised = [0, ...polynomial];
    polynomial.forEach((coefficient, k) => {
      raised[k] = (raised[k] ?? 0) ^ times(coefficient, xAt(points, i));
    });
    raised[0] = (raised[0] ?? 0) ^ (differences[i] ?? 0);
    polynomial = raised.slice(0, points.length - i);
  }
  return polynomial;
}

function xAt(points: readonly Point[], index: number): number {
  return points[index]?.[0] ?? 0;
}
