import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  BudgetError,
  DiffprivlibCompatibilityWarning,
  type DpWarning,
  onWarning,
  PrivacyLeakWarning,
  warn,
} from '../../../dp/diffprivlib-ts/errors.ts';
import {
  checkBounds,
  checkBoundsOf,
  checkDelta,
  checkEpsilon,
  checkEpsilonDelta,
  checkInteger,
  kindOf,
} from '../../../dp/diffprivlib-ts/validation.ts';
import { FedwardError } from '../../../proto/errors.ts';

describe('validation', () => {
  it('takes ε and δ in their ranges, and both 0 only if allowed', () => {
    expect(checkEpsilon(1e-300)).toBe(1e-300);
    expect(checkEpsilon(0, { allowZero: true })).toBe(0);
    expect(checkDelta(0)).toBe(0);
    expect(checkEpsilonDelta(0, 0.1)).toEqual({ epsilon: 0, delta: 0.1 });
    expect(checkEpsilonDelta(0, 0, { allowZero: true })).toEqual({ epsilon: 0, delta: 0 });
    expect(() => checkEpsilonDelta(0, 0)).toThrow('epsilon and delta cannot both be 0');
    expect(() => checkEpsilon(0)).toThrow('epsilon must be above 0; got 0');
    expect(() => checkDelta(1)).toThrow('delta must be at least 0 and below 1; got 1');
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined, true, 1n]) {
      expect(() => checkEpsilon(wrong)).toThrow(FedwardError);
      expect(() => checkDelta(wrong)).toThrow(FedwardError);
    }
  });

  it('takes bounds as a pair, or as a pair of arrays for several columns', () => {
    expect(checkBounds([0, 0])).toEqual([0, 0]);
    expect(checkBoundsOf(2, [0, [1, 2]])).toEqual([
      [0, 1],
      [0, 2],
    ]);
    expect(() => checkBounds([1, 0])).toThrow(/lower ≤ upper; got 1 and 0/);
    expect(() => checkBounds([0])).toThrow('bounds must be a pair [lower, upper]; got an array');
    expect(() => checkBounds([0, Number.POSITIVE_INFINITY], 'range')).toThrow(
      'range[1] must be a finite number',
    );
    expect(() => checkBoundsOf(2, [[0, 1, 2], 1])).toThrow(
      'bounds[0] must be a number or an array of 2 numbers',
    );
    expect(() => checkBoundsOf(2, [[0, 3], 1])).toThrow(/got 3 and 1/);
  });

  it('names the kind of anything in words', () => {
    const kinds = [null, undefined, Number.NaN, -1 / 0, [], {}, 'x', 1, 1n, true, () => 1].map(kindOf);
    expect(kinds).toEqual([
      ...['null', 'undefined', 'NaN', '-Infinity', 'an array', 'an object', 'a string'],
      ...['a number', 'a bigint', 'a boolean', 'a function'],
    ]);
    expect(() => checkInteger('count', 0.5, 1)).toThrow('count must be an integer of at least 1');
  });
});

describe('warnings and errors', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('go to every subscriber, and to the process where there is none', () => {
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const seen: DpWarning[] = [];
    const stop = onWarning((warning) => seen.push(warning));
    const stopOther = onWarning((warning) => seen.push(warning));
    warn('PrivacyLeakWarning', 'bounds were read off the data');
    stopOther();
    warn('DiffprivlibCompatibilityWarning', 'dtype has no effect');
    stop();
    expect(seen).toHaveLength(3);
    expect(seen[0]).toBeInstanceOf(PrivacyLeakWarning);
    expect(seen[2]).toBeInstanceOf(DiffprivlibCompatibilityWarning);
    expect(seen[2]?.name).toBe('DiffprivlibCompatibilityWarning');
    expect(emitted).not.toHaveBeenCalled();
  });

  it('a spent budget has its own class, code and exit code', () => {
    const error = new BudgetError('nothing is left', { details: { epsilon: 1 } });
    expect(error).toBeInstanceOf(FedwardError);
    expect([error.code, error.exitCode, error.details]).toEqual(['BUDGET_EXHAUSTED', 4, { epsilon: 1 }]);
  });
});
