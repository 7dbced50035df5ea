/** Known-answer vectors of everything that secagg takes from a standard. */
import { createCipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { identityFromSeed, importVerifyKey, verifySignature } from '../../secagg/identity.ts';
import { applyMasks } from '../../secagg/keystream.ts';
import { deriveKey } from '../../secagg/masks.ts';
import { importPublicKey } from '../../secagg/okp.ts';
import { addInPlace, centred, subtractInPlace } from '../../secagg/ring.ts';
import { Secret } from '../../secagg/secret.ts';
import { SHARD_WORDS } from '../../secagg/shard.ts';
import {
  agree,
  checkPeerKey,
  generateKeyPair,
  importAgreementKey,
  importPeerKey,
  publicKeyOf,
} from '../../secagg/x25519.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function x25519(scalar: Uint8Array, u: Uint8Array): Uint8Array {
  return agree(importAgreementKey(new Secret(scalar)), importPeerKey(u, 'the vector'));
}

describe('X25519', () => {
  it('gives RFC 7748 §5.2', () => {
    const shared = x25519(
      hex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4'),
      hex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c'),
    );
    expect(toHex(shared)).toBe('c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552');
  });

  it('refuses the second vector of RFC 7748 §5.2, whose u has its unused top bit set', () => {
    const u = hex('e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493');
    expect(() => importPeerKey(u, 'the vector')).toThrowError(/canonical/);
    u[31] = 0x13;
    const scalar = hex('4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d');
    expect(toHex(x25519(scalar, u))).toBe('95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957');
  });

  it('gives RFC 7748 §5.2 iterated a thousand times', () => {
    let k: Uint8Array = hex('0900000000000000000000000000000000000000000000000000000000000000');
    let u = k;
    for (let i = 0; i < 1000; i++) {
      const next = x25519(k.slice(), u);
      u = k;
      k = next;
      if (i === 0) expect(toHex(k)).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
    }
    expect(toHex(k)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
  });

  it('gives RFC 7748 §6.1', () => {
    const alice = hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
    const bob = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    expect(toHex(publicKeyOf(alice))).toBe(
      '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
    );
    expect(toHex(publicKeyOf(bob))).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
    expect(toHex(x25519(alice, publicKeyOf(bob)))).toBe(shared);
    expect(toHex(x25519(bob, publicKeyOf(alice)))).toBe(shared);
  });

  it('generates the key pair that tweetnacl makes of the same secret', () => {
    const { secret, publicKey } = generateKeyPair(randomBytes);
    expect(toHex(publicKey)).toBe(toHex(nacl.box.keyPair.fromSecretKey(secret.expose()).publicKey));
  });

  // 0, 1, both points of order 8, p − 1: every canonical encoding of low order.
  const lowOrder = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ];

  it.each(lowOrder)('refuses the low-order point %s', (point) => {
    expect(() => checkPeerKey(hex(point), 'the test')).toThrowError(/low order/);
    expect(() => importPeerKey(hex(point), 'the test')).toThrowError(/low order/);
  });

  it.each(lowOrder)('refuses the all-zero secret even if %s gets as far as an agreement', (point) => {
    const { secret } = generateKeyPair(randomBytes);
    const unchecked = importPublicKey('X25519', hex(point));
    expect(() => agree(importAgreementKey(secret), unchecked)).toThrowError(
      expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }),
    );
  });

  it('refuses every encoding that is not canonical, and accepts the greatest that is', () => {
    const tail = 'ff'.repeat(30);
    for (const first of ['ed', 'ee', 'ff']) {
      expect(() => checkPeerKey(hex(`${first}${tail}7f`), 'the test')).toThrowError(/canonical/);
    }
    expect(() => checkPeerKey(hex(`00${'00'.repeat(30)}80`), 'the test')).toThrowError(/canonical/);
    expect(() => checkPeerKey(hex(`eb${tail}7f`), 'the test')).not.toThrow();
    expect(() => checkPeerKey(hex(`ff${'ff'.repeat(29)}fe7f`), 'the test')).not.toThrow();
  });

  it('refuses keys of another length', () => {
    for (const length of [0, 31, 33]) {
      expect(() => checkPeerKey(new Uint8Array(length).fill(9), 'the test')).toThrowError(/bytes long/);
    }
  });
});

