/** What the mechanisms that choose a candidate by its utility share: checks, and exponents as exact fractions. */
import { dyadic, shifted } from '../../sampling/dyadic.ts';
import { checkEpsilon, checkSensitivity, invalid, kindOf } from '../validation.ts';
import type { MechanismOptions } from './mechanism.ts';

export interface UtilityOptions<Candidate> extends MechanismOptions {
  /** ε > 0. */
  readonly epsilon: number;
  /** Δ ≥ 0: the most by which one record moves any candidate's utility. */
  readonly sensitivity: number;
  /** One utility per candidate; higher is better. Computed from the data, and as secret. */
  readonly utility: readonly number[];
  /** Whether any one record moves all utilities the same way, as it does for counts; then ε/Δ stands in for ε/2Δ. */
  readonly monotonic?: boolean;
  /** What to release in place of the index. */
  readonly candidates?: readonly Candidate[];
}

export interface CheckedUtility<Candidate> {
  readonly epsilon: number;
  readonly sensitivity: number;
  readonly utility: readonly number[];
  readonly monotonic: boolean;
  readonly candidates: readonly Candidate[] | undefined;
}

/** @throws FedwardError `INVALID_ARGUMENT` that says which option is wrong, and discloses no utility. */
export function checkUtility<Candidate>(options: UtilityOptions<Candidate>): CheckedUtility<Candidate> {
  const { candidates, monotonic = false } = options;
  const utility = checkNumbers('utility', options.utility);
  if (utility.length === 0) throw invalid('utility must have at least one entry.');
  if (typeof monotonic !== 'boolean') throw invalid(`monotonic must be a boolean; got ${kindOf(monotonic)}.`);
  if (candidates !== undefined) checkLength('candidates', candidates, utility.length);
  return {
    epsilon: checkEpsilon(options.epsilon),
    sensitivity: checkSensitivity(options.sensitivity),
    utility,
    monotonic,
    candidates: candidates === undefined ? undefined : Object.freeze([...candidates]),
  };
}

export function checkNumbers(field: string, values: unknown): readonly number[] {
  if (!Array.isArray(values))
    throw invalid(`${field} must be an array of finite numbers; got ${kindOf(values)}.`);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw invalid(`${field}[${bad}] must be a finite number; got ${kindOf(values[bad])}.`);
  return Object.freeze([...values]);
}

export function checkLength(field: string, values: unknown, length: number): void {
  if (Array.isArray(values) && values.length === length) return;
  const got = Array.isArray(values) ? `${values.length} entries` : kindOf(values);
  throw invalid(`${field} must be an array of ${length} entries, one for each utility; got ${got}.`);
}

/** Fractions nums[i]/den. */
export interface Gaps {
  readonly nums: readonly bigint[];
  readonly den: bigint;
}

/**
 * How far each utility is below the highest, times ε/(2Δ), or ε/Δ if `full`: the exponents of the choice, each ≥ 0
 * and exactly what the doubles say.
 */
export function utilityGaps(
  utility: readonly number[],
  epsilon: number,
  sensitivity: number,
  full: boolean,
): Gaps {
  const scores = utility.map((value) => dyadic('utility', value));
  const unit = scores.reduce((least, { exponent }) => Math.min(least, exponent), 0);
  const steps = scores.map(({ mantissa, exponent }) => mantissa << BigInt(exponent - unit));
  const highest = steps.reduce((high, step) => (step > high ? step : high));
  const rate = dyadic('epsilon', epsilon);
  const width = dyadic('sensitivity', sensitivity);
  const factor = shifted(rate.mantissa, rate.exponent + unit - width.exponent);
  const den = factor.den * width.mantissa * (full ? 1n : 2n);
  return { nums: steps.map((step) => (highest - step) * factor.num), den };
}
