/**
 * Laplace noise of exactly ε per sensitivity on the lattice of `dp/sampling/lattice.ts`, shared by the
 * mechanisms that add it and post-process.
 *
 * The lattice divides the sensitivity Δ into M whole steps, and a step k has P(k) ∝ exp(−|k|·ε/M) with ε taken as
 * the rational that the double is: nothing is rounded. Against a continuous Laplace of scale Δ/ε, total
 * variation between neighbours differs by less than (ε/M)² / 8 < 2^-80, below what the double ε expresses, so
 * accountants may charge the continuous one.
 */
import type { DpEvent } from '../../accounting/events.ts';
import type { BitSource } from '../../sampling/entropy.ts';
import { bernoulliExpExact, drawDiscreteLaplace, uniformBelow } from '../../sampling/exact.ts';
import { addOnLattice, latticeExponent, latticeSensitivity } from '../../sampling/lattice.ts';
import { floorOf, fractionOf } from './fraction.ts';
import { NO_COST } from './mechanism.ts';

/** P(k) ∝ exp(−|k|·s/t) on the multiples k·2^exponent. */
export interface LaplaceLattice {
  readonly exponent: number;
  readonly t: bigint;
  readonly s: bigint;
  /** The sensitivity in steps. */
  readonly steps: bigint;
}

/**
 * @param epsilon Above 0.
 * @param sensitivity Above 0; neighbours differ by at most this.
 * @param resolution The lattice has at least 2^40 steps to this length, Δ/ε by default.
 */
export function laplaceLattice(
  epsilon: number,
  sensitivity: number,
  resolution = sensitivity / epsilon,
): LaplaceLattice {
  const exponent = latticeExponent(resolution, sensitivity);
  const steps = latticeSensitivity(sensitivity, exponent);
  const { num, den } = fractionOf('epsilon', epsilon);
  return { exponent, t: steps * den, s: num, steps };
}

/** Adds Laplace noise; with sensitivity 0, where no record moves the value, gives it back. */
export type LaplaceNoise = (value: number, bits: BitSource) => number;

export function laplaceNoise(epsilon: number, sensitivity: number): LaplaceNoise {
  if (sensitivity === 0) return (value) => value;
  const { t, s, exponent } = laplaceLattice(epsilon, sensitivity);
  return (value, bits) => addOnLattice(value, drawDiscreteLaplace(t, s, bits), exponent);
}

/**
 * The ε that noise of scale Δ/ε must have for (epsilon, delta)-DP: epsilon − ln(1 − delta), as diffprivlib has it
 * after Holohan, Leith, Mason 2015. It is on the safe side (epsilon − 2·ln(1 − delta) would do).
 */
export function laplaceRate(epsilon: number, delta: number): number {
  return epsilon - Math.log1p(-delta);
}

/** What one release of the noise costs, or of anything computed from it. */
export function laplaceEvent(rate: number, sensitivity: number): DpEvent {
  return sensitivity === 0 ? NO_COST : { type: 'laplace', noiseMultiplier: 1 / rate };
}

/**
 * Discrete Laplace noise given that it falls in {low, …, high}, by rejection.
 *
 * @param low At most 0.
 * @param high At least 0.
 */
export function drawLaplaceWithin(
  low: bigint,
  high: bigint,
  lattice: LaplaceLattice,
  bits: BitSource,
): bigint {
  const { t, s } = lattice;
  const size = high - low + 1n;
  // Within one scale the density hardly varies, and proposing from it uniformly is accepted with at least 1/e;
  // on a wider range at least that share of the whole distribution falls inside.
  const narrow = size * s <= t;
  for (;;) {
    if (narrow) {
      const noise = low + uniformBelow(size, bits);
      if (bernoulliExpExact((noise < 0n ? -noise : noise) * s, t, bits)) return noise;
    } else {
      const noise = drawDiscreteLaplace(t, s, bits);
      if (noise >= low && noise <= high) return noise;
    }
  }
}

/** `value` in lattice steps, rounded half up. */
export function stepsOf(value: number, exponent: number): bigint {
  const { num, den } = fractionOf('value', value, -exponent);
  return floorOf({ num: 2n * num + den, den: 2n * den });
}

/** The first and the last lattice point within [lower, upper], in steps. */
export function stepsWithin(
  lower: number,
  upper: number,
  exponent: number,
): { readonly low: bigint; readonly high: bigint } {
  return {
    low: -floorOf(fractionOf('lower', -lower, -exponent)),
    high: floorOf(fractionOf('upper', upper, -exponent)),
  };
}
