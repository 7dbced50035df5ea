/** One event many times over, for those who work out its ε anew for every plan of a job. */
import { canonicalJson } from '../canonical-json.ts';
import type { DpEvent } from './events.ts';
import { INTEGER_ORDERS } from './orders.ts';
import { epsilonOf, type RdpCurve } from './rdp-conversion.ts';
import { addScaled, rdpCurve } from './rdp-curves.ts';

/**
 * Curves of the events last asked for: a job's plans all charge the same two, and a curve takes milliseconds.
 * They depend on nothing but the event.
 */
const curves = new Map<string, RdpCurve>();
const MOST_CURVES = 16;

/**
 * ε at δ of `count` times `event`, on `INTEGER_ORDERS`.
 * @throws FedwardError `INVALID_ARGUMENT` when the event is malformed or cannot be bounded.
 */
export function epsilonOfRepeated(event: DpEvent, count: number, delta: number): number {
  const total = addScaled(new Float64Array(INTEGER_ORDERS.length), curveOf(event), count);
  return epsilonOf(INTEGER_ORDERS, total, delta);
}

function curveOf(event: DpEvent): RdpCurve {
  const key = canonicalJson(event);
  const known = curves.get(key);
  if (known !== undefined) return known;
  const curve = rdpCurve(event, INTEGER_ORDERS);
  if (curves.size >= MOST_CURVES) curves.clear();
  curves.set(key, curve);
  return curve;
}
