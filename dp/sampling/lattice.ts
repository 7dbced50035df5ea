/**
 * Laplace and Gaussian noise for real values, on the lattice of the multiples of u = 2^exponent.
 *
 * Noise computed in floating point leaves holes among the doubles, and which holes there are depends on the
 * value under it: Mironov 2012, "On Significance of the Least Significant Bits for Differential Privacy", reads
 * the value off one release. Here the value is rounded to the lattice, exact discrete noise is added as an
 * integer, and only the sum becomes a double.
 *
 * What a release costs, exactly. Let neighbours move the value by at most Δ. Rounding half up is monotone and
 * commutes with whole lattice steps, so the rounded values are at most ⌈Δ/u⌉ steps apart
 * (`latticeSensitivity`): less than one step more than Δ/u, and no more at all where u divides Δ. Hence
 *
 * - Laplace: P(k) ∝ exp(−|k|·u/scale), so ε = ⌈Δ/u⌉·u/scale, with nothing added for rounding or arithmetic;
 * - Gaussian: the discrete Gaussian of σ/u steps at the integer sensitivity ⌈Δ/u⌉.
 *
 * The exponent follows from scale and Δ alone, never from the value; turning the sum into a double is a
 * function of the sum. With `latticeExponent(scale, Δ)` u divides Δ and ε is Δ/scale as it stands. With the
 * default exponent, enlarge the scale by the factor ⌈Δ/u⌉·u/Δ and pass that same exponent on. A scale
 * obtained by a division in doubles must be rounded up by its author; Δ must bound the value as computed.
 * Of a vector every coordinate is rounded, so each may move by one more step.
 */
import { FedwardError } from '../../proto/errors.ts';
import { type Dyadic, dyadic, shifted } from './dyadic.ts';
import type { BitSource } from './entropy.ts';
import { drawDiscreteGaussian, drawDiscreteLaplace } from './exact.ts';

export interface LatticeNoise {
  /** In lattice steps. */
  readonly noise: bigint;
  /** One step is 2^exponent. */
  readonly exponent: number;
}

/** A scale is at least 2^40 steps, so the discrete distribution is a continuous one for every purpose. */
const SCALE_BITS = 40;
/** The finest step that a double can express. */
const MIN_EXPONENT = -1074;
const MAX_EXPONENT = 1023;

/**
 * Exponent of the coarsest lattice with at least 2^40 steps to the scale which, where a sensitivity is given,
 * also divides it. Below a scale of 2^-1034 it is −1074, and the steps to the scale are fewer.
 *
 * @throws FedwardError `INVALID_ARGUMENT` unless 0 < scale < ∞ and 0 ≤ sensitivity < ∞.
 */
export function latticeExponent(scale: number, sensitivity = 0): number {
  requirePositive('scale', scale);
  const { mantissa, exponent } = dyadic('scale', scale);
  const wanted = exponent + mantissa.toString(2).length - 1 - SCALE_BITS;
  const divisor = sensitivity === 0 ? MAX_EXPONENT : sensitivityOf(sensitivity).exponent;
  return Math.max(MIN_EXPONENT, Math.min(wanted, divisor));
}

/**
 * ⌈sensitivity / 2^exponent⌉: by how many steps neighbours may differ once their values are rounded.
 *
 * @throws FedwardError `INVALID_ARGUMENT` unless 0 ≤ sensitivity < ∞ and the exponent is a double's.
 */
export function latticeSensitivity(sensitivity: number, exponent: number): bigint {
  const { mantissa, exponent: own } = sensitivityOf(sensitivity);
  const { num, den } = shifted(mantissa, own - checkExponent(exponent));
  return (num + den - 1n) / den;
}

/**
 * Discrete Laplace noise with P(k) ∝ exp(−|k|·2^exponent/scale).
 *
 * @param scale b, in the unit of the value; the noise's standard deviation is b·√2.
 * @throws FedwardError `INVALID_ARGUMENT` unless 0 < scale < ∞ and the exponent is a double's.
 */
export function laplaceOnLattice(
  scale: number,
  bits: BitSource,
  exponent = latticeExponent(scale),
): LatticeNoise {
  const { num, den } = inSteps('scale', scale, exponent);
  return { noise: drawDiscreteLaplace(num, den, bits), exponent };
}

/**
 * Discrete Gaussian noise with P(k) ∝ exp(−(k·2^exponent)²/2σ²).
 *
 * @param sigma σ, in the unit of the value.
 * @throws FedwardError `INVALID_ARGUMENT` unless 0 < σ < ∞ and the exponent is a double's.
 */
export function gaussianOnLattice(
  sigma: number,
  bits: BitSource,
  exponent = latticeExponent(sigma),
): LatticeNoise {
  const { num, den } = inSteps('sigma', sigma, exponent);
  return { noise: drawDiscreteGaussian(num * num, den * den, bits), exponent };
}

/**
 * The release: the value, rounded half up to the lattice, plus the noise, as a double (the largest double of
 * that sign if it lies beyond). It is a function of the integer sum alone.
 *
 * @throws FedwardError `INVALID_ARGUMENT` for a value that is not finite: clamp before, since throwing tells.
 */
export function addOnLattice(value: number, noise: bigint, exponent: number): number {
  const { mantissa, exponent: own } = dyadic('value', value);
  const shift = own - checkExponent(exponent);
  // ⌊x + ½⌋ as ⌊(⌊2x⌋ + 1)/2⌋: a bigint's >> rounds down, for negative numbers too.
  const steps = shift >= 0 ? mantissa << BigInt(shift) : ((mantissa >> BigInt(-shift - 1)) + 1n) >> 1n;
  return toDouble(steps + noise, exponent);
}

/** Number(n) loses nothing of consequence below 64 bits, and never overflows. */
const CONVERTIBLE_BITS = 64;

function toDouble(steps: bigint, exponent: number): number {
  const magnitude = steps < 0n ? -steps : steps;
  const surplus = Math.max(0, 4 * magnitude.toString(16).length - CONVERTIBLE_BITS);
  const rounded = Number(magnitude >> BigInt(surplus)) * 2 ** (exponent + surplus);
  const limited = Math.min(rounded, Number.MAX_VALUE);
  return steps < 0n ? -limited : limited;
}

/** A scale in lattice steps, as an exact fraction. */
function inSteps(name: string, scale: number, exponent: number): { num: bigint; den: bigint } {
  requirePositive(name, scale);
  const { mantissa, exponent: own } = dyadic(name, scale);
  return shifted(mantissa, own - checkExponent(exponent));
}

function sensitivityOf(sensitivity: number): Dyadic {
  if (sensitivity >= 0) return dyadic('sensitivity', sensitivity);
  throw new FedwardError('INVALID_ARGUMENT', `sensitivity must be a number from 0 up; got ${sensitivity}.`);
}

function requirePositive(name: string, value: number): void {
  if (value > 0) return;
  throw new FedwardError('INVALID_ARGUMENT', `${name} must be a positive number; got ${value}.`);
}

function checkExponent(exponent: number): number {
  if (Number.isInteger(exponent) && exponent >= MIN_EXPONENT && exponent <= MAX_EXPONENT) return exponent;
  throw new FedwardError(
    'INVALID_ARGUMENT',
    `exponent must be an integer from ${MIN_EXPONENT} to ${MAX_EXPONENT}, so that 2^exponent is a double; got ${exponent}.`,
  );
}
