/**
 * Shamir's secret sharing (Shamir 1979) over GF(2^8), byte by byte.
 *
 * The field is the one of AES: polynomials over GF(2) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197 §4.2). Field
 * arithmetic neither looks up a table at a secret index nor branches on a secret; JavaScript can promise no
 * more about time than that. Positions and the weights that follow from them are public.
 */
import { FedwardError } from '../proto/errors.ts';
import { draw, type Entropy } from './secret.ts';

/** The polynomial's value at `x`, a public position in 1..255. */
export interface Share {
  readonly x: number;
  readonly bytes: Uint8Array;
}

/** x^8 reduces to these low bits: 0x11b without its leading one. */
const REDUCTION = 0x1b;
const MAX_SHARES = 255;

/** a · b in GF(2^8): eight masked shift-and-add steps whatever the values. */
export function multiply(a: number, b: number): number {
  let power = a;
  let product = 0;
  for (let bit = 0; bit < 8; bit++) {
    product ^= power & -((b >>> bit) & 1);
    power = ((power << 1) & 0xff) ^ (REDUCTION & -(power >>> 7));
  }
  return product;
}

/** a⁻¹ = a^254 (and 0 for 0), by squaring: 254 = 11111110₂. */
export function invert(a: number): number {
  let result = a;
  for (let i = 0; i < 6; i++) result = multiply(multiply(result, result), a);
  return multiply(result, result);
}

/** words ← words · x, each word being four elements of the field; as `multiply`, with `x` public. */
function scale(words: Int32Array, x: number): void {
  for (let i = 0; i < words.length; i++) {
    let power = words[i] ?? 0;
    let product = 0;
    for (let bits = x; bits !== 0; bits >>>= 1) {
      product ^= power & -(bits & 1);
      power = ((power << 1) & 0xfefefefe) ^ (((power >>> 7) & 0x01010101) * REDUCTION);
    }
    words[i] = product;
  }
}

/** words ← words + addend, which in characteristic two is XOR. */
function add(words: Int32Array, addend: Int32Array): void {
  for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) ^ (addend[i] ?? 0);
}

/** A copy of the bytes, four to a word, with zeros behind the last. */
function packed(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

function unpacked(words: Int32Array, length: number): Uint8Array {
  return new Uint8Array(words.buffer, 0, length);
}

/**
 * Shares of `secret` for x = 1…n, any `threshold` of which give it back and fewer of which say nothing.
 * Draws (threshold − 1) · |secret| bytes.
 * @throws FedwardError `INVALID_ARGUMENT` unless 1 ≤ threshold ≤ n ≤ 255 and the secret has a byte.
 */
export function split(secret: Uint8Array, n: number, threshold: number, entropy: Entropy): Share[] {
  if (!Number.isInteger(n) || n < 1 || n > MAX_SHARES) wrong('n', `an integer in 1..${MAX_SHARES}, not ${n}`);
  checkThreshold(threshold, n);
  if (secret.length === 0) wrong('secret', 'at least one byte long');
  const { length } = secret;
  const coefficients = draw(entropy, (threshold - 1) * length);
  // From the highest coefficient down to the secret, the constant term, as Horner's rule takes them.
  const rows = Array.from({ length: threshold - 1 }, (_, i) =>
    packed(coefficients.subarray(coefficients.length - (i + 1) * length, coefficients.length - i * length)),
  );
  rows.push(packed(secret));
  const shares = Array.from({ length: n }, (_, i): Share => {
    const value = new Int32Array(Math.ceil(length / 4));
    for (const row of rows) {
      scale(value, i + 1);
      add(value, row);
    }
    return { x: i + 1, bytes: unpacked(value, length) };
  });
  for (const secretBytes of [coefficients, ...rows]) secretBytes.fill(0);
  return shares;
}

/**
 * The secret behind the first `threshold` of `shares`, by Lagrange interpolation at zero. A wrong share gives
 * a wrong secret without a sign: check the result against something that was committed to.
 * @throws FedwardError `INVALID_ARGUMENT` for too few shares, a position twice or outside 1..255, or unequal
 *   lengths.
 */
export function combine(shares: readonly Share[], threshold: number): Uint8Array {
  checkThreshold(threshold, shares.length);
  const positions = shares.map((share) => share.x);
  if (positions.some((x) => !Number.isInteger(x) || x < 1 || x > MAX_SHARES)) {
    wrong('shares', `at integer positions x in 1..${MAX_SHARES}`);
  }
  if (new Set(positions).size !== positions.length) wrong('shares', 'at distinct positions x');
  const length = shares[0]?.bytes.length ?? 0;
  if (shares.some((share) => share.bytes.length !== length)) wrong('shares', 'of equal length');

  const weights = lagrangeAtZero(positions.slice(0, threshold));
  const secret = new Int32Array(Math.ceil(length / 4));
  weights.forEach((weight, i) => {
    const term = packed(shares[i]?.bytes ?? new Uint8Array());
    scale(term, weight);
    add(secret, term);
    term.fill(0);
  });
  return unpacked(secret, length);
}

/**
 * For each position x, Π xⱼ / (xⱼ − x) over the others: the product of all, over x · Π (xⱼ − x). Subtraction is
 * XOR in characteristic two.
 */
function lagrangeAtZero(positions: readonly number[]): number[] {
  const all = positions.reduce(multiply, 1);
  return positions.map((x) => {
    let denominator = x;
    for (const other of positions) if (other !== x) denominator = multiply(denominator, other ^ x);
    return multiply(all, invert(denominator));
  });
}

function checkThreshold(threshold: number, shares: number): void {
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > shares) {
    wrong('threshold', `an integer between 1 and the number of shares, ${shares}, not ${threshold}`);
  }
}

function wrong(argument: string, must: string): never {
  throw new FedwardError('INVALID_ARGUMENT', `Secret sharing needs ${argument} to be ${must}.`);
}
