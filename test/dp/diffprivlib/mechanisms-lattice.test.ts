/** Mironov's precision attack: releases of all values lie on one lattice, whose last bits say nothing. */
import { describe, expect, it } from 'vitest';
import { Gaussian } from '../../../dp/diffprivlib-ts/mechanisms/gaussian.ts';
import { GaussianAnalytic } from '../../../dp/diffprivlib-ts/mechanisms/gaussian-analytic.ts';
import { Laplace } from '../../../dp/diffprivlib-ts/mechanisms/laplace.ts';
import { LaplaceBoundedDomain } from '../../../dp/diffprivlib-ts/mechanisms/laplace-bounded-domain.ts';
import { LaplaceBoundedNoise } from '../../../dp/diffprivlib-ts/mechanisms/laplace-bounded-noise.ts';
import { LaplaceFolded } from '../../../dp/diffprivlib-ts/mechanisms/laplace-folded.ts';
import { LaplaceTruncated } from '../../../dp/diffprivlib-ts/mechanisms/laplace-truncated.ts';
import { Snapping } from '../../../dp/diffprivlib-ts/mechanisms/snapping.ts';
import { Staircase } from '../../../dp/diffprivlib-ts/mechanisms/staircase.ts';
import { Uniform } from '../../../dp/diffprivlib-ts/mechanisms/uniform.ts';
import { dyadic } from '../../../dp/sampling/dyadic.ts';
import { BitSource } from '../../../dp/sampling/entropy.ts';
import { SEED, seededEntropy } from '../seeded-entropy.ts';
import { chiSquareDeviate } from '../statistics.ts';

interface Additive {
  randomise(value: number): number;
}

type Attacked = readonly [name: string, make: (sensitivity: number, label: string) => Additive];

const bounds = { lower: -64, upper: 64 };
const entropy = (label: string) => seededEntropy(`lattice ${label}`);

const CONTINUOUS: readonly Attacked[] = [
  ['Laplace', (sensitivity, label) => new Laplace({ epsilon: 0.3, sensitivity, entropy: entropy(label) })],
  [
    'LaplaceTruncated',
    (sensitivity, label) =>
      new LaplaceTruncated({ epsilon: 0.3, sensitivity, ...bounds, entropy: entropy(label) }),
  ],
  [
    'LaplaceFolded',
    (sensitivity, label) =>
      new LaplaceFolded({ epsilon: 0.3, sensitivity, ...bounds, entropy: entropy(label) }),
  ],
  [
    'LaplaceBoundedDomain',
    (sensitivity, label) =>
      new LaplaceBoundedDomain({ epsilon: 0.3, sensitivity, ...bounds, entropy: entropy(label) }),
  ],
  [
    'LaplaceBoundedNoise',
    (sensitivity, label) =>
      new LaplaceBoundedNoise({ epsilon: 0.3, delta: 0.01, sensitivity, entropy: entropy(label) }),
  ],
  [
    'Gaussian',
    (sensitivity, label) => new Gaussian({ epsilon: 0.3, delta: 0.01, sensitivity, entropy: entropy(label) }),
  ],
  [
    'GaussianAnalytic',
    (sensitivity, label) =>
      new GaussianAnalytic({ epsilon: 0.3, delta: 0.01, sensitivity, entropy: entropy(label) }),
  ],
  [
    'Staircase',
    (sensitivity, label) => new Staircase({ epsilon: 0.3, sensitivity, entropy: entropy(label) }),
  ],
  ['Uniform', (sensitivity, label) => new Uniform({ delta: 0.01, sensitivity, entropy: entropy(label) })],
  [
    'Snapping',
    (sensitivity, label) => new Snapping({ epsilon: 0.3, sensitivity, ...bounds, entropy: entropy(label) }),
  ],
];

/** The exponent of the finest bit that any of the releases uses, and how the next three bits are spread. */
function grain(releases: readonly number[]): { finest: number; shares: number[] } {
  const forms = releases
    .map((release) => dyadic('release', release))
    .filter(({ mantissa }) => mantissa !== 0n);
  const finest = Math.min(...forms.map(({ exponent }) => exponent));
  const shares = Array.from({ length: 8 }, () => 0);
  for (const { mantissa, exponent } of forms) {
    const last = Number(((mantissa << BigInt(exponent - finest)) % 8n) + 8n) % 8;
    shares[last] = (shares[last] ?? 0) + 1;
  }
  return { finest, shares };
}

describe(`the precision attack (seed ${SEED}): the last bits of a release say nothing of the value`, () => {
  const COUNT = 2000;

  it.each(CONTINUOUS)('%s', (name, make) => {
    // Values of quite different binary forms; in the unit of the sensitivity the first two are neighbours.
    for (const sensitivity of [1, 0.75]) {
      const grains = [0, sensitivity, 1 / 3, 5e-17, -17.000000001].map((value) => {
        const mechanism = make(sensitivity, `${name} ${sensitivity} ${value}`);
        return grain(Array.from({ length: COUNT }, () => mechanism.randomise(value)));
      });
      expect(new Set(grains.map(({ finest }) => finest)).size).toBe(1);
      if (name === 'Snapping') continue;
      for (const { shares } of grains) {
        const expected = shares.map(() => shares.reduce((sum, share) => sum + share, 0) / 8);
        expect(Math.abs(chiSquareDeviate(shares, expected))).toBeLessThan(5);
      }
    }
    // A lattice that divides 0.1 is about as fine as doubles are there; off it there must be none all the same.
    for (const value of [0, 0.1, 1e-20, 1 / 3]) {
      const mechanism = make(0.1, `${name} ${value}`);
      const { finest } = grain(Array.from({ length: COUNT }, () => mechanism.randomise(value)));
      expect(finest).toBeGreaterThanOrEqual(name === 'Snapping' ? -2 : dyadic('sensitivity', 0.1).exponent);
    }
  });

  it('which the textbook sampler, tested the same way, does not pass', () => {
    const bits = new BitSource(entropy('textbook'));
    const textbook = (value: number) => {
      const u = bits.uniform53() * 2 ** -53 - 0.5;
      return value - (Math.sign(u) * Math.log(1 - 2 * Math.abs(u))) / 0.3;
    };
    const [zero, third] = [0, 1 / 3].map((value) =>
      grain(Array.from({ length: COUNT }, () => textbook(value))),
    );
    // Noise near 0 keeps all its bits; added to 1/3 it has none below 2^-55.
    expect(zero?.finest).toBeLessThan(-58);
    expect(third?.finest).toBeGreaterThan(-58);
  });
});
