/**
 * Seeded randomness for experiments that must be repeatable: splits and partitions of public data.
 * Benchmarks only; noise, masks and sampling draw from the operating system's generator.
 */

/** Uniform in [0, 1), multiples of 2^-32. */
export type Uniform = () => number;

/** SplitMix32 (after Steele, Lea and Flood 2014, with the finaliser of MurmurHash3). */
export function seededUniform(seed: number): Uniform {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** A copy in random order (Fisher and Yates). */
export function shuffled<T>(items: Iterable<T>, uniform: Uniform): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    const [a, b] = [order[i], order[j]] as [T, T];
    order[i] = b;
    order[j] = a;
  }
  return order;
}

/** `parts` shares that sum to 1, from a symmetric Dirichlet distribution. */
export function dirichlet(alpha: number, parts: number, uniform: Uniform): number[] {
  const draws = Array.from({ length: parts }, () => gamma(alpha, uniform));
  const total = draws.reduce((sum, draw) => sum + draw, 0);
  return draws.map((draw) => draw / total);
}

/** Gamma(shape, 1) by Marsaglia and Tsang (2000); shapes below 1 by their boost. */
function gamma(shape: number, uniform: Uniform): number {
  if (shape < 1) return gamma(shape + 1, uniform) * (1 - uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(uniform);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < x * x * 0.5 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Standard normal by Box and Muller (1958). */
function normal(uniform: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
