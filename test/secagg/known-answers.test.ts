/**
 * Published answers that `primitives.test.ts` does not have, and Shamir against a second implementation.
 *
 * SP 800-38A F.5.5 is there, as the cipher's: its counter starts at f0f1…ff and a mask's at zero, so the
 * keystream itself is held against answers for the counter blocks 0, 1 and 2.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { sealingKey } from '../../secagg/envelope.ts';
import { identityFromSeed, importVerifyKey, verifySignature } from '../../secagg/identity.ts';
import { applyMasks } from '../../secagg/keystream.ts';
import { deriveKey } from '../../secagg/masks.ts';
import { importPublicKey } from '../../secagg/okp.ts';
import { Secret } from '../../secagg/secret.ts';
import { combine, invert, multiply, type Share, split } from '../../secagg/shamir.ts';
import { agree, checkPeerKey, importAgreementKey, importPeerKey } from '../../secagg/x25519.ts';
import { interpolate, over, type Point, times, valueAt } from './shamir-reference.ts';
import { smallOrderCoordinates } from './small-order.ts';

interface Cases<T> {
  readonly cases: readonly T[];
}
interface KnownAnswers {
  readonly ed25519: Cases<Record<'seed' | 'publicKey' | 'message' | 'signature', string>>;
  readonly hkdf: Cases<Record<'ikm' | 'salt' | 'info' | 'okm', string>>;
  readonly keystream: Cases<Record<'key' | 'keystream', string>>;
  readonly box: Cases<Record<'publicKey' | 'secretKey' | 'nonce' | 'message' | 'box', string>>;
  readonly gf256: {
    readonly products: readonly (readonly [number, number, number])[];
    readonly quotients: readonly (readonly [number, number, number])[];
    readonly values: readonly { polynomial: number[]; x: number; value: number }[];
    readonly interpolations: readonly { points: Point[]; atZero: number }[];
  };
}
const known: KnownAnswers = JSON.parse(
  readFileSync(new URL('../vectors/secagg/known-answers.json', import.meta.url), 'utf8'),
);

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('Ed25519', () => {
  it.each(known.ed25519.cases)('gives RFC 8032 §7.1 for seed $seed', (answer) => {
    const identity = identityFromSeed(hex(answer.seed));
    expect(toHex(identity.publicKey)).toBe(answer.publicKey);
    expect(toHex(identity.sign(hex(answer.message)))).toBe(answer.signature);
    const key = importVerifyKey(identity.publicKey);
    expect(verifySignature(key, hex(answer.message), hex(answer.signature))).toBe(true);
  });

  it('refuses a signature whose S is not reduced (RFC 8032 §5.1.7)', () => {
    const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
    for (const { publicKey, message, signature } of known.ed25519.cases) {
      const s = BigInt(`0x${toHex(hex(signature).subarray(32).toReversed())}`);
      const greater = hex((s + ORDER).toString(16).padStart(64, '0')).toReversed();
      const twin = Buffer.concat([hex(signature).subarray(0, 32), greater]);
      expect(verifySignature(importVerifyKey(hex(publicKey)), hex(message), twin)).toBe(false);
    }
  });
});

describe('HKDF-SHA256', () => {
  it.each(known.hkdf.cases)('gives RFC 5869 for info "$info"', ({ ikm, salt, info, okm }) => {
    expect(toHex(deriveKey(hex(ikm), hex(salt), hex(info)))).toBe(okm);
  });
});

describe('the keystream', () => {
  it.each(known.keystream.cases)('begins as published under key $key', ({ key, keystream }) => {
    const blocks = hex(keystream);
    const words = new Int32Array(blocks.length / 4);
    applyMasks(words, [{ key: new Secret(hex(key)), sign: 1 }]);
    const expected = words.map((_, i) => Buffer.from(blocks).readInt32LE(4 * i));
    expect(words).toEqual(expected);
  });
});

describe('the envelope’s key', () => {
  it.each(known.box.cases)('seals as nacl.box: $box', ({ publicKey, secretKey, nonce, message, box }) => {
    const key = sealingKey(
      importAgreementKey(new Secret(hex(secretKey))),
      importPeerKey(hex(publicKey), 'the vector'),
    );
    expect(toHex(nacl.secretbox(hex(message), hex(nonce), key.expose()))).toBe(box);
    expect(nacl.secretbox.open(hex(box), hex(nonce), key.expose())).toEqual(hex(message));
  });
});

describe('X25519 refuses', () => {
  const PRIME = 2n ** 255n - 19n;
  const encode = (value: bigint) => hex(value.toString(16).padStart(64, '0')).toReversed();

  it('every encoding of every point of small order, on the curve and its twist', () => {
    const coordinates = smallOrderCoordinates();
    expect(coordinates).toHaveLength(5);
    // Little-endian 256 bits, of which RFC 7748 ignores the highest and reduces the rest.
    const encodings = coordinates
      .flatMap((u) => [u, u + PRIME])
      .filter((u) => u < 2n ** 255n)
      .flatMap((u) => [u, u + 2n ** 255n]);
    expect(encodings).toHaveLength(14);
    for (const value of encodings) {
      const raw = encode(value);
      expect(() => checkPeerKey(raw, 'the test')).toThrowError(/low order|canonical/);
      expect(() => importPeerKey(raw, 'the test')).toThrowError(/low order|canonical/);
      // Whichever check is lost, no agreement comes of it.
      const mine = importAgreementKey(new Secret(new Uint8Array(randomBytes(32))));
      expect(() => agree(mine, importPublicKey('X25519', raw))).toThrowError(
        expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }),
      );
    }
    for (const value of coordinates) {
      expect(() => checkPeerKey(encode(value), 'the test')).toThrowError(/low order/);
    }
  });
});

describe('GF(2^8)', () => {
  it('has the products and quotients that another library publishes', () => {
    const { products, quotients } = known.gf256;
    for (const [a, b, product] of products) expect([multiply(a, b), times(a, b)]).toEqual([product, product]);
    for (const [a, b, quotient] of quotients) {
      expect([multiply(a, invert(b)), over(a, b)]).toEqual([quotient, quotient]);
    }
  });

  it('agrees with logarithm tables, for all 65,536 pairs', () => {
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) {
        if (multiply(a, b) !== times(a, b)) expect.fail(`${a} · ${b}`);
        if (b > 0 && multiply(a, invert(b)) !== over(a, b)) expect.fail(`${a} / ${b}`);
      }
    }
  });
});

describe('Shamir', () => {
  const byte = (share: Share | undefined, k = 0) => share?.bytes[k] ?? -1;

  it('evaluates and interpolates as another library publishes', () => {
    for (const { polynomial, x, value } of known.gf256.values) {
      const [secret = 0, ...coefficients] = polynomial;
      const shares = split(Uint8Array.of(secret), 5, polynomial.length, () => Uint8Array.from(coefficients));
      expect(byte(shares[x - 1])).toBe(value);
    }
    for (const { points, atZero } of known.gf256.interpolations) {
      const shares = points.map(([x, y]) => ({ x, bytes: Uint8Array.of(y) }));
      expect(combine(shares, points.length)).toEqual(Uint8Array.of(atZero));
    }
  });

  const scheme = fc.integer({ min: 1, max: 24 }).chain((n) =>
    fc.integer({ min: 1, max: n }).chain((t) =>
      fc.record({
        n: fc.constant(n),
        t: fc.constant(t),
        secret: fc.uint8Array({ minLength: 1, maxLength: 8 }),
        order: fc.shuffledSubarray(
          Array.from({ length: n }, (_, i) => i + 1),
          { minLength: t, maxLength: n },
        ),
      }),
    ),
  );

  it('shares what the second implementation shares, from the same coefficients', () => {
    fc.assert(
      fc.property(scheme, ({ n, t, secret }) => {
        const drawn = new Uint8Array(randomBytes((t - 1) * secret.length));
        const shares = split(secret, n, t, () => drawn.slice());
        secret.forEach((constant, k) => {
          const polynomial = [
            constant,
            ...Array.from({ length: t - 1 }, (_, row) => drawn[row * secret.length + k] ?? 0),
          ];
          expect(shares.map((share) => byte(share, k))).toEqual(
            shares.map(({ x }) => valueAt(polynomial, x)),
          );
        });
      }),
    );
  });

  it('is undone by the second implementation, and undoes it', () => {
    fc.assert(
      fc.property(scheme, ({ n, t, secret, order }) => {
        const shares = split(secret, n, t, randomBytes);
        secret.forEach((constant, k) => {
          const points = order.map((x): Point => [x, byte(shares[x - 1], k)]);
          const polynomial = interpolate(points);
          expect(polynomial[0]).toBe(constant);
          // All shares lie on one polynomial of degree t − 1, those beyond the first t as well.
          expect(polynomial.slice(t).every((coefficient) => coefficient === 0)).toBe(true);
        });
        const coefficients = Array.from(secret, (constant) => [constant, ...randomBytes(t - 1)]);
        const theirs = order.map((x) => ({
          x,
          bytes: Uint8Array.from(coefficients, (polynomial) => valueAt(polynomial, x)),
        }));
        expect(combine(theirs, t)).toEqual(secret);
      }),
    );
  });
});
