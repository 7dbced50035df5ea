/** Wrong shares are named, however they lie. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLiars } from '../../secagg/liars.ts';
import { type Share, split } from '../../secagg/shamir.ts';

/** A sharing in which those at `lying` have another byte at `byte`. */
function sharing(n: number, t: number, lying: readonly number[], byte: (x: number) => number): Share[] {
  return split(randomBytes(32), n, t, randomBytes).map(({ x, bytes }) => {
    const spoilt = bytes.slice();
    if (lying.includes(x)) spoilt[byte(x)] = (spoilt[byte(x)] ?? 0) ^ (1 + (x % 255));
    return { x, bytes: spoilt };
  });
}

describe('findLiars', () => {
  it('names any ⌊(m − t)/2⌋ of them, each lying in a byte of its own choice', () => {
    const setting = fc
      .record({ n: fc.integer({ min: 3, max: 24 }), spare: fc.nat(12) })
      .chain(({ n, spare }) => {
        const t = Math.max(2, n - spare);
        const most = Math.floor((n - t) / 2);
        const positions = Array.from({ length: n }, (_, i) => i + 1);
        return fc.record({
          n: fc.constant(n),
          t: fc.constant(t),
          lying: fc.subarray(positions, { maxLength: most }),
          offset: fc.nat(31),
        });
      });
    fc.assert(
      fc.property(setting, ({ n, t, lying, offset }) => {
        const found = findLiars(
          sharing(n, t, lying, (x) => (x + offset) % 32),
          t,
        );
        expect([...(found ?? [])].sort((a, b) => a - b)).toEqual(lying);
      }),
      { numRuns: 60 },
    );
  });

  it('names twelve of a hundred where seventy-five are needed', () => {
    const lying = Array.from({ length: 12 }, (_, i) => 8 * (i + 1));
    expect(
      [
        ...(findLiars(
          sharing(100, 75, lying, () => 0),
          75,
        ) ?? []),
      ].sort((a, b) => a - b),
    ).toEqual(lying);
  });

  it('does not accuse the honest where too many lie to tell', () => {
    for (let run = 0; run < 20; run++) {
      const found = findLiars(
        sharing(9, 5, [1, 2, 3], () => 0),
        5,
      );
      expect(found === null || found.size <= 2).toBe(true);
      expect(found).not.toEqual(new Set());
    }
  });

  it('says null with fewer shares than are needed', () => {
    expect(findLiars(sharing(5, 3, [], () => 0).slice(0, 2), 3)).toBeNull();
  });
});
