/**
 * `BudgetAccountant`: adds up what is released and refuses what would pass a ceiling.
 *
 * Whoever releases calls `spend` before any noise is drawn. It checks and records in one synchronous step, so no
 * other task can come between the two, and nothing is ever given back.
 *
 * The figures are those of `composition.ts`. They hold for releases whose parameters are fixed in advance; like
 * diffprivlib's accountant this is no filter for parameters chosen in view of earlier results, except without slack
 * (there the naive sum holds for those, too: Rogers, Roth, Ullman, Vadhan 2016).
 */
import { type Composition, composedDelta, composedEpsilon, extend, NOTHING_SPENT } from './composition.ts';
import { BudgetError } from './errors.ts';
import { checkInteger, invalid, kindOf } from './validation.ts';

export interface Budget {
  readonly epsilon: number;
  readonly delta: number;
}

/** One release: a `Budget`, or the pair as diffprivlib writes it. */
export type Spend = Budget | readonly [epsilon: number, delta: number];

export interface BudgetAccountantOptions {
  /** Ceiling of ε, in [0, ∞]. @default Infinity */
  readonly epsilon?: number;
  /** Ceiling of δ, in [0, 1]. @default 1 */
  readonly delta?: number;
  /** δ̃ that is given away for a smaller ε, from 0 to the ceiling of δ. @default 0 */
  readonly slack?: number;
  /** Releases made before, for instance another accountant's `spentBudget`. @default [] */
  readonly spentBudget?: readonly Spend[];
}

/** A spend of ε below this share of the ceiling is refused: it would be lost in the rounding of the total. */
const LEAST_SHARE = 1e-14;

export class BudgetAccountant {
  static #default: BudgetAccountant | null = null;

  readonly epsilon: number;
  readonly delta: number;
  readonly #leastEpsilon: number;
  #slack = 0;
  #composition = NOTHING_SPENT;
  /** Equal spends in a row are kept once. */
  readonly #runs: { readonly spend: Budget; count: number }[] = [];
  #length = 0;

  /**
   * @throws FedwardError `INVALID_ARGUMENT` for a value out of range, `BudgetError` when what was spent already
   * passes a ceiling.
   */
  constructor({ epsilon = Infinity, delta = 1, slack = 0, spentBudget = [] }: BudgetAccountantOptions = {}) {
    const ceiling = checkSpend(epsilon, delta);
    this.epsilon = ceiling.epsilon;
    this.delta = ceiling.delta;
    this.#leastEpsilon = epsilon === Infinity ? 0 : epsilon * LEAST_SHARE;
    this.slack = slack;
    for (const spend of checkSpends(spentBudget)) this.spend(spend.epsilon, spend.delta);
  }

  get slack(): number {
    return this.#slack;
  }

  /** @throws BudgetError when what was spent does not fit at the new slack; the old one stays. */
  set slack(slack: number) {
    const { epsilon, delta } = this.total({ slack });
    if (epsilon > this.epsilon || delta > this.delta) {
      throw new BudgetError(
        `slack = ${slack} would bring what is spent to ε = ${epsilon}, δ = ${delta}, above the ceiling of ε = ${this.epsilon}, δ = ${this.delta}. The slack stays ${this.#slack}.`,
      );
    }
    this.#slack = slack;
  }

  /** All spends in order, as new objects. */
  get spentBudget(): Budget[] {
    return this.#runs.flatMap(({ spend, count }) => Array.from({ length: count }, () => ({ ...spend })));
  }

  /** How many spends were recorded. */
  get length(): number {
    return this.#length;
  }

  /**
   * What is spent in all, or what `spentBudget` would come to.
   *
   * @throws FedwardError `INVALID_ARGUMENT` when the slack is not from 0 to the ceiling of δ or a spend is not one.
   */
  total({
    slack = this.#slack,
    spentBudget,
  }: Pick<BudgetAccountantOptions, 'slack' | 'spentBudget'> = {}): Budget {
    if (!(typeof slack === 'number' && slack >= 0 && slack <= this.delta)) {
      throw invalid(`slack must be from 0 to the ceiling of delta, ${this.delta}; got ${slack}.`);
    }
    const composition =
      spentBudget === undefined
        ? this.#composition
        : checkSpends(spentBudget).reduce(
            (sofar, { epsilon, delta }) => extend(sofar, epsilon, delta),
            NOTHING_SPENT,
          );
    return { epsilon: composedEpsilon(composition, slack), delta: composedDelta(composition, slack) };
  }

  /**
   * True if (ε, δ) can be spent now. It promises nothing for later: only `spend` holds the budget.
   *
   * @throws BudgetError when a ceiling would be passed, FedwardError `INVALID_ARGUMENT` for a value out of range or
   * an ε that is not 0 but below 1e-14 of its ceiling.
   */
  check(epsilon: number, delta: number): true {
    this.#after(epsilon, delta);
    return true;
  }

  /** Checks as `check` does and records, in one step. */
  spend(epsilon: number, delta: number): this {
    this.#composition = this.#after(epsilon, delta);
    const last = this.#runs.at(-1);
    if (last?.spend.epsilon === epsilon && last.spend.delta === delta) last.count++;
    else this.#runs.push({ spend: { epsilon, delta }, count: 1 });
    this.#length++;
    return this;
  }

