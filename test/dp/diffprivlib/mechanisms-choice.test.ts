/** Mechanisms that choose a candidate: exact probabilities, and what they do where doubles give up. */
import { describe, expect, it } from 'vitest';
import { Exponential } from '../../../dp/diffprivlib-ts/mechanisms/exponential.ts';
import { ExponentialCategorical } from '../../../dp/diffprivlib-ts/mechanisms/exponential-categorical.ts';
import { ExponentialHierarchical } from '../../../dp/diffprivlib-ts/mechanisms/exponential-hierarchical.ts';
import { PermuteAndFlip } from '../../../dp/diffprivlib-ts/mechanisms/permute-and-flip.ts';
import { belowScaledExp, weightedChoice } from '../../../dp/diffprivlib-ts/mechanisms/weighted-choice.ts';
import { BitSource } from '../../../dp/sampling/entropy.ts';
import { SEED, scriptedEntropy, seededEntropy } from '../seeded-entropy.ts';
import { chiSquareDeviate } from '../statistics.ts';

const DRAWS = 30_000;

/** Chi-square of draws against probabilities ∝ weights. */
function expectChoices(draw: () => unknown, outcomes: readonly unknown[], weights: readonly number[]): void {
  const counts = outcomes.map(() => 0);
  for (let i = 0; i < DRAWS; i++) {
    const at = outcomes.indexOf(draw());
    counts[at] = (counts[at] ?? Number.NaN) + 1;
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const expected = weights.map((weight) => (weight / total) * DRAWS);
  expect(Math.abs(chiSquareDeviate(counts, expected))).toBeLessThan(5);
}

/** P(i) of permute-and-flip over every order of the candidates. */
function permuteAndFlip(coins: readonly number[]): number[] {
  const result = coins.map(() => 0);
  const walk = (left: readonly number[], probability: number) => {
    for (const i of left) {
      const here = probability / left.length;
      const coin = coins[i] ?? 0;
      result[i] = (result[i] ?? 0) + here * coin;
      if (coin < 1)
        walk(
          left.filter((other) => other !== i),
          here * (1 - coin),
        );
    }
  };
  walk([...coins.keys()], 1);
  return result;
}

/** Largest ln(P/Q) over the outcomes, either way. */
function loss(p: readonly number[], q: readonly number[]): number {
  const sum = (weights: readonly number[]) => weights.reduce((total, weight) => total + weight, 0);
  return Math.max(
    ...p.map((weight, i) => Math.abs(Math.log(weight / sum(p)) - Math.log((q[i] ?? 0) / sum(q)))),
  );
}

describe(`Exponential (seed ${SEED})`, () => {
  const entropy = (label: string) => seededEntropy(`exponential ${label}`);
  const utility = [3, 1.5, 0, 2.25];
  const weights = (rate: number, from: readonly number[] = utility) => from.map((u) => Math.exp(rate * u));

  it.each([
    [false, 0.5],
    [true, 1],
  ])('chooses with exp(ε·utility/2Δ), or without the 2 if monotonic is %s', (monotonic, factor) => {
    const options = { epsilon: 1.2, sensitivity: 2, utility, monotonic, entropy: entropy(`${monotonic}`) };
    const mechanism = new Exponential(options);
    expectChoices(() => mechanism.randomise(), [0, 1, 2, 3], weights((1.2 / 2) * factor));
  });

  it('is ε-DP with that law, whichever way utilities move', () => {
    for (const moves of [
      [2, -2, 2, -2],
      [-2, 2, 2, 2],
    ]) {
      const neighbour = utility.map((u, i) => u + (moves[i] ?? 0));
      expect(loss(weights(0.3), weights(0.3, neighbour))).toBeLessThanOrEqual(1.2);
      // Without the factor 2 it would not be.
      expect(loss(weights(0.6), weights(0.6, neighbour))).toBeGreaterThan(1.2);
    }
    const raised = utility.map((u, i) => u + (i % 2 === 0 ? 2 : 0));
    expect(loss(weights(0.6), weights(0.6, raised))).toBeLessThanOrEqual(1.2);
  });

  it('weighs candidates by their measure, however skewed, and never releases one of measure 0', () => {
    // The best candidate has 1e-12 of the measure: rejection from the measure would take 10^12 trials.
    const mechanism = new Exponential({
      epsilon: 2,
      sensitivity: 1,
      utility: [27.6, 0, 40, 26],
      measure: [1e-12, 1, 0, 2e-12],
      candidates: ['narrow', 'wide', 'none', 'second'],
      entropy: entropy('measure'),
    });
    const masses = [1e-12 * Math.exp(27.6), 1, 2e-12 * Math.exp(26)];
    expectChoices(() => mechanism.randomise(), ['narrow', 'wide', 'second'], masses);
  });

  it('gives an outcome whose double weight would be 0 its chance', () => {
    // exp(−2000) is 0 in a double; the measure makes up for part of it.
    const mechanism = new Exponential({
      epsilon: 1,
      sensitivity: 0.5,
      utility: [2000, 1000, 690],
      measure: [1e-300, 1e134, 1e268],
      entropy: entropy('underflow'),
    });
    const log = [2000 - 300 * Math.LN10, 1000 + 134 * Math.LN10, 690 + 268 * Math.LN10];
    const masses = log.map((x) => Math.exp(x - Math.max(...log)));
    expect(masses[2]).toBeGreaterThan(0.1);
    expectChoices(
      () => mechanism.randomise(),
      [0, 1, 2].filter((i) => (masses[i] ?? 0) > 1e-9),
      masses.filter((m) => m > 1e-9),
    );
  });

  it('releases one of the best only where the sensitivity is 0', () => {
    const options = { epsilon: 1, sensitivity: 0, utility: [1, 1, 1 - 1e-12], entropy: entropy('zero') };
    for (const mechanism of [new Exponential(options), new PermuteAndFlip(options)]) {
      expectChoices(() => mechanism.randomise(), [0, 1], [1, 1]);
      expect(mechanism.event).toEqual({ type: 'none' });
    }
  });
});

describe(`PermuteAndFlip (seed ${SEED})`, () => {
  it('has the law of all orders and coins, which is ε-DP', () => {
    const utility = [4, 3, 0.5, 3.75];
    const entropy = seededEntropy('permute');
    const mechanism = new PermuteAndFlip({ epsilon: 1.5, sensitivity: 1, utility, entropy });
    const law = (from: readonly number[]) =>
      permuteAndFlip(from.map((u) => Math.exp(-0.75 * (Math.max(...from) - u))));
    expectChoices(() => mechanism.randomise(), [0, 1, 2, 3], law(utility));
    for (const moves of [
      [1, -1, 1, -1],
      [-1, 1, 1, 1],
      [-1, 1, -1, -1],
    ]) {
      expect(loss(law(utility), law(utility.map((u, i) => u + (moves[i] ?? 0))))).toBeLessThanOrEqual(1.5);
    }
  });
});

describe(`categories (seed ${SEED})`, () => {
  const VALUES = ['a', 'b', 'c'];

  it('halves the exponent where normalisers differ, without which it would not be ε-DP', () => {
    const utilityList = [
      ['a', 'b', 1],
      ['b', 'c', 1],
      ['a', 'c', 2],
    ] as const;
    const distance = [
      [0, 1, 2],
      [1, 0, 1],
      [2, 1, 0],
    ];
    const mechanism = new ExponentialCategorical({
      epsilon: 2,
      utilityList,
      entropy: seededEntropy('categories'),
    });
    const law = (value: number, factor: number) =>
      (distance[value] ?? []).map((d) => Math.exp((-factor * d) / 2));
    VALUES.forEach((value, i) => {
      expectChoices(() => mechanism.randomise(value), VALUES, law(i, 1));
      for (const j of [0, 1, 2]) expect(loss(law(i, 1), law(j, 1))).toBeLessThanOrEqual(2);
    });
    expect(loss(law(0, 2), law(1, 2))).toBeLessThanOrEqual(2);
    expect(Math.max(...[0, 1, 2].map((i) => loss(law(i, 2), law((i + 2) % 3, 2))))).toBeGreaterThan(1.99);
  });

  it('is balanced only where every value has exactly the same distances', () => {
    const list = (bc: number) =>
      [
        ['a', 'b', 1],
        ['c', 'd', 1],
        ['a', 'c', 2],
        ['b', 'd', 2],
        ['a', 'd', 2],
        ['b', 'c', bc],
      ] as const;
    const balanced = new ExponentialCategorical({
      epsilon: 1,
      utilityList: list(2),
      entropy: seededEntropy('even'),
    });
    expectChoices(
      () => balanced.randomise('b'),
      ['a', 'b', 'c', 'd'],
      [0.5, 0, 1, 1].map((d) => Math.exp(-d)),
    );
    // diffprivlib takes normalisers for equal that differ by less than 1e-5.
    const nearly = new ExponentialCategorical({
      epsilon: 1,
      utilityList: list(2.00001),
      entropy: seededEntropy('odd'),
    });
    expectChoices(
      () => nearly.randomise('b'),
      ['a', 'b', 'c', 'd'],
      [0.25, 0, 0.5, 0.5].map((d) => Math.exp(-d)),
    );
  });

  it('releases any category alike where all distances are 0', () => {
    const utilityList = [['a', 'b', 0]] as const;
    const mechanism = new ExponentialCategorical({
      epsilon: 1,
      utilityList,
      entropy: seededEntropy('alike'),
    });
    expectChoices(() => mechanism.randomise('a'), ['a', 'b'], [1, 1]);
  });

  it('measures a hierarchy by the nearest common ancestor', () => {
    const entropy = seededEntropy('hierarchy');
    const hierarchy = [
      [['a', 'b'], ['c']],
      [['d'], ['e', 'f']],
    ];
    const mechanism = new ExponentialHierarchical({ epsilon: 3, hierarchy, entropy });
    // Leaves are at depth 3; the tree is not balanced.
    const law = [1, 0, 2, 3, 3, 3].map((d) => Math.exp((-3 * d) / 2 / 3));
    expectChoices(() => mechanism.randomise('b'), ['a', 'b', 'c', 'd', 'e', 'f'], law);
  });
});

describe('weightedChoice', () => {
  /** A source whose words are given, then zeros. */
  const script = (...words: number[]) => new BitSource(scriptedEntropy(words));
  const digits = (decimal: string, bits: number) => (BigInt(decimal) << BigInt(bits)) / 10n ** 40n;
  const words = (value: bigint, count: number) =>
    Array.from({ length: count }, (_, i) => Number((value >> BigInt(32 * (count - 1 - i))) & 0xffffffffn));

  it.each([
    // 1/e, e/4 and 3·e^(−5/2)/2 to 40 digits.
    ['3678794411714423215955237701614608674458', { num: 1n, den: 1n }, { num: 1n, den: 1n }],
    ['6795704571147613088400718678381656244393', { num: 1n, den: 4n }, { num: -1n, den: 1n }],
    ['1231274979358481927542930117007397117567', { num: 3n, den: 2n }, { num: 5n, den: 2n }],
  ])('compares a uniform number with 0.%s digit by digit', (decimal, scale, gamma) => {
    const [first = 0, ...rest] = words(digits(decimal, 96), 3);
    const below = (last: number, ...more: number[]) =>
      belowScaledExp(BigInt(last), 32, scale, gamma, script(...more));
    // The same 96 bits and then zeros are below; one unit more is above.
    expect(below(first, ...rest)).toBe(true);
    expect(below(first, ...words(digits(decimal, 96) + 1n, 3).slice(1))).toBe(false);
    expect(below(first - 1)).toBe(true);
    expect(below(first + 1)).toBe(false);
  });

  it('accepts a proposal with exactly the share of its weight that is its own', () => {
    // Weights 2^64 + 2^28 and, rounded up from 2^64·e^−100, 1. The last of them all is proposed, and its coin of
    // 7e-25 fails or comes up.
    const rare = weightedChoice(
      [0n, 100n].map((gap) => ({ measure: 1, gap })),
      1n,
    );
    const last = [0x80000000, 0x08000000, 0];
    expect(rare(script(...last, 1))).toBe(0);
    expect(rare(script(...last, 0, 0, 0))).toBe(1);
    // A coin of 1 − 2^-36 comes up for 1 − 2^-32, although its candidate is not the one of the highest utility.
    const skewed = [
      { measure: 1e-30, gap: 0n },
      { measure: 1, gap: 1n },
    ];
    expect(weightedChoice(skewed, 1n)(script(0, 0, 0x80000000, 0xffffffff))).toBe(1);
    expect(weightedChoice(skewed, 1n)(script(0, 0, 0x80000000, 0xffffffff, 0xffffffff))).toBe(0);
  });
});
