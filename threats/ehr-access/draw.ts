/** Draws for the generator, from one source of uniform numbers in [0, 1). */

export interface Draw {
  chance(probability: number): boolean;
  /** From `least` to `most`, both included. */
  integer(least: number, most: number): number;
  pick<T>(items: readonly T[]): T | undefined;
  /** In proportion to the weights. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T;
  poisson(mean: number): number;
  /** Log-normal: half of the draws are below `median`. */
  around(median: number, sigma: number): number;
}

export function drawFrom(uniform: () => number): Draw {
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    chance: (probability) => uniform() < probability,
    integer: (least, most) => least + Math.floor(uniform() * (most - least + 1)),
    pick: (items) => items[Math.floor(uniform() * items.length)],
    weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
      const names = Object.keys(weights) as T[];
      let left = uniform() * names.reduce((sum, name) => sum + weights[name], 0);
      for (const name of names) {
        left -= weights[name];
        if (left < 0) return name;
      }
      return names[0] as T;
    },
    // Knuth's product of uniforms; means are small here.
    poisson(mean) {
      const limit = Math.exp(-mean);
      let product = uniform();
      let count = 0;
      for (; product > limit; count++) product *= uniform();
      return count;
    },
    around: (median, sigma) => median * Math.exp(sigma * normal()),
  };
}
