/**
 * The hospital's Ed25519 identity, encrypted at rest: a JSON file that a stolen disk does not open.
 *
 * The 32-byte seed is sealed by `nacl.secretbox` (XSalsa20-Poly1305) under a key that scrypt (RFC 7914)
 * stretches from the passphrase. The salt is fresh for every file, so no key ever seals twice. The default
 * cost, N = 2^17, r = 8, p = 1, is OWASP's first recommendation (128 MiB and about a third of a second a
 * guess); a file below N = 2^15 is neither written nor read.
 *
 * The public key stands beside it in the clear, for enrolment. It is not authenticated there, so opening
 * derives it again from the seed and trusts only that.
 */
import { scrypt } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import nacl from 'tweetnacl';
import { z } from 'zod';
import { FedwardError } from '../proto/errors.ts';
import { type Identity, identityFromSeed } from '../secagg/identity.ts';
import { draw, type Entropy, Secret } from '../secagg/secret.ts';

const FORMAT = 'fedward-keystore';
const SEED_BYTES = 32;
const SALT_BYTES = 16;
/** Read and write for the owner alone. */
const PRIVATE_MODE = 0o600;

/** Cost of one guess at the passphrase: memory is 128·N·r bytes, time is proportional to N·r·p. */
const costSchema = z.strictObject({
  N: z
    .number()
    .int()
    .min(2 ** 15)
    // A forged file must not be able to claim all of the machine's memory.
    .max(2 ** 20)
    .refine((n) => Number.isInteger(Math.log2(n)), 'must be a power of two'),
  r: z.literal(8),
  p: z.number().int().min(1).max(16),
});
export type ScryptCost = Readonly<z.output<typeof costSchema>>;

export const DEFAULT_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

const base64 = (length: number) =>
  z
    .base64()
    .transform((text): Uint8Array => new Uint8Array(Buffer.from(text, 'base64')))
    .refine((bytes) => bytes.length === length, `must be ${length} bytes`);

const keystoreSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(1),
  publicKey: base64(nacl.sign.publicKeyLength),
  kdf: costSchema.extend({ name: z.literal('scrypt'), salt: base64(SALT_BYTES) }),
  cipher: z.literal('xsalsa20-poly1305'),
  nonce: base64(nacl.secretbox.nonceLength),
  sealedSeed: base64(SEED_BYTES + nacl.secretbox.overheadLength),
});

export interface CreateOptions {
  /** The operating system's CSPRNG: the identity is these bytes. */
  readonly entropy: Entropy;
  /** @default DEFAULT_COST */
  readonly cost?: ScryptCost;
}

/**
 * Makes a new identity and writes it to `file` with mode 0600: wholly, or not at all, and never over a
 * keystore that is there already.
 *
 * @throws FedwardError `CONFIG_INVALID` when `file` exists, `INVALID_ARGUMENT` for an empty passphrase.
 */
export async function createKeystore(
  file: string,
  passphrase: Secret,
  { entropy, cost = DEFAULT_COST }: CreateOptions,
): Promise<Identity> {
  if (passphrase.expose().length === 0) {
    throw new FedwardError('INVALID_ARGUMENT', 'The keystore passphrase must not be empty.');
  }
  if (!costSchema.safeParse(cost).success) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      'The scrypt cost must be a power of two N from 2^15 to 2^20, r = 8 and p from 1 to 16.',
    );
  }
  const seed = draw(entropy, SEED_BYTES);
  const salt = draw(entropy, SALT_BYTES);
  const nonce = draw(entropy, nacl.secretbox.nonceLength);
  const key = await stretch(passphrase, salt, cost);
  try {
    const identity = identityFromSeed(seed);
    const stored: z.input<typeof keystoreSchema> = {
      format: FORMAT,
      version: 1,
      publicKey: encode(identity.publicKey),
      kdf: { name: 'scrypt', N: cost.N, r: cost.r, p: cost.p, salt: encode(salt) },
      cipher: 'xsalsa20-poly1305',
      nonce: encode(nonce),
      sealedSeed: encode(nacl.secretbox(seed, nonce, key)),
    };
    await writeNew(file, `${JSON.stringify(stored, null, 2)}\n`, entropy);
    return identity;
  } finally {
    seed.fill(0);
    key.fill(0);
  }
}

