/** The grids of Rényi orders α on which curves are kept. */
import { invalid } from './arguments.ts';

/** Default grid, the one of google/dp_accounting: tenths up to 10.9, integers to 63, then powers of two to 1024. */
export const RDP_ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => (i + 11) / 10),
  ...Array.from({ length: 53 }, (_, i) => i + 11),
  ...[128, 256, 512, 1024],
];

/**
 * What ledgers, plans and policies charge on: every integer to 256, then a few more for very small ε.
 *
 * Integers only, because the Poisson-sampled discrete Gaussian is bounded at no other order
 * (docs/privacy/poisson-sampled-discrete-gaussian.md). Changing this grid changes what is charged.
 */
export const INTEGER_ORDERS: readonly number[] = [
  ...Array.from({ length: 255 }, (_, i) => i + 2),
  ...[288, 320, 384, 448, 512, 640, 768, 1024],
];

/** Sums over the integers up to an order must stay affordable. */
const HIGHEST_ORDER = 2 ** 16;

/** @throws FedwardError `INVALID_ARGUMENT` when there is no order or one is not in (1, 65536]. */
export function requireOrders(orders: readonly number[]): void {
  if (orders.length === 0) throw invalid('orders must name at least one Rényi order.');
  for (const order of orders) {
    if (!(order > 1 && order <= HIGHEST_ORDER))
      throw invalid(`A Rényi order must be above 1 and at most ${HIGHEST_ORDER}; got ${order}.`);
  }
}

/**
 * Carries a bound at integer orders over to `order`: (α − 1)·D_α is convex in α and 0 at α = 1 (Wang, Balle,
 * Kasiviswanathan 2019, corollary 10), so it lies below the chord between the neighbouring integers.
 */
export function betweenIntegers(order: number, atInteger: (order: number) => number): number {
  if (Number.isInteger(order)) return atInteger(order);
  const low = Math.floor(order);
  const logMoment = (k: number) => (k === 1 ? 0 : (k - 1) * atInteger(k));
  const chord = (low + 1 - order) * logMoment(low) + (order - low) * logMoment(low + 1);
  return chord / (order - 1);
}
