import { describe, expect, it } from 'vitest';
import type { DpEvent } from '../../../dp/accounting/events.ts';
import { bestOrder, RdpFilter } from '../../../dp/accounting/filter.ts';
import { INTEGER_ORDERS } from '../../../dp/accounting/orders.ts';
import { RdpAccountant } from '../../../dp/accounting/rdp.ts';

const step: DpEvent = {
  type: 'poissonSampled',
  rate: 0.02,
  event: { type: 'gaussian', noiseMultiplier: 1.2 },
};
const terms = { epsilon: 3, delta: 1e-5 };

const order = bestOrder(step, 500, terms.delta);

describe('a privacy filter', () => {
  it('lets through what the accountant at its order allows, and not one release more', () => {
    const filter = new RdpFilter({ ...terms, order });
    let released = 0;
    for (;;) {
      try {
        filter.commit(filter.reserve(step));
      } catch (error) {
        expect(error).toMatchObject({ code: 'BUDGET_EXHAUSTED' });
        break;
      }
      released++;
    }
    const epsilonOf = (count: number) =>
      new RdpAccountant({ orders: [order] }).compose(step, count).epsilon(terms.delta);
    expect(released).toBeGreaterThan(100);
    expect(epsilonOf(released)).toBeLessThanOrEqual(terms.epsilon);
    expect(epsilonOf(released + 1)).toBeGreaterThan(terms.epsilon);
  });

  it('counts what is reserved and never committed', () => {
    const filter = new RdpFilter({ ...terms, order });
    const before = filter.remaining();
    expect(before).toBe(filter.budget);
    filter.reserve(step);
    const after = filter.remaining();
    expect(after).toBeLessThan(before);
    filter.commit(filter.reserve(step));
    expect(filter.remaining()).toBeCloseTo(before - 2 * (before - after), 12);
  });

  it('a refusal charges nothing: something smaller may follow', () => {
    const filter = new RdpFilter({ ...terms, order });
    const large: DpEvent = { type: 'gaussian', noiseMultiplier: 0.1 };
    expect(() => filter.reserve(large)).toThrow(expect.objectContaining({ code: 'BUDGET_EXHAUSTED' }));
    expect(() => filter.reserve({ type: 'unsupported', reason: 'no noise' })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    expect(filter.remaining()).toBe(filter.budget);
    expect(filter.reserve(step)).toBe(1);
  });

  it('an event without a bound at its order is refused', () => {
    const noise = {
      type: 'discreteGaussianSum',
      sigma: 9,
      contributions: 2,
      sensitivity: 4,
      dimension: 3,
    } as const;
    const event: DpEvent = { type: 'poissonSampled', rate: 0.1, event: noise };
    expect(() => new RdpFilter({ ...terms, order: 6.5 }).reserve(event)).toThrow(/BUDGET|costs Infinity/);
    expect(new RdpFilter({ ...terms, order: 7 }).reserve(event)).toBe(1);
  });

  it('commits a reservation once', () => {
    const filter = new RdpFilter({ ...terms, order });
    const id = filter.reserve(step);
    filter.commit(id);
    expect(() => filter.commit(id)).toThrow(expect.objectContaining({ code: 'ALREADY_SPENT' }));
    expect(() => filter.commit(99)).toThrow(expect.objectContaining({ code: 'ALREADY_SPENT' }));
  });

  it('refuses terms under which nothing could ever be released', () => {
    expect(() => new RdpFilter({ epsilon: 0.1, delta: 1e-9, order: 2 })).toThrow(/bestOrder/);
    expect(() => new RdpFilter({ ...terms, order: 1 })).toThrow(/must be above 1/);
    expect(() => new RdpFilter({ ...terms, delta: 0, order })).toThrow(/delta/);
    expect(() => new RdpFilter({ ...terms, epsilon: -1, order })).toThrow(/epsilon/);
  });
});

describe('bestOrder', () => {
  it('is where the accountant finds its ε', () => {
    const all = new RdpAccountant().compose(step, 500).epsilon(1e-5);
    expect(new RdpAccountant({ orders: [order] }).compose(step, 500).epsilon(1e-5)).toBe(all);
    expect(bestOrder(step, 500, 1e-5, INTEGER_ORDERS)).toBe(Math.round(order));
  });

  it('keeps to integers where nothing else is bounded, and says so where nothing is', () => {
    const noise = {
      type: 'discreteGaussianSum',
      sigma: 9,
      contributions: 2,
      sensitivity: 4,
      dimension: 3,
    } as const;
    const event: DpEvent = { type: 'poissonSampled', rate: 0.1, event: noise };
    expect(Number.isInteger(bestOrder(event, 10, 1e-5))).toBe(true);
    expect(() => bestOrder(event, 10, 1e-5, [1.5, 2.5])).toThrow(/integer orders/);
  });
});
