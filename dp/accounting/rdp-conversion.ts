/**
 * From Rényi curves to (ε, δ): proposition 12 of Canonne, Kamath, Steinke 2020 (Asoodeh et al. 2020), the conversion
 * of google/dp_accounting, with its shortcut to ε = 0 through the total variation distance.
 */
import { requireDelta, requireEpsilon } from './arguments.ts';

/** Rényi divergence bound in nats at each order of a grid; +Infinity where none is known. */
export type RdpCurve = Float64Array;

/** Results are widened by this factor, far above the rounding of any sum here (below 10^-12 relative). */
const OUTWARD = 1 + 1e-10;

/** Smallest ε over `orders` for which a mechanism with `curve` is (ε, δ)-DP. */
export function epsilonOf(orders: readonly number[], curve: RdpCurve, delta: number): number {
  requireDelta(delta);
  if (totalVariation(curve) <= delta) return 0;
  let best = Number.POSITIVE_INFINITY;
  orders.forEach((order, i) => {
    const r = curve[i] ?? Number.POSITIVE_INFINITY;
    best = Math.min(best, Math.max(0, epsilonAt(order, r, delta)));
  });
  return best * OUTWARD;
}

/** Smallest δ over `orders` for which a mechanism with `curve` is (ε, δ)-DP. */
export function deltaOf(orders: readonly number[], curve: RdpCurve, epsilon: number): number {
  requireEpsilon(epsilon);
  let best = Math.min(1, totalVariation(curve));
  orders.forEach((order, i) => {
    const r = curve[i] ?? Number.POSITIVE_INFINITY;
    const logDelta = (order - 1) * (r - epsilon + Math.log1p(-1 / order)) - Math.log(order);
    best = Math.min(best, Math.exp(logDelta));
  });
  return Math.min(1, best * OUTWARD);
}

/** Largest divergence at `order` that is still (ε, δ)-DP; 0 or less when this order cannot give it. */
export function divergenceWithin(epsilon: number, delta: number, order: number): number {
  requireEpsilon(epsilon);
  requireDelta(delta);
  return epsilon / OUTWARD - epsilonAt(order, 0, delta);
}

/** (α, r)-RDP is (ε, δ)-DP for ε = r + log((α−1)/α) − (log δ + log α)/(α−1); below 0 it means 0. */
export function epsilonAt(order: number, r: number, delta: number): number {
  return r + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1);
}

/** Bretagnolle–Huber: the total variation distance is at most √(1 − e^(−KL)), and KL ≤ r at every order. */
function totalVariation(curve: RdpCurve): number {
  return Math.sqrt(-Math.expm1(-Math.min(...curve))) * OUTWARD;
}
