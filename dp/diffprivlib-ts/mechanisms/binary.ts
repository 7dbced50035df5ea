import type { DpEvent } from '../../accounting/events.ts';
import { bernoulliExpExact } from '../../sampling/exact.ts';
import { checkEpsilon, invalid, kindOf } from '../validation.ts';
import { fractionOf } from './fraction.ts';
import { Mechanism, type MechanismOptions } from './mechanism.ts';

export interface BinaryOptions extends MechanismOptions {
  /** ε > 0. */
  readonly epsilon: number;
  /** The two labels: different, non-empty strings. */
  readonly value0: string;
  readonly value1: string;
}

/** Randomised response (Warner 1965): the label with probability e^ε/(1 + e^ε), else the other. */
export class Binary extends Mechanism<BinaryOptions, string, string> {
  readonly value0: string;
  readonly value1: string;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: BinaryOptions) {
    super(options, { epsilon: checkEpsilon(options.epsilon), delta: 0 });
    this.value0 = checkLabel('value0', options.value0);
    this.value1 = checkLabel('value1', options.value1);
    if (this.value0 === this.value1) throw invalid('value0 and value1 must be different labels.');
    Object.freeze(this);
  }

  override randomise(value: string): string {
    const other = this.#other(value);
    const { num, den } = fractionOf('epsilon', this.epsilon);
    // Proposes either label fairly and lets the other one pass with probability e^−ε.
    for (;;) {
      if ((this.bits.word() & 1) === 0) return value;
      if (bernoulliExpExact(num, den, this.bits)) return other;
    }
  }

  override get event(): DpEvent {
    return { type: 'pureDp', epsilon: this.epsilon };
  }

  override copy(): Binary {
    return new Binary(this.options);
  }

  #other(value: unknown): string {
    if (value === this.value0) return this.value1;
    if (value === this.value1) return this.value0;
    throw invalid(`value must be one of the labels value0 and value1; got ${kindOf(value)} that is neither.`);
  }
}

function checkLabel(field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`${field} must be a non-empty string; got ${value === '' ? 'an empty one' : kindOf(value)}.`);
}
