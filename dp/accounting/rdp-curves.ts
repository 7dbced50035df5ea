/** Rényi curves of events, under add/remove adjacency and for both directions of it. */
import { invalid } from './arguments.ts';
import { tau } from './discrete-gaussian.ts';
import {
  type DiscreteGaussianSumEvent,
  type DpEvent,
  type PoissonSampledEvent,
  parseDpEvent,
} from './events.ts';
import { betweenIntegers, RDP_ORDERS, requireOrders } from './orders.ts';
import { poissonSampledRdp } from './poisson-subsampling.ts';
import { laplaceRdp, pureDpRdp } from './pure-dp.ts';
import type { RdpCurve } from './rdp-conversion.ts';
import { skellamRdp } from './skellam.ts';
import { sampledGaussianRdp } from './subsampled-gaussian.ts';

type Orders = readonly number[];

/**
 * RDP curve of one event at `orders`, +Infinity at an order at which the event is not bounded.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when the event is malformed or cannot be bounded.
 */
export function rdpCurve(event: DpEvent, orders: Orders = RDP_ORDERS): RdpCurve {
  requireOrders(orders);
  return curveOf(parseDpEvent(event), orders);
}

/** total += count·curve, in place. */
export function addScaled(total: RdpCurve, curve: RdpCurve, count: number): RdpCurve {
  // 0·Infinity is no number, and nothing spent is nothing.
  if (count > 0) for (let i = 0; i < total.length; i++) total[i] = (total[i] ?? 0) + count * (curve[i] ?? 0);
  return total;
}

function curveOf(event: DpEvent, orders: Orders): RdpCurve {
  switch (event.type) {
    case 'gaussian':
      return sampledGaussianCurve(1, 1 / event.noiseMultiplier ** 2, orders);
    case 'laplace':
      return at(orders, (order) => laplaceRdp(event.noiseMultiplier, order));
    case 'pureDp':
      return at(orders, (order) => pureDpRdp(1, event.epsilon, order));
    case 'discreteGaussianSum':
      return discreteGaussianSumCurve(event, 1, orders);
    case 'skellam': {
      const { mu, sensitivityL1, sensitivityL2 } = event;
      return at(orders, (order) =>
        betweenIntegers(order, (k) => skellamRdp(k, mu, sensitivityL1, sensitivityL2)),
      );
    }
    case 'poissonSampled':
      return event.rate === 1 ? curveOf(event.event, orders) : sampledCurve(event, orders);
    case 'selfComposed':
      return addScaled(zero(orders), curveOf(event.event, orders), event.count);
    case 'composed':
      return event.events.reduce<RdpCurve>(
        (total, part) => addScaled(total, curveOf(part, orders), 1),
        zero(orders),
      );
    case 'none':
      return zero(orders);
    case 'unsupported':
      throw invalid(
        `This release's privacy loss cannot be bounded: ${event.reason}. Release through a mechanism that the accountant knows.`,
      );
    default:
      return event satisfies never;
  }
}

/** Curve of `event` on a sample of rate below 1. */
function sampledCurve({ rate, event }: PoissonSampledEvent, orders: Orders): RdpCurve {
  switch (event.type) {
    case 'gaussian':
      return sampledGaussianCurve(rate, 1 / event.noiseMultiplier ** 2, orders);
    case 'discreteGaussianSum':
      return discreteGaussianSumCurve(event, rate, orders);
    case 'pureDp':
      return at(orders, (order) => pureDpRdp(rate, event.epsilon, order));
    case 'laplace':
    case 'skellam':
      return genericSampledCurve(rate, event, orders, true);
    case 'selfComposed':
    case 'composed':
      // One batch, released from several times: a mechanism like any other, of which only the curve is known.
      return genericSampledCurve(rate, event, orders, false);
    case 'poissonSampled':
      // A Poisson sample of a Poisson sample is one.
      return curveOf({ type: 'poissonSampled', rate: rate * event.rate, event: event.event }, orders);
    case 'none':
    case 'unsupported':
      return curveOf(event, orders);
    default:
      return event satisfies never;
  }
}

function sampledGaussianCurve(rate: number, inverseVariance: number, orders: Orders): RdpCurve {
  return at(orders, (order) => sampledGaussianRdp(rate, inverseVariance, order));
}

/**
 * docs/privacy/poisson-sampled-discrete-gaussian.md. Without sampling the continuous Gaussian's curve holds at every
 * order, under sampling at integer orders only.
 */
function discreteGaussianSumCurve(event: DiscreteGaussianSumEvent, rate: number, orders: Orders): RdpCurve {
  const { sigma, contributions, sensitivity } = event;
  const inverseVariance = (sensitivity / sigma) ** 2 / contributions;
  const distance = (event.dimension * tau(contributions, sigma)) / 2;
  return at(orders, (order) => {
    if (rate < 1 && !Number.isInteger(order)) return Number.POSITIVE_INFINITY;
    // N' and the N_ℤ(0, hσ²) that stands in for it differ by at most e^±distance in every point, and so do
    // their shifts and mixtures: α powers of one side and α − 1 of the other.
    return sampledGaussianRdp(rate, inverseVariance, order) + (distance * (2 * order - 1)) / (order - 1);
  });
}

/** By `poissonSampledRdp`, but never more than without sampling: divergences are jointly quasi-convex. */
function genericSampledCurve(rate: number, event: DpEvent, orders: Orders, symmetric: boolean): RdpCurve {
  const highest = Math.ceil(Math.max(...orders));
  const integers = Array.from({ length: highest - 1 }, (_, i) => i + 2);
  const inner = curveOf(event, integers);
  const unsampled = curveOf(event, orders);
  const rdp = (k: number) => inner[k - 2] ?? Number.POSITIVE_INFINITY;
  return Float64Array.from(orders, (order, i) =>
    Math.min(
      unsampled[i] ?? Number.POSITIVE_INFINITY,
      betweenIntegers(order, (k) => Math.min(rdp(k), poissonSampledRdp(rate, k, rdp, symmetric))),
    ),
  );
}

function at(orders: Orders, rdp: (order: number) => number): RdpCurve {
  return Float64Array.from(orders, rdp);
}

function zero(orders: Orders): RdpCurve {
  return new Float64Array(orders.length);
}
