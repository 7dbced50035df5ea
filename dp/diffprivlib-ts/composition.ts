/**
 * What many (ε, δ) releases cost together, kept so that one more costs constant time.
 *
 * Kairouz, Oh, Viswanath 2017, "The Composition Theorem for Differential Privacy", theorem 3.5: for every
 * slack δ̃ the composition of (εᵢ, δᵢ) is (ε, 1 − (1−δ̃)·Π(1−δᵢ)) private with ε the least of
 *
 *     naive  Σ εᵢ
 *     DRV    Σ εᵢ·tanh(εᵢ/2) + √(2·Σεᵢ² · ln(1/δ̃))              (after Dwork, Rothblum, Vadhan 2010)
 *     KOV    Σ εᵢ·tanh(εᵢ/2) + √(2·Σεᵢ² · ln(e + √(Σεᵢ²)/δ̃))
 *
 * and tanh(ε/2) = (e^ε − 1)/(e^ε + 1). Without slack only the naive sum holds.
 *
 * Equal values that follow each other are kept as one run and multiplied out. So k spends one by one and k spends
 * at once give bit for bit the same total, which is what lets `remaining(k)` promise anything.
 */

/** A sum in two doubles, the second of which holds what the first has rounded off (Neumaier 1974). */
interface Sum {
  readonly high: number;
  readonly low: number;
}

/** The last value and how often it came in a row; what came before it is `closed`. */
interface Run<Closed> {
  readonly value: number;
  readonly count: number;
  readonly closed: Closed;
}

interface EpsilonSums {
  readonly naive: Sum;
  /** Σ ε·tanh(ε/2), the mean of the privacy loss. */
  readonly mean: Sum;
  readonly square: Sum;
}

export interface Composition {
  readonly epsilon: Run<EpsilonSums>;
  /** Its closed part is 1 − Π(1−δ). */
  readonly delta: Run<Sum>;
}

const ZERO: Sum = { high: 0, low: 0 };

export const NOTHING_SPENT: Composition = {
  epsilon: { value: 0, count: 0, closed: { naive: ZERO, mean: ZERO, square: ZERO } },
  delta: { value: 0, count: 0, closed: ZERO },
};

/** `composition` and then `count` releases of (ε, δ), ε in [0, ∞] and δ in [0, 1]. */
export function extend(composition: Composition, epsilon: number, delta: number, count = 1): Composition {
  return {
    epsilon: extendRun(composition.epsilon, epsilon, count, closeEpsilon),
    delta: extendRun(composition.delta, delta, count, closeDelta),
  };
}

/** The least of naive, DRV and KOV at this slack. */
export function composedEpsilon({ epsilon: run }: Composition, slack: number): number {
  const { naive, mean, square } = closeEpsilon(run);
  const least = value(naive);
  // With an infinite ε the other two are ∞ or not a number.
  if (slack === 0 || least === Number.POSITIVE_INFINITY) return least;
  const squares = value(square);
  const drv = value(mean) + Math.sqrt(2 * squares * -Math.log(slack));
  const kov = value(mean) + Math.sqrt(2 * squares * Math.log(Math.E + Math.sqrt(squares) / slack));
  // Not Math.min: a square that overflowed makes a term that is not a number, and it must not win.
  return [drv, kov].reduce((best, bound) => (bound < best ? bound : best), least);
}

/** 1 − (1−slack)·Π(1−δ), exactly δ for one release without slack and exactly the slack for none. */
export function composedDelta({ delta: run }: Composition, slack: number): number {
  const spent = value(closeDelta(run));
  return Math.min(1, spent + slack * (1 - spent));
}

function extendRun<Closed>(
  run: Run<Closed>,
  next: number,
  count: number,
  close: (run: Run<Closed>) => Closed,
): Run<Closed> {
  if (run.value === next) return { ...run, count: run.count + count };
  return { value: next, count, closed: close(run) };
}

function closeEpsilon({ value: epsilon, count, closed }: Run<EpsilonSums>): EpsilonSums {
  return {
    naive: add(closed.naive, count * epsilon),
    mean: add(closed.mean, count * (epsilon * Math.tanh(epsilon / 2))),
    square: add(closed.square, count * (epsilon * epsilon)),
  };
}

/** 1 − (1−a)(1−b) = a + b·(1−a), which keeps its digits where 1 − a would have none left. */
function closeDelta({ value: delta, count, closed }: Run<Sum>): Sum {
  const run = count === 1 ? delta : -Math.expm1(count * Math.log1p(-delta));
  return add(closed, run * (1 - value(closed)));
}

function value({ high, low }: Sum): number {
  return high + low;
}

function add({ high, low }: Sum, term: number): Sum {
  const sum = high + term;
  if (!Number.isFinite(sum)) return { high: sum, low: 0 };
  const lost = Math.abs(high) >= Math.abs(term) ? high - sum + term : term - sum + high;
  return { high: sum, low: low + lost };
}