  /**
   * The largest ε and δ, up to their ceilings, that can be spent together `k` times from now. Exactly so: the search
   * asks the very figures that `spend` will compute, and ends at the last double that fits.
   *
   * @throws FedwardError `INVALID_ARGUMENT` unless k is an integer of at least 1.
   */
  remaining(k = 1): Budget {
    checkInteger('k', k, 1);
    const after = (epsilon: number, delta: number) => extend(this.#composition, epsilon, delta, k);
    const epsilon = largest(this.epsilon, (e) => composedEpsilon(after(e, 0), this.#slack) <= this.epsilon);
    const delta = largest(this.delta, (d) => composedDelta(after(0, d), this.#slack) <= this.delta);
    return {
      epsilon: epsilon < this.#leastEpsilon ? 0 : epsilon,
      delta: delta < this.delta * LEAST_SHARE ? 0 : delta,
    };
  }

  /** Makes this the accountant of every tool that is given none. */
  setDefault(): this {
    BudgetAccountant.#default = this;
    return this;
  }

  /**
   * Runs `work` with this as the default accountant and then restores the one before. Only for synchronous work:
   * while an asynchronous one waits, other tasks would spend from this budget.
   *
   * @throws FedwardError `INVALID_ARGUMENT` when `work` returns a promise.
   */
  withDefault<T>(work: (accountant: this) => T): T {
    const before = BudgetAccountant.#default;
    BudgetAccountant.#default = this;
    try {
      const result = work(this);
      if (!(result instanceof Promise)) return result;
      result.catch(() => {});
    } finally {
      BudgetAccountant.#default = before;
    }
    throw invalid(
      'work must be synchronous, but it returned a promise. In asynchronous code pass the accountant to each tool.',
    );
  }

  /** Ends the default and returns it, null if there was none. */
  static popDefault(): BudgetAccountant | null {
    const popped = BudgetAccountant.#default;
    BudgetAccountant.#default = null;
    return popped;
  }

  /**
   * `accountant` itself, or else the default; where there is none, a new one without ceilings becomes it.
   *
   * @throws FedwardError `INVALID_ARGUMENT` when it is something else than a `BudgetAccountant`.
   */
  static loadDefault(accountant?: BudgetAccountant | null): BudgetAccountant {
    if (accountant instanceof BudgetAccountant) return accountant;
    if (accountant !== undefined && accountant !== null) {
      throw invalid(`accountant must be a BudgetAccountant; got ${kindOf(accountant)}.`);
    }
    BudgetAccountant.#default ??= new BudgetAccountant();
    return BudgetAccountant.#default;
  }

  #after(epsilon: number, delta: number): Composition {
    checkSpend(epsilon, delta);
    if (epsilon > 0 && epsilon < this.#leastEpsilon) {
      throw invalid(
        `epsilon must be 0 or at least ${this.#leastEpsilon}, 1e-14 of the ceiling; got ${epsilon}. Spends that small get lost in the total.`,
      );
    }
    const composition = extend(this.#composition, epsilon, delta);
    const total = {
      epsilon: composedEpsilon(composition, this.#slack),
      delta: composedDelta(composition, this.#slack),
    };
    if (total.epsilon <= this.epsilon && total.delta <= this.delta) return composition;
    throw new BudgetError(
      `Spending ε = ${epsilon}, δ = ${delta} would bring the total to ε = ${total.epsilon}, δ = ${total.delta}, above the ceiling of ε = ${this.epsilon}, δ = ${this.delta}. See remaining().`,
      { details: { total, ceiling: { epsilon: this.epsilon, delta: this.delta } } },
    );
  }
}

/** ε in [0, ∞] and δ in [0, 1], not both 0. Unlike a mechanism's they may be infinite: then nothing is promised. */
function checkSpend(epsilon: unknown, delta: unknown): Budget {
  if (!(typeof epsilon === 'number' && epsilon >= 0)) {
    throw invalid(`epsilon must be a number of at least 0; got ${shown(epsilon)}.`);
  }
  if (!(typeof delta === 'number' && delta >= 0 && delta <= 1)) {
    throw invalid(`delta must be a number from 0 to 1; got ${shown(delta)}.`);
  }
  if (epsilon === 0 && delta === 0) throw invalid('epsilon and delta cannot both be 0; got 0 and 0.');
  return { epsilon, delta };
}

function checkSpends(spends: unknown): Budget[] {
  if (!Array.isArray(spends)) {
    throw invalid(`spentBudget must be an array of spends; got ${kindOf(spends)}.`);
  }
  return spends.map((spend: unknown, i) => {
    if (Array.isArray(spend) && spend.length === 2) return checkSpend(spend[0], spend[1]);
    if (!Array.isArray(spend) && typeof spend === 'object' && spend !== null) {
      return checkSpend(Reflect.get(spend, 'epsilon'), Reflect.get(spend, 'delta'));
    }
    throw invalid(`spentBudget[${i}] must be { epsilon, delta } or [epsilon, delta]; got ${kindOf(spend)}.`);
  });
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : kindOf(value);
}

/** The largest double in [0, limit] that fits, where all below one that fits do; 0 if there is none above it. */
function largest(limit: number, fits: (x: number) => boolean): number {
  if (fits(limit)) return limit;
  let low = 0;
  let high = limit;
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) return low;
    if (fits(middle)) low = middle;
    else high = middle;
  }
}
