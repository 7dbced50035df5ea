/**
 * What all tools that reduce an array share: the checks, the charge and the split of ε.
 *
 * Two data sets are neighbours here when one element was replaced by another, so their shapes are public. Every
 * argument is checked first, then the whole of ε is spent at once, and only then is noise drawn: a tool that
 * fails half-way has paid for everything, and one that is not paid for has drawn nothing.
 */
import { type Entropy, osEntropy } from '../../sampling/entropy.ts';
import { BudgetAccountant } from '../accountant.ts';
import { warn } from '../errors.ts';
import { type Bounds, checkBoundsOf, checkEpsilon, invalid, kindOf, refuseSeed } from '../validation.ts';
import { type ArrayInput, type Axis, cutLanes, type Dense, dense, type Nested, nest } from './ndarray.ts';

export interface ToolOptions {
  /** Privacy of the whole result; several outputs share it evenly. @default 1 */
  readonly epsilon?: number;
  /** Pays for the release. @default the default accountant, `BudgetAccountant.loadDefault()` */
  readonly accountant?: BudgetAccountant;
  /** @default the operating system's generator */
  readonly entropy?: Entropy;
}

export interface ReductionOptions extends ToolOptions {
  /** @default all axes */
  readonly axis?: Axis;
  /** Keeps reduced axes as dimensions of size 1. @default false */
  readonly keepdims?: boolean;
}

export interface BoundedOptions extends ReductionOptions {
  /**
   * [lower, upper], to which every element is clipped; either may be an array with one entry per output. They must come
   * from knowledge of the domain, never from the data.
   */
  readonly bounds?: readonly [lower: number | readonly number[], upper: number | readonly number[]];
  /** Without bounds, takes them from the data, warns, and is *not* differentially private. @default false */
  readonly allowPrivacyLeak?: boolean;
}

/** Options under which the result is one number. */
export interface WholeArray {
  readonly axis?: null | undefined;
  readonly keepdims?: false | undefined;
}

export type Reduced = number | Nested;

export interface Reduction<Options, Element = number> {
  (array: ArrayInput<Element>, options: Options & WholeArray): number;
  (array: ArrayInput<Element>, options: Options): Reduced;
}

/** One output from the elements that go into it: ε-private, for elements anywhere. */
export type Release = (values: Float64Array, bounds: Bounds, epsilon: number, entropy: Entropy) => number;

export const TOOL_FIELDS = ['epsilon', 'accountant', 'entropy'];
export const REDUCTION_FIELDS = [...TOOL_FIELDS, 'axis', 'keepdims'];
export const BOUNDED_FIELDS = [...REDUCTION_FIELDS, 'bounds', 'allowPrivacyLeak'];

/** A tool that clips to bounds. */
export function boundedReduction(release: Release): Reduction<BoundedOptions> {
  const tool = (input: unknown, options: BoundedOptions): Reduced => {
    checkOptions(options, BOUNDED_FIELDS);
    const array = dense('array', input);
    const { lanes, shape } = cutLanes(array, options.axis, checkFlag('keepdims', options.keepdims));
    const bounds = boundsOf(array, lanes.length, options);
    const { epsilon, entropy } = charge(options, lanes.length);
    return nest(
      lanes.map((lane, i) => release(lane, bounds[i] ?? [0, 0], epsilon, entropy)),
      shape,
    );
  };
  // Without axis and keepdims the shape has no dimension and `nest` returns the number.
  return tool as Reduction<BoundedOptions>;
}

/** One pair per output, from the options or, where that is allowed, from the data. */
export function boundsOf(
  { data }: Dense,
  outputs: number,
  { bounds, allowPrivacyLeak }: Pick<BoundedOptions, 'bounds' | 'allowPrivacyLeak'>,
): readonly Bounds[] {
  const allowed = checkFlag('allowPrivacyLeak', allowPrivacyLeak);
  if (bounds !== undefined && bounds !== null) {
    return checkBoundsOf(outputs, bounds).map((pair) => checkSpan('bounds', pair));
  }
  const read = checkSpan('bounds', rangeOfData('bounds', data, allowed));
  return Array.from({ length: outputs }, () => read);
}

/** Bounds whose distance is a double. */
export function checkSpan(field: string, bounds: Bounds): Bounds {
  const [lower, upper] = bounds;
  if (upper - lower < Infinity) return bounds;
  throw invalid(`${field} must be less than 2^1024 apart; got ${lower} and ${upper}.`);
}

/** The range of the finite values, with a warning; @throws FedwardError `INVALID_ARGUMENT` unless that is allowed. */
export function rangeOfData(field: string, data: Float64Array, allowed: boolean): Bounds {
  if (!allowed) {
    throw invalid(
      `${field} must be given: reading them off the data would disclose its extremes. Give [lower, upper] from knowledge of the domain.`,
    );
  }
  warn(
    'PrivacyLeakWarning',
    `${field} were read off the data, so the result is not differentially private. Give [lower, upper] from knowledge of the domain.`,
  );
  const finite = data.filter(Number.isFinite);
  if (finite.length === 0) return [0, 0];
  return [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))];
}

/** Spends ε, whole, and tells what each of `outputs` may use of it. */
export function charge(
  { epsilon = 1, accountant, entropy = osEntropy() }: ToolOptions,
  outputs: number,
): { readonly epsilon: number; readonly entropy: Entropy } {
  checkEpsilon(epsilon);
  if (typeof entropy !== 'function') {
    throw invalid(`entropy must be a function from a number of bytes to that many; got ${kindOf(entropy)}.`);
  }
  BudgetAccountant.loadDefault(accountant).spend(epsilon, 0);
  return { epsilon: share(epsilon, outputs), entropy };
}

/** ε for each of `parts` releases, never above ε/parts: a quotient in doubles may lie an ulp above. */
export function share(epsilon: number, parts: number): number {
  return parts === 1 ? epsilon : (epsilon / parts) * (1 - 2 ** -52);
}

/** A misspelt option must not pass in silence: it could be the accountant's or the bounds'. */
export function checkOptions(options: unknown, fields: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalid(`options must be an object with ${fields.join(', ')}; got ${kindOf(options)}.`);
  }
  refuseSeed(options);
  const unknown = Object.keys(options).find((name) => !fields.includes(name));
  if (unknown !== undefined)
    throw invalid(`options.${unknown} is not known here; there are ${fields.join(', ')}.`);
}

export function checkFlag(field: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw invalid(`${field} must be true or false; got ${kindOf(value)}.`);
}
