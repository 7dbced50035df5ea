/** The contract of every mechanism of diffprivlib-ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDpEvent } from '../../../dp/accounting/events.ts';
import { Exponential } from '../../../dp/diffprivlib-ts/mechanisms/exponential.ts';
import { ExponentialCategorical } from '../../../dp/diffprivlib-ts/mechanisms/exponential-categorical.ts';
import { ExponentialHierarchical } from '../../../dp/diffprivlib-ts/mechanisms/exponential-hierarchical.ts';
import { Gaussian } from '../../../dp/diffprivlib-ts/mechanisms/gaussian.ts';
import { GeometricFolded } from '../../../dp/diffprivlib-ts/mechanisms/geometric-folded.ts';
import { Laplace } from '../../../dp/diffprivlib-ts/mechanisms/laplace.ts';
import { FedwardError } from '../../../proto/errors.ts';
import { seededEntropy } from '../seeded-entropy.ts';
import { MECHANISMS, NUMERIC, OTHERS } from './mechanisms.ts';

const ROOM = new URL('../../../dp/diffprivlib-ts/', import.meta.url);

function refusal(run: () => unknown): FedwardError {
  try {
    run();
  } catch (error) {
    if (error instanceof FedwardError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

it('the suite lists all twenty mechanisms of diffprivlib 0.6.6', () => {
  expect(MECHANISMS).toHaveLength(20);
  expect(new Set(MECHANISMS.map(({ name }) => name)).size).toBe(20);
  const map = readFileSync(new URL('VENDORED.md', ROOM), 'utf8');
  for (const { name } of MECHANISMS) expect(map).toContain(`| \`${name}\``);
});

it('no mechanism takes its randomness from floating point', () => {
  const files = readdirSync(new URL('mechanisms/', ROOM));
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const text = readFileSync(new URL(`mechanisms/${file}`, ROOM), 'utf8');
    expect(text, file).not.toMatch(/Math\.random|uniform53/);
  }
});

describe.each(MECHANISMS)('$name', ({ name, make, options, value, refused, possible }) => {
  const seeded = (label: string) => make({ ...options, entropy: seededEntropy(`${name} ${label}`) });

  it('releases what it says, with the operating system’s entropy too', () => {
    for (const mechanism of [seeded('contract'), make(options)]) {
      for (let i = 0; i < 50; i++) expect(mechanism.randomise(value)).toSatisfy(possible);
    }
  });

  it.each(Object.keys(options))('refuses a wrong %s and names it', (field) => {
    for (const wrong of [Number.NaN, null, {}, () => 1]) {
      const error = refusal(() => make({ ...options, [field]: wrong }));
      expect(error.code).toBe('INVALID_ARGUMENT');
      expect(error.message).toContain(field);
      expect(error.message).toMatch(/got (NaN|null|an object|a function)/);
    }
  });

  it.each(Object.keys(options).filter((field) => typeof options[field] === 'number'))(
    'refuses an infinite, textual or absurd %s',
    (field) => {
      for (const wrong of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '1']) {
        expect(refusal(() => make({ ...options, [field]: wrong })).message).toContain(field);
      }
      if (field === 'lower' || field === 'upper') return;
      expect(refusal(() => make({ ...options, [field]: -1 })).message).toContain(field);
    },
  );

  it('refuses a seed and an entropy that is no function', () => {
    for (const seed of ['randomState', 'random_state', 'seed']) {
      expect(refusal(() => make({ ...options, [seed]: 42 })).message).toMatch(`${seed} is refused`);
    }
    expect(refusal(() => make({ ...options, entropy: 42 })).message).toContain('entropy must be a function');
  });

  it('refuses a value of the wrong kind without telling what it was', () => {
    const mechanism = make(options);
    for (const wrong of refused) {
      const error = refusal(() => mechanism.randomise(wrong));
      expect(error.message).toMatch(/^value must be/);
      expect(error.message).not.toContain('31337');
    }
  });

  it('is fixed once made, whatever becomes of its options', () => {
    const own = structuredClone(options);
    const mechanism = make(own);
    const before = JSON.stringify(mechanism);
    for (const field of Object.keys(own)) {
      const option = own[field];
      if (Array.isArray(option)) option.splice(0);
      Object.assign(own, { [field]: Number.NaN });
      expect(() => Object.assign(mechanism, { [field]: 7 })).toThrow(TypeError);
    }
    expect(JSON.stringify(mechanism)).toBe(before);
    expect(JSON.stringify(mechanism.copy())).toBe(before);
    expect(mechanism.copy().randomise(value)).toSatisfy(possible);
  });

  it('gives a copy the same law and other noise', () => {
    const mechanism = seeded('copy');
    const copy = mechanism.copy();
    expect(copy).not.toBe(mechanism);
    expect(copy.constructor).toBe(mechanism.constructor);
    expect(copy.event).toEqual(mechanism.event);
    const releases = (from: typeof mechanism) =>
      Array.from({ length: 80 }, () => show(from.randomise(value)));
    expect(releases(copy)).not.toEqual(releases(mechanism));
  });

  it('states its cost as an event that the ledger can store', () => {
    const { event } = make(options);
    expect(parseDpEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
    expect(event.type).not.toBe('none');
  });
});

/** A perturbed objective shows its noise at a point. */
function show(release: unknown): unknown {
  return typeof release === 'function' ? release(Float64Array.of(1, 1, 1)) : release;
}

