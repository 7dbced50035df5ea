/**
 * Initial weights from a public seed, the same on every machine and engine: every member can recompute
 * the first model. The generator below is for this and nothing else; it has no place near privacy.
 */
import { type NetworkSpec, parameterCount } from './threat.ts';

/**
 * Flat weights in the order of `flatWeights`: per layer the kernel, row-major fan-in × units, then the
 * bias. Kernels are Glorot uniform, U(−r, r) with r = √(6 / (fan-in + fan-out)) (Glorot and Bengio 2010);
 * biases are zero. A network of one layer is convex and starts at zero, whatever the seed.
 */
export function initialWeights(spec: NetworkSpec, seed: number): Float32Array {
  const flat = new Float32Array(parameterCount(spec));
  if (spec.layers.length === 1) return flat;
  const uniform = splitMix64(seed);
  let fanIn = spec.inputs;
  let at = 0;
  for (const { units } of spec.layers) {
    const radius = Math.sqrt(6 / (fanIn + units));
    for (const end = at + fanIn * units; at < end; at++) flat[at] = (2 * uniform() - 1) * radius;
    at += units;
    fanIn = units;
  }
  return flat;
}

/** SplitMix64 (Steele, Lea and Flood 2014); yields multiples of 2^-53 in [0, 1). */
function splitMix64(seed: number): () => number {
  let state = BigInt.asUintN(64, BigInt(seed));
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    z ^= z >> 31n;
    return Number(z >> 11n) / 2 ** 53;
  };
}
