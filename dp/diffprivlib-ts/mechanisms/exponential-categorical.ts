import type { DpEvent } from '../../accounting/events.ts';
import type { BitSource } from '../../sampling/entropy.ts';
import { checkEpsilon, invalid, kindOf } from '../validation.ts';
import { Mechanism, type MechanismOptions } from './mechanism.ts';
import { utilityGaps } from './utility.ts';
import { type Choice, weightedChoice } from './weighted-choice.ts';

/** Two values and their distance. */
export type UtilityEntry = readonly [value1: string, value2: string, utility: number];

export interface ExponentialCategoricalOptions extends MechanismOptions {
  /** ε > 0. */
  readonly epsilon: number;
  /**
   * For every pair of different values, in either order, how far they are apart: 0 or more, and more is *less*
   * likely to be released for the other (diffprivlib's name is "utility" all the same).
   */
  readonly utilityList: readonly UtilityEntry[];
}

/**
 * The exponential mechanism on categories: releases t for v with probability ∝ exp(−ε·d(v, t)/2Δ), where Δ is the
 * largest distance; without the 2 if all values have the same distances to the others and so the same normaliser.
 */
export class ExponentialCategorical extends Mechanism<ExponentialCategoricalOptions, string, string> {
  readonly utilityList: readonly UtilityEntry[];
  readonly #categories: Categories;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: ExponentialCategoricalOptions) {
    super(options, { epsilon: checkEpsilon(options.epsilon), delta: 0 });
    this.utilityList = checkUtilityList(options.utilityList);
    this.#categories = new Categories(this.epsilon, this.utilityList);
    Object.freeze(this);
  }

  override randomise(value: string): string {
    return this.#categories.release(value, this.bits);
  }

  override get event(): DpEvent {
    return { type: 'pureDp', epsilon: this.epsilon };
  }

  override copy(): ExponentialCategorical {
    return new ExponentialCategorical({ ...this.options, utilityList: this.utilityList });
  }
}

/** The law of every value's release; a value's choice is prepared the first time it is asked for. */
export class Categories {
  readonly #values: readonly string[];
  readonly #epsilon: number;
  readonly #distances: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly #sensitivity: number;
  readonly #balanced: boolean;
  readonly #choices = new Map<string, Choice>();

  /** @param utilityList Checked already. */
  constructor(epsilon: number, utilityList: readonly UtilityEntry[]) {
    const distances = distanceTable(utilityList);
    this.#values = [...distances.keys()];
    this.#epsilon = epsilon;
    this.#distances = distances;
    this.#sensitivity = utilityList.reduce((most, [, , utility]) => Math.max(most, utility), 0);
    const profiles = new Set(
      [...distances.values()].map((row) => Float64Array.from(row.values()).sort().join()),
    );
    this.#balanced = profiles.size === 1;
  }

  /** @throws FedwardError `INVALID_ARGUMENT` for a value that is none of the categories. */
  release(value: unknown, bits: BitSource): string {
    const row = typeof value === 'string' ? this.#distances.get(value) : undefined;
    if (typeof value !== 'string' || row === undefined) {
      throw invalid(`value must be one of the categories; got ${kindOf(value)} that is none of them.`);
    }
    const choice = this.#choices.get(value) ?? this.#prepare(row);
    this.#choices.set(value, choice);
    return this.#values[choice(bits)] ?? value;
  }

  #prepare(row: ReadonlyMap<string, number>): Choice {
    const utility = this.#values.map((other) => -(row.get(other) ?? 0));
    // Where all distances are 0, nothing tells the values apart and any sensitivity gives them equal chances.
    const { nums, den } = utilityGaps(utility, this.#epsilon, this.#sensitivity || 1, this.#balanced);
    return weightedChoice(
      nums.map((gap) => ({ measure: 1, gap })),
      den,
    );
  }
}

function checkUtilityList(list: unknown): readonly UtilityEntry[] {
  if (!Array.isArray(list) || list.length === 0) {
    throw invalid(`utilityList must be a non-empty array of [value1, value2, utility]; got ${kindOf(list)}.`);
  }
  return Object.freeze(list.map((entry: unknown, i) => checkEntry(entry, `utilityList[${i}]`)));
}

function checkEntry(entry: unknown, field: string): UtilityEntry {
  if (!Array.isArray(entry) || entry.length !== 3) {
    throw invalid(`${field} must be [value1, value2, utility]; got ${kindOf(entry)}.`);
  }
  const [value1, value2, utility] = entry;
  if (typeof value1 !== 'string' || typeof value2 !== 'string' || value1 === value2) {
    throw invalid(
      `${field} must begin with two different strings; got ${kindOf(value1)} and ${kindOf(value2)}.`,
    );
  }
  if (typeof utility === 'number' && utility >= 0 && Number.isFinite(utility)) {
    return Object.freeze([value1, value2, utility] as const);
  }
  const got = typeof utility === 'number' ? utility : kindOf(utility);
  throw invalid(`${field} must end with a finite utility of at least 0; got ${got}.`);
}

function distanceTable(list: readonly UtilityEntry[]): Map<string, Map<string, number>> {
  const table = new Map<string, Map<string, number>>();
  const enter = (from: string, to: string, utility: number) => {
    const row = table.get(from) ?? new Map<string, number>();
    table.set(from, row);
    if ((row.get(to) ?? utility) !== utility) {
      throw invalid(`utilityList gives two utilities for "${from}" and "${to}"; keep one of them.`);
    }
    row.set(to, utility);
  };
  for (const [value1, value2, utility] of list) {
    enter(value1, value2, utility);
    enter(value2, value1, utility);
  }
  for (const [value, row] of table) {
    const missing = [...table.keys()].find((other) => other !== value && !row.has(other));
    if (missing !== undefined)
      throw invalid(`utilityList has no utility for "${value}" and "${missing}"; add it.`);
  }
  return table;
}