describe.each(NUMERIC)('$name', ({ make, options, value }) => {
  it('has mse = variance + bias²', () => {
    const mechanism = make(options);
    expect(mechanism.variance(value)).toBeGreaterThan(0);
    expect(mechanism.mse(value)).toBeCloseTo(mechanism.variance(value) + mechanism.bias(value) ** 2, 12);
    expect(() => mechanism.bias(Number.NaN)).toThrow(FedwardError);
  });

  it('adds no noise and costs nothing where the sensitivity is 0', () => {
    const mechanism = make({ ...options, sensitivity: 0 });
    const release = mechanism.randomise(value);
    expect(release).toBe(value);
    expect(mechanism.bias(value)).toBe(0);
    expect(mechanism.variance(value)).toBe(0);
    expect(mechanism.event).toEqual({ type: 'none' });
  });
});

it.each(OTHERS)('$name has no bias, variance or mse', ({ name, make, options, value }) => {
  const mechanism = make(options);
  for (const moment of ['bias', 'variance', 'mse'] as const) {
    expect(refusal(() => mechanism[moment](value)).message).toContain(`${name} has no bias`);
  }
});

describe('costs', () => {
  const event = (name: string) => {
    const { make, options } = MECHANISMS.find((one) => one.name === name) ?? {
      make: () => undefined,
      options: {},
    };
    return make({ ...options, delta: undefined })?.event;
  };

  it('Laplace and what is computed from it cost a Laplace of their scale, everything else its ε or more', () => {
    for (const name of ['Laplace', 'LaplaceTruncated', 'LaplaceFolded', 'Snapping']) {
      expect(event(name)).toEqual({ type: 'laplace', noiseMultiplier: 1 / 0.8 });
    }
    for (const name of [
      'Geometric',
      'GeometricTruncated',
      'GeometricFolded',
      'Staircase',
      'LaplaceBoundedDomain',
    ]) {
      expect(event(name)).toEqual({ type: 'pureDp', epsilon: 0.8 });
    }
    expect(new Laplace({ epsilon: 0, delta: 0.5, sensitivity: 3 }).event).toEqual({
      type: 'laplace',
      noiseMultiplier: 1 / Math.log(2),
    });
  });

  it('a mechanism that no accountant can bound says so', () => {
    for (const name of ['Uniform', 'LaplaceBoundedNoise', 'Vector']) {
      const { make, options } = MECHANISMS.find((one) => one.name === name) ?? {};
      expect(make?.(options ?? {}).event.type).toBe('unsupported');
    }
  });
});

describe('what only one mechanism refuses', () => {
  it('the classic Gaussian refuses ε above 1, where its σ is not proven', () => {
    expect(() => new Gaussian({ epsilon: 1.01, delta: 0.1, sensitivity: 1 })).toThrow(/Use GaussianAnalytic/);
  });

  it('bounds that are reversed, off the half integers, or without an integer between', () => {
    const folded = (lower: number, upper: number) => () => new GeometricFolded({ epsilon: 1, lower, upper });
    expect(folded(3, 1)).toThrow(/lower must not exceed upper/);
    expect(folded(0.25, 3)).toThrow(/halves of integers/);
    expect(folded(0.5, 0.5)).toThrow(/integer between/);
  });

  it('utilities, candidates and measures that do not fit', () => {
    const exponential = (more: object) => () =>
      new Exponential({ epsilon: 1, sensitivity: 1, utility: [1, 2], ...more } as never);
    expect(exponential({ utility: [] })).toThrow(/at least one/);
    expect(exponential({ utility: [1, Number.NaN] })).toThrow('utility[1] must be a finite number; got NaN');
    expect(exponential({ candidates: ['a'] })).toThrow(/2 entries/);
    expect(exponential({ measure: [1] })).toThrow(/2 entries/);
    expect(exponential({ measure: [1, -1] })).toThrow(/below 0/);
    expect(exponential({ measure: [0, 0] })).toThrow(/above 0/);
  });

  it('categories with a distance missing, given twice, or to themselves', () => {
    const categorical = (...utilityList: [string, string, number][]) => {
      return () => new ExponentialCategorical({ epsilon: 1, utilityList });
    };
    expect(categorical(['a', 'b', 1], ['a', 'c', 1])).toThrow(/no utility for "b" and "c"/);
    expect(categorical(['a', 'b', 1], ['b', 'a', 2])).toThrow(/two utilities for "b" and "a"/);
    expect(categorical(['a', 'a', 1])).toThrow(/two different strings/);
    expect(categorical(['a', 'b', -1])).toThrow(/at least 0/);
    expect(categorical(['a', 'b', 1], ['b', 'a', 1])).not.toThrow();
  });

  it('hierarchies that are uneven, or name a leaf twice', () => {
    const hierarchical = (hierarchy: never[] | (string | string[])[]) => () =>
      new ExponentialHierarchical({ epsilon: 1, hierarchy });
    expect(hierarchical([['a'], 'b'])).toThrow(/"b" is not at depth 2/);
    expect(hierarchical([['a', 'b'], ['a']])).toThrow(/two leaves alike/);
    expect(hierarchical(['a'])).toThrow(/at least two leaves/);
  });
});
