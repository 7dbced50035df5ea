import { describe, expect, it } from 'vitest';
import { bernoulli, bernoulliExp, expBounds } from '../../dp/sampling/bernoulli.ts';
import { BitSource } from '../../dp/sampling/entropy.ts';
import { SEED, scriptedEntropy, seededEntropy } from './seeded-entropy.ts';

/** exp(−num/den) to 105 digits, from Python's decimal. */
const KNOWN = [
  [
    1,
    1,
    '0.36787944117144232159552377016146086744581113103176783450783680169746149574489980335714727434591964374662732528',
  ],
  [
    1,
    2,
    '0.60653065971263342360379953499118045344191813548718695568289215873505651941374842399864761150798945602642378979',
  ],
  [
    1,
    3,
    '0.71653131057378925042560409692537966745311205982147915714087020712730407723490237910879108891517494615907809962',
  ],
  [
    20,
    1,
    '0.0000000020611536224385578279659403801558209763758072755991036929722446616291640237845593532799109279055813670363878908',
  ],
] as const;

function scaled(digits: string, bits: bigint): bigint {
  const fraction = digits.slice(2);
  return (BigInt(fraction) << bits) / 10n ** BigInt(fraction.length);
}

describe('expBounds', () => {
  it.each(KNOWN)('encloses exp(−%d/%d) within two units', (num, den, digits) => {
    for (const bits of [32n, 64n, 200n]) {
      const exact = scaled(digits, bits);
      const { low, high } = expBounds(BigInt(num), BigInt(den), bits);
      expect(low <= exact && exact < high).toBe(true);
      expect(high - low).toBeLessThanOrEqual(2n);
    }
  });

  it('encloses Math.exp well within the slack that the fast path allows it', () => {
    const bits = new BitSource(seededEntropy('exp accuracy'));
    for (let i = 0; i < 1000; i++) {
      const den = 1 + bits.below(2 ** 51);
      const num = Math.floor((bits.uniform53() / 2 ** 53) ** 4 * 32 * den);
      if (!Number.isSafeInteger(num)) continue;
      const approximate = BigInt(Math.round(Math.exp(-num / den) * 2 ** 53));
      const { low, high } = expBounds(BigInt(num), BigInt(den), 53n);
      // 2^-46 against a slack of 2^-40.
      expect(approximate > low - 128n && approximate < high + 128n, `exp(-${num}/${den})`).toBe(true);
    }
  });
});

describe('bernoulliExp, where the first 32 bits do not decide', () => {
  it.each(KNOWN)('compares further bits of the same uniform with exp(−%d/%d)', (num, den, digits) => {
    const words = (value: bigint, count: number) =>
      Array.from({ length: count }, (_, i) => Number((value >> BigInt(32 * (count - 1 - i))) & 0xffffffffn));
    for (const length of [1, 2, 3, 4, 6]) {
      const threshold = scaled(digits, BigInt(32 * length));
      // U agrees with exp(−γ) in all but the last of these bits, then is far below or above it.
      for (const offset of [-2n, -1n, 0n, 1n, 2n]) {
        for (const rest of [0, 0xffffffff]) {
          const u = threshold + offset;
          if (u < 0n) continue;
          const script = [...words(u, length), rest, rest, rest];
          const exact = (u << 96n) | (rest === 0 ? 0n : (1n << 96n) - 1n);
          const expected = exact < scaled(digits, BigInt(32 * length + 96));
          const bits = new BitSource(scriptedEntropy(script));
          expect(bernoulliExp(num, den, bits), `${length} words, offset ${offset}, rest ${rest}`).toBe(
            expected,
          );
        }
      }
    }
  });
});

describe(`coin frequencies (seed ${SEED})`, () => {
  const draws = 300_000;
  const frequency = (toss: () => boolean) => {
    let heads = 0;
    for (let i = 0; i < draws; i++) if (toss()) heads++;
    return heads / draws;
  };
  const within = (p: number) => 5 * Math.sqrt((p * (1 - p)) / draws);

  it.each([
    [1, 3],
    [999, 1000],
    [2 ** 51 + 1, 2 ** 53],
  ])('bernoulli(%d / %d)', (num, den) => {
    const bits = new BitSource(seededEntropy(`bernoulli ${num}/${den}`));
    const p = num / den;
    expect(Math.abs(frequency(() => bernoulli(num, den, bits)) - p)).toBeLessThan(within(p));
  });

  it.each([
    [1, 1],
    [1, 100],
    [5, 2],
    [123_456_789, 2 ** 40],
  ])('bernoulliExp(%d / %d)', (num, den) => {
    const bits = new BitSource(seededEntropy(`bernoulliExp ${num}/${den}`));
    const p = Math.exp(-num / den);
    expect(Math.abs(frequency(() => bernoulliExp(num, den, bits)) - p)).toBeLessThan(within(p));
  });

  it('is certain at γ = 0, and multiplies coins where γ is large', () => {
    expect(bernoulliExp(0, 5, new BitSource(scriptedEntropy([0xffffffff])))).toBe(true);
    // γ = 33: exp(−32) asks for a uniform below 2^-46, known after two words, exp(−1) for one below 0.3678….
    const first = [0, 0];
    expect(bernoulliExp(33, 1, new BitSource(scriptedEntropy([...first, 0x50000000])))).toBe(true);
    expect(bernoulliExp(33, 1, new BitSource(scriptedEntropy([...first, 0x60000000])))).toBe(false);
    expect(bernoulliExp(33, 1, new BitSource(scriptedEntropy([1])))).toBe(false);
  });
});
