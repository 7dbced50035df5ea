/** How a public data set is dealt out to hospitals: a common test set, and skewed shares of the rest. */
import { FedwardError } from '../proto/errors.ts';
import { dirichlet, seededUniform, shuffled, type Uniform } from './seeded.ts';

export interface Split {
  /** Indices of records to be trained on. */
  readonly train: readonly number[];
  /** Indices of the public test set. */
  readonly test: readonly number[];
}

/** Takes `share` of every class as the test set, so that it has the data set's class balance. */
export function splitTest(labels: ArrayLike<number>, seed: number, share = 0.2): Split {
  const uniform = seededUniform(seed);
  const train: number[] = [];
  const test: number[] = [];
  for (const indices of byClass(labels).values()) {
    const order = shuffled(indices, uniform);
    const cut = Math.round(order.length * share);
    test.push(...order.slice(0, cut));
    train.push(...order.slice(cut));
  }
  return { train: train.sort(ascending), test: test.sort(ascending) };
}

export interface PartitionOptions {
  readonly hospitals: number;
  readonly seed: number;
  /** Concentration of the Dirichlet distribution: the smaller, the more hospitals differ. @default 1 */
  readonly alpha?: number;
  /** Records that every hospital has at least. @default 200 */
  readonly minRecords?: number;
  /** Records of each class that every hospital has at least. @default 20 */
  readonly minPerClass?: number;
}

const REDRAWS = 20_000;

/**
 * Label-skewed partition: for each class, the hospitals' shares are one draw of a symmetric Dirichlet
 * distribution (Yurochkin et al. 2019, "Bayesian Nonparametric Federated Learning"); redrawn until every
 * hospital has the least it needs.
 *
 * @param labels of all records; @param indices those to deal out, each to exactly one hospital.
 * @returns one ascending list of indices per hospital.
 * @throws FedwardError `INVALID_ARGUMENT` when no such draw is found.
 */
export function partition(
  labels: ArrayLike<number>,
  indices: readonly number[],
  options: PartitionOptions,
): number[][] {
  const { hospitals, seed, alpha = 1, minRecords = 200, minPerClass = 20 } = options;
  const uniform = seededUniform(seed);
  const classes = [...byClass(labels, indices).values()];
  for (let draw = 0; draw < REDRAWS; draw++) {
    const sizes = classes.map((members) => drawSizes(members.length, hospitals, alpha, uniform));
    const suits = Array.from({ length: hospitals }, (_, h) => sizes.map((of) => of[h] ?? 0)).every(
      (own) => Math.min(...own) >= minPerClass && own.reduce((a, b) => a + b) >= minRecords,
    );
    if (suits) return deal(classes, sizes, hospitals, uniform);
  }
  throw new FedwardError(
    'INVALID_ARGUMENT',
    `${indices.length} records cannot be dealt out to ${hospitals} hospitals so that each has ${minRecords}, with ${minPerClass} of every class, at α = ${alpha}. Ask for fewer hospitals, a larger α or less for each.`,
  );
}

/** Sizes that sum to `total`: the shares' running sum, rounded, so that nothing is lost or dealt twice. */
function drawSizes(total: number, hospitals: number, alpha: number, uniform: Uniform): number[] {
  let share = 0;
  let dealt = 0;
  return dirichlet(alpha, hospitals, uniform).map((part, h) => {
    share += part;
    const until = h === hospitals - 1 ? total : Math.round(share * total);
    const size = until - dealt;
    dealt = until;
    return size;
  });
}

function deal(
  classes: readonly number[][],
  sizes: readonly number[][],
  hospitals: number,
  uniform: Uniform,
): number[][] {
  const shares: number[][] = Array.from({ length: hospitals }, () => []);
  classes.forEach((members, k) => {
    const order = shuffled(members, uniform);
    let at = 0;
    shares.forEach((share, h) => {
      const size = sizes[k]?.[h] ?? 0;
      share.push(...order.slice(at, at + size));
      at += size;
    });
  });
  return shares.map((share) => share.sort(ascending));
}

function byClass(labels: ArrayLike<number>, indices?: readonly number[]): Map<number, number[]> {
  const classes = new Map<number, number[]>();
  for (const i of indices ?? Array.from(labels, (_, index) => index)) {
    const label = labels[i] ?? 0;
    const members = classes.get(label);
    if (members === undefined) classes.set(label, [i]);
    else members.push(i);
  }
  return classes;
}

function ascending(a: number, b: number): number {
  return a - b;
}
