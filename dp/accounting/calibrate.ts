/** How much noise a budget needs, and how many steps it pays for, by whichever accountant. */
import { invalid, requireDelta, requireInteger, requirePositive } from './arguments.ts';
import { INTEGER_ORDERS } from './orders.ts';
import { RdpAccountant } from './rdp.ts';

export interface Training {
  readonly noiseMultiplier: number;
  /** Poisson sampling rate q of records, per step. */
  readonly sampleRate: number;
  /** Releases in all: planned rounds, spare attempts included, times local steps. */
  readonly steps: number;
}

export interface NoiseTarget extends Omit<Training, 'noiseMultiplier'> {
  readonly epsilon: number;
  readonly delta: number;
}

/** Below this nothing is private, and accountants take long. */
const LEAST = 1e-3;
const MOST = 1e6;

/**
 * Smallest noise multiplier, up to 1e-4 relative and never below it, with which `steps` Poisson-sampled
 * Gaussian releases stay within (epsilon, delta) by the RDP accountant at integer orders. It holds for integer noise
 * as well: every hospital rounds its share σᵢ up.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when an argument is out of range or no noise up to 10^6 suffices.
 */
export function noiseMultiplierFor(target: NoiseTarget): number {
  const epsilonOf = (training: Training, delta: number) => rdpEpsilon(training, delta, INTEGER_ORDERS);
  return getNoiseMultiplier(target, epsilonOf, 1e-4);
}

/**
 * `noiseMultiplierWithin` for Poisson-sampled Gaussian releases, by the RDP accountant or any other that gives the ε
 * of a training at δ.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when an argument is out of range or no noise up to 10^6 suffices.
 */
export function getNoiseMultiplier(
  { epsilon, delta, sampleRate, steps }: NoiseTarget,
  epsilonOf: (training: Training, delta: number) => number = rdpEpsilon,
  precision = 1e-6,
): number {
  requireDelta(delta);
  return noiseMultiplierWithin(
    epsilon,
    (noiseMultiplier) => epsilonOf({ noiseMultiplier, sampleRate, steps }, delta),
    precision,
  );
}

/**
 * Smallest noise multiplier, up to `precision` relative and never below it, with which `epsilonOf` stays within
 * `epsilon`; `epsilonOf` must not increase with noise. 10^-3 when even that suffices.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when `epsilon` is not positive or no noise up to 10^6 suffices.
 */
export function noiseMultiplierWithin(
  epsilon: number,
  epsilonOf: (noiseMultiplier: number) => number,
  precision = 1e-6,
): number {
  requirePositive('epsilon', epsilon);
  const at = (noise: number): Point => ({ noise, epsilon: epsilonOf(noise) });
  // From the middle outwards: at either end an accountant may take long.
  let low = at(1);
  let high = low;
  while (high.epsilon > epsilon) {
    if (high.noise >= MOST)
      throw invalid(`No noise multiplier up to ${MOST} gives ε = ${epsilon}. Allow a larger ε or δ.`);
    low = high;
    high = at(Math.min(MOST, high.noise * 4));
  }
  while (low.epsilon <= epsilon) {
    if (low.noise <= LEAST) return low.noise;
    high = low;
    low = at(Math.max(LEAST, low.noise / 2));
  }
  for (let round = 0; high.noise > low.noise * (1 + precision); round++) {
    const tried = at(nextNoise(low, high, epsilon, precision, round));
    if (tried.epsilon <= epsilon) high = tried;
    else low = tried;
  }
  return high.noise;
}

/**
 * Most steps with which `epsilonOf` stays within `epsilon`, 0 when not even one does, at most 2^30; `epsilonOf` must
 * not decrease with steps.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when `epsilon` is not positive.
 */
export function stepsWithin(epsilon: number, epsilonOf: (steps: number) => number): number {
  requirePositive('epsilon', epsilon);
  let fits = 0;
  let tooMany = 1;
  for (; epsilonOf(tooMany) <= epsilon; tooMany *= 2) {
    fits = tooMany;
    if (fits === 2 ** 30) return fits;
  }
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (epsilonOf(middle) <= epsilon) fits = middle;
    else tooMany = middle;
  }
  return fits;
}

function rdpEpsilon(training: Training, delta: number, orders?: readonly number[]): number {
  const { noiseMultiplier, sampleRate, steps } = training;
  requireInteger('steps', steps, 1);
  const event = { type: 'gaussian', noiseMultiplier } as const;
  const accountant = new RdpAccountant(orders === undefined ? {} : { orders });
  return accountant.compose({ type: 'poissonSampled', rate: sampleRate, event }, steps).epsilon(delta);
}

interface Point {
  readonly noise: number;
  readonly epsilon: number;
}

/**
 * ε is nearly a power of the noise: the secant in logarithms, moved half the precision to either side in turn so that
 * the bracket closes from both ends, and every third time the middle, so that it always shrinks.
 */
function nextNoise(low: Point, high: Point, epsilon: number, precision: number, round: number): number {
  const share = Math.log(low.epsilon / epsilon) / Math.log(low.epsilon / high.epsilon);
  if (round % 3 === 2 || !(share > 0 && share < 1)) return Math.sqrt(low.noise * high.noise);
  const width = Math.log(high.noise / low.noise);
  const aside = (round % 3 === 0 ? precision : -precision) / 2;
  const margin = precision / 4;
  return low.noise * Math.exp(Math.min(width - margin, Math.max(margin, share * width + aside)));
}
