/** docs/privacy/poisson-sampled-discrete-gaussian.md, checked by summing over the lattice. */
import { describe, expect, it } from 'vitest';
import { tau } from '../../dp/accounting/discrete-gaussian.ts';
import type { DpEvent } from '../../dp/accounting/events.ts';
import { rdpCurve } from '../../dp/accounting/rdp-curves.ts';
import { convolve, discreteGaussianPmf } from './statistics.ts';

const REACH = 200;

/** Σ_x P^α Q^(1−α) over all points where both are above 0; P = (1−q)Q + q·Q(· − shift). */
function moments(
  noise: Float64Array,
  shift: number,
  q: number,
  order: number,
): { forward: number; reverse: number } {
  let forward = 0;
  let reverse = 0;
  for (let x = 0; x < noise.length; x++) {
    const base = noise[x] ?? 0;
    const shifted = noise[x - shift] ?? 0;
    const mixture = (1 - q) * base + q * shifted;
    if (base <= 0 || mixture <= 0) continue;
    forward += Math.exp(order * Math.log(mixture) + (1 - order) * Math.log(base));
    reverse += Math.exp(order * Math.log(base) + (1 - order) * Math.log(mixture));
  }
  return { forward, reverse };
}

const rdp = (event: DpEvent, order: number) => rdpCurve(event, [order])[0] ?? Number.NaN;
const event = (
  q: number,
  sigma: number,
  contributions: number,
  sensitivity: number,
  dimension = 1,
): DpEvent => ({
  type: 'poissonSampled',
  rate: q,
  event: { type: 'discreteGaussianSum', sigma, contributions, sensitivity, dimension },
});

describe('one discrete Gaussian, integer shift', () => {
  const cases = [1, 3, 8].flatMap((sigma) =>
    [1, 3].flatMap((shift) => [0.01, 0.3, 0.9].map((q) => [sigma, shift, q] as const)),
  );

  it.each(cases)(
    'σ %d, Δ %d, q %d: the forward moment is the formula, the reverse one no larger',
    (sigma, shift, q) => {
      const noise = discreteGaussianPmf(sigma, Math.min(REACH, 35 * sigma));
      for (const order of [2, 3, 4, 5, 6]) {
        const { forward, reverse } = moments(noise, shift, q, order);
        const charged = Math.exp((order - 1) * rdp(event(q, sigma, 1, shift), order));
        expect(forward / charged).toBeCloseTo(1, 10);
        expect(reverse).toBeLessThanOrEqual(forward * (1 + 1e-12));
      }
    },
  );

  it('at a fractional order the equality fails: the discrete moment exceeds the continuous one', () => {
    // σ = 0.35 (below what is ever used) makes the difference plain: E_Q[(R/Q)^k] at k = 1/2.
    const sigma = 0.35;
    const noise = discreteGaussianPmf(sigma, 12);
    const half = noise.reduce((sum, p, x) => sum + Math.sqrt(p * (noise[x - 1] ?? 0)), 0);
    const continuous = Math.exp((0.25 - 0.5) / (2 * sigma * sigma));
    expect(Math.abs(half / continuous - 1)).toBeGreaterThan(0.1);
  });

  it('so it is not bounded there under sampling; without, the shifted sums are smaller still', () => {
    expect(rdp(event(0.3, 3, 1, 1), 2.5)).toBe(Number.POSITIVE_INFINITY);
    for (const sigma of [0.5, 0.7, 1, 4]) {
      const noise = discreteGaussianPmf(sigma, 40);
      for (const shift of [1, 2]) {
        for (const order of [1.1, 1.5, 2.7, 6.4]) {
          const { forward, reverse } = moments(noise, shift, 1, order);
          const bound = (order * shift ** 2) / (2 * sigma ** 2);
          expect(Math.log(forward) / (order - 1)).toBeLessThanOrEqual(bound * (1 + 1e-12));
          expect(reverse / forward).toBeCloseTo(1, 9);
          if (Number.isInteger(sigma)) expect(rdp(event(1, sigma, 1, shift), order)).toBeCloseTo(bound, 12);
        }
      }
    }
  });

  it('in two dimensions only the L2 norm of the shift counts', () => {
    const noise = discreteGaussianPmf(5, 100);
    const q = 0.2;
    const order = 4;
    let forward = 0;
    for (let x = 0; x < noise.length; x++) {
      for (let y = 0; y < noise.length; y++) {
        const base = (noise[x] ?? 0) * (noise[y] ?? 0);
        const mixture = (1 - q) * base + q * (noise[x - 3] ?? 0) * (noise[y - 4] ?? 0);
        forward += Math.exp(order * Math.log(mixture) + (1 - order) * Math.log(base));
      }
    }
    expect(forward / Math.exp((order - 1) * rdp(event(q, 5, 1, 5, 2), order))).toBeCloseTo(1, 9);
  });
});

describe('a sum of h discrete Gaussians', () => {
  const single = discreteGaussianPmf(1, 60);
  const sums = [single];
  for (let h = 2; h <= 10; h++) sums.push(convolve(sums[h - 2] ?? single, single));

  it.each([2, 3, 10])('h = %d: differs from N_ℤ(0, h) by at most e^(τ/2) in every point', (h) => {
    const ideal = discreteGaussianPmf(Math.sqrt(h), 60);
    const sum = sums[h - 1] ?? single;
    let largest = 0;
    for (let x = -20; x <= 20; x++) {
      largest = Math.max(largest, Math.abs(Math.log((sum[x + 60] ?? 0) / (ideal[x + 60] ?? 0))));
    }
    expect(largest).toBeGreaterThan(1e-7);
    expect(largest).toBeLessThanOrEqual(tau(h, 1) / 2);
  });

  it.each([
    [2, 0.1],
    [3, 0.5],
    [10, 0.9],
  ])('h = %d, q = %d: both directions stay within the charge', (h, q) => {
    const sum = sums[h - 1] ?? single;
    for (const order of [2, 3, 5]) {
      const { forward, reverse } = moments(sum, 1, q, order);
      const charged = rdp(event(q, 1, h, 1), order);
      expect(Math.log(forward) / (order - 1)).toBeLessThanOrEqual(charged);
      expect(Math.log(reverse) / (order - 1)).toBeLessThanOrEqual(charged);
    }
  });
});
