/** The files at a path, in the order in which they are read: each log from its oldest rotation to the live file. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FedwardError } from '../../proto/errors.ts';
import { faultReason } from './lines-fault.ts';
import { type RowRefused, refused } from './table-row.ts';

/**
 * The files that readers read at `path` (itself, or all below it), in their order. Links to files are followed;
 * hidden files and folders are left out, and so is what cannot be read.
 * @throws FedwardError `DATA_INVALID` when `path` itself cannot be opened.
 */
export async function filesIn(path: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of filesAt(path)) if (typeof file === 'string') files.push(file);
  return files;
}

/**
 * The same, with a refusal for what is no file. Hidden files and folders are the system's own; links to folders
 * are refused, since they can form a ring.
 * @throws FedwardError `DATA_INVALID` when `path` itself cannot be opened.
 */
export async function* filesAt(path: string): AsyncGenerator<string | RowRefused> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    throw new FedwardError('DATA_INVALID', `There is nothing to read at ${path}. ${faultReason(cause)}`, {
      cause,
    });
  }
  if (isFolder) yield* filesBelow(path);
  else yield path;
}

async function* filesBelow(folder: string): AsyncGenerator<string | RowRefused> {
  let entries: Dirent[];
  try {
    entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  } catch (error) {
    yield refused(folder, 0, faultReason(error));
    return;
  }
  for (const { entry } of entries.map(placed).sort(inOrder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path)))) yield path;
    else yield refused(path, 0, 'It is neither a file nor a folder, or a link that leads to no file.');
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** `x.log.1`, `x.log.2.gz`: no padded numbers (parts of a split file) and no years, which both go upwards. */
const NUMBERED = /^(.*\p{L}.*)\.(0|[1-9]\d{0,2})(?:\.gz)?$/u;
/** `x.log-20260301`, `x.log.2026-03-01-13.gz`. A date before the extension sorts as text by itself. */
const DATED = /^(.+?)[.-](\d{4}-?\d\d-?\d\d[\d-]*)(?:\.gz)?$/;

/** Where an entry stands in its folder. */
interface Placed {
  readonly entry: Dirent;
  /** The live log's name, for its rotations as well. */
  readonly log: string;
  /** Dates upwards, then numbers downwards, then the live file. */
  readonly date: string;
  readonly age: number;
}

/** Later than every date. */
const NO_DATE = '~';

function placed(entry: Dirent): Placed {
  const { name } = entry;
  if (!entry.isDirectory()) {
    const [, log, number] = NUMBERED.exec(name) ?? [];
    if (log !== undefined) return { entry, log, date: NO_DATE, age: Number(number) };
    const [, dated, date = ''] = DATED.exec(name) ?? [];
    if (dated !== undefined) return { entry, log: dated, date, age: -1 };
  }
  return { entry, log: name, date: NO_DATE, age: -1 };
}

function inOrder(a: Placed, b: Placed): number {
  return (
    byText(a.log, b.log) || byText(a.date, b.date) || b.age - a.age || byText(a.entry.name, b.entry.name)
  );
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
