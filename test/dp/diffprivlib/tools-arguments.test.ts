import { afterEach, describe, expect, it } from 'vitest';
import { BudgetAccountant } from '../../../dp/diffprivlib-ts/accountant.ts';
import { BudgetError, type DpWarning, onWarning } from '../../../dp/diffprivlib-ts/errors.ts';
import { count_nonzero, countNonzero } from '../../../dp/diffprivlib-ts/tools/counts.ts';
import { histogram, histogram2d, histogramdd } from '../../../dp/diffprivlib-ts/tools/histograms.ts';
import * as moments from '../../../dp/diffprivlib-ts/tools/moments.ts';
import { nanmean, nanstd, nansum, nanvar } from '../../../dp/diffprivlib-ts/tools/nan-moments.ts';
import { median, percentile, quantile, quantiles } from '../../../dp/diffprivlib-ts/tools/quantiles.ts';
import { share, type ToolOptions } from '../../../dp/diffprivlib-ts/tools/reduction.ts';
import { seededEntropy } from '../seeded-entropy.ts';

const { mean, std, sum, variance } = moments;
const TABLE = [
  [1, 2, 3],
  [4, 5, 6],
];
const bounds = [0, 10] as const;
const untyped = (value: unknown) => value as never;

/** Every tool, once whole and, where it has axes, once with several outputs. */
const TOOLS: readonly (readonly [string, (options: ToolOptions) => unknown])[] = [
  ...Object.entries({ mean, sum, variance, std, nanmean, nansum, nanvar, nanstd, median }).flatMap(
    ([name, tool]) =>
      [
        [name, (options: ToolOptions) => tool(TABLE, { ...options, bounds })],
        [`${name} by column`, (options: ToolOptions) => tool(TABLE, { ...options, bounds, axis: 0 })],
      ] as const,
  ),
  ['quantile', (options) => quantile(TABLE, 0.3, { ...options, bounds })],
  ['quantiles by row', (options) => quantiles(TABLE, [0.3, 0.6], { ...options, bounds, axis: 1 })],
  ['percentile', (options) => percentile(TABLE, [10, 90], { ...options, bounds })],
  ['countNonzero', (options) => countNonzero(TABLE, options)],
  ['countNonzero by column', (options) => countNonzero(TABLE, { ...options, axis: 0 })],
  ['histogram', (options) => histogram(TABLE, { ...options, range: bounds })],
  ['histogram2d', (options) => histogram2d([1, 2], [3, 4], { ...options, range: [bounds, bounds] })],
  [
    'histogramdd',
    (options) => histogramdd(TABLE, { ...options, bins: [2, 3, [0, 5, 10]], range: [bounds, bounds, null] }),
  ],
];

afterEach(() => {
  BudgetAccountant.popDefault();
});

describe.each(TOOLS)('%s', (_, tool) => {
  it('spends the whole of epsilon once, before it draws any noise', () => {
    const accountant = new BudgetAccountant({ epsilon: 0.7 });
    let draws = 0;
    const source = seededEntropy('charge');
    tool({
      epsilon: 0.7,
      accountant,
      entropy: (bytes) => {
        draws++;
        expect(accountant.spentBudget).toEqual([{ epsilon: 0.7, delta: 0 }]);
        return source(bytes);
      },
    });
    expect(draws).toBeGreaterThan(0);
    expect(accountant.spentBudget).toEqual([{ epsilon: 0.7, delta: 0 }]);
  });

  it('draws nothing when the budget does not suffice', () => {
    const accountant = new BudgetAccountant({ epsilon: 1, spentBudget: [[0.5, 0]] });
    const entropy = () => expect.unreachable('noise was drawn');
    expect(() => tool({ epsilon: 0.6, accountant, entropy })).toThrow(BudgetError);
    expect(accountant.length).toBe(1);
  });

  it('gives nothing back when it fails after the charge', () => {
    const accountant = new BudgetAccountant({ epsilon: 1 });
    const entropy = () => {
      throw new Error('no entropy');
    };
    expect(() => tool({ epsilon: 1, accountant, entropy })).toThrow('no entropy');
    expect(accountant.remaining().epsilon).toBe(0);
  });

  it('charges the default accountant where it is given none, and epsilon 1 where it is given none', () => {
    const accountant = new BudgetAccountant().setDefault();
    tool({});
    expect(accountant.total()).toEqual({ epsilon: 1, delta: 0 });
  });

  it.each<[string, object, RegExp]>([
    ['epsilon 0', { epsilon: 0 }, /^epsilon must be above 0; got 0/],
    ['an infinite epsilon', { epsilon: Infinity }, /^epsilon must be a finite number; got Infinity/],
    ['an accountant of another kind', { accountant: {} }, /^accountant must be a BudgetAccountant/],
    ['entropy of another kind', { entropy: 7 }, /^entropy must be a function/],
    ['a seed', { randomState: 7 }, /^randomState is refused/],
    ['a misspelt option', { acountant: 7 }, /^options.acountant is not known here/],
  ])('refuses %s before it charges', (__, wrong, message) => {
    const accountant = new BudgetAccountant().setDefault();
    expect(() => tool(untyped(wrong))).toThrow(message);
    expect(accountant.length).toBe(0);
  });
});

