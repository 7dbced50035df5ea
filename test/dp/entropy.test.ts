import { describe, expect, it } from 'vitest';
import { BitSource, osEntropy } from '../../dp/sampling/entropy.ts';
import { poissonSample } from '../../dp/sampling/poisson.ts';
import { FedwardError } from '../../proto/errors.ts';
import { SEED, scriptedEntropy, seededEntropy } from './seeded-entropy.ts';
import { chiSquareDeviate } from './statistics.ts';

describe('osEntropy', () => {
  it('gives as many bytes as asked, never the same ones', () => {
    const entropy = osEntropy();
    const seen = new Set<string>();
    for (let i = 0; i < 5000; i++) {
      const bytes = entropy(32);
      expect(bytes.length).toBe(32);
      seen.add(Buffer.from(bytes).toString('hex'));
    }
    expect(seen.size).toBe(5000);
    expect(entropy(200_000).length).toBe(200_000);
  });
});

describe(`BitSource (seed ${SEED})`, () => {
  it('erases what it fetched from the entropy source', () => {
    let fetched = new Uint8Array(0);
    const bits = new BitSource((bytes) => {
      fetched = new Uint8Array(bytes).fill(7);
      return fetched;
    });
    expect(bits.word()).toBe(0x07070707);
    expect(fetched.every((byte) => byte === 0)).toBe(true);
  });

  it('never hands out a word twice, and none of the erased ones', () => {
    let block = 0;
    const bits = new BitSource((bytes) => new Uint8Array(new Uint32Array(bytes / 4).fill(++block).buffer));
    expect(bits.word()).toBe(1);
    bits.erase();
    expect(bits.word()).toBe(2);
  });

  it('refuses an entropy source that gives too little', () => {
    const bits = new BitSource((bytes) => new Uint8Array(bytes - 1));
    expect(() => bits.word()).toThrow(FedwardError);
  });

  it.each([3, 7, 1000, 3 * 2 ** 20])('below(%d) is uniform', (n) => {
    const bits = new BitSource(seededEntropy(`below ${n}`));
    const bins = Math.min(n, 1000);
    const observed = new Float64Array(bins);
    for (let i = 0; i < 300_000; i++) {
      const bin = Math.floor((bits.below(n) / n) * bins);
      observed[bin] = (observed[bin] ?? 0) + 1;
    }
    const expected = new Float64Array(bins).fill(300_000 / bins);
    expect(Math.abs(chiSquareDeviate(observed, expected))).toBeLessThan(5);
  });

  it('below(n) maps the words onto each value equally often, for small n and for large', () => {
    // 28-bit words 0, 1, … of which 2^28 mod 3 = 1 is rejected: word 0 yields nothing.
    const small = new BitSource(scriptedEntropy([0, 2 ** 31]));
    expect(small.below(3)).toBe(1);
    // n = 2^52 + 1: 53-bit values from n on would be a second, incomplete turn; they are rejected.
    const large = new BitSource(scriptedEntropy([0xffffffff, 0xffffffff, 1 << 11, 5]));
    expect(large.below(2 ** 52 + 1)).toBe(2 ** 32 + 5);
  });

  it('uniform53 uses all of its bits', () => {
    expect(new BitSource(scriptedEntropy([0xffffffff, 0xffffffff])).uniform53()).toBe(2 ** 53 - 1);
    expect(new BitSource(scriptedEntropy([0x7ff, 9])).uniform53()).toBe(9);
  });
});

describe(`poissonSample (seed ${SEED})`, () => {
  it('takes each record independently at the rate', () => {
    const bits = new BitSource(seededEntropy('poisson'));
    const hits = new Float64Array(1000);
    let pairs = 0;
    for (let i = 0; i < 2000; i++) {
      const chosen = poissonSample(1000, 0.05, bits);
      for (const index of chosen) hits[index] = (hits[index] ?? 0) + 1;
      for (let k = 1; k < chosen.length; k++) if (chosen[k] === (chosen[k - 1] ?? 0) + 1) pairs++;
    }
    const variance = 2000 * 0.05 * 0.95;
    const normalised = hits.reduce((sum, count) => sum + (count - 100) ** 2 / variance, 0);
    expect(Math.abs(normalised - 1000)).toBeLessThan(5 * Math.sqrt(2000));
    const expectedPairs = 2000 * 999 * 0.05 ** 2;
    expect(Math.abs(pairs - expectedPairs)).toBeLessThan(6 * Math.sqrt(expectedPairs));
  });

  it('compares all 53 bits: a record enters if and only if its uniform is below ⌊q·2^53⌋', () => {
    const rate = 0.3;
    const threshold = Math.floor(rate * 2 ** 53);
    const [high, low] = [Math.floor(threshold / 2 ** 21), threshold % 2 ** 21];
    const below = new BitSource(scriptedEntropy([high, (low - 1) << 11]));
    expect([...poissonSample(1, rate, below)]).toEqual([0]);
    const equal = new BitSource(scriptedEntropy([high, low << 11]));
    expect([...poissonSample(1, rate, equal)]).toEqual([]);
  });

  it('takes every record at rate 1, and none where the rate is below 2^-53', () => {
    const bits = new BitSource(seededEntropy('poisson edges'));
    expect([...poissonSample(5, 1, bits)]).toEqual([0, 1, 2, 3, 4]);
    expect(poissonSample(10_000, 2 ** -54, bits).length).toBe(0);
    expect(poissonSample(0, 0.5, bits).length).toBe(0);
  });

  it('finds room for a sample far larger than expected', () => {
    const zeros = new BitSource((bytes) => new Uint8Array(bytes));
    const chosen = poissonSample(5000, 1e-4, zeros);
    expect([...chosen]).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  });

  it.each([0, -0.1, 1.1, Number.NaN])('refuses rate %d', (rate) => {
    expect(() => poissonSample(10, rate, new BitSource(osEntropy()))).toThrow(/rate/);
  });
});
