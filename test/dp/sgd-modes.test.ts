/** DP-SGD by mode: who adds how much noise to what, and what it is divided by. */
import { describe, expect, it } from 'vitest';
import type { DpEvent } from '../../dp/accounting/events.ts';
import { INTEGER_ORDERS } from '../../dp/accounting/orders.ts';
import { RdpAccountant } from '../../dp/accounting/rdp.ts';
import { clippedSum, DpSgd, type DpSgdOptions } from '../../dp/dp-sgd.ts';
import { sampleDiscreteGaussian } from '../../dp/sampling/discrete-gaussian.ts';
import { BitSource } from '../../dp/sampling/entropy.ts';
import { poissonSample } from '../../dp/sampling/poisson.ts';
import { biasOnly, sourceOf } from './layer-factors.ts';
import { SEED, seededEntropy } from './seeded-entropy.ts';

const GRID = 65536;
const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
const bits = (label: string) => new BitSource(seededEntropy(`dp-sgd/${label}`));

const COMMON = {
  unit: 'record',
  clip: 0.5,
  noiseMultiplier: 1.7,
  sampleRate: 0.25,
  expectedBatch: 80,
} as const;
const distributed = (honest: number, change: Partial<DpSgdOptions> = {}) =>
  new DpSgd({ ...COMMON, ...change, mode: 'distributed', honest });
const whole = (mode: 'local' | 'central', change: Partial<DpSgdOptions> = {}) =>
  new DpSgd({ ...COMMON, ...change, mode });

/** Nobody's data: what comes out is noise alone. */
const NOBODY = sourceOf(biasOnly([]));
const DIMENSION = 30_000;
const weightless = new Float32Array(DIMENSION);
/** Six standard errors of a variance estimated from `DIMENSION` draws, relative: passes by chance 1 − 2·10^-9. */
const SIX_SIGMA = 6 * Math.sqrt(2 / DIMENSION);

function variance(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, x) => sum + x * x, 0) / values.length;
}

/** Every coordinate of the sum over parties, and how many took part. */
function sumOfShares(sgd: DpSgd, parties: number): number[] {
  const sum = new Array<number>(DIMENSION).fill(0);
  for (let party = 0; party < parties; party++) {
    const share = sgd.share(NOBODY, weightless, 2 ** 30, bits(`share ${party}`));
    share.forEach((x, i) => {
      sum[i] = (sum[i] ?? 0) + x;
    });
  }
  return sum;
}

describe(`the noise (seed ${SEED})`, () => {
  it.each([2, 3, 6])('distributed: %d shares add up to h·σᵢ², which is no less than central', (honest) => {
    const sgd = distributed(honest);
    const planned = honest * sgd.sigma ** 2;
    const measured = variance(sumOfShares(sgd, honest));
    expect(Math.abs(measured / planned - 1)).toBeLessThan(SIX_SIGMA);
    expect(planned).toBeGreaterThanOrEqual((1.7 * GRID) ** 2);
    expect(planned).toBeLessThan((1.7 * GRID) ** 2 * 1.001);
    // The same figure tells that a single share is missing.
    expect(Math.abs(variance(sumOfShares(sgd, honest - 1)) / planned - 1)).toBeGreaterThan(2 * SIX_SIGMA);
  });

  it('distributed: shares of different parties are independent', () => {
    const sgd = distributed(3);
    const [a, b] = [1, 2].map((party) =>
      sgd.share(NOBODY, weightless, 2 ** 30, bits(`independent ${party}`)),
    );
    const product = a?.reduce((sum, x, i) => sum + x * (b?.[i] ?? 0), 0) ?? 0;
    expect(Math.abs(product / DIMENSION / sgd.sigma ** 2)).toBeLessThan(6 / Math.sqrt(DIMENSION));
  });

  it('central: all of σ·C, over the planned batch', () => {
    const gradient = whole('central').gradient(NOBODY, weightless, bits('central'));
    const planned = (1.7 * 0.5) / 80;
    expect(Math.abs(variance(gradient) / planned ** 2 - 1)).toBeLessThan(SIX_SIGMA);
  });

  it('local: all of σ·C in every one of K steps', () => {
    const options = { steps: 3, learningRate: 0.2 };
    const delta = whole('local').descend(NOBODY, weightless, options, bits('local'));
    const planned = (Math.sqrt(3) * 0.2 * 1.7 * 0.5) / 80;
    expect(Math.abs(variance(delta) / planned ** 2 - 1)).toBeLessThan(SIX_SIGMA);
  });

  it('is never the same twice', () => {
    const source = bits('again');
    const sgd = whole('central');
    const [first, second] = [1, 2].map(() => sgd.gradient(NOBODY, weightless.subarray(0, 9), source));
    expect(first).not.toEqual(second);
  });

  it('central costs what a Gaussian of σ costs', () => {
    const epsilon = (event: DpEvent) =>
      new RdpAccountant({ orders: INTEGER_ORDERS }).compose(event, 50).epsilon(1e-5);
    const event = { type: 'gaussian', noiseMultiplier: 1.7 } as const;
    const gaussian = epsilon({ type: 'poissonSampled', rate: 0.25, event });
    const central = epsilon(whole('central').stepEvent(10));
    // σᵢ is rounded up, by less than 10^-5 of itself.
    expect(central).toBeLessThanOrEqual(gaussian);
    expect(central).toBeGreaterThan(gaussian * (1 - 1e-4));
  });
});