describe('Ed25519', () => {
  // RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature.
  const vectors = [
    [
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
  ] as const;

  it.each(vectors)('gives RFC 8032 §7.1 for seed %s', (seed, publicKey, message, signature) => {
    const identity = identityFromSeed(hex(seed));
    expect(toHex(identity.publicKey)).toBe(publicKey);
    expect(toHex(identity.sign(hex(message)))).toBe(signature);
    const key = importVerifyKey(hex(publicKey));
    expect(verifySignature(key, hex(message), hex(signature))).toBe(true);
  });

  it('refuses a signature with any byte changed, cut short or empty', () => {
    const [seed, publicKey, message, signature] = vectors[2];
    const key = importVerifyKey(hex(publicKey));
    for (let i = 0; i < 64; i++) {
      const changed = hex(signature);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(verifySignature(key, hex(message), changed)).toBe(false);
    }
    expect(verifySignature(key, hex(message), hex(signature).subarray(0, 63))).toBe(false);
    expect(verifySignature(key, hex(message), new Uint8Array(0))).toBe(false);
    expect(verifySignature(key, hex(`${message}00`), hex(signature))).toBe(false);
    expect(identityFromSeed(hex(seed)).publicKey).toHaveLength(32);
  });

  it('signs what tweetnacl verifies, and the other way round', () => {
    const seed = new Uint8Array(randomBytes(32));
    const message = new Uint8Array(randomBytes(100));
    const theirs = nacl.sign.keyPair.fromSeed(seed);
    const ours = identityFromSeed(seed);
    expect(nacl.sign.detached.verify(message, ours.sign(message), theirs.publicKey)).toBe(true);
    const key = importVerifyKey(ours.publicKey);
    expect(verifySignature(key, message, nacl.sign.detached(message, theirs.secretKey))).toBe(true);
  });
});

describe('HKDF-SHA256', () => {
  it('gives the first 32 bytes of RFC 5869 A.1', () => {
    const key = deriveKey(
      hex('0b'.repeat(22)),
      hex('000102030405060708090a0b0c'),
      hex('f0f1f2f3f4f5f6f7f8f9'),
    );
    expect(toHex(key)).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf');
  });
});

function addKeystream(target: Int32Array, key: Uint8Array, sign: 1 | -1 = 1, offset = 0): void {
  applyMasks(target, [{ key: new Secret(key), sign }], offset);
}

describe('AES-256-CTR keystream', () => {
  it('is the cipher of SP 800-38A F.5.5', () => {
    const cipher = createCipheriv(
      'aes-256-ctr',
      hex('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4'),
      hex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'),
    );
    const plaintext = hex(
      '6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51 30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710',
    );
    expect(toHex(cipher.update(plaintext))).toBe(
      '601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6',
    );
  });

  it('starts with AESAVS KeySbox-256: one block of zeros, read as little-endian words', () => {
    const words = new Int32Array(4);
    addKeystream(words, hex('c47b0294dbbbee0fec4757f22ffeee3587ca4730c3d33b691df38bab076bc558'));
    const block = Buffer.alloc(16);
    words.forEach((word, i) => {
      block.writeInt32LE(word, 4 * i);
    });
    expect(block.toString('hex')).toBe('46f2fb342d6f0ab477476fc501242c5f');
  });

  it('is AES of the block number, across the pieces it is expanded in', () => {
    const key = new Uint8Array(randomBytes(32));
    const blocks = 2 * 4096 + 3;
    const words = new Int32Array(4 * blocks - 1);
    addKeystream(words, key);
    const counters = Buffer.alloc(16 * blocks);
    for (let i = 0; i < blocks; i++) counters.writeUInt32BE(i, 16 * i + 12);
    const ecb = createCipheriv('aes-256-ecb', key, null).update(counters);
    const expected = Int32Array.from({ length: words.length }, (_, i) => ecb.readInt32LE(4 * i));
    expect(Buffer.from(words.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
  });

  it('can start anywhere in the stream, so that shards make up the whole', () => {
    const key = new Uint8Array(randomBytes(32));
    const whole = new Int32Array(2 * SHARD_WORDS + 101);
    addKeystream(whole, key);
    for (const [from, to] of [
      [0, 4],
      [4, 9],
      [SHARD_WORDS, SHARD_WORDS + 1],
      [SHARD_WORDS - 8, whole.length],
    ] as const) {
      const part = new Int32Array(to - from);
      addKeystream(part, key, 1, from);
      expect(part).toEqual(whole.subarray(from, to));
    }
  });

  it('starts at the end of the longest vector with the counter block that belongs there', () => {
    const key = new Uint8Array(randomBytes(32));
    const words = new Int32Array(4);
    addKeystream(words, key, 1, 50_000_000);
    const counter = Buffer.alloc(16);
    counter.writeUInt32BE(12_500_000, 12);
    const ecb = createCipheriv('aes-256-ecb', key, null).update(counter);
    expect(Buffer.from(words.buffer)).toEqual(ecb);
  });

  it('subtracts what it adds', () => {
    const vector = Int32Array.of(0, 1, -1, 2 ** 31 - 1, -(2 ** 31));
    const target = vector.slice();
    const key = new Uint8Array(randomBytes(32));
    addKeystream(target, key);
    expect(target).not.toEqual(vector);
    addKeystream(target, key, -1);
    expect(target).toEqual(vector);
  });
});

describe('the ring', () => {
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const reduce = (value: bigint) => Number(BigInt.asIntN(32, value));

  it('adds and subtracts mod 2^32', () => {
    fc.assert(
      fc.property(int32, int32, (a, b) => {
        const sum = Int32Array.of(a);
        addInPlace(sum, Int32Array.of(b));
        expect(sum[0]).toBe(reduce(BigInt(a) + BigInt(b)));
        const difference = Int32Array.of(a);
        subtractInPlace(difference, Int32Array.of(b));
        expect(difference[0]).toBe(reduce(BigInt(a) - BigInt(b)));
      }),
    );
  });

  it('reads residues as centred', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(centred(value)).toBe(reduce(BigInt(value)));
      }),
    );
    expect([0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32].map(centred)).toEqual([
      0,
      2 ** 31 - 1,
      -(2 ** 31),
      -1,
      0,
    ]);
  });
});
