import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BudgetAccountant, type Spend } from '../../../dp/diffprivlib-ts/accountant.ts';
import { BudgetError } from '../../../dp/diffprivlib-ts/errors.ts';

interface Vector {
  readonly name: string;
  readonly slack: number;
  readonly runs: readonly (readonly [epsilon: number, delta: number, count: number])[];
  readonly epsilon: number;
  readonly delta: number;
}

const { cases }: { cases: readonly Vector[] } = JSON.parse(
  readFileSync(new URL('../../vectors/dp/budget-accountant.json', import.meta.url), 'utf8'),
);

/** The next double above a positive one. */
function above(x: number): number {
  const image = new BigUint64Array(Float64Array.of(x).buffer);
  image[0] = (image[0] ?? 0n) + 1n;
  return new Float64Array(image.buffer)[0] ?? x;
}

/** Theorem 3.5 of Kairouz, Oh, Viswanath 2017 as it is printed, over the whole list at once. */
function byTheorem(spends: readonly (readonly [number, number])[], slack: number) {
  const add = (term: (epsilon: number) => number) =>
    spends.reduce((sum, [epsilon]) => sum + term(epsilon), 0);
  const naive = add((e) => e);
  const mean = add((e) => ((Math.exp(e) - 1) * e) / (Math.exp(e) + 1));
  const deviation = (log: number) => Math.sqrt(add((e) => 2 * e * e * log));
  const kov = mean + deviation(Math.log(Math.E + Math.sqrt(add((e) => e * e)) / slack));
  const drv = mean + deviation(Math.log(1 / slack));
  const kept = spends.reduce((product, [, delta]) => product * (1 - delta), 1 - slack);
  return { epsilon: slack === 0 ? naive : Math.min(naive, drv, kov), delta: 1 - kept };
}

const spend = fc.tuple(
  fc.double({ min: 1e-4, max: 3, noNaN: true }),
  fc.double({ min: 0, max: 0.05, noNaN: true }),
);

describe('total', () => {
  it.each(cases)('$name', ({ slack, runs, epsilon, delta }) => {
    const accountant = new BudgetAccountant({ slack });
    for (const [e, d, count] of runs) for (let i = 0; i < count; i++) accountant.spend(e, d);
    const total = accountant.total();
    expect(Math.abs(total.epsilon - epsilon)).toBeLessThan(1e-12 * Math.max(1, epsilon));
    expect(Math.abs(total.delta - delta)).toBeLessThan(1e-12 * delta + 1e-27);
  });

  it('is the least of the naive sum, DRV and KOV for any spends and any slack', () => {
    fc.assert(
      fc.property(
        fc.array(spend, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 1e-12, max: 0.5, noNaN: true }),
        (spends, slack) => {
          for (const s of [0, slack]) {
            const { epsilon, delta } = new BudgetAccountant({ spentBudget: spends }).total({ slack: s });
            const expected = byTheorem(spends, s);
            expect(Math.abs(epsilon - expected.epsilon)).toBeLessThan(1e-12 * expected.epsilon);
            expect(Math.abs(delta - expected.delta)).toBeLessThan(1e-13);
          }
        },
      ),
    );
  });

  it('hardly depends on the order', () => {
    fc.assert(
      fc.property(fc.array(spend, { minLength: 2, maxLength: 30 }), (spends) => {
        const forth = new BudgetAccountant({ slack: 1e-6, spentBudget: spends }).total();
        const back = new BudgetAccountant({ slack: 1e-6, spentBudget: spends.toReversed() }).total();
        expect(Math.abs(forth.epsilon - back.epsilon)).toBeLessThan(1e-14 * forth.epsilon);
        expect(Math.abs(forth.delta - back.delta)).toBeLessThan(1e-14);
      }),
    );
  });

  it('is exact where nothing has to be rounded: no spend, one spend, slack alone', () => {
    expect(new BudgetAccountant().total()).toEqual({ epsilon: 0, delta: 0 });
    expect(new BudgetAccountant({ slack: 1e-15, delta: 1e-15 }).total()).toEqual({
      epsilon: 0,
      delta: 1e-15,
    });
    expect(new BudgetAccountant({ epsilon: 0.1, delta: 1e-2 }).spend(0.1, 1e-2).total()).toEqual({
      epsilon: 0.1,
      delta: 1e-2,
    });
  });

  it('keeps deltas far below the rounding of 1', () => {
    const accountant = new BudgetAccountant();
    for (let i = 0; i < 5000; i++) accountant.spend(0.1, i % 2 === 0 ? 1e-18 : 2e-18);
    expect(accountant.total().delta / 7.5e-15).toBeCloseTo(1, 12);
  });

  it('keeps small spends that come between large ones', () => {
    const accountant = new BudgetAccountant();
    accountant.spend(1, 0);
    for (let i = 0; i < 10_000; i++) accountant.spend(i % 2 === 0 ? 1e-17 : 2e-17, 0);
    expect(accountant.total().epsilon).toBe(1 + 1.5e-13);
  });

  it('takes spends and a slack of its own for a question that changes nothing', () => {
    const accountant = new BudgetAccountant({ spentBudget: [[1, 0]] });
    const asked = accountant.total({
      slack: 1e-3,
      spentBudget: Array.from({ length: 20 }, () => [0.05, 0] as const),
    });
    expect(asked.epsilon).toBeCloseTo(0.7613352285668463, 12);
    expect(asked.delta).toBe(1e-3);
    expect(accountant.total()).toEqual({ epsilon: 1, delta: 0 });
  });

  it('tells that everything is lost after an infinite spend', () => {
    const accountant = new BudgetAccountant({ slack: 0.5 }).spend(1, 0.1).spend(Infinity, 1).spend(2, 0);
    expect(accountant.total()).toEqual({ epsilon: Infinity, delta: 1 });
    expect(accountant.remaining(3)).toEqual({ epsilon: Infinity, delta: 1 });
  });
});

