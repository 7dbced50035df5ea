/** Every mechanism with valid options: what the contract suite runs over. */
import { Binary } from '../../../dp/diffprivlib-ts/mechanisms/binary.ts';
import { Exponential } from '../../../dp/diffprivlib-ts/mechanisms/exponential.ts';
import { ExponentialCategorical } from '../../../dp/diffprivlib-ts/mechanisms/exponential-categorical.ts';
import { ExponentialHierarchical } from '../../../dp/diffprivlib-ts/mechanisms/exponential-hierarchical.ts';
import { Gaussian } from '../../../dp/diffprivlib-ts/mechanisms/gaussian.ts';
import { GaussianAnalytic } from '../../../dp/diffprivlib-ts/mechanisms/gaussian-analytic.ts';
import { GaussianDiscrete } from '../../../dp/diffprivlib-ts/mechanisms/gaussian-discrete.ts';
import { Geometric } from '../../../dp/diffprivlib-ts/mechanisms/geometric.ts';
import { GeometricFolded } from '../../../dp/diffprivlib-ts/mechanisms/geometric-folded.ts';
import { GeometricTruncated } from '../../../dp/diffprivlib-ts/mechanisms/geometric-truncated.ts';
import { Laplace } from '../../../dp/diffprivlib-ts/mechanisms/laplace.ts';
import { LaplaceBoundedDomain } from '../../../dp/diffprivlib-ts/mechanisms/laplace-bounded-domain.ts';
import { LaplaceBoundedNoise } from '../../../dp/diffprivlib-ts/mechanisms/laplace-bounded-noise.ts';
import { LaplaceFolded } from '../../../dp/diffprivlib-ts/mechanisms/laplace-folded.ts';
import { LaplaceTruncated } from '../../../dp/diffprivlib-ts/mechanisms/laplace-truncated.ts';
import type { Mechanism } from '../../../dp/diffprivlib-ts/mechanisms/mechanism.ts';
import { PermuteAndFlip } from '../../../dp/diffprivlib-ts/mechanisms/permute-and-flip.ts';
import { Snapping } from '../../../dp/diffprivlib-ts/mechanisms/snapping.ts';
import { Staircase } from '../../../dp/diffprivlib-ts/mechanisms/staircase.ts';
import { Uniform } from '../../../dp/diffprivlib-ts/mechanisms/uniform.ts';
import { Vector } from '../../../dp/diffprivlib-ts/mechanisms/vector.ts';

type AnyMechanism = Mechanism<object, unknown, unknown>;

export interface Listed {
  readonly name: string;
  readonly make: (options: object) => AnyMechanism;
  /** All of its options, the optional ones included. */
  readonly options: Readonly<Record<string, unknown>>;
  /** A value to randomise. */
  readonly value: unknown;
  /** Values that it must refuse. */
  readonly refused: readonly unknown[];
  /** Whether a release is possible. */
  readonly possible: (release: unknown) => boolean;
}

export interface NumericListed extends Listed {
  readonly value: number;
}

const finite = (release: unknown) => typeof release === 'number' && Number.isFinite(release);
const integer = (release: unknown) => Number.isSafeInteger(release);
const within = (lower: number, upper: number) => (release: unknown) =>
  typeof release === 'number' && release >= lower && release <= upper;
const oneOf =
  (...values: readonly unknown[]) =>
  (release: unknown) =>
    values.includes(release);

const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, '31337', null, undefined, [31337], 31337n];
const NO_INTEGERS = [...NO_NUMBERS, 31337.5, 2 ** 53];
const NO_LABELS = ['31337', 31337, null, undefined, ['a']];

type Constructor = new (options: never) => unknown;

type Rest<Value> = Omit<Listed, 'name' | 'make' | 'value'> & { readonly value: Value };

function listed<Value>(mechanism: Constructor, rest: Rest<Value>): Listed & { readonly value: Value } {
  const make = (options: object) => new mechanism(options as never) as AnyMechanism;
  return { name: mechanism.name, make, ...rest };
}

