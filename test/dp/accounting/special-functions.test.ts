import { describe, expect, it } from 'vitest';
import {
  erfc,
  erfcx,
  logAddExp,
  logBesselI,
  logErfc,
  logExcess,
  logGamma,
  logScaledBesselI,
} from '../../../dp/accounting/special-functions.ts';
import { casesOf, relativeError } from './vectors.ts';

interface OfX {
  readonly x: number;
  readonly value: number;
}

describe('special functions', () => {
  it.each([
    ['erfc', erfc, 2e-15],
    ['logErfc', logErfc, 2e-15],
    ['logGamma', logGamma, 1e-13],
  ] as const)('%s, in both tails', (name, f, tolerance) => {
    for (const { x, value } of casesOf<OfX>('special-functions', name)) {
      expect(relativeError(f(x), value), `${name}(${x})`).toBeLessThan(tolerance);
    }
  });

  it('erfcx joins at 1/2, follows 1/(x√π) far out, and has no negative side', () => {
    expect(erfcx(0.5 - 1e-15) / erfcx(0.5)).toBeCloseTo(1, 14);
    expect(erfcx(1e9) * 1e9 * Math.sqrt(Math.PI)).toBeCloseTo(1, 14);
    expect(erfcx(0)).toBe(1);
    expect(erfcx(-1)).toBeNaN();
  });

  it('log e^(−x)·I_n(x)', () => {
    const cases = casesOf<{ n: number; x: number; value: number }>('special-functions', 'logScaledBesselI');
    for (const { n, x, value } of cases) {
      const log = logScaledBesselI(x, n)[n] ?? Number.NaN;
      expect(relativeError(log, value), `n ${n}, x ${x}`).toBeLessThan(1e-13);
      expect(logBesselI(n, x)).toBe(x + log);
    }
  });

  it('e^x = I_0 + 2·Σ I_n, at every scale', () => {
    for (const x of [1e-3, 1, 50, 1e5]) {
      const logs = logScaledBesselI(x, Math.ceil(12 * Math.sqrt(x)) + 20);
      const sum = logs.reduce((total, log, n) => total + (n === 0 ? 1 : 2) * Math.exp(log), 0);
      expect(sum).toBeCloseTo(1, 13);
    }
  });

  it('log((1 + x)^a − 1 − ax) loses no digits where it cancels, and does not overflow', () => {
    expect(Math.exp(logExcess(3, 1e-9, Math.log1p(1e-9))) / (3e-18 + 1e-27)).toBeCloseTo(1, 14);
    expect(Math.exp(logExcess(2, -0.3, Math.log1p(-0.3)))).toBeCloseTo(0.09, 15);
    expect(Math.exp(logExcess(-1, 0.5, Math.log(1.5)))).toBeCloseTo(1 / 1.5 - 0.5, 15);
    expect(logExcess(4, Number.POSITIVE_INFINITY, 1000)).toBe(4000);
    expect(logExcess(1.5, Math.expm1(21), 21) / Math.log(Math.exp(31.5) - 1.5 * Math.exp(21))).toBeCloseTo(
      1,
      9,
    );
  });

  it('logAddExp keeps infinities', () => {
    const infinity = Number.POSITIVE_INFINITY;
    expect(logAddExp(infinity, infinity)).toBe(infinity);
    expect(logAddExp(-infinity, -infinity)).toBe(-infinity);
    expect(logAddExp(-infinity, 3)).toBe(3);
  });
});