describe('the sum', () => {
  const deltas = Array.from({ length: 500 }, (_, i) => 2 * Math.sin(i));
  const source = sourceOf(biasOnly(deltas));
  const weights = new Float32Array(2);

  it('distributed: is the clipped sum over the sample, plus exactly its share of the noise', () => {
    const sgd = distributed(3);
    const share = sgd.share(source, weights, 2 ** 30, bits('parts'));
    const again = bits('parts');
    const noise = sampleDiscreteGaussian(sgd.sigma, 2, again);
    const rows = poissonSample(500, 0.25, again);
    const sum = clippedSum(source, weights, { rows }, 0.5);
    expect([...share]).toEqual([...sum].map((x, i) => x + (noise[i] ?? 0)));
    expect(Math.abs(sum[1] ?? 0)).toBeGreaterThan(0);
  });

  it('distributed: is clamped before the noise comes, not after', () => {
    const sgd = distributed(3);
    const bound = 100;
    const share = sgd.share(source, weights, bound, bits('clamp'));
    const noise = sampleDiscreteGaussian(sgd.sigma, 2, bits('clamp'));
    share.forEach((x, i) => {
      expect(Math.abs(x - (noise[i] ?? 0))).toBeLessThanOrEqual(bound);
    });
    expect(Math.max(...share.map(Math.abs))).toBeGreaterThan(bound);
  });

  it('central and local: one step of either is the same step', () => {
    const gradient = whole('central').gradient(source, weights, bits('one step'));
    const delta = whole('local').descend(source, weights, { steps: 1, learningRate: 2 }, bits('one step'));
    expect([...delta]).toEqual([...gradient].map((g) => Math.fround(-2 * g)));
  });

  it('draws everything before it touches the first record', () => {
    class CountingBits extends BitSource {
      words = 0;
      override word(): number {
        this.words++;
        return super.word();
      }
    }
    for (const unit of ['record', 'entity'] as const) {
      const counting = new CountingBits(seededEntropy('order'));
      let before = 0;
      const watched = sourceOf(
        biasOnly(deltas),
        deltas.map((_, i) => i % 100),
        () => {
          before ||= counting.words;
        },
      );
      const options = { steps: 3, learningRate: 1 };
      whole('local', { unit }).descend(watched, weights, options, counting);
      expect(before).toBe(counting.words);
      expect(before).toBeGreaterThan(3 * (unit === 'record' ? 500 : 100));
    }
  });
});

describe('the normaliser', () => {
  /** Everything is drawn, next to no noise: σᵢ = 1. */
  const exact = { sampleRate: 1, noiseMultiplier: 1e-9, clip: 1 };
  const meanOf = (records: number, expectedBatch: number) => {
    const source = sourceOf(biasOnly(new Array(records).fill(0.25)));
    return (
      whole('central', { ...exact, expectedBatch }).gradient(source, new Float32Array(2), bits('n'))[1] ?? 0
    );
  };

  it('is q·N as planned: twice the records move the mean twice as far', () => {
    expect(meanOf(100, 100)).toBeCloseTo(0.25, 4);
    expect(meanOf(200, 100)).toBeCloseTo(0.5, 4);
    expect(meanOf(1, 100)).toBeCloseTo(0.0025, 4);
    expect(meanOf(0, 100)).toBeCloseTo(0, 4);
    expect(meanOf(100, 400)).toBeCloseTo(0.0625, 4);
  });

  it('so that one unit moves the mean by at most C/(q·N), with the same noise', () => {
    const sgd = whole('central', { ...exact, noiseMultiplier: 1 });
    const run = (deltas: number[]) =>
      sgd.gradient(sourceOf(biasOnly(deltas)), new Float32Array(2), bits('one'));
    const many = new Array(30).fill(0.5);
    for (const last of [1e6, -1e6, 0.3]) {
      const [less, more] = [run(many), run([...many, last])];
      expect(Math.hypot(...more.map((x, i) => x - (less[i] ?? 0)))).toBeLessThanOrEqual(1 / 80 + 1e-12);
    }
  });

  it('is the same for the sum over all parties', () => {
    const sum = distributed(3).normalise(Int32Array.of(GRID, -GRID / 2));
    expect([...sum]).toEqual([0.5 / 80, -0.25 / 80]);
  });
});

