/**
 * Shamir's secret sharing (Shamir 1979) over GF(2^8), byte by byte.
 *
 * The field is the one of AES: polynomials over GF(2) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197 §4.2). Field
 * arithmetic neither looks up a table at a secret index nor branches on a secret; JavaScript can promise no
 * more about time than that.
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

/**
 * Shares of `secret` for x = 1…n, any `threshold` of which give it back and fewer of which say nothing.
 * Draws (threshold − 1) · |secret| bytes.
 * @throws FedwardError `INVALID_ARGUMENT` unless 1 ≤ threshold ≤ n ≤ 255 and the secret has a byte.
 */
export function split(secret: Uint8Array, n: number, threshold: number, entropy: Entropy): Share[] {
  if (!Number.isInteger(n) || n < 1 || n > MAX_SHARES) wrong('n', `an integer in 1..${MAX_SHARES}, not ${n}`);
  checkThreshold(threshold, n);
  if (secret.length === 0) wrong('secret', 'at least one byte long');
  const coefficients = draw(entropy, (threshold - 1) * secret.length);
  const shares = Array.from({ length: n }, (_, i): Share => {
    const x = i + 1;
    const bytes = new Uint8Array(secret.length);
    // Horner's rule from the highest coefficient down to the secret, the constant term.
    for (let row = threshold - 2; row >= 0; row--) {
      const at = row * secret.length;
      for (let k = 0; k < bytes.length; k++) {
        bytes[k] = multiply(bytes[k] ?? 0, x) ^ (coefficients[at + k] ?? 0);
      }
    }
    for (let k = 0; k < bytes.length; k++) bytes[k] = multiply(bytes[k] ?? 0, x) ^ (secret[k] ?? 0);
    return { x, bytes };
  });
  coefficients.fill(0);
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

  const used = shares.slice(0, threshold);
  const secret = new Uint8Array(length);
  for (const { x, bytes } of used) {
    const weight = lagrangeAtZero(x, used);
    for (let k = 0; k < length; k++) secret[k] = (secret[k] ?? 0) ^ multiply(bytes[k] ?? 0, weight);
  }
  return secret;
}

/** Π xⱼ / (xⱼ − x) over the other positions; subtraction is XOR in characteristic two. */
function lagrangeAtZero(x: number, shares: readonly Share[]): number {
  let numerator = 1;
  let denominator = 1;
  for (const other of shares) {
    if (other.x === x) continue;
    numerator = multiply(numerator, other.x);
    denominator = multiply(denominator, other.x ^ x);
  }
  return multiply(numerator, invert(denominator));
}

function checkThreshold(threshold: number, shares: number): void {
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > shares) {
    wrong('threshold', `an integer between 1 and the number of shares, ${shares}, not ${threshold}`);
  }
}

function wrong(argument: string, must: string): never {
  throw new FedwardError('INVALID_ARGUMENT', `Secret sharing needs ${argument} to be ${must}.`);
}
