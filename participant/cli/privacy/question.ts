/**
 * What the privacy calculator is asked, checked: an impossible question gets a sentence instead of a number.
 */
import { FedwardError } from '../../../proto/errors.ts';

/** The Gaussian releases of a training run. */
export interface Training {
  /** σ over the L2 bound C of one record. */
  readonly noiseMultiplier: number;
  /** q: each record's chance to take part in one step. */
  readonly sampleRate: number;
  readonly steps: number;
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option. */
export function checkNoiseMultiplier(value: number): number {
  return check('--noise-multiplier', value, value > 0 && value <= 1e6, 'a number above 0 and at most 10^6');
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option. */
export function checkTraining({ noiseMultiplier, sampleRate, steps }: Training): Training {
  return {
    noiseMultiplier: checkNoiseMultiplier(noiseMultiplier),
    sampleRate: checkSampleRate(sampleRate),
    steps: checkSteps(steps),
  };
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option. */
export function checkSampleRate(value: number): number {
  return check(
    '--sample-rate',
    value,
    value > 0 && value <= 1,
    'a probability above 0 and at most 1 (1: every record in every step)',
  );
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option. */
export function checkSteps(value: number): number {
  return checkCount('--steps', value, 1, 1e8);
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option. */
export function checkEpsilon(value: number): number {
  return check('--epsilon', value, value > 0 && value <= 1e4, 'a number above 0 and at most 10,000');
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option. */
export function checkDelta(value: number): number {
  return check(
    '--delta',
    value,
    value > 0 && value < 1,
    'a probability above 0 and below 1, well below one over the number of records',
  );
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option. */
export function checkShare(option: string, value: number): number {
  return check(option, value, value > 0 && value < 1, 'above 0 and below 1');
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option. */
export function checkCount(option: string, value: number, least: number, most: number): number {
  const whole = Number.isInteger(value) && value >= least && value <= most;
  return check(option, value, whole, `a whole number from ${least} to ${most.toLocaleString('en-US')}`);
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option. */
export function check(option: string, value: unknown, holds: boolean, what: string): number {
  // yargs gives an array where an option was repeated and NaN where its value was no number.
  if (typeof value === 'number' && holds) return value;
  const got = Array.isArray(value) ? 'it more than once' : Number.isNaN(value) ? 'no number' : String(value);
  throw new FedwardError('INVALID_ARGUMENT', `${option} must be ${what}; got ${got}.`);
}
