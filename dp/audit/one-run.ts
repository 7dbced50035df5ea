/**
 * Steinke, Nasr, Jagielski 2023, "Privacy Auditing with One (1) Training Run": a lower bound on ε from a
 * single run into which many canaries were put, each by its own fair coin.
 *
 * Whoever sees only the output of an (ε, δ)-DP mechanism guesses coins hardly better than randomised response
 * would answer: by theorem 5.2 the chance of v right guesses among r is at most
 *
 *     f(v) + 2mδ · max over i ≥ 1 of (f(v − i) − f(v)) / i,   f(v) = P[Binomial(r, e^ε/(1 + e^ε)) ≥ v],
 *
 * for m canaries of which m − r are passed over. An ε at which what was seen is too unlikely is refuted. The bound
 * says nothing about how private a mechanism is, only how private it cannot be.
 *
 * Which canaries are guessed may depend on the output, but their number may not: it must be fixed beforehand, or
 * the confidence be shared among the numbers that are tried.
 */
import { FedwardError } from '../../proto/errors.ts';
import { bisect } from '../accounting/bisection.ts';
import { logBinomialPmf, logBinomialUpperTail } from './binomial.ts';

export interface OneRunGuesses {
  /** m: canaries, each of which came in with probability ½, independently. */
  readonly canaries: number;
  /** r: canaries that a guess was made about. */
  readonly guesses: number;
  /** v: guesses that were right. */
  readonly correct: number;
  readonly delta: number;
}

/**
 * The most that the probability of so many right guesses, or more, can be under (epsilon, delta)-DP.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when an argument is out of range.
 */
export function oneRunPValue(seen: OneRunGuesses, epsilon: number): number {
  checkGuesses(seen);
  if (!(epsilon >= 0)) throw wrong('epsilon must be 0 or more');
  return pValue(seen, epsilon);
}

export interface OneRunOptions extends OneRunGuesses {
  /** Probability with which the bound holds, at least ½. @default 0.95 */
  readonly confidence?: number;
}

/** Relative width of the final bracket, whose lower end is returned. */
const PRECISION = 1e-12;

/**
 * The largest ε, up to 1e-12 relative and never above it, such that the mechanism is not (ε′, δ)-DP for any ε′ below it,
 * with the stated confidence. 0 when nothing is refuted.
 *
 * The p-value grows with ε until it passes ½, so there is one crossing at every confidence from ½ on.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when an argument is out of range.
 */
export function oneRunEpsilon({ confidence = 0.95, ...seen }: OneRunOptions): number {
  checkGuesses(seen);
  if (!(confidence >= 0.5 && confidence < 1)) throw wrong('confidence must be at least 0.5 and below 1');
  const refuted = (epsilon: number): boolean => pValue(seen, epsilon) < 1 - confidence;
  if (!refuted(0)) return 0;
  return bisect((epsilon) => !refuted(epsilon), { low: 0, high: 1 }, PRECISION)?.low ?? 0;
}

/**
 * What an auditor guesses from scores (algorithm 1): the canaries with the highest half of `guesses` came in,
 * those with the lowest half stayed out, and all others are passed over.
 *
 * @param scores one for each canary, higher where it looks more as if it came in.
 * @param included 1 for each canary that did come in, 0 for the others.
 * @returns How many guesses were right.
 */
export function correctGuesses(
  scores: ArrayLike<number>,
  included: ArrayLike<number>,
  guesses: number,
): number {
  const { length } = scores;
  if (included.length !== length) throw wrong('included must hold one coin for each score');
  if (!Number.isInteger(guesses) || guesses < 0 || guesses > length) {
    throw wrong(`guesses must be a whole number from 0 to the ${length} canaries`);
  }
  const order = Array.from({ length }, (_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const half = Math.ceil(guesses / 2);
  const right = (coin: number) => (i: number) => (included[i] ?? 0) === coin;
  return (
    order.slice(0, half).filter(right(1)).length +
    order.slice(length - (guesses - half)).filter(right(0)).length
  );
}

function pValue({ canaries, guesses, correct, delta }: OneRunGuesses, epsilon: number): number {
  const accuracy = 1 / (1 + Math.exp(-epsilon));
  const tail = Math.exp(logBinomialUpperTail(correct, guesses, accuracy));
  if (delta === 0) return tail;
  let between = 0;
  let most = 0;
  // What lies between sums to 1 at most: beyond i = 1/most no term can be the largest.
  for (let i = 1; i <= correct && i * most < 1; i++) {
    between += Math.exp(logBinomialPmf(correct - i, guesses, accuracy));
    most = Math.max(most, between / i);
  }
  return Math.min(1, tail + 2 * canaries * delta * most);
}

function checkGuesses({ canaries, guesses, correct, delta }: OneRunGuesses): void {
  if (!Number.isSafeInteger(canaries) || canaries < 1)
    throw wrong('canaries must be a whole number, at least 1');
  if (!Number.isSafeInteger(guesses) || guesses < 0 || guesses > canaries) {
    throw wrong(`guesses must be a whole number from 0 to the ${canaries} canaries`);
  }
  if (!Number.isSafeInteger(correct) || correct < 0 || correct > guesses) {
    throw wrong(`correct must be a whole number from 0 to the ${guesses} guesses`);
  }
  if (!(delta >= 0 && delta < 1)) throw wrong('delta must be from 0 to below 1');
}

function wrong(sentence: string): FedwardError {
  return new FedwardError('INVALID_ARGUMENT', `One-run audit: ${sentence}.`);
}
