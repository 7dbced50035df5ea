import { afterEach, describe, expect, it } from 'vitest';
import { BudgetAccountant } from '../../../dp/diffprivlib-ts/accountant.ts';
import { BudgetError } from '../../../dp/diffprivlib-ts/errors.ts';

afterEach(() => {
  BudgetAccountant.popDefault();
});

describe('the default accountant', () => {
  it('is made when first asked for, replaced by setDefault and ended by popDefault', () => {
    expect(BudgetAccountant.popDefault()).toBeNull();
    const first = BudgetAccountant.loadDefault();
    expect(BudgetAccountant.loadDefault()).toBe(first);
    expect(first.epsilon).toBe(Infinity);
    const second = new BudgetAccountant({ epsilon: 2 }).setDefault();
    expect(BudgetAccountant.loadDefault()).toBe(second);
    expect(BudgetAccountant.loadDefault(first)).toBe(first);
    expect(BudgetAccountant.popDefault()).toBe(second);
    expect(BudgetAccountant.popDefault()).toBeNull();
  });

  it('holds for the synchronous work of withDefault, and the one before comes back even after an error', () => {
    const outer = new BudgetAccountant().setDefault();
    const inner = new BudgetAccountant({ epsilon: 1 });
    const result = inner.withDefault((own) => {
      expect(own).toBe(inner);
      BudgetAccountant.loadDefault().spend(0.5, 0);
      return 'done';
    });
    expect(result).toBe('done');
    expect(inner.length).toBe(1);
    expect(() => inner.withDefault(() => BudgetAccountant.loadDefault().spend(0.6, 0))).toThrow(BudgetError);
    expect(BudgetAccountant.loadDefault()).toBe(outer);
    expect(outer.length).toBe(0);
  });

  it('refuses asynchronous work, whose pauses would let others spend from it', () => {
    const accountant = new BudgetAccountant();
    expect(() => accountant.withDefault(async () => 1)).toThrow(/^work must be synchronous/);
    expect(BudgetAccountant.popDefault()).toBeNull();
  });
});

describe('refuses', () => {
  const accountant = new BudgetAccountant({ epsilon: 1, delta: 0.5 });
  const untyped = (value: unknown) => value as never;
  it.each<[string, () => unknown, RegExp]>([
    [
      'a negative ceiling',
      () => new BudgetAccountant({ epsilon: -1 }),
      /^epsilon must be a number of at least 0; got -1/,
    ],
    [
      'a ceiling that is no number',
      () => new BudgetAccountant({ epsilon: Number.NaN }),
      /^epsilon .* got NaN/,
    ],
    [
      'a ceiling of another kind',
      () => new BudgetAccountant({ epsilon: untyped('1') }),
      /^epsilon .* got a string/,
    ],
    [
      'a negative delta',
      () => new BudgetAccountant({ delta: -0.5 }),
      /^delta must be a number from 0 to 1; got -0.5/,
    ],
    ['a delta above 1', () => new BudgetAccountant({ delta: 1.5 }), /^delta .* got 1.5/],
    [
      'ceilings of 0',
      () => new BudgetAccountant({ epsilon: 0, delta: 0 }),
      /^epsilon and delta cannot both be 0/,
    ],
    [
      'a slack above delta',
      () => new BudgetAccountant({ delta: 1e-2, slack: 0.1 }),
      /^slack must be from 0 to .* got 0.1/,
    ],
    ['a negative slack', () => new BudgetAccountant({ slack: -0.1 }), /^slack /],
    ['a total at such a slack', () => accountant.total({ slack: 0.75 }), /^slack /],
    [
      'spends that are no array',
      () => new BudgetAccountant({ spentBudget: untyped(2) }),
      /^spentBudget must be an array/,
    ],
    [
      'a pair in place of the array',
      () => new BudgetAccountant({ spentBudget: untyped([1, 0]) }),
      /^spentBudget\[0\] .* got a number/,
    ],
    [
      'a spend of one number',
      () => new BudgetAccountant({ spentBudget: untyped([[1]]) }),
      /^spentBudget\[0\]/,
    ],
    ['a spend of three', () => accountant.total({ spentBudget: untyped([[1, 0, 2]]) }), /^spentBudget\[0\]/],
    ['a spend without delta', () => accountant.total({ spentBudget: untyped([{ epsilon: 1 }]) }), /^delta /],
    ['nothing at all', () => accountant.spend(0, 0), /^epsilon and delta cannot both be 0/],
    ['a negative spend', () => accountant.spend(-1, 0), /^epsilon /],
    ['a spend with delta 2', () => accountant.check(0.1, 2), /^delta /],
    ['k = 0', () => accountant.remaining(0), /^k must be an integer of at least 1/],
    ['half a k', () => accountant.remaining(1.5), /^k must be an integer/],
    [
      'an accountant that is none',
      () => BudgetAccountant.loadDefault(untyped({})),
      /^accountant must be a BudgetAccountant/,
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
