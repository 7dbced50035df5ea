import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dyadic } from '../../../dp/sampling/dyadic.ts';
import type { BitSource } from '../../../dp/sampling/entropy.ts';
import {
  addOnLattice,
  gaussianOnLattice,
  laplaceOnLattice,
  latticeExponent,
  latticeSensitivity,
} from '../../../dp/sampling/lattice.ts';
import { SEED } from '../seeded-entropy.ts';
import { kolmogorovStatistic, normalCdf } from '../statistics.ts';
import { bitsFor, repeat } from './draws.ts';
import { kolmogorovTail, LEVEL } from './fit.ts';

const finite = () => fc.double({ noNaN: true, noDefaultInfinity: true });
const laplaceCdf = (x: number) => (x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2);

describe('dyadic', () => {
  it('gives back every finite double, with an odd mantissa', () => {
    fc.assert(
      fc.property(finite(), (value) => {
        const { mantissa, exponent } = dyadic('value', value);
        // In two factors: 2^1074 is no double.
        expect(Number(mantissa) * 2 ** Math.ceil(exponent / 2) * 2 ** Math.floor(exponent / 2)).toBe(
          value + 0,
        );
        expect(value === 0 || mantissa % 2n !== 0n).toBe(true);
      }),
    );
  });

  it.each([
    [0.75, 3n, -2],
    [-6, -3n, 1],
    [Number.MIN_VALUE, 1n, -1074],
    [Number.MAX_VALUE, 2n ** 53n - 1n, 971],
    [2 ** -1022, 1n, -1022],
    [0.1, 3602879701896397n, -55],
  ])('%d', (value, mantissa, exponent) => {
    expect(dyadic('value', value)).toEqual({ mantissa, exponent });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %d by name', (value) => {
    expect(() => dyadic('the radius', value)).toThrow(/the radius must be a finite number/);
  });
});

describe('latticeExponent', () => {
  it('gives the scale from 2^40 to 2^41 steps', () => {
    expect(latticeExponent(1)).toBe(-40);
    expect(latticeExponent(1.999)).toBe(-40);
    expect(latticeExponent(2)).toBe(-39);
    expect(latticeExponent(0.1)).toBe(-44);
    expect(latticeExponent(Number.MAX_VALUE)).toBe(983);
  });

  it('is the finest that a double has where the scale is tiny', () => {
    expect(latticeExponent(2 ** -1034)).toBe(-1074);
    expect(latticeExponent(Number.MIN_VALUE)).toBe(-1074);
  });

  it('divides the sensitivity where one is given, so that rounding costs nothing', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-30, max: 1e30, noNaN: true }),
        fc.double({ min: 1e-30, max: 1e30, noNaN: true }),
        (scale, delta) => {
          const exponent = latticeExponent(scale, delta);
          expect(exponent).toBeLessThanOrEqual(latticeExponent(scale));
          const { mantissa, exponent: own } = dyadic('delta', delta);
          expect(latticeSensitivity(delta, exponent)).toBe(mantissa << BigInt(own - exponent));
        },
      ),
    );
    expect(latticeExponent(1, 1)).toBe(-40);
    expect(latticeExponent(1, 0.1)).toBe(-55);
    expect(latticeExponent(1, 0)).toBe(-40);
  });
});