describe('bounds', () => {
  const withoutBounds = { mean, sum, variance, std, nanmean, nansum, nanvar, nanstd, median };

  it.each(Object.entries(withoutBounds))('%s refuses to read them off the data', (_, tool) => {
    expect(() => tool(TABLE, { epsilon: 1 })).toThrow(/^bounds must be given/);
  });

  it('are read off the data on explicit request, with a warning', () => {
    const warnings: DpWarning[] = [];
    const end = onWarning((warning) => warnings.push(warning));
    const result = mean(TABLE, { epsilon: 1e9, allowPrivacyLeak: true });
    histogram([1, Number.NaN, 5], { allowPrivacyLeak: true });
    end();
    expect(result).toBeCloseTo(3.5, 6);
    expect(warnings.map(({ name }) => name)).toEqual(['PrivacyLeakWarning', 'PrivacyLeakWarning']);
    expect(warnings[0]?.message).toMatch(/^bounds were read off the data/);
    expect(warnings[1]?.message).toMatch(/^range were read off the data/);
  });

  it('may differ from output to output', () => {
    const result = mean(TABLE, {
      epsilon: 1e9,
      axis: 0,
      bounds: [
        [0, 3, 0],
        [2, 9, 1],
      ],
    });
    expect(result).toHaveLength(3);
    for (const [i, expected] of [1.5, 4, 1].entries())
      expect(Reflect.get(Object(result), i)).toBeCloseTo(expected, 5);
  });
});