describe('spend and check', () => {
  it('refuses what would pass a ceiling, and records nothing of it', () => {
    const accountant = new BudgetAccountant({
      epsilon: 1,
      delta: 0,
      spentBudget: [{ epsilon: 0.5, delta: 0 }],
    });
    for (const [epsilon, delta] of [
      [0.6, 0],
      [0.5, 1e-9],
      [0, 1e-9],
    ] as const) {
      expect(() => accountant.check(epsilon, delta)).toThrow(BudgetError);
      expect(() => accountant.spend(epsilon, delta)).toThrow(BudgetError);
    }
    expect(accountant.total()).toEqual({ epsilon: 0.5, delta: 0 });
    expect(accountant.length).toBe(1);
    expect(accountant.check(0.5, 0)).toBe(true);
    expect(accountant.length).toBe(1);
    expect(accountant.spend(0.5, 0)).toBe(accountant);
    expect(accountant.remaining()).toEqual({ epsilon: 0, delta: 0 });
  });

  it('cannot be overspent by tasks that interleave', async () => {
    const accountant = new BudgetAccountant({ epsilon: 1, delta: 1e-5, slack: 1e-6 });
    const pause = (turns: number): Promise<void> =>
      turns === 0 ? Promise.resolve() : Promise.resolve().then(() => pause(turns - 1));
    let granted = 0;
    let refused = 0;
    const task = async (id: number) => {
      for (let i = 0; i < 20; i++) {
        // Everyone sees that there is room before anyone spends.
        try {
          accountant.check(0.01 + id * 1e-4, 1e-8);
          await pause((id * 7 + i * 3) % 5);
          accountant.spend(0.01 + id * 1e-4, 1e-8);
          granted++;
        } catch (error) {
          expect(error).toBeInstanceOf(BudgetError);
          refused++;
        }
        const { epsilon, delta } = accountant.total();
        expect(epsilon).toBeLessThanOrEqual(1);
        expect(delta).toBeLessThanOrEqual(1e-5);
      }
    };
    await Promise.all(Array.from({ length: 40 }, (_, id) => task(id)));
    expect(accountant.length).toBe(granted);
    expect(granted).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(50);
  });

  it('hundreds of thousands of spends are each counted', () => {
    const accountant = new BudgetAccountant({ slack: 1e-7 });
    for (let i = 0; i < 300_000; i++) accountant.spend(i % 3 === 0 ? 2 ** -12 : 2 ** -11, 0);
    expect(accountant.length).toBe(300_000);
    const squares = 100_000 * 2 ** -24 + 200_000 * 2 ** -22;
    const mean = 100_000 * 2 ** -12 * Math.tanh(2 ** -13) + 200_000 * 2 ** -11 * Math.tanh(2 ** -12);
    expect(accountant.total().epsilon).toBeCloseTo(
      mean + Math.sqrt(2 * squares * Math.log(Math.E + 1e7 * Math.sqrt(squares))),
      12,
    );
  });

  it('refuses spends that would get lost in the total', () => {
    const accountant = new BudgetAccountant({ epsilon: 10 });
    expect(() => accountant.spend(1e-14, 0)).toThrow(/^epsilon must be 0 or at least/);
    expect(new BudgetAccountant().spend(1e-14, 0).length).toBe(1);
  });
});

