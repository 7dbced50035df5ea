import { describe, expect, it } from 'vitest';
import { RealFft } from '../../dp/accounting/fft.ts';
import { composeOnMesh, type Releases } from '../../dp/accounting/pld-compose.ts';
import { type Direction, onCoarsePoints, onMesh } from '../../dp/accounting/pld-discretise.ts';
import { gaussianPair, laplacePair } from '../../dp/accounting/pld-pairs.ts';

describe('real Fourier transform', () => {
  it.each([4, 8, 64, 512])('of %i numbers: the defining sum, and back', (length) => {
    const x = Float64Array.from({ length }, (_, i) => Math.sin(i * i + 1));
    const fft = new RealFft(length);
    const { re, im } = fft.forward(x);
    for (let k = 0; k <= length / 2; k++) {
      const angle = (j: number) => (2 * Math.PI * ((j * k) % length)) / length;
      expect(re[k]).toBeCloseTo(
        x.reduce((sum, value, j) => sum + value * Math.cos(angle(j)), 0),
        10,
      );
      expect(im[k]).toBeCloseTo(
        x.reduce((sum, value, j) => sum - value * Math.sin(angle(j)), 0),
        10,
      );
    }
    fft.inverse({ re, im }).forEach((value, j) => {
      expect(value).toBeCloseTo(x[j] ?? 0, 14);
    });
  });

  it('refuses other lengths', () => {
    for (const length of [2, 12, 0.5, Number.NaN]) expect(() => new RealFft(length)).toThrow(/length/);
  });
});

describe('discretised losses', () => {
  const mechanism = { pair: gaussianPair(1), rate: 0.01 };
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

  it.each<Direction>(['remove', 'add'])('%s: all mass is kept, under both distributions', (direction) => {
    for (const loss of [
      onMesh(mechanism, direction, 1e-4, 1e-12),
      onMesh(mechanism, direction, 0.3, 1e-12),
      onCoarsePoints(mechanism, direction, 500, 1e-12),
    ]) {
      expect(sum(loss.masses) + loss.infinite).toBeCloseTo(1, 13);
      const other = loss.masses.map((mass, i) => mass * Math.exp(-(loss.losses[i] ?? 0)));
      expect(Math.abs(sum(other) - 1)).toBeLessThan(1e-11);
    }
  });

  it('δ(ε) is exact on the points and never below the truth between them', () => {
    const loss = onMesh({ pair: laplacePair(1), rate: 1 }, 'remove', 0.125, 1e-12);
    const delta = (epsilon: number) =>
      loss.masses.reduce(
        (total, mass, i) => total + mass * Math.max(0, -Math.expm1(epsilon - (loss.losses[i] ?? 0))),
        0,
      );
    for (let epsilon = 0; epsilon < 1; epsilon += 1 / 64) {
      const truth = -Math.expm1((epsilon - 1) / 2);
      expect(delta(epsilon)).toBeGreaterThan(truth - 1e-13);
      if (epsilon % 0.125 === 0) expect(delta(epsilon)).toBeCloseTo(truth, 13);
    }
  });
});

describe('charges', () => {
  it('rounding: without a tilt the transform loses the far tail, and says so', () => {
    const loss = onMesh({ pair: gaussianPair(0.3), rate: 1 }, 'remove', 0.01, 1e-16);
    const releases: Releases[] = [{ loss, count: 50 }];
    const window = { low: -20, high: 40 };
    const [tilted, untilted] = [5, 1e-3].map((tilt) => composeOnMesh(releases, 0.01, tilt, window));
    for (const epsilon of [18, 20, 22]) {
      const truth = tilted?.finite(epsilon) ?? 0;
      expect(tilted?.charge(epsilon)).toBeLessThan(1e-4 * truth);
      const error = Math.abs((untilted?.finite(epsilon) ?? 0) - truth);
      expect(error).toBeGreaterThan(1e-6 * truth);
      expect(error).toBeLessThan((untilted?.charge(epsilon) ?? 0) + 1e-4 * truth);
    }
  });

  it('mass beyond the range is infinite loss, not nothing', () => {
    for (const direction of ['remove', 'add'] as const) {
      const { infinite, outside } = onMesh({ pair: gaussianPair(1), rate: 0.5 }, direction, 0.01, 1e-3);
      expect(infinite).toBeGreaterThan(1e-5);
      expect(infinite).toBeLessThanOrEqual(1e-3);
      expect(outside).toBeGreaterThanOrEqual(infinite);
    }
  });
});
