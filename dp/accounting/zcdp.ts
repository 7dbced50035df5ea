/** Zero-concentrated differential privacy (Bun and Steinke 2016): ρ-zCDP is (α, ρα)-RDP at every α > 1. */
import { invalid, requireDelta, requireEpsilon, requireNonNegative, requirePositive } from './arguments.ts';
import { bisect } from './bisection.ts';
import { tau } from './discrete-gaussian.ts';
import { type DpEvent, parseDpEvent } from './events.ts';

/**
 * ρ of one event; composition adds up.
 *
 * @throws FedwardError `INVALID_ARGUMENT` for an event that no ρ bounds: Poisson sampling does not amplify zCDP, and
 * Skellam noise is not known to be zCDP.
 */
export function zcdpRho(event: DpEvent): number {
  return rhoOf(parseDpEvent(event));
}

function rhoOf(event: DpEvent): number {
  switch (event.type) {
    case 'gaussian':
    case 'laplace':
      // Laplace noise is ε-DP for the reciprocal of its multiplier.
      return 1 / (2 * event.noiseMultiplier ** 2);
    case 'pureDp':
      return event.epsilon ** 2 / 2;
    case 'discreteGaussianSum': {
      // Kairouz, Liu, Steinke 2021, proposition 14; for one contribution theorem 4 of Canonne, Kamath, Steinke 2020.
      const { sigma, contributions, sensitivity, dimension } = event;
      const distance = sensitivity / (sigma * Math.sqrt(contributions));
      return (distance + tau(contributions, sigma) * Math.sqrt(dimension)) ** 2 / 2;
    }
    case 'selfComposed':
      return event.count * rhoOf(event.event);
    case 'composed':
      return event.events.reduce((sum, part) => sum + rhoOf(part), 0);
    case 'none':
      return 0;
    case 'poissonSampled':
      if (event.rate === 1) return rhoOf(event.event);
      throw unbounded('Poisson sampling does not amplify it');
    case 'skellam':
      throw unbounded('Skellam noise is not known to be zCDP');
    case 'unsupported':
      throw unbounded(event.reason);
    default:
      return event satisfies never;
  }
}

/**
 * Smallest ε that ρ-zCDP gives at δ (Canonne, Kamath, Steinke 2020, proposition 12, at the best real order):
 * min over α of ρα + log((α−1)/α) − (log δ + log α)/(α−1), whose derivative vanishes where ρ(α−1)² = −log δα.
 */
export function zcdpEpsilon(rho: number, delta: number): number {
  requireNonNegative('rho', rho);
  requireDelta(delta);
  if (rho === 0) return 0;
  const x = rootOf((y) => rho * y * y + Math.log(delta) + Math.log1p(y), Math.sqrt(-Math.log(delta) / rho));
  return Math.max(0, rho * (1 + x) - Math.log1p(1 / x) - (Math.log(delta) + Math.log1p(x)) / x);
}

/**
 * Smallest δ that ρ-zCDP gives at ε: the minimum over α of exp((α−1)(ρα − ε))·(1 − 1/α)^(α−1)/α, where
 * (2α − 1)ρ − ε + log(1 − 1/α) vanishes.
 */
export function zcdpDelta(rho: number, epsilon: number): number {
  requireNonNegative('rho', rho);
  requireEpsilon(epsilon);
  if (rho === 0) return 0;
  const most = epsilon / (2 * rho) + 1 / Math.sqrt(2 * rho);
  const x = rootOf((y) => (2 * y + 1) * rho - epsilon - Math.log1p(1 / y), most);
  return Math.min(1, Math.exp(x * ((1 + x) * rho - epsilon - Math.log1p(1 / x)) - Math.log1p(x)));
}

/** Largest ρ that gives (ε, δ), not above it. */
export function zcdpRhoWithin(epsilon: number, delta: number): number {
  requirePositive('epsilon', epsilon);
  requireDelta(delta);
  return bisect((rho) => zcdpDelta(rho, epsilon) > delta, { low: 0, high: epsilon / 64 })?.low ?? 0;
}

/** Where the increasing `f` crosses 0 on (0, most], in y = α − 1. */
function rootOf(f: (y: number) => number, most: number): number {
  return bisect((y) => f(y) >= 0, { low: 0, high: most })?.high ?? most;
}

function unbounded(reason: string): Error {
  return invalid(`No ρ bounds this release: ${reason}. Account for it with RdpAccountant instead.`);
}