describe('remaining', () => {
  it('can be spent k times, and no more could have been', () => {
    const problem = fc.record({
      epsilon: fc.double({ min: 0.01, max: 20, noNaN: true }),
      delta: fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 0.3, noNaN: true })),
      slackShare: fc.constantFrom(0, 0.1, 1),
      before: fc.array(fc.double({ min: 0.01, max: 0.4, noNaN: true }), { maxLength: 4 }),
      k: fc.integer({ min: 1, max: 150 }),
    });
    fc.assert(
      fc.property(problem, ({ epsilon, delta, slackShare, before, k }) => {
        const make = () =>
          new BudgetAccountant({
            epsilon,
            delta,
            slack: delta * slackShare,
            spentBudget: before.map(
              (share) => [(epsilon * share) / 4, (delta * (1 - slackShare) * share) / 5] as const,
            ),
          });
        const accountant = make();
        const left = accountant.remaining(k);
        expect(left.epsilon).toBeGreaterThan(0);
        for (let i = 0; i < k; i++) accountant.spend(left.epsilon, left.delta);
        const more = make();
        const overspend = () => {
          for (let i = 0; i < k; i++) more.spend(above(left.epsilon), 0);
        };
        expect(overspend).toThrow(BudgetError);
        if (left.delta === 0) return;
        const moreDelta = make();
        expect(() => {
          for (let i = 0; i < k; i++) moreDelta.spend(0, above(left.delta));
        }).toThrow(BudgetError);
      }),
      { numRuns: 200 },
    );
  });

  it('is the plain quotient where that is exact', () => {
    expect(new BudgetAccountant({ epsilon: 1, delta: 0 }).remaining()).toEqual({ epsilon: 1, delta: 0 });
    expect(new BudgetAccountant({ epsilon: 1, delta: 0 }).remaining(8)).toEqual({ epsilon: 0.125, delta: 0 });
    expect(new BudgetAccountant().remaining(100)).toEqual({ epsilon: Infinity, delta: 1 });
    expect(new BudgetAccountant({ epsilon: 1, delta: 1e-2, slack: 1e-2 }).remaining(100).delta).toBe(0);
  });

  it('counts each of k spends that equal the last one', () => {
    const left = new BudgetAccountant({ epsilon: 1, delta: 0 }).spend(0.5, 0).remaining(3);
    expect(left.epsilon).toBeCloseTo(1 / 6, 15);
  });

  it('gives more for each of many with slack than without', () => {
    const left = new BudgetAccountant({ epsilon: 1, delta: 1e-2, slack: 1e-5 }).remaining(1000);
    expect(left.epsilon).toBeGreaterThan(0.005);
    expect(left.delta).toBeGreaterThan(0.99e-5);
    expect(left.delta).toBeLessThan(1.01e-5);
  });

  it('answers at once for a great k', () => {
    const accountant = new BudgetAccountant({ epsilon: 1, delta: 1e-6, slack: 1e-7 });
    const { epsilon } = accountant.remaining(10 ** 12);
    // Σε² = 10¹²·ε², and the mean adds about half of that.
    expect(epsilon).toBeGreaterThan(1e-7);
    expect(epsilon).toBeLessThan(1e-6);
  });
});

describe('slack', () => {
  it('can be changed while what was spent fits', () => {
    const accountant = new BudgetAccountant({ epsilon: 1, delta: 0.2 }).spend(0.1, 0.1);
    accountant.slack = 0.05;
    expect(accountant.total().delta).toBeCloseTo(0.145, 15);
    expect(() => {
      accountant.slack = 0.15;
    }).toThrow(BudgetError);
    expect(accountant.slack).toBe(0.05);
  });

  it('cannot be withdrawn from under spends that rest on it', () => {
    const accountant = new BudgetAccountant({ epsilon: 0.8, slack: 1e-3 });
    for (let i = 0; i < 20; i++) accountant.spend(0.05, 0);
    expect(() => {
      accountant.slack = 0;
    }).toThrow(BudgetError);
    expect(accountant.slack).toBe(1e-3);
  });
});

describe('spentBudget', () => {
  it('is a copy that makes another accountant with the same total', () => {
    const accountant = new BudgetAccountant({ slack: 1e-4 })
      .spend(0.1, 0)
      .spend(0.1, 0)
      .spend(0.2, 1e-6)
      .spend(0.1, 0);
    const spent = accountant.spentBudget;
    expect(spent).toEqual([
      { epsilon: 0.1, delta: 0 },
      { epsilon: 0.1, delta: 0 },
      { epsilon: 0.2, delta: 1e-6 },
      { epsilon: 0.1, delta: 0 },
    ]);
    const total = accountant.total();
    spent.length = 0;
    expect(accountant.total()).toEqual(total);
    expect(new BudgetAccountant({ slack: 1e-4, spentBudget: accountant.spentBudget }).total()).toEqual(total);
  });

  it('counts against the ceilings at once', () => {
    const spentBudget: Spend[] = [
      [0.5, 0],
      [0.6, 0],
    ];
    expect(() => new BudgetAccountant({ epsilon: 1, spentBudget })).toThrow(BudgetError);
  });
});
