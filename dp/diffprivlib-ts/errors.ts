/**
 * What diffprivlib-ts refuses and what it warns of, under diffprivlib's names.
 *
 * A wrong argument is a `FedwardError` `INVALID_ARGUMENT`. A warning is not an exception: it tells of a result
 * that was given although it may not mean what the caller thinks.
 */
import { emitWarning } from 'node:process';
import { FedwardError, type FedwardErrorOptions } from '../../proto/errors.ts';

/** A spend that the `BudgetAccountant` has no budget for. Nothing was spent and nothing was released. */
export class BudgetError extends FedwardError {
  constructor(message: string, options?: FedwardErrorOptions) {
    super('BUDGET_EXHAUSTED', message, options);
  }
}

/** A parameter had to be read off the data (bounds, range, norm), which is not differentially private. */
export class PrivacyLeakWarning extends Error {
  override readonly name = 'PrivacyLeakWarning';
}

/** A parameter of NumPy's or diffprivlib's function has no effect or another meaning here. */
export class DiffprivlibCompatibilityWarning extends Error {
  override readonly name = 'DiffprivlibCompatibilityWarning';
}

const WARNINGS = { PrivacyLeakWarning, DiffprivlibCompatibilityWarning } as const;

export type WarningKind = keyof typeof WARNINGS;
export type DpWarning = PrivacyLeakWarning | DiffprivlibCompatibilityWarning;
export type WarningSubscriber = (warning: DpWarning) => void;

const subscribers = new Set<WarningSubscriber>();

/** Hands a warning to every subscriber, or to `process.emitWarning` if there is none. The message must hold no data. */
export function warn(kind: WarningKind, message: string): void {
  const warning = new WARNINGS[kind](message);
  if (subscribers.size === 0) emitWarning(warning);
  for (const subscriber of subscribers) subscriber(warning);
}

/** Receives all warnings in place of `process.emitWarning`, until the returned function is called. */
export function onWarning(subscriber: WarningSubscriber): () => void {
  // Wrapped, so that one function subscribed twice is called twice and each call ends its own subscription.
  const own: WarningSubscriber = (warning) => subscriber(warning);
  subscribers.add(own);
  return () => {
    subscribers.delete(own);
  };
}
