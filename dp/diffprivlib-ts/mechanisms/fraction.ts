import { dyadic, shifted } from '../../sampling/dyadic.ts';

export interface Fraction {
  readonly num: bigint;
  /** At least 1. */
  readonly den: bigint;
}

/** value · 2^shift exactly as a double has it: samplers that start from here round nothing. */
export function fractionOf(name: string, value: number, shift = 0): Fraction {
  const { mantissa, exponent } = dyadic(name, value);
  return shifted(mantissa, exponent + shift);
}

/** ⌊num/den⌋, where bigints' own division rounds toward 0. */
export function floorOf({ num, den }: Fraction): bigint {
  const quotient = num / den;
  return num < 0n && quotient * den !== num ? quotient - 1n : quotient;
}
