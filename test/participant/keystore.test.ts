import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import nacl from 'tweetnacl';
import { beforeEach, describe, expect, it } from 'vitest';
import { createKeystore, DEFAULT_COST, openKeystore, readPassphrase } from '../../participant/keystore.ts';
import { Secret } from '../../secagg/secret.ts';

const cost = { N: 2 ** 15, r: 8, p: 1 } as const;
const PASSPHRASE = 'correct horse battery staple';
const passphrase = (text = PASSPHRASE) => new Secret(Buffer.from(text));
const entropy = (bytes: number) => new Uint8Array(randomBytes(bytes));
const failsWith = (code: string) => expect.objectContaining({ name: 'FedwardError', code });

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fedward-keystore-'));
  file = join(folder, 'identity.json');
});

async function edit(change: (stored: Record<string, unknown>) => unknown): Promise<void> {
  await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, 'utf8')))));
}

/** Flips one bit of the decoded value, so that the text stays valid base64 of the same length. */
function flipped(value: unknown): string {
  const bytes = Buffer.from(String(value), 'base64');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString('base64');
}

describe('keystore', () => {
  it('gives back the identity it made, whose signatures tweetnacl accepts', async () => {
    const seed = new Uint8Array(32).fill(7);
    const seeded = (bytes: number) => (bytes === 32 ? seed.slice() : entropy(bytes));
    const made = await createKeystore(file, passphrase(), { entropy: seeded, cost });
    const opened = await openKeystore(file, passphrase());
    const expected = nacl.sign.keyPair.fromSeed(seed);
    expect(Buffer.from(made.publicKey)).toEqual(Buffer.from(expected.publicKey));
    expect(Buffer.from(opened.publicKey)).toEqual(Buffer.from(expected.publicKey));
    const message = Buffer.from('attest');
    const signature = new Uint8Array(opened.sign(message));
    expect(nacl.sign.detached.verify(message, signature, expected.publicKey)).toBe(true);
  });

  it('is readable by its owner alone, leaves nothing beside it, and shows no seed', async () => {
    const seed = entropy(32);
    const seeded = (bytes: number) => (bytes === 32 ? seed.slice() : entropy(bytes));
    const identity = await createKeystore(file, passphrase(), { entropy: seeded, cost });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['identity.json']);
    const shown = (await readFile(file, 'utf8')) + inspect(identity, { depth: 9, showHidden: true });
    for (const form of ['hex', 'base64', 'base64url'] as const) {
      expect(shown).not.toContain(Buffer.from(seed).toString(form));
    }
    expect(shown).not.toContain(PASSPHRASE);
  });

  it('refuses a wrong passphrase and a changed seal with the very same words', async () => {
    await createKeystore(file, passphrase(), { entropy, cost });
    const wrong = await openKeystore(file, passphrase('Correct horse battery staple')).catch((e) => e);
    await edit((stored) => ({ ...stored, sealedSeed: flipped(stored.sealedSeed) }));
    const changed = await openKeystore(file, passphrase()).catch((e) => e);
    expect(wrong).toMatchObject({ code: 'UNAUTHORISED', exitCode: 8, details: {} });
    expect(wrong.cause).toBeUndefined();
    expect(changed).toMatchObject({ code: 'UNAUTHORISED', message: wrong.message });
    expect(inspect(wrong)).not.toContain('horse');
  });

  it('refuses a public key that is not that of the seed', async () => {
    await createKeystore(file, passphrase(), { entropy, cost });
    await edit((stored) => ({ ...stored, publicKey: flipped(stored.publicKey) }));
    await expect(openKeystore(file, passphrase())).rejects.toThrow(failsWith('DATA_INVALID'));
  });

  it('never overwrites a keystore', async () => {
    await createKeystore(file, passphrase(), { entropy, cost });
    const before = await readFile(file);
    const again = createKeystore(file, passphrase('another'), { entropy, cost });
    await expect(again).rejects.toThrow(failsWith('CONFIG_INVALID'));
    expect(await readFile(file)).toEqual(before);
    expect(await readdir(folder)).toEqual(['identity.json']);
  });

  it.each([
    ['another version', { version: 2 }, 'version'],
    ['a weak cost', { kdf: { N: 2 ** 14 } }, 'kdf.N'],
    ['a cost that would take all memory', { kdf: { N: 2 ** 30 } }, 'kdf.N'],
    ['a cost that is no power of two', { kdf: { N: 2 ** 15 + 1 } }, 'kdf.N'],
    ['a short nonce', { nonce: 'AAAA' }, 'nonce'],
    ['an unknown field', { seed: 'AAAA' }, 'seed'],
  ])('refuses a file with %s and names the field', async (_, change, field) => {
    await createKeystore(file, passphrase(), { entropy, cost });
    await edit((stored) => {
      const kdf = 'kdf' in change ? { ...(stored.kdf as object), ...change.kdf } : stored.kdf;
      return { ...stored, ...change, kdf };
    });
    const error = await openKeystore(file, passphrase()).catch((e) => e);
    expect(error).toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining(field) });
  });

  it('refuses what is no keystore without quoting it, and says when there is none', async () => {
    await expect(openKeystore(file, passphrase())).rejects.toThrow(failsWith('CONFIG_INVALID'));
    await writeFile(file, 'swordfish');
    const error = await openKeystore(file, passphrase()).catch((e) => e);
    expect(error.code).toBe('DATA_INVALID');
    expect(inspect(error)).not.toContain('swordfish');
  });

  it('refuses an empty passphrase and a cost below the floor', async () => {
    await expect(createKeystore(file, passphrase(''), { entropy, cost })).rejects.toThrow(
      failsWith('INVALID_ARGUMENT'),
    );
    await expect(
      createKeystore(file, passphrase(), { entropy, cost: { ...cost, N: 2 ** 14 } }),
    ).rejects.toThrow(failsWith('INVALID_ARGUMENT'));
    expect(await readdir(folder)).toEqual([]);
  });

  it('costs at least what OWASP recommends by default', () => {
    expect(DEFAULT_COST).toEqual({ N: 131_072, r: 8, p: 1 });
  });
});

describe('readPassphrase', () => {
  const text = async (sources: Parameters<typeof readPassphrase>[0]) =>
    Buffer.from((await readPassphrase(sources)).expose()).toString();

  it('takes the environment, and a file before it, without the line break at its end', async () => {
    expect(await text({ env: { FEDWARD_PASSPHRASE: 'from env ' } })).toBe('from env ');
    await writeFile(file, ' two words \r\n');
    expect(await text({ file, env: { FEDWARD_PASSPHRASE: 'from env' } })).toBe(' two words ');
  });

  it('reads an accent the same however it is composed', async () => {
    expect(await text({ env: { FEDWARD_PASSPHRASE: 'caf\u0065\u0301' } })).toBe('caf\u00e9');
  });

  it('says what is missing, and does not print what is there', async () => {
    await expect(readPassphrase({ env: {} })).rejects.toThrow(failsWith('CONFIG_INVALID'));
    await expect(readPassphrase({ file, env: {} })).rejects.toThrow(failsWith('CONFIG_INVALID'));
    await writeFile(file, '\n');
    await expect(readPassphrase({ file, env: {} })).rejects.toThrow(/is empty/);
    const secret = await readPassphrase({ env: { FEDWARD_PASSPHRASE: 'swordfish' } });
    expect(inspect(secret, { showHidden: true }) + String(secret) + JSON.stringify(secret)).not.toMatch(
      /sword/,
    );
  });
});
