import type { DpEvent } from '../../accounting/events.ts';
import { invalid } from '../validation.ts';
import { Mechanism, NO_COST } from './mechanism.ts';
import { checkLength, checkNumbers, checkUtility, type UtilityOptions, utilityGaps } from './utility.ts';
import { type Choice, weightedChoice } from './weighted-choice.ts';

export interface ExponentialOptions<Candidate = number> extends UtilityOptions<Candidate> {
  /** A public base weight per candidate, each at least 0 and not all 0; equal by default. */
  readonly measure?: readonly number[];
}

/**
 * The exponential mechanism (McSherry, Talwar 2007): releases candidate i with probability ∝
 * measureᵢ·exp(ε·utilityᵢ/2Δ), or exp(ε·utilityᵢ/Δ) for a monotonic utility; exactly.
 */
export class Exponential<Candidate = number> extends Mechanism<
  ExponentialOptions<Candidate>,
  void,
  Candidate | number
> {
  readonly sensitivity: number;
  readonly utility: readonly number[];
  readonly candidates: readonly Candidate[] | undefined;
  readonly measure: readonly number[] | undefined;
  readonly monotonic: boolean;
  readonly #choose: Choice;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: ExponentialOptions<Candidate>) {
    const checked = checkUtility(options);
    super(options, { epsilon: checked.epsilon, delta: 0 });
    ({
      sensitivity: this.sensitivity,
      utility: this.utility,
      candidates: this.candidates,
      monotonic: this.monotonic,
    } = checked);
    this.measure =
      options.measure === undefined ? undefined : checkMeasure(options.measure, this.utility.length);
    this.#choose = chooser(this);
    Object.freeze(this);
  }

  /** A candidate, or its index where no candidates were given. */
  override randomise(): Candidate | number {
    const index = this.#choose(this.bits);
    return this.candidates === undefined ? index : (this.candidates[index] as Candidate);
  }

  override get event(): DpEvent {
    return this.sensitivity === 0 ? NO_COST : { type: 'pureDp', epsilon: this.epsilon };
  }

  override copy(): Exponential<Candidate> {
    const { utility, candidates, measure } = this;
    return new Exponential({
      ...this.options,
      utility,
      ...(candidates === undefined ? {} : { candidates }),
      ...(measure === undefined ? {} : { measure }),
    });
  }
}

function checkMeasure(values: unknown, length: number): readonly number[] {
  const measure = checkNumbers('measure', values);
  checkLength('measure', measure, length);
  if (measure.some((weight) => weight < 0)) throw invalid('measure must not have an entry below 0.');
  if (measure.every((weight) => weight === 0)) throw invalid('measure must have an entry above 0.');
  return measure;
}

function chooser<Candidate>(mechanism: Exponential<Candidate>): Choice {
  const { utility, epsilon, sensitivity, monotonic } = mechanism;
  const measure = mechanism.measure ?? utility.map(() => 1);
  if (sensitivity === 0) {
    const best = utility.reduce(
      (high, value, i) => ((measure[i] ?? 0) > 0 ? Math.max(high, value) : high),
      Number.NEGATIVE_INFINITY,
    );
    const options = utility.map((value, i) => ({ measure: value === best ? (measure[i] ?? 0) : 0, gap: 0n }));
    return weightedChoice(options, 1n);
  }
  const { nums, den } = utilityGaps(utility, epsilon, sensitivity, monotonic);
  return weightedChoice(
    nums.map((gap, i) => ({ measure: measure[i] ?? 0, gap })),
    den,
  );
}