const real = { value: 2.25, refused: NO_NUMBERS, possible: finite };
const whole = { value: 3, refused: NO_INTEGERS, possible: integer };
const epsilon = 0.8;
const bounds = { lower: 1, upper: 6 };

export const NUMERIC: readonly NumericListed[] = [
  listed(Gaussian, { options: { epsilon, delta: 1e-3, sensitivity: 1.5 }, ...real }),
  listed(GaussianAnalytic, { options: { epsilon, delta: 1e-3, sensitivity: 1.5 }, ...real }),
  listed(GaussianDiscrete, { options: { epsilon, delta: 1e-3, sensitivity: 2 }, ...whole }),
  listed(Geometric, { options: { epsilon, sensitivity: 2 }, ...whole }),
  listed(GeometricTruncated, {
    options: { epsilon, sensitivity: 2, ...bounds },
    ...whole,
    possible: within(1, 6),
  }),
  listed(GeometricFolded, {
    options: { epsilon, sensitivity: 2, lower: 0.5, upper: 6 },
    ...whole,
    possible: (release) => integer(release) && within(0.5, 6)(release),
  }),
  listed(Laplace, { options: { epsilon, delta: 0.01, sensitivity: 1.5 }, ...real }),
  listed(LaplaceTruncated, {
    options: { epsilon, delta: 0.01, sensitivity: 1.5, ...bounds },
    ...real,
    possible: within(1, 6),
  }),
  listed(LaplaceFolded, {
    options: { epsilon, delta: 0.01, sensitivity: 1.5, ...bounds },
    ...real,
    possible: within(1, 6),
  }),
  listed(LaplaceBoundedDomain, {
    options: { epsilon, delta: 0.01, sensitivity: 1.5, ...bounds },
    ...real,
    possible: within(1, 6),
  }),
  listed(LaplaceBoundedNoise, {
    options: { epsilon, delta: 0.1, sensitivity: 1.5 },
    ...real,
    possible: within(-3, 8),
  }),
  listed(Snapping, {
    options: { epsilon, sensitivity: 1.5, lower: -2.5, upper: 6 },
    ...real,
    possible: oneOf(-2.5, -2, 0, 2, 4, 6),
  }),
  listed(Staircase, { options: { epsilon, sensitivity: 1.5, gamma: 0.3 }, ...real }),
  listed(Uniform, {
    options: { delta: 0.1, sensitivity: 1.5 },
    ...real,
    possible: within(2.25 - 7.5001, 2.25 + 7.5001),
  }),
];

const choice = { epsilon, sensitivity: 1, monotonic: true, utility: [3, 5, 1], candidates: ['a', 'b', 'c'] };

export const OTHERS: readonly Listed[] = [
  listed(Binary, {
    options: { epsilon, value0: 'a', value1: 'b' },
    value: 'a',
    refused: NO_LABELS,
    possible: oneOf('a', 'b'),
  }),
  listed(Exponential, {
    options: { ...choice, measure: [1, 2, 3] },
    value: undefined,
    refused: [],
    possible: oneOf('a', 'b', 'c'),
  }),
  listed(PermuteAndFlip, { options: choice, value: undefined, refused: [], possible: oneOf('a', 'b', 'c') }),
  listed(ExponentialCategorical, {
    options: {
      epsilon,
      utilityList: [
        ['a', 'b', 1],
        ['c', 'a', 2],
        ['b', 'c', 2],
      ],
    },
    value: 'c',
    refused: NO_LABELS,
    possible: oneOf('a', 'b', 'c'),
  }),
  listed(ExponentialHierarchical, {
    options: { epsilon, hierarchy: [['a', 'b'], ['c']] },
    value: 'c',
    refused: NO_LABELS,
    possible: oneOf('a', 'b', 'c'),
  }),
  listed(Vector, {
    options: { epsilon, functionSensitivity: 0.25, dataSensitivity: 2, dimension: 3, alpha: 0.5, n: 10 },
    value: (point: ArrayLike<number>) => point[0],
    refused: [null, undefined, 31337, '31337'],
    possible: (release) => typeof release === 'function',
  }),
];

export const MECHANISMS: readonly Listed[] = [...NUMERIC, ...OTHERS];