describe('the unit entity', () => {
  const entities = Array.from({ length: 600 }, (_, i) => (i * i) % 97);
  const deltas = entities.map((entity) => (entity === 0 ? 1e6 : 0.001));

  it('samples entities, each by its own coin and with all of its records', () => {
    const present = new Set(entities).size;
    let drawn = 0;
    for (let run = 0; run < 200; run++) {
      const seen: number[] = [];
      const source = sourceOf(biasOnly(deltas), entities, (rows) => seen.push(...rows));
      whole('central', { unit: 'entity' }).gradient(source, new Float32Array(2), bits(`entities ${run}`));
      const chosen = new Set(seen.map((row) => entities[row]));
      drawn += chosen.size;
      expect(seen.length).toBe(entities.filter((entity) => chosen.has(entity)).length);
      expect(new Set(seen).size).toBe(seen.length);
    }
    const tosses = 200 * present;
    expect(Math.abs(drawn - tosses * 0.25)).toBeLessThan(6 * Math.sqrt(tosses * 0.25 * 0.75));
  });

  it('clips each entity as one: one with 50 records of a million counts C', () => {
    const sgd = whole('central', { unit: 'entity', sampleRate: 1, noiseMultiplier: 1e-9, expectedBatch: 1 });
    const run = (d: number[]) =>
      sgd.gradient(sourceOf(biasOnly(d), entities), new Float32Array(2), bits('e'))[1] ?? 0;
    expect(run(deltas) - run(deltas.map((d) => (d > 1 ? 0 : d)))).toBeCloseTo(0.5, 3);
  });

  it('asks for the entity of every record', () => {
    const sgd = whole('central', { unit: 'entity' });
    const run = (ids?: number[]) =>
      sgd.gradient(sourceOf(biasOnly([1, 1, 1]), ids), new Float32Array(2), bits('x'));
    expect(() => run()).toThrow(/entities must name one for each record/);
    expect(() => run([0, 1])).toThrow(refused);
    expect(() => run([0, 1, 3])).toThrow(/from 0, below the number of its records/);
    expect(run([0, 1, 1])).toHaveLength(2);
  });
});

describe('what does not fit is refused', () => {
  it.each<[string, Partial<DpSgdOptions> | { honest: number }]>([
    ['clip', { clip: 0 }],
    ['clip', { clip: Number.POSITIVE_INFINITY }],
    ['noiseMultiplier', { noiseMultiplier: 0 }],
    ['noiseMultiplier', { noiseMultiplier: Number.NaN }],
    ['expectedBatch', { expectedBatch: -1 }],
    ['sampleRate', { sampleRate: 0 }],
    ['sampleRate', { sampleRate: 1.01 }],
    ['honest', { honest: 0 }],
    ['honest', { honest: 1.5 }],
  ])('%s: %j', (name, change) => {
    const make = () => new DpSgd({ ...COMMON, honest: 3, ...change, mode: 'distributed' } as DpSgdOptions);
    expect(make).toThrow(refused);
    expect(make).toThrow(`${name} must be`);
  });

  it('a step of another mode than the noise was planned for', () => {
    const weights = new Float32Array(2);
    const source = bits('mode');
    expect(() => whole('local').gradient(NOBODY, weights, source)).toThrow(/a step of mode "central"/);
    expect(() => whole('central').share(NOBODY, weights, 9, source)).toThrow(/planned for mode "central"/);
    const options = { steps: 1, learningRate: 1 };
    expect(() => distributed(3).descend(NOBODY, weights, options, source)).toThrow(refused);
  });
});