describe('refuses', () => {
  const epsilon = 1;
  it.each<[string, () => unknown, RegExp]>([
    ['no options', () => mean(TABLE, untyped(undefined)), /^options must be an object/],
    ['an empty array', () => mean([], { bounds }), /^array must have at least one element/],
    ['a ragged array', () => mean([[1], [1, 2]], { bounds }), /^array must not be ragged/],
    ['text', () => mean(untyped([1, 'two']), { bounds }), /^array must not hold a string/],
    ['holes', () => mean(untyped([1, undefined]), { bounds }), /^array must not hold undefined/],
    [
      'booleans where numbers belong',
      () => mean(untyped([true]), { bounds }),
      /^array must not hold a boolean/,
    ],
    [
      'a number in place of the array',
      () => mean(untyped(3), { bounds }),
      /^array must be an array of numbers/,
    ],
    [
      'a shape that does not fit',
      () => mean({ data: [1, 2, 3], shape: [2, 2] }, { bounds }),
      /^array.data must be flat/,
    ],
    [
      'a shape of other kind',
      () => mean(untyped({ data: [1], shape: 1 }), { bounds }),
      /^array.shape must be an array/,
    ],
    ['an axis too many', () => mean(TABLE, { bounds, axis: 2 }), /^axis must be from -2 to 1/],
    ['an axis twice', () => mean(TABLE, { bounds, axis: [0, -2] }), /^axis must not name a dimension twice/],
    ['half an axis', () => mean(TABLE, { bounds, axis: 0.5 }), /^axis must be an integer/],
    [
      'keepdims of another kind',
      () => mean(TABLE, { bounds, keepdims: untyped(1) }),
      /^keepdims must be true or false/,
    ],
    ['bounds in the wrong order', () => mean(TABLE, { bounds: [1, 0] }), /^bounds must have lower ≤ upper/],
    [
      'bounds without end',
      () => mean(TABLE, { bounds: [0, Infinity] }),
      /^bounds\[1\] must be a finite number/,
    ],
    [
      'bounds beyond doubles',
      () => mean(TABLE, { bounds: [-1e308, 1e308] }),
      /^bounds must be less than 2\^1024 apart/,
    ],
    ['one bound', () => mean(TABLE, { bounds: untyped([1]) }), /^bounds must be a pair/],
    [
      'bounds for other outputs',
      () => mean(TABLE, { bounds: [[0, 0], 1], axis: 0 }),
      /^bounds\[0\] must be a number or an array of 3/,
    ],
    [
      'a leak that is no flag',
      () => mean(TABLE, { allowPrivacyLeak: untyped('yes') }),
      /^allowPrivacyLeak must be/,
    ],
    ['a quantile above 1', () => quantile(TABLE, 1.1, { bounds }), /^quant must be from 0 to 1; got 1.1/],
    [
      'a quantile that is no number',
      () => quantile(TABLE, Number.NaN, { bounds }),
      /^quant must be a finite number/,
    ],
    ['no quantile', () => quantiles(TABLE, [], { bounds }), /^quants must name at least one/],
    [
      'a percentile above 100',
      () => percentile(TABLE, 101, { bounds }),
      /^percent must be from 0 to 100; got 101/,
    ],
    ['text to count', () => countNonzero(untyped(['a']), { epsilon }), /^array must not hold a string/],
    ['a histogram without range', () => histogram([1], { epsilon }), /^range must be given/],
    ['a range beyond doubles', () => histogram([1], { range: [-1e308, 1e308] }), /^range must be less than/],
    ['a range in the wrong order', () => histogram([1], { range: [1, 0] }), /^range must have lower ≤ upper/],
    ['no bins', () => histogram([1], { bins: 0, range: bounds }), /^bins must be an integer of at least 1/],
    [
      'bins that look at the data',
      () => histogram([1], { bins: untyped('auto'), range: bounds }),
      /^bins must be a number or edges/,
    ],
    ['one edge', () => histogram([1], { bins: [1] }), /^bins must have at least two edges/],
    ['edges that do not ascend', () => histogram([1], { bins: [1, 1, 2] }), /^bins must ascend strictly/],
    [
      'weights',
      () => histogram([1], untyped({ range: bounds, weights: [5] })),
      /^options.weights is not known/,
    ],
    [
      'too many cells',
      () => histogramdd([[1, 1]], { bins: 5000, range: [bounds, bounds] }),
      /^bins must make at most/,
    ],
    [
      'a range for other dimensions',
      () => histogramdd([[1, 1]], { range: [bounds] }),
      /^range must have one entry for each of the 2/,
    ],
    ['a missing range', () => histogramdd([[1, 1]], { range: [bounds, null] }), /^range\[1\] must be given/],
    [
      'points that are no rows',
      () => histogramdd([1, 1], { range: [bounds] }),
      /^sample must have one row per point/,
    ],
    [
      'x and y of different length',
      () => histogram2d([1], [1, 2], { range: [bounds, bounds] }),
      /^x and y must have as many/,
    ],
  ])('%s', (_, act, message) => {
    const accountant = new BudgetAccountant().setDefault();
    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(accountant.length).toBe(0);
  });
});

it('no message tells an element', () => {
  expect(() => mean(untyped([1, 'HIV positive']), { bounds })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('HIV') }),
  );
});

it('shares of epsilon never add up to more', () => {
  for (let parts = 1; parts < 3000; parts++) {
    for (const epsilon of [1, 0.1, Math.PI, 1 / 3]) {
      // Exactly, as integers over 2^200: both are doubles.
      const scaled = (x: number) => BigInt(x * 2 ** 100) << 100n;
      expect(scaled(share(epsilon, parts)) * BigInt(parts) <= scaled(epsilon)).toBe(true);
      expect(share(epsilon, parts) * parts).toBeCloseTo(epsilon, 12);
    }
  }
});

it("has diffprivlib's names", () => {
  expect(moments.var).toBe(variance);
  expect(moments.var_).toBe(variance);
  expect(count_nonzero).toBe(countNonzero);
});
