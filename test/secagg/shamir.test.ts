import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine, invert, multiply, type Share, split } from '../../secagg/shamir.ts';
import { nth, seededEntropy } from './support.ts';

// An independent, slow implementation: carry-less products of big integers, division by 0x11b with
// remainder, inverses by search, and interpolation of the whole polynomial by solving for each point.
function slowMultiply(a: number, b: number): number {
  let product = 0n;
  for (let bit = 0n; bit < 8n; bit++) if ((BigInt(b) >> bit) & 1n) product ^= BigInt(a) << bit;
  for (let degree = 15n; degree >= 8n; degree--) {
    if ((product >> degree) & 1n) product ^= 0x11bn << (degree - 8n);
  }
  return Number(product);
}

function slowDivide(a: number, b: number): number {
  for (let q = 0; q < 256; q++) if (slowMultiply(q, b) === a) return q;
  throw new Error('division by zero');
}

function slowPower(x: number, exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i++) power = slowMultiply(power, x);
  return power;
}

/** f(x) = secret + c₁x + c₂x² + … with the coefficient rows in ascending order of degree. */
function slowSplit(secret: Uint8Array, rows: readonly Uint8Array[], x: number): Share {
  const bytes = secret.map((constant, k) =>
    rows.reduce((sum, row, i) => sum ^ slowMultiply(row[k] ?? 0, slowPower(x, i + 1)), constant),
  );
  return { x, bytes };
}

/** Solves the Vandermonde system by Gauss–Jordan elimination and reads the constant term. */
function slowCombine(shares: readonly Share[]): Uint8Array {
  const t = shares.length;
  return Uint8Array.from({ length: nth(shares, 0).bytes.length }, (_, k) => {
    const rows = shares.map(({ x, bytes }) => [
      ...Array.from({ length: t }, (_, power) => slowPower(x, power)),
      bytes[k] ?? 0,
    ]);
    for (let column = 0; column < t; column++) {
      const pivot = rows.findIndex((row, i) => i >= column && row[column] !== 0);
      const chosen = nth(rows, pivot);
      rows[pivot] = nth(rows, column);
      rows[column] = chosen.map((value) => slowDivide(value, nth(chosen, column)));
      const unit = nth(rows, column);
      rows.forEach((row, i) => {
        const factor = nth(row, column);
        if (i !== column) rows[i] = row.map((value, j) => value ^ slowMultiply(factor, nth(unit, j)));
      });
    }
    return nth(nth(rows, 0), t);
  });
}

describe('GF(2^8)', () => {
  it('multiplies as the definition does, for all 65,536 pairs', () => {
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) {
        if (multiply(a, b) !== slowMultiply(a, b)) expect.fail(`${a} · ${b}`);
      }
    }
  });

  it('gives the products of FIPS 197 §4.2', () => {
    expect(multiply(0x57, 0x83)).toBe(0xc1);
    expect(multiply(0x57, 0x13)).toBe(0xfe);
  });

  it('inverts every element but zero', () => {
    for (let a = 1; a < 256; a++) expect(slowMultiply(a, invert(a))).toBe(1);
    expect(invert(0)).toBe(0);
  });
});

/** n, t and a set of t positions. */
const scheme = fc
  .integer({ min: 1, max: 12 })
  .chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 1, max: n })))
  .chain(([n, t]) =>
    fc.record({
      n: fc.constant(n),
      t: fc.constant(t),
      order: fc.shuffledSubarray(
        Array.from({ length: n }, (_, i) => i),
        { minLength: t, maxLength: n },
      ),
    }),
  );

