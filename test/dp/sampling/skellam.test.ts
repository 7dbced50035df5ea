import { describe, expect, it } from 'vitest';
import { type AliasTable, aliasTable, drawFromTable } from '../../../dp/sampling/alias.ts';
import { BitSource } from '../../../dp/sampling/entropy.ts';
import { MAX_MU, sampleSkellam, skellamTable } from '../../../dp/sampling/skellam.ts';
import { SEED, scriptedEntropy } from '../seeded-entropy.ts';
import { kolmogorovStatistic, normalCdf } from '../statistics.ts';
import { bitsFor } from './draws.ts';
import { assess, expectFit, kolmogorovTail, LEVEL } from './fit.ts';
import { skellamPmf } from './pmf.ts';

const COLUMN = 2n ** 64n;

/** The probabilities, over 2^(64 + b), that the table's thresholds and aliases amount to. */
function sharesOf({ columnBits, high, low, alias }: AliasTable): bigint[] {
  const shares = Array<bigint>(2 ** columnBits).fill(0n);
  for (let column = 0; column < shares.length; column++) {
    const own = (BigInt(high[column] ?? 0) << 32n) | BigInt(low[column] ?? 0);
    const other = alias[column] ?? 0;
    shares[column] = (shares[column] ?? 0n) + own;
    shares[other] = (shares[other] ?? 0n) + COLUMN - own;
  }
  return shares;
}

describe('aliasTable', () => {
  it('holds the weights exactly', () => {
    const weights = [3n * COLUMN + 5n, 0n, 1n, COLUMN - 6n];
    expect(sharesOf(aliasTable(weights, 2))).toEqual(weights);
    expect(sharesOf(aliasTable([2n * COLUMN], 1))).toEqual([2n * COLUMN, 0n]);
    const flat = Array<bigint>(8).fill(COLUMN);
    expect(sharesOf(aliasTable(flat, 3))).toEqual(flat);
  });

  it('refuses weights of any other sum', () => {
    expect(() => aliasTable([COLUMN, COLUMN - 1n], 1)).toThrow(/weights must add up/);
  });

  it('draws the column below its 64-bit threshold, and its alias from there on', () => {
    const threshold = (5n << 32n) | 9n;
    const table = aliasTable([threshold, 2n * COLUMN - threshold], 1);
    const draw = (...words: number[]) => drawFromTable(table, new BitSource(scriptedEntropy(words)));
    expect(draw(0, 4)).toBe(0);
    expect(draw(0, 5, 8)).toBe(0);
    expect(draw(0, 5, 9)).toBe(1);
    expect(draw(0, 6)).toBe(1);
    expect(draw(2 ** 31, 0)).toBe(1);
  });
});

describe(`sampleSkellam (seed ${SEED})`, () => {
  it.each([0.01, 1, 10, 100.5, 10_000])('μ = %d against the exact pmf', (mu) => {
    const sample = sampleSkellam(skellamTable(mu), 1_000_000, bitsFor(`skellam ${mu}`));
    expectFit(`μ = ${mu}`, sample, skellamPmf(mu));
  });

  it('μ = 10⁸ has the shape that it tends to', () => {
    const sample = sampleSkellam(skellamTable(1e8), 200_000, bitsFor('skellam 1e8'));
    const deviates = Float64Array.from(sample, (y) => y / 1e4);
    expect(kolmogorovTail(kolmogorovStatistic(deviates, normalCdf))).toBeGreaterThan(LEVEL);
  });

  it('a variance off by a fiftieth is rejected', () => {
    const sample = sampleSkellam(skellamTable(102), 1_000_000, bitsFor('skellam off'));
    expect(assess(sample, skellamPmf(100)).chiSquare).toBeLessThan(LEVEL);
  });
});

describe('the total variation that a table owns up to', () => {
  it.each([
    [10, 5n, 1n],
    [3, 3n, 2n],
    [201, 201n, 2n],
  ])('μ = %d: twice that of its Poisson table, found in rational numbers', (mu, num, den) => {
    const { poisson, totalVariation } = skellamTable(mu);
    const shares = sharesOf(poisson);
    const whole = shares.reduce((sum, share) => sum + share, 0n);
    expect(whole).toBe(2n ** BigInt(64 + poisson.columnBits));

    // λ^k/k! · den^N·N!, N = 600: integers, and what lies beyond N is below 10^-250 of the whole.
    const terms = 600;
    let term = 1n;
    for (let k = 1n; k <= BigInt(terms); k++) term *= den * k;
    const exact: bigint[] = [];
    for (let k = 0n; k <= BigInt(terms); k++) {
      exact.push(term);
      term = (term * num) / (den * (k + 1n));
    }
    const total = exact.reduce((sum, weight) => sum + weight, 0n);
    const first = modeOf(exact) - modeOf(shares);
    let distance = 0n;
    exact.forEach((weight, k) => {
      const gap = (shares[k - first] ?? 0n) * total - weight * whole;
      distance += gap < 0n ? -gap : gap;
    });
    // Half the L1 distance for one Poisson variable; a bound of twice that for the difference of two.
    const found = Number((distance << 200n) / (whole * total)) * 2 ** -200;
    expect(totalVariation).toBeGreaterThanOrEqual(found);
    expect(totalVariation).toBeLessThan(found * 1.0001);
    expect(totalVariation).toBeLessThan(2 ** -63);
  });

  it('is everything where the table cannot hold the tail, and small up to the largest table asked for here', () => {
    expect(skellamTable(1e-300).totalVariation).toBeGreaterThan(1e-300);
    expect(skellamTable(1e-300).totalVariation).toBeLessThan(2 ** -120);
    expect(skellamTable(1e7).totalVariation).toBeLessThan(2 ** -63);
  });
});

it.each([0, -1, Number.NaN, 2 * MAX_MU])('skellamTable refuses μ = %d', (mu) => {
  expect(() => skellamTable(mu)).toThrow(/mu must be above 0 and at most 4294967296/);
});

/** Where two are equally large, the later one. */
function modeOf(weights: readonly bigint[]): number {
  return weights.reduce((best, weight, i) => (weight >= (weights[best] ?? 0n) ? i : best), 0);
}
