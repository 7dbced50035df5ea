/** Draws from the distributions that generators need, from one source of uniform numbers. */

export interface Draws {
  /** In [0, 1). */
  uniform(): number;
  chance(probability: number): boolean;
  /** From `least` to `most`, both included. */
  integer(least: number, most: number): number;
  /** Undefined only of an empty list. */
  pick<T>(items: readonly T[]): T | undefined;
  /** A name, by its weight; at least one, and weights need not sum to 1. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
  /** Of a small mean (Knuth). */
  poisson(mean: number): number;
  normal(): number;
  /** exp of a normal: half of the draws are below `median`; `spread` is the standard deviation of the logarithm. */
  logNormal(median: number, spread: number): number;
}

/** @param uniform in [0, 1). */
export function drawsFrom(uniform: () => number): Draws {
  // Box and Muller (1958).
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    chance: (probability) => uniform() < probability,
    integer: (least, most) => least + Math.floor(uniform() * (most - least + 1)),
    pick: (items) => items[Math.floor(uniform() * items.length)],
    weighted<Name extends string>(weights: Readonly<Record<Name, number>>) {
      const names = Object.keys(weights) as [Name, ...Name[]];
      let left = uniform() * names.reduce((sum, name) => sum + weights[name], 0);
      for (const name of names) {
        left -= weights[name];
        if (left < 0) return name;
      }
      // Rounding left a trace beyond the last one.
      return names[0];
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