/**
 * @throws FedwardError `UNAUTHORISED` when the passphrase does not open the keystore (a changed file looks
 * just the same), `DATA_INVALID` when it is no keystore, `CONFIG_INVALID` when it cannot be read.
 */
export async function openKeystore(file: string, passphrase: Secret): Promise<Identity> {
  const { kdf, nonce, sealedSeed, publicKey } = parseKeystore(file, await readText('keystore', file));
  const key = await stretch(passphrase, kdf.salt, kdf);
  const seed = nacl.secretbox.open(sealedSeed, nonce, key);
  key.fill(0);
  if (seed === null) {
    throw new FedwardError(
      'UNAUTHORISED',
      `The passphrase does not open the keystore ${file}. Check FEDWARD_PASSPHRASE or the passphrase file, or restore the keystore from a backup.`,
    );
  }
  const identity = identityFromSeed(seed);
  seed.fill(0);
  if (!nacl.verify(identity.publicKey, publicKey)) {
    throw new FedwardError(
      'DATA_INVALID',
      `The public key written in the keystore ${file} is not that of its secret key: the file was changed. Restore it from a backup.`,
    );
  }
  return identity;
}

export interface PassphraseSources {
  /** A file whose content is the passphrase; one line break at its end does not count. Wins over `env`. */
  readonly file?: string | undefined;
  /** Where `FEDWARD_PASSPHRASE` is looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws FedwardError `CONFIG_INVALID` when there is no passphrase or it is empty. */
export async function readPassphrase({ file, env }: PassphraseSources): Promise<Secret> {
  const text =
    file === undefined
      ? (env.FEDWARD_PASSPHRASE ?? '')
      : (await readText('passphrase', file)).replace(/\r?\n$/, '');
  if (text === '') {
    throw new FedwardError(
      'CONFIG_INVALID',
      file === undefined
        ? 'The keystore needs a passphrase: set FEDWARD_PASSPHRASE, or name a file that holds it.'
        : `The passphrase file ${file} is empty. Write the keystore's passphrase into it.`,
    );
  }
  // The same passphrase typed on two systems may differ in how accents are composed.
  return new Secret(Buffer.from(text.normalize('NFKC')));
}

function parseKeystore(file: string, text: string): z.output<typeof keystoreSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // No cause: a JSON error quotes the text.
    throw new FedwardError('DATA_INVALID', `${file} is not a keystore: it is not JSON.`);
  }
  const result = keystoreSchema.safeParse(json);
  if (!result.success) {
    const first = result.error.issues[0];
    throw new FedwardError(
      'DATA_INVALID',
      `${file} is not a keystore of version 1: ${first?.path.join('.') || 'its root'} is wrong (${first?.message}).`,
    );
  }
  return result.data;
}

function stretch(passphrase: Secret, salt: Uint8Array, { N, r, p }: ScryptCost): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // OpenSSL needs a little over 128·N·r; node's own limit is 32 MiB.
    const options = { N, r, p, maxmem: 256 * N * r };
    scrypt(passphrase.expose(), salt, nacl.secretbox.keyLength, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

/** Written beside and linked into place: a crash leaves no half keystore, and an existing one is refused. */
async function writeNew(file: string, text: string, entropy: Entropy): Promise<void> {
  const temporary = `${file}.${Buffer.from(draw(entropy, 6)).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', PRIVATE_MODE);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(temporary, file);
  } catch (cause) {
    throw new FedwardError(
      'CONFIG_INVALID',
      `The keystore ${file} cannot be created (${errorCode(cause)}). Choose a new file in a folder you may write to; an existing keystore is never overwritten.`,
      { cause },
    );
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
  const folder = await open(dirname(file));
  await folder.sync().finally(() => folder.close());
}

async function readText(what: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const message = `The ${what} file ${file} cannot be read (${errorCode(cause)}). Check its path and permissions.`;
    throw new FedwardError('CONFIG_INVALID', message, { cause });
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
