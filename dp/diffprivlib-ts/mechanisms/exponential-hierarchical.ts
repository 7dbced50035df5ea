import type { DpEvent } from '../../accounting/events.ts';
import { checkEpsilon, invalid, kindOf } from '../validation.ts';
import { Categories, type UtilityEntry } from './exponential-categorical.ts';
import { Mechanism, type MechanismOptions } from './mechanism.ts';

/** Leaves are strings, all at the same depth and all different. */
export type Hierarchy = readonly (string | Hierarchy)[];

export interface ExponentialHierarchicalOptions extends MechanismOptions {
  /** ε > 0. */
  readonly epsilon: number;
  /** For example [['A'], ['B'], ['C'], ['D', 'E']]. */
  readonly hierarchy: Hierarchy;
}

/**
 * `ExponentialCategorical` on the leaves of a tree, where the distance of two leaves is how many levels up their
 * nearest common ancestor is.
 */
export class ExponentialHierarchical extends Mechanism<ExponentialHierarchicalOptions, string, string> {
  readonly hierarchy: Hierarchy;
  readonly #categories: Categories;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: ExponentialHierarchicalOptions) {
    super(options, { epsilon: checkEpsilon(options.epsilon), delta: 0 });
    this.hierarchy = checkHierarchy(options.hierarchy, 'hierarchy');
    this.#categories = new Categories(this.epsilon, utilityListOf(this.hierarchy));
    Object.freeze(this);
  }

  override randomise(value: string): string {
    return this.#categories.release(value, this.bits);
  }

  override get event(): DpEvent {
    return { type: 'pureDp', epsilon: this.epsilon };
  }

  override copy(): ExponentialHierarchical {
    return new ExponentialHierarchical({ ...this.options, hierarchy: this.hierarchy });
  }
}

function checkHierarchy(node: unknown, field: string): Hierarchy {
  if (!Array.isArray(node))
    throw invalid(`${field} must be an array of strings or arrays; got ${kindOf(node)}.`);
  return Object.freeze(
    node.map((child: unknown, i) =>
      typeof child === 'string' ? child : checkHierarchy(child, `${field}[${i}]`),
    ),
  );
}

interface Leaf {
  readonly name: string;
  readonly path: readonly number[];
}

function leavesOf(node: Hierarchy, path: readonly number[]): Leaf[] {
  return node.flatMap((child, i) =>
    typeof child === 'string' ? [{ name: child, path: [...path, i] }] : leavesOf(child, [...path, i]),
  );
}

function utilityListOf(hierarchy: Hierarchy): UtilityEntry[] {
  const leaves = leavesOf(hierarchy, []);
  const height = leaves[0]?.path.length ?? 0;
  if (leaves.length < 2) throw invalid(`hierarchy must have at least two leaves; got ${leaves.length}.`);
  const uneven = leaves.find(({ path }) => path.length !== height);
  if (uneven !== undefined) {
    throw invalid(
      `hierarchy must have all leaves at the same depth; "${uneven.name}" is not at depth ${height}.`,
    );
  }
  const names = new Set(leaves.map(({ name }) => name));
  if (names.size !== leaves.length) throw invalid('hierarchy must not name two leaves alike.');
  return leaves.flatMap((one, i) =>
    leaves.slice(i + 1).map((other): UtilityEntry => {
      const shared = one.path.findIndex((step, level) => step !== other.path[level]);
      return [one.name, other.name, height - shared];
    }),
  );
}
