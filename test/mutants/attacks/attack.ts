/** What somebody who does not keep to the protocol would do, and the mutants that would let it happen. */
import type { Mutant } from '../mutants.ts';

export interface Attack {
  /** As tracker issue 4 has it. */
  readonly attack: string;
  /** Each removes one check, or one field from what a check covers. */
  readonly mutants: readonly Mutant[];
  /** Names of mutants in other lists that would let it happen too. */
  readonly also?: readonly string[];
}
