/**
 * Checks of what callers pass in. Each returns the value in its checked type or throws `INVALID_ARGUMENT` with
 * a sentence that names the field, what it got and what to do.
 *
 * Parameters are public and are quoted. The value to be randomised is not: `checkValue` and `checkIntegerValue`
 * name its kind and never its digits.
 */
import { FedwardError } from '../../proto/errors.ts';

export function invalid(message: string): FedwardError {
  return new FedwardError('INVALID_ARGUMENT', message);
}

/** The kind of a value in words that disclose nothing of it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return String(value);
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Kind, and for numbers the number: only for public parameters. */
function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : kindOf(value);
}

/** A finite number. */
export function checkNumber(field: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(`${field} must be a finite number; got ${shown(value)}. Give it as a plain number.`);
}

/** An integer that a double holds exactly, from `least` on. */
export function checkInteger(field: string, value: unknown, least = Number.MIN_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  const from = least === Number.MIN_SAFE_INTEGER ? '' : ` of at least ${least}`;
  throw invalid(`${field} must be an integer${from} and below 2^53 in magnitude; got ${shown(value)}.`);
}

/** ε: finite, above 0 unless `allowZero`. */
export function checkEpsilon(value: unknown, { allowZero = false } = {}): number {
  const epsilon = checkNumber('epsilon', value);
  if (epsilon > 0 || (allowZero && epsilon === 0)) return epsilon;
  throw invalid(
    `epsilon must be ${allowZero ? 'at least' : 'above'} 0; got ${epsilon}. Smaller is more private; 0.1 to 10 is usual.`,
  );
}

/** δ on [0, 1). At δ = 1 nothing at all is promised, so that is refused. */
export function checkDelta(value: unknown): number {
  const delta = checkNumber('delta', value);
  if (delta >= 0 && delta < 1) return delta;
  throw invalid(`delta must be at least 0 and below 1; got ${delta}. Choose it well below 1 / records.`);
}

/** ε ≥ 0 and 0 ≤ δ < 1, which may be 0 together only if `allowZero`. */
export function checkEpsilonDelta(
  epsilon: unknown,
  delta: unknown,
  { allowZero = false } = {},
): { readonly epsilon: number; readonly delta: number } {
  const checked = { epsilon: checkEpsilon(epsilon, { allowZero: true }), delta: checkDelta(delta) };
  if (allowZero || checked.epsilon > 0 || checked.delta > 0) return checked;
  throw invalid(
    'epsilon and delta cannot both be 0: no release is that private. Give either a positive value.',
  );
}

/** A sensitivity: at least 0, where 0 says that the value does not depend on any record. */
export function checkSensitivity(value: unknown, field = 'sensitivity'): number {
  const sensitivity = checkNumber(field, value);
  if (sensitivity >= 0) return sensitivity;
  throw invalid(
    `${field} must be at least 0; got ${sensitivity}. It is the most by which one record moves the value.`,
  );
}

/** An integer sensitivity, for mechanisms on the integers. */
export function checkIntegerSensitivity(value: unknown, field = 'sensitivity'): number {
  return checkInteger(field, value, 0);
}

/** lower ≤ upper, both finite. */
export function checkLowerUpper(
  lower: unknown,
  upper: unknown,
): { readonly lower: number; readonly upper: number } {
  const checked = { lower: checkNumber('lower', lower), upper: checkNumber('upper', upper) };
  if (checked.lower <= checked.upper) return checked;
  throw invalid(`lower must not exceed upper; got ${checked.lower} and ${checked.upper}. Exchange the two.`);
}

export type Bounds = readonly [lower: number, upper: number];

/** A pair [lower, upper] of numbers with lower ≤ upper. */
export function checkBounds(bounds: unknown, field = 'bounds'): Bounds {
  const { lower, upper } = pair(bounds, field);
  return orderedPair(lower, upper, field);
}

/** One pair for each of `columns` columns, from [lower, upper] whose entries are numbers or arrays of that length. */
export function checkBoundsOf(columns: number, bounds: unknown, field = 'bounds'): readonly Bounds[] {
  const { lower, upper } = pair(bounds, field);
  const lowers = spread(lower, columns, `${field}[0]`);
  const uppers = spread(upper, columns, `${field}[1]`);
  return lowers.map((one, i) => orderedPair(one, uppers[i], field));
}

/** The value to be randomised. */
export function checkValue(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(
    `value must be a finite number; got ${kindOf(value)}. Clean the data before it is randomised.`,
  );
}

/** The integer to be randomised. */
export function checkIntegerValue(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw invalid(
    `value must be an integer below 2^53 in magnitude; got ${kindOf(value)}. Use a mechanism for real numbers instead.`,
  );
}

/** Seeds make noise that others can reproduce and subtract (DESIGN §6). */
export function refuseSeed(options: object): void {
  for (const name of ['randomState', 'random_state', 'seed']) {
    if (Object.hasOwn(options, name)) {
      throw invalid(
        `${name} is refused: whoever knows the seed can subtract the noise. Leave it out; noise comes from the operating system's generator.`,
      );
    }
  }
}

function pair(bounds: unknown, field: string): { readonly lower: unknown; readonly upper: unknown } {
  if (Array.isArray(bounds) && bounds.length === 2) return { lower: bounds[0], upper: bounds[1] };
  throw invalid(`${field} must be a pair [lower, upper]; got ${kindOf(bounds)}.`);
}

function orderedPair(lower: unknown, upper: unknown, field: string): Bounds {
  const checked: Bounds = [checkNumber(`${field}[0]`, lower), checkNumber(`${field}[1]`, upper)];
  if (checked[0] <= checked[1]) return checked;
  throw invalid(`${field} must have lower ≤ upper; got ${checked[0]} and ${checked[1]}. Exchange the two.`);
}

function spread(bound: unknown, columns: number, field: string): readonly unknown[] {
  if (!Array.isArray(bound)) return Array.from({ length: columns }, () => bound);
  if (bound.length === columns) return bound;
  throw invalid(`${field} must be a number or an array of ${columns} numbers; got ${bound.length} entries.`);
}
