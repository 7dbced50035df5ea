/** The sources of bytes at a path: standard input, a file, a file that grows, every file of a folder. */
import { createReadStream } from 'node:fs';
import { expanded } from './gzip.ts';
import { readLines } from './lines.ts';
import { faultReason } from './lines-fault.ts';
import { followed } from './lines-follow.ts';
import { filesAt } from './log-files.ts';
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
 * Every source at `path`, files in the order of `filesAt`.
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
  for await (const file of filesAt(path)) {
    if (typeof file !== 'string') yield file;
    else yield source(file, createReadStream(file, signal === undefined ? {} : { signal }));
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
  /**
   * Whether a line without line break cannot be half of one: JSON and XML end with a closing mark and are refused
   * without it, whereas a row of a table whose last cell was cut still reads as a row.
   */
  readonly closesItself?: (text: string) => boolean;
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
  let hasRecords = false;
  let maybeCut = false;
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
      if (batch.unended === true) {
        const [text] = batch.lines;
        maybeCut = typeof text === 'string' && format.closesItself?.(text) !== true;
        break;
      }
      if (items.length > 0) yield items;
      hasRecords ||= items.some(isRecord);
      items = [];
    }
    parser.interrupt(items);
    if (maybeCut) noteLast(items);
  } catch (error) {
    const fault = refused(source.name, line, faultReason(error));
    items.push(hasRecords || items.some(isRecord) ? { ...fault, brokeOff: true } : fault);
  }
  if (items.length > 0) yield items;
}

function isRecord({ kind }: RowItem): boolean {
  return kind === 'record';
}

/** A note and no refusal: many a table was written without a line break at its end. */
function noteLast(items: RowItem[]): void {
  const last = items.at(-1);
  if (last?.kind !== 'record') return;
  const note = last.note === null ? UNENDED : `${last.note} ${UNENDED}`;
  items[items.length - 1] = { ...last, note };
}

const UNENDED = 'The last line has no line break; it may not be complete.';
