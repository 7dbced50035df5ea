/** Checks of numeric arguments, each with a sentence that names the argument. */
import { FedwardError } from '../../proto/errors.ts';

/** @throws FedwardError `INVALID_ARGUMENT` unless `value` is finite and above 0. */
export function requirePositive(name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value)))
    throw invalid(`${name} must be a positive number; got ${value}.`);
}

/** @throws FedwardError `INVALID_ARGUMENT` unless `value` is finite and 0 or more. */
export function requireNonNegative(name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value))) throw invalid(`${name} must be 0 or more; got ${value}.`);
}

/** @throws FedwardError `INVALID_ARGUMENT` unless `value` is a safe integer of at least `least`. */
export function requireInteger(name: string, value: number, least: number): void {
  if (!(Number.isSafeInteger(value) && value >= least))
    throw invalid(`${name} must be an integer of at least ${least}; got ${value}.`);
}

/** @throws FedwardError `INVALID_ARGUMENT` unless 0 < delta < 1. */
export function requireDelta(delta: number): void {
  if (!(delta > 0 && delta < 1)) throw invalid(`delta must be above 0 and below 1; got ${delta}.`);
}

/** The δ that a figure is asked for at ε: @throws FedwardError `INVALID_ARGUMENT` unless ε is 0 or more. */
export function requireEpsilon(epsilon: number): void {
  if (!(epsilon >= 0)) throw invalid(`epsilon must be 0 or more; got ${epsilon}.`);
}

export function invalid(sentence: string): FedwardError {
  return new FedwardError('INVALID_ARGUMENT', sentence);
}
