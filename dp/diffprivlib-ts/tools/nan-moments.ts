/**
 * The same as `moments.ts` over those elements that are numbers.
 *
 * How many those are depends on the data: when an element may be missing, replacing it changes the divisor as well.
 * diffprivlib divides its sensitivity by the number of all elements, which under-states it by as much as n. Here the
 * number of numbers is released too, and ε is shared between it and the sums.
 */
import type { Entropy } from '../../sampling/entropy.ts';
import { GeometricTruncated } from '../mechanisms/geometric-truncated.ts';
import type { Bounds } from '../validation.ts';
import { clip, noisySum } from './grid.ts';
import { boundedReduction, type Release, share } from './reduction.ts';

/**
 * Sum of the elements that are numbers. A missing one adds 0, so the noise is Laplace's at the sensitivity
 * max(upper, 0) − min(lower, 0).
 */
export const nansum = boundedReduction((values, bounds, epsilon, entropy) => {
  const [lower, upper] = bounds;
  const present = values.map((x) => (Number.isNaN(x) ? 0 : clip(x, bounds)));
  return noisySum(present, [Math.min(lower, 0), Math.max(upper, 0)], epsilon, entropy);
});

/** Mean of the elements that are numbers, within the bounds; near their middle when there is none. */
export const nanmean = boundedReduction((values, bounds, epsilon, entropy) => {
  const part = share(epsilon, 2);
  const count = noisyCount(values, part, entropy);
  const standard = noisySum(standardise(values, bounds), [-1, 1], part, entropy) / count;
  return clip(middle(bounds) + standard * radius(bounds), bounds);
});

/** Population variance of the elements that are numbers, within [0, (upper − lower)²/4]. */
export const nanvar = boundedReduction(
  (...release: Parameters<Release>) => (noisyNanDeviation(...release) * radius(release[1])) ** 2,
);

/** Root of `nanvar`. */
export const nanstd = boundedReduction(
  (...release: Parameters<Release>) => noisyNanDeviation(...release) * radius(release[1]),
);

/** √(E[z²] − E[z]²) of the standardised elements, 0 to 1: three releases that share ε. */
function noisyNanDeviation(values: Float64Array, bounds: Bounds, epsilon: number, entropy: Entropy): number {
  const part = share(epsilon, 3);
  const z = standardise(values, bounds);
  const squares = z.map((one) => one * one);
  const count = noisyCount(values, part, entropy);
  const first = noisySum(z, [-1, 1], part, entropy) / count;
  const second = noisySum(squares, [0, 1], part, entropy) / count;
  return Math.sqrt(clip(second - first * first, [0, 1]));
}

/** At least 1, so that it can divide. */
function noisyCount(values: Float64Array, epsilon: number, entropy: Entropy): number {
  const count = values.reduce((total, x) => total + (Number.isNaN(x) ? 0 : 1), 0);
  const mechanism = new GeometricTruncated({
    epsilon,
    sensitivity: 1,
    lower: 1,
    upper: values.length,
    entropy,
  });
  return mechanism.randomise(count);
}

/** The bounds become −1 and 1; a missing element is at 0, where it adds nothing to a sum. */
function standardise(values: Float64Array, bounds: Bounds): Float64Array {
  if (radius(bounds) === 0) return new Float64Array(values.length);
  return values.map((x) => (Number.isNaN(x) ? 0 : (clip(x, bounds) - middle(bounds)) / radius(bounds)));
}

function middle([lower, upper]: Bounds): number {
  return lower + (upper - lower) / 2;
}

function radius([lower, upper]: Bounds): number {
  return (upper - lower) / 2;
}
