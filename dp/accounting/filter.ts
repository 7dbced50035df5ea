/**
 * A privacy filter (Feldman and Zrnic 2021): releases whose very *parameters* are chosen in view of earlier results stay
 * within (ε, δ) as long as their divergences at one order, fixed before the first of them, add up to no more than
 * that order allows. An accountant that picks its best order afterwards has no such guarantee.
 */
import { FedwardError } from '../../proto/errors.ts';
import { invalid, requireDelta, requireInteger } from './arguments.ts';
import type { DpEvent } from './events.ts';
import { RDP_ORDERS, requireOrders } from './orders.ts';
import { divergenceWithin, epsilonAt } from './rdp-conversion.ts';
import { rdpCurve } from './rdp-curves.ts';

export interface FilterTerms {
  readonly epsilon: number;
  readonly delta: number;
  /** α, above 1; `bestOrder` finds the one for a plan. Must not depend on any data. */
  readonly order: number;
}

/** Reserve before noise is drawn, commit when the release leaves. What is reserved is spent, committed or not. */
export class RdpFilter {
  readonly order: number;
  /** Divergence in all that (ε, δ) allows at the order, in nats. */
  readonly budget: number;
  #spent = 0;
  #next = 1;
  /** Reserved and not yet committed. */
  readonly #open = new Set<number>();

  /** @throws FedwardError `INVALID_ARGUMENT` when an argument is out of range or the order allows nothing. */
  constructor({ epsilon, delta, order }: FilterTerms) {
    requireOrders([order]);
    this.order = order;
    this.budget = divergenceWithin(epsilon, delta, order);
    if (!(this.budget > 0 && Number.isFinite(this.budget))) {
      throw invalid(
        `A filter for ε = ${epsilon} at δ = ${delta} allows nothing at order ${order}. Choose the order with bestOrder().`,
      );
    }
  }

  /**
   * Charges `event` and returns the reservation's number.
   *
   * @throws FedwardError `BUDGET_EXHAUSTED` when the budget would be passed, `INVALID_ARGUMENT` when the event cannot
   * be bounded; nothing is charged then.
   */
  reserve(event: DpEvent): number {
    const [cost = Number.POSITIVE_INFINITY] = rdpCurve(event, [this.order]);
    if (this.#spent + cost > this.budget) {
      throw new FedwardError(
        'BUDGET_EXHAUSTED',
        `This release costs ${cost.toPrecision(5)} at order ${this.order}, of which ${this.remaining().toPrecision(5)} is left. Stop here, or release with more noise.`,
        { details: { order: this.order, cost, remaining: this.remaining() } },
      );
    }
    this.#spent += cost;
    const id = this.#next++;
    this.#open.add(id);
    return id;
  }

  /** @throws FedwardError `ALREADY_SPENT` when `id` was committed before or never reserved. */
  commit(id: number): void {
    if (this.#open.delete(id)) return;
    throw new FedwardError(
      'ALREADY_SPENT',
      `Reservation ${id} is not open: it was committed before or never made. Reserve a fresh charge.`,
    );
  }

  /** Divergence at the order that may still be reserved, in nats. */
  remaining(): number {
    return this.budget - this.#spent;
  }
}

/**
 * The order at which `count` releases of `event` cost the least ε at `delta`: for a filter over a plan that is
 * roughly foreseen.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when the event is bounded at none of the orders.
 */
export function bestOrder(
  event: DpEvent,
  count: number,
  delta: number,
  orders: readonly number[] = RDP_ORDERS,
): number {
  requireInteger('count', count, 1);
  requireDelta(delta);
  const curve = rdpCurve(event, orders);
  const costs = orders.map((order, i) => epsilonAt(order, count * (curve[i] ?? 0), delta));
  const least = Math.min(...costs);
  const best = orders[costs.indexOf(least)];
  if (best === undefined || least === Number.POSITIVE_INFINITY)
    throw invalid('The event is bounded at none of these orders. Ask for integer orders too.');
  return best;
}
