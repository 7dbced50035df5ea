/**
 * Rényi differential privacy (Mironov 2017): curves per event add up over events and become (ε, δ) at the end.
 *
 * What is composed may be chosen adaptively as long as its *parameters* are fixed in advance. A choice of
 * parameters that depends on earlier releases needs a filter with one order fixed beforehand (`filter.ts`), which
 * this accountant is not.
 */
import { canonicalJson } from '../canonical-json.ts';
import { requireInteger } from './arguments.ts';
import type { DpEvent } from './events.ts';
import { RDP_ORDERS, requireOrders } from './orders.ts';
import { deltaOf, epsilonOf, type RdpCurve } from './rdp-conversion.ts';
import { addScaled, rdpCurve } from './rdp-curves.ts';

interface Tally {
  readonly curve: RdpCurve;
  count: number;
}

/**
 * Adds up the privacy loss of a sequence of releases. `compose(e, k)` is the same as k times `compose(e)`.
 *
 * At fractional orders ε is tighter by up to a per cent or so, but the Poisson-sampled discrete Gaussian is bounded at
 * integer orders only: what charges that, and only that, takes `INTEGER_ORDERS`.
 */
export class RdpAccountant {
  readonly orders: readonly number[];
  /** One tally per distinct event: a training run charges the same event hundreds of times. */
  readonly #tallies = new Map<string, Tally>();

  /** @throws FedwardError `INVALID_ARGUMENT` when an order is not above 1. */
  constructor({ orders = RDP_ORDERS }: { readonly orders?: readonly number[] } = {}) {
    requireOrders(orders);
    this.orders = [...orders];
  }

  /** @throws FedwardError `INVALID_ARGUMENT` when the event is malformed or cannot be bounded; nothing is added. */
  compose(event: DpEvent, count = 1): this {
    requireInteger('count', count, 0);
    this.#tallyOf(event).count += count;
    return this;
  }

  /** The composed curve, at each of `orders`. */
  curve(): RdpCurve {
    const total = new Float64Array(this.orders.length);
    for (const { curve, count } of this.#tallies.values()) addScaled(total, curve, count);
    return total;
  }

  /** Smallest ε over the orders such that everything composed so far is (ε, δ)-DP. */
  epsilon(delta: number): number {
    return epsilonOf(this.orders, this.curve(), delta);
  }

  /** Smallest δ over the orders such that everything composed so far is (ε, δ)-DP. */
  delta(epsilon: number): number {
    return deltaOf(this.orders, this.curve(), epsilon);
  }

  /** What `epsilon(delta)` would be after one more `event`, which is not added. */
  epsilonAfter(event: DpEvent, delta: number): number {
    return epsilonOf(this.orders, addScaled(this.curve(), this.#tallyOf(event).curve, 1), delta);
  }

  #tallyOf(event: DpEvent): Tally {
    const key = canonicalJson(event);
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const fresh: Tally = { curve: rdpCurve(event, this.orders), count: 0 };
    this.#tallies.set(key, fresh);
    return fresh;
  }
}
