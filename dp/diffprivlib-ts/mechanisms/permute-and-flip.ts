import type { DpEvent } from '../../accounting/events.ts';
import { bernoulliExpExact } from '../../sampling/exact.ts';
import { Mechanism, NO_COST } from './mechanism.ts';
import { checkUtility, type Gaps, type UtilityOptions, utilityGaps } from './utility.ts';

/**
 * Permute-and-flip (McKenna, Sheldon 2020): goes through the candidates in random order and releases the first whose
 * coin exp(−ε·(best − utility)/2Δ) comes up. Never worse than `Exponential`.
 */
export class PermuteAndFlip<Candidate = number> extends Mechanism<
  UtilityOptions<Candidate>,
  void,
  Candidate | number
> {
  readonly sensitivity: number;
  readonly utility: readonly number[];
  readonly candidates: readonly Candidate[] | undefined;
  readonly monotonic: boolean;
  readonly #gaps: Gaps;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: UtilityOptions<Candidate>) {
    const checked = checkUtility(options);
    super(options, { epsilon: checked.epsilon, delta: 0 });
    ({
      sensitivity: this.sensitivity,
      utility: this.utility,
      candidates: this.candidates,
      monotonic: this.monotonic,
    } = checked);
    // Sensitivity 0 leaves only the best: any positive one would do to tell which those are.
    this.#gaps = utilityGaps(this.utility, this.epsilon, this.sensitivity || 1, this.monotonic);
    Object.freeze(this);
  }

  /** A candidate, or its index where no candidates were given. */
  override randomise(): Candidate | number {
    const index = this.#draw();
    return this.candidates === undefined ? index : (this.candidates[index] as Candidate);
  }

  override get event(): DpEvent {
    return this.sensitivity === 0 ? NO_COST : { type: 'pureDp', epsilon: this.epsilon };
  }

  override copy(): PermuteAndFlip<Candidate> {
    const { utility, candidates } = this;
    return new PermuteAndFlip({
      ...this.options,
      utility,
      ...(candidates === undefined ? {} : { candidates }),
    });
  }

  #draw(): number {
    const { nums, den } = this.#gaps;
    // Fisher and Yates' shuffle, no further than needed; the best one's coin is certain, so the end is never passed.
    const order = nums.map((_, i) => i);
    for (let left = order.length; ; left--) {
      const at = this.bits.below(left);
      const index = order[at] ?? 0;
      order[at] = order[left - 1] ?? 0;
      const gap = nums[index] ?? 0n;
      const comesUp = this.sensitivity === 0 ? gap === 0n : bernoulliExpExact(gap, den, this.bits);
      if (comesUp) return index;
    }
  }
}
