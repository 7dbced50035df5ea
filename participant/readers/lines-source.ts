/** The sources of bytes at a path: standard input, a file, a file that grows, every file of a folder. */
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FedwardError } from '../../proto/errors.ts';
import { expanded } from './gzip.ts';
import { readLines } from './lines.ts';
import { faultReason } from './lines-fault.ts';
import { followed } from './lines-follow.ts';
import { type RowItem, type RowReadOptions, type RowRefused, refused } from './table-row.ts';

export const STDIN = '<stdin>';

export interface Source {
  readonly kind: 'source';
  readonly name: string;
  /** Expanded where the source is gzip. */
  readonly bytes: AsyncGenerator<Uint8Array>;
  readonly growing: boolean;
}

/**
 * Every source at `path`, files in the order of their paths. Hidden files and folders are the system's own;
 * links to folders are refused, since they can form a ring.
 *
 * @throws FedwardError `DATA_INVALID` when `path` itself cannot be opened.
 */
export async function* sourcesAt(
  path: string,
  options: RowReadOptions = {},
): AsyncGenerator<Source | RowRefused> {
  const { expansion, follow, signal } = options;
  const source = (name: string, chunks: AsyncIterable<Uint8Array>, growing = false): Source => ({
    kind: 'source',
    name,
    bytes: expanded(chunks, expansion),
    growing,
  });
  if (path === '-') {
    yield source(STDIN, options.stdin ?? process.stdin);
    return;
  }
  if (follow !== undefined) {
    for await (const chunks of followed(path, follow)) yield source(path, chunks, true);
    return;
  }
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    throw new FedwardError('DATA_INVALID', `There is nothing to read at ${path}. ${faultReason(cause)}`, {
      cause,
    });
  }
  const files = isFolder ? filesIn(path) : [path];
  for await (const file of files) {
    if (typeof file !== 'string') yield file;
    else yield source(file, createReadStream(file, signal === undefined ? {} : { signal }));
  }
}

async function* filesIn(folder: string): AsyncGenerator<string | RowRefused> {
  let entries: Dirent[];
  try {
    entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  } catch (error) {
    yield refused(folder, 0, faultReason(error));
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
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

/** Makes items of the lines of one source. */
export interface LineParser {
  /**
   * Adds to `into` what this line completes.
   * @throws SourceFault when the rest of the source cannot be read either.
   */
  push(text: string, line: number, into: RowItem[]): void;
  /** The lines before `line`, or the end, are all there is to what stands open. */
  interrupt(into: RowItem[]): void;
}

export interface LineFormat {
  open(source: string): LineParser;
  /** Reads lines that are not UTF-8. */
  readonly fallback?: (bytes: Uint8Array) => string;
}

/**
 * Reads every source at `path` by lines. What cannot be read becomes an item; the stream itself fails only
 * when `path` cannot be opened, or by the caller's signal.
 */
export async function* readByLines(
  path: string,
  options: RowReadOptions,
  format: LineFormat,
): AsyncGenerator<readonly RowItem[]> {
  for await (const source of sourcesAt(path, options)) {
    if (source.kind === 'refused') yield [source];
    else yield* linesOf(source, options, format);
  }
}

export async function* linesOf(
  source: Source,
  { limit, signal }: RowReadOptions,
  format: LineFormat,
): AsyncGenerator<readonly RowItem[]> {
  const parser = format.open(source.name);
  let line = 0;
  let items: RowItem[] = [];
  try {
    const batches = readLines(source.bytes, {
      growing: source.growing,
      ...(limit === undefined ? {} : { limit }),
      ...(format.fallback === undefined ? {} : { fallback: format.fallback }),
    });
    for await (const batch of batches) {
      signal?.throwIfAborted();
      line = batch.first;
      for (const text of batch.lines) {
        if (typeof text === 'string') {
          parser.push(text, line, items);
        } else {
          parser.interrupt(items);
          items.push(refused(source.name, line, text.fault));
        }
        line++;
      }
      if (items.length > 0) yield items;
      items = [];
    }
    parser.interrupt(items);
  } catch (error) {
    items.push(refused(source.name, line, faultReason(error)));
  }
  if (items.length > 0) yield items;
}
