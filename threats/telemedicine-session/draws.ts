/** Draws from the distributions that the generator needs, from one source of uniform numbers. */

export type Choices<Value> = readonly [readonly [Value, number], ...(readonly [Value, number])[]];

export interface Draws {
  /** In [0, 1). */
  uniform(): number;
  chance(probability: number): boolean;
  /** One of them, by its weight; weights need not sum to 1. */
  weighted<Value>(choices: Choices<Value>): Value;
  /** Of a small mean (Knuth). */
  poisson(mean: number): number;
  normal(): number;
  /** exp of a normal: `median`, and the standard deviation of its logarithm. */
  logNormal(median: number, spread: number): number;
}

/** @param uniform in [0, 1). */
export function drawsFrom(uniform: () => number): Draws {
  // Box and Muller (1958).
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    chance: (probability) => uniform() < probability,
    weighted(choices) {
      let left = uniform() * choices.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [value, weight] of choices) {
        if (left < weight) return value;
        left -= weight;
      }
      // Rounding left a trace beyond the last one.
      return choices[0][0];
    },
    poisson(mean) {
      const limit = Math.exp(-mean);
      let product = uniform();
      let events = 0;
      for (; product > limit; events++) product *= uniform();
      return events;
    },
    normal,
    logNormal: (median, spread) => median * Math.exp(spread * normal()),
  };
}