describe('latticeSensitivity', () => {
  it.each([
    [1, -3, 8n],
    [1, 0, 1n],
    [1, 1, 1n],
    [1.0000001, 0, 2n],
    [0.3, -2, 2n],
    [Number.MIN_VALUE, 1023, 1n],
    [0, -40, 0n],
  ])('of %d at 2^%d', (sensitivity, exponent, steps) => {
    expect(latticeSensitivity(sensitivity, exponent)).toBe(steps);
  });

  it('bounds how far apart rounding leaves two values, and is reached', () => {
    const steps = (value: number, exponent: number) => addOnLattice(value, 0n, exponent) / 2 ** exponent;
    fc.assert(
      fc.property(
        fc.double({ min: -1000, max: 1000, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.integer({ min: -8, max: 4 }),
        (x, delta, exponent) => {
          const y = x + delta;
          // y − x is off by rounding: Δ is a double that bounds it.
          const bound = (y - x) * (1 + 2 ** -52) + 2 ** -1000;
          const apart = steps(y, exponent) - steps(x, exponent);
          expect(BigInt(apart) <= latticeSensitivity(bound, exponent)).toBe(true);
        },
      ),
    );
    expect(steps(0.5, 0) - steps(0.49, 0)).toBe(1);
    expect(latticeSensitivity(0.01, 0)).toBe(1n);
    // Ties go up for either sign: toward even or away from zero −½ and ½ would be 0 or 2 steps apart, not 1.
    expect([-1.5, -0.5, 0.5, 1.5].map((x) => steps(x, 0))).toEqual([-1, 0, 1, 2]);
  });
});

describe(`noise on the lattice (seed ${SEED})`, () => {
  it.each([1, 0.1, 12345.678, 1e-300, 2 ** -1060, 1e300])('laplaceOnLattice(%d) is Laplace', (scale) => {
    const bits = bitsFor(`laplace ${scale}`);
    const sample = repeat(20_000, () => release(laplaceOnLattice, 0, scale, bits) / scale);
    expect(kolmogorovTail(kolmogorovStatistic(sample, laplaceCdf))).toBeGreaterThan(LEVEL);
  });

  it.each([1, 0.1, 1e-300, 1e300])('gaussianOnLattice(%d) is Gaussian', (sigma) => {
    const bits = bitsFor(`gaussian ${sigma}`);
    const sample = repeat(20_000, () => release(gaussianOnLattice, 0, sigma, bits) / sigma);
    expect(kolmogorovTail(kolmogorovStatistic(sample, normalCdf))).toBeGreaterThan(LEVEL);
  });

  it('takes the lattice that it is told', () => {
    const { noise, exponent } = laplaceOnLattice(1, bitsFor('told'), latticeExponent(1, 0.1));
    expect(exponent).toBe(-55);
    expect(noise > 2n ** 45n || noise < -(2n ** 45n)).toBe(true);
  });

  it('is discrete noise of scale/2^exponent steps, whatever the lattice', () => {
    // A lattice as coarse as the scale: the mass at 0 is the discrete distribution's own.
    const bits = bitsFor('coarse');
    const zeros = (draw: typeof laplaceOnLattice) =>
      repeat(20_000, () => draw(0.5, bits, 0).noise).filter((noise) => noise === 0n).length / 20_000;
    expect(Math.abs(zeros(laplaceOnLattice) - Math.tanh(1))).toBeLessThan(0.015);
    const theta = 1 + 2 * Math.exp(-2) + 2 * Math.exp(-8) + 2 * Math.exp(-18);
    expect(Math.abs(zeros(gaussianOnLattice) - 1 / theta)).toBeLessThan(0.015);
  });
});

describe(`Mironov's attack on the least significant bits (seed ${SEED})`, () => {
  /** Doubles near 0 are finer than those near 1: what is no multiple of 2^-53 cannot be 1 plus anything. */
  const betrays = (output: number) => !Number.isInteger(output * 2 ** 53);
  const share = (outputs: number[]) => outputs.filter(betrays).length / outputs.length;

  it('tells 0 from 1 where noise is a floating-point logarithm', () => {
    const bits = bitsFor('naive');
    const naive = (value: number) => {
      const uniform = (bits.uniform53() + 1) / 2 ** 53;
      return value + (bits.word() % 2 === 0 ? 1 : -1) * Math.log(uniform);
    };
    expect(share(repeat(2000, () => naive(0)))).toBeGreaterThan(0.2);
    expect(share(repeat(2000, () => naive(1)))).toBe(0);
  });

  it.each([
    ['Laplace', laplaceOnLattice],
    ['Gaussian', gaussianOnLattice],
  ])('tells nothing of %s noise on the lattice: neighbours share it', (_, mechanism) => {
    const bits = bitsFor('attacked');
    const exponent = latticeExponent(1);
    for (const value of [0, 1, 0.1, Math.PI, 1e-20]) {
      const outputs = repeat(2000, () => release(mechanism, value, 1, bits));
      expect(outputs.filter((output) => !Number.isInteger(output / 2 ** exponent))).toEqual([]);
      expect(share(outputs)).toBe(0);
    }
  });

  it('every output of one value is an output of its neighbour, with noise no further off than is charged', () => {
    fc.assert(
      fc.property(finite(), finite(), fc.bigInt(-(2n ** 60n), 2n ** 60n), (x, y, noise) => {
        const exponent = latticeExponent(Math.max(Math.abs(x), Math.abs(y), 1));
        const apart = stepsOf(y, exponent) - stepsOf(x, exponent);
        expect(addOnLattice(x, noise + apart, exponent)).toBe(addOnLattice(y, noise, exponent));
      }),
    );
  });
});

describe('addOnLattice', () => {
  it.each([
    [0, 5n, -3, 0.625],
    [0.3, 0n, -2, 0.25],
    [-0.3, -1n, -2, -0.5],
    [1e300, -(10n ** 6n), -40, 1e300],
    [0, 2n ** 200n + 1n, -200, 1],
    [Number.MAX_VALUE, 2n ** 60n, 983, Number.MAX_VALUE],
    [-Number.MAX_VALUE, -(2n ** 60n), 983, -Number.MAX_VALUE],
    [Number.MIN_VALUE, 2n, -1074, 3 * Number.MIN_VALUE],
  ])('%d and %d steps of 2^%d', (value, noise, exponent, sum) => {
    expect(addOnLattice(value, noise, exponent)).toBe(sum);
  });

  it.each([
    [/value must be a finite number/, () => addOnLattice(Number.NaN, 0n, 0)],
    [/exponent must be an integer/, () => addOnLattice(1, 0n, -1075)],
    [/exponent must be an integer/, () => latticeSensitivity(1, 0.5)],
    [/sensitivity must be a number from 0 up/, () => latticeSensitivity(-1, 0)],
    [/sensitivity must be a finite number/, () => latticeExponent(1, Number.POSITIVE_INFINITY)],
    [/scale must be a positive number/, () => laplaceOnLattice(0, bitsFor('refused'))],
    [/scale must be a finite number/, () => laplaceOnLattice(Number.POSITIVE_INFINITY, bitsFor('refused'))],
    [/sigma must be a positive number/, () => gaussianOnLattice(Number.NaN, bitsFor('refused'), 0)],
  ])('%s', (sentence, call) => {
    expect(call).toThrow(sentence);
  });
});

function release(mechanism: typeof laplaceOnLattice, value: number, scale: number, bits: BitSource): number {
  const { noise, exponent } = mechanism(scale, bits);
  return addOnLattice(value, noise, exponent);
}

/** ⌊value/2^exponent + ½⌋, by exact rational arithmetic. */
function stepsOf(value: number, exponent: number): bigint {
  const { mantissa, exponent: own } = dyadic('value', value);
  // Doubled, so that the half is whole; as a fraction over 2^2200, finer than any double.
  const doubled = mantissa * 2n ** BigInt(own - exponent + 1 + 2200) + 2n ** 2200n;
  const den = 2n ** 2201n;
  const quotient = doubled / den;
  return doubled < 0n && quotient * den !== doubled ? quotient - 1n : quotient;
}
