/**
 * The exponential mechanism (McSherry, Talwar 2007) over many candidates that come in groups of equal utility.
 *
 * Probabilities computed in doubles round to 0 far from the best candidate, and then an output that is possible for
 * one data set is impossible for its neighbour. Here every group is drawn with exactly the probability
 *
 *     P(i) ∝ sizeᵢ · exp(−rate · lossᵢ),
 *
 * by rejection from integer weights that lie a little above: doubles make the proposal and decide the coin where
 * they cannot err, integers of any size where they could.
 */
import { expBounds } from '../../sampling/bernoulli.ts';
import { dyadic, shifted } from '../../sampling/dyadic.ts';
import type { BitSource } from '../../sampling/entropy.ts';

/** Candidates of equal utility. */
export interface Group {
  /** How many, an integer from 1 to 2^33. */
  readonly size: number;
  /** What they fall short of, an integer from 0 to 2^52. */
  readonly loss: number;
}

/** The sum of all weights is about 2^50, which leaves 3 bits for what is rounded up. */
const WEIGHT_BITS = 50;
/** By how much a weight or a coin may be off: doubles are better than 2^-40 where exp does not underflow. */
const RELATIVE_SLACK = 2 ** -30;
const COIN_SLACK = 2 ** -35;

/**
 * Index of a group, drawn as above.
 *
 * @param rate Above 0; taken exactly as the double that it is.
 */
export function chooseGroup(groups: readonly Group[], rate: number, bits: BitSource): number {
  const least = groups.reduce((loss, group) => Math.min(loss, group.loss), Infinity);
  const approximate = groups.map(({ size, loss }) => size * Math.exp(-rate * (loss - least)));
  // At least 1 for the best group and below 2^53, so the shift is not negative.
  const shift = WEIGHT_BITS - Math.ceil(Math.log2(approximate.reduce((sum, x) => sum + x, 0)));
  const weights = approximate.map((x) => Math.floor(x * 2 ** shift * (1 + RELATIVE_SLACK)) + 1);
  const ends = cumulate(weights);
  const total = ends.at(-1) ?? 0;
  for (;;) {
    const i = firstAbove(ends, bits.below(total));
    const group = groups[i];
    const weight = weights[i];
    if (group === undefined || weight === undefined) continue;
    const probability = ((approximate[i] ?? 0) * 2 ** shift) / weight;
    const excess = { size: group.size, loss: group.loss - least };
    if (accepts(probability, () => coin(excess, weight, shift, rate), bits)) return i;
  }
}

/** Bounds low/den and high/den of a probability times 2^length, tighter with every bit of length. */
type Coin = (length: number) => { readonly low: bigint; readonly high: bigint; readonly den: bigint };

/** The probability size · exp(−rate·loss) · 2^shift / weight. */
function coin({ size, loss }: Group, weight: number, shift: number, rate: number): Coin {
  const { mantissa, exponent } = dyadic('rate', rate);
  const { num, den } = shifted(mantissa * BigInt(loss), exponent);
  const factor = BigInt(size) << BigInt(shift);
  return (length) => {
    const { low, high } = expBounds(num, den, BigInt(length));
    return { low: factor * low, high: factor * high, den: BigInt(weight) };
  };
}

/** True with exactly the probability of the coin: a uniform number is compared with it, by more bits of both. */
function accepts(approximate: number, exact: () => Coin, bits: BitSource): boolean {
  const first = bits.uniform53();
  const u = first * 2 ** -53;
  if (u + COIN_SLACK < approximate) return true;
  if (u - COIN_SLACK > approximate) return false;
  const bounds = exact();
  let digits = BigInt(first);
  for (let length = 53; ; length += 32) {
    const { low, high, den } = bounds(length);
    if ((digits + 1n) * den <= low) return true;
    if (digits * den >= high) return false;
    digits = (digits << 32n) | BigInt(bits.word());
  }
}

function cumulate(weights: readonly number[]): Float64Array {
  let sum = 0;
  return Float64Array.from(weights, (weight) => {
    sum += weight;
    return sum;
  });
}

/** First index whose end lies above x. */
function firstAbove(ends: Float64Array, x: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] ?? 0) > x) high = middle;
    else low = middle + 1;
  }
  return low;
}