describe('Shamir', () => {
  it('gives the secret back from any t shares in any order', () => {
    fc.assert(
      fc.property(scheme, fc.uint8Array({ minLength: 1, maxLength: 32 }), ({ n, t, order }, secret) => {
        const shares = split(secret, n, t, randomBytes);
        expect(shares.map((share) => share.x)).toEqual(Array.from({ length: n }, (_, i) => i + 1));
        expect(
          combine(
            order.map((i) => nth(shares, i)),
            t,
          ),
        ).toEqual(secret);
      }),
    );
  });

  it('agrees with the independent implementation in both directions', () => {
    fc.assert(
      fc.property(scheme, fc.uint8Array({ minLength: 4, maxLength: 4 }), ({ n, t, order }, secret) => {
        const ours = split(secret, n, t, randomBytes);
        expect(slowCombine(order.slice(0, t).map((i) => nth(ours, i)))).toEqual(secret);
        const rows = Array.from({ length: t - 1 }, () => new Uint8Array(randomBytes(4)));
        const theirs = order.slice(0, t).map((i) => slowSplit(secret, rows, i + 1));
        expect(combine(theirs, t)).toEqual(secret);
      }),
      { numRuns: 30 },
    );
  });

  it('evaluates the polynomial whose coefficients it drew', () => {
    const secret = Uint8Array.of(1, 2, 3);
    const drawn = seededEntropy('coefficients')(6);
    const shares = split(secret, 5, 3, () => drawn.slice());
    for (const share of shares) {
      expect(share).toEqual(slowSplit(secret, [drawn.slice(0, 3), drawn.slice(3)], share.x));
    }
  });

  it('says nothing with t − 1 shares: each secret explains them by exactly one polynomial', () => {
    for (const secret of [0, 1, 0x53, 255]) {
      const seen = new Set<number>();
      for (let coefficient = 0; coefficient < 256; coefficient++) {
        const [share] = split(Uint8Array.of(secret), 2, 2, () => Uint8Array.of(coefficient));
        seen.add(share?.bytes[0] ?? -1);
      }
      expect(seen.size).toBe(256);
    }
  });

  it('gives something else from t − 1 shares and from a wrong share', () => {
    const secret = new Uint8Array(randomBytes(32));
    const shares = split(secret, 5, 4, randomBytes);
    expect(combine(shares.slice(0, 3), 3)).not.toEqual(secret);
    nth(shares, 0).bytes[7] = (nth(shares, 0).bytes[7] ?? 0) ^ 1;
    expect(combine(shares, 4)).not.toEqual(secret);
  });

  it('works for all 255 positions', () => {
    const secret = Uint8Array.of(42, 0, 255);
    const shares = split(secret, 255, 128, randomBytes);
    expect(combine(shares.slice(127), 128)).toEqual(secret);
  });

  describe('refuses', () => {
    const secret = Uint8Array.of(1, 2);
    const [a, b] = split(secret, 2, 2, randomBytes) as [Share, Share];
    const cases: [string, () => unknown][] = [
      ['n of 0', () => split(secret, 0, 1, randomBytes)],
      ['n above 255', () => split(secret, 256, 2, randomBytes)],
      ['a fraction of a share', () => split(secret, 2.5, 2, randomBytes)],
      ['t of 0', () => split(secret, 3, 0, randomBytes)],
      ['t above n', () => split(secret, 3, 4, randomBytes)],
      ['an empty secret', () => split(new Uint8Array(0), 3, 2, randomBytes)],
      ['entropy that falls short', () => split(secret, 3, 2, () => new Uint8Array(1))],
      ['fewer than t shares', () => combine([a], 2)],
      ['one position twice', () => combine([a, a], 2)],
      ['one position twice beyond the first t', () => combine([a, b, b], 2)],
      ['position 0, the secret itself', () => combine([a, { ...b, x: 0 }], 2)],
      ['position 256', () => combine([a, { ...b, x: 256 }], 2)],
      ['half a position', () => combine([a, { ...b, x: 1.5 }], 2)],
      ['unequal lengths', () => combine([a, { x: 2, bytes: new Uint8Array(3) }], 2)],
      ['combining with t of 0', () => combine([a, b], 0)],
    ];
    it.each(cases)('%s', (_, run) => {
      expect(run).toThrowError(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    });
  });
});
