/** A double as what it is: an integer times a power of two. */
import { FedwardError } from '../../proto/errors.ts';

export interface Dyadic {
  /** Odd, or 0. */
  readonly mantissa: bigint;
  /** −1074 to 1023; 0 for the value 0. */
  readonly exponent: number;
}

const FRACTION = 2n ** 52n;

/**
 * mantissa · 2^exponent = value, exactly.
 *
 * @param name What the value is, for the error message.
 * @throws FedwardError `INVALID_ARGUMENT` unless the value is finite.
 */
export function dyadic(name: string, value: number): Dyadic {
  if (!Number.isFinite(value)) {
    throw new FedwardError('INVALID_ARGUMENT', `${name} must be a finite number; got ${value}.`);
  }
  if (value === 0) return { mantissa: 0n, exponent: 0 };
  // IEEE 754 binary64: 52 bits of fraction below 11 of the biased exponent; 0 there means a subnormal number.
  const image = new BigUint64Array(Float64Array.of(Math.abs(value)).buffer)[0] ?? 0n;
  const biased = Number(image / FRACTION);
  let mantissa = (image % FRACTION) + (biased === 0 ? 0n : FRACTION);
  let exponent = Math.max(biased, 1) - 1075;
  for (; mantissa % 2n === 0n; mantissa /= 2n) exponent++;
  return { mantissa: value < 0 ? -mantissa : mantissa, exponent };
}

/** n · 2^shift as a fraction of integers. */
export function shifted(n: bigint, shift: number): { readonly num: bigint; readonly den: bigint } {
  return shift >= 0 ? { num: n << BigInt(shift), den: 1n } : { num: n, den: 1n << BigInt(-shift) };
}
