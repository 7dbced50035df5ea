/** `fedward data get`: a public data set from a folder or an address, file by file, each verified. */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FedwardError } from '../../proto/errors.ts';
import { writeFault } from '../cli/output-file.ts';
import type { Pin } from './pins.ts';
import { sha256Of } from './presence.ts';
import type { Progress } from './progress.ts';
import { type PublicSet, publicSetByName } from './public-sets.ts';
import { bytes } from './text.ts';
import { type Origin, type Outcome, transfer } from './transfer.ts';
import { checkUrl } from './transfer-source.ts';

export interface GetOptions {
  /** Address or path of the set's folder, of the folder above it, or of one of its files. */
  readonly from: string;
  /** Data folder that gets the set's folder. */
  readonly to: string;
  readonly insecure: boolean;
  readonly timeoutMs: number;
  readonly progress: Progress;
}

export interface GotFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly outcome: Outcome;
}

/** @throws FedwardError as `transfer` does, and `INVALID_ARGUMENT` for a name that is not known. */
export async function getPublicSet(
  name: string,
  options: GetOptions,
  onFile: (file: GotFile) => void,
): Promise<PublicSet> {
  const set = publicSetByName(name);
  for (const [pin, origin] of await originsOf(set, options)) {
    const path = join(options.to, pin.path);
    const outcome = await transfer(pin, origin, path, {
      ...options,
      onBytes: (here) => options.progress.show(() => `${pin.path}: ${bytes(here)} of ${bytes(pin.bytes)}`),
    });
    options.progress.end();
    onFile({ path, bytes: pin.bytes, sha256: pin.sha256, outcome });
  }
  return set;
}

type Origins = readonly (readonly [Pin, Origin])[];

async function originsOf(set: PublicSet, { from, to, insecure }: GetOptions): Promise<Origins> {
  const one = set.files.find(({ path }) => basename(path) === basename(decoded(from)));
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(from)) {
    const base = addressOf(from);
    checkUrl(base, insecure);
    if (one !== undefined) return [[one, { kind: 'url', url: base }]];
    return set.files.map((pin) => [pin, { kind: 'url', url: below(base, withinSet(set, pin)) }]);
  }
  if (one !== undefined && (await isFile(from))) return [[one, { kind: 'path', path: from }]];
  const found: [Pin, Origin][] = [];
  for (const pin of set.files) found.push([pin, await localOrigin(set, pin, from, to)]);
  return found;
}

async function localOrigin(set: PublicSet, pin: Pin, from: string, to: string): Promise<Origin> {
  for (const path of [join(from, pin.path), join(from, withinSet(set, pin))]) {
    if (await isFile(path)) return { kind: 'path', path };
  }
  // What is here already needs no source.
  const target = join(to, pin.path);
  const here = await sha256Of(target).catch((error: unknown) => {
    throw writeFault('--to', target, error);
  });
  if (here === pin.sha256) return { kind: 'path', path: target };
  throw new FedwardError(
    'DATA_INVALID',
    `${from} does not hold ${pin.path}. Fetch the set from ${set.source} and say with --from where it lies.`,
  );
}

/** `dcm/message.xml` of `atna-audit/dcm/message.xml`. */
function withinSet({ folder }: PublicSet, { path }: Pin): string {
  return folder === null ? path : path.slice(folder.length + 1);
}

function addressOf(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      '--from must be an https address or a path; this is no address.',
    );
  }
}

/** A plus sign in a file's name is none in an address. */
function below(base: URL, path: string): URL {
  const url = new URL(base);
  const names = path.split('/').map(encodeURIComponent).join('/');
  url.pathname = `${base.pathname.replace(/\/$/, '')}/${names}`;
  return url;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
