/**
 * Which reader fits a file, told by its first bytes (expanded where it is gzip) and never by its name: exports are
 * renamed, and one that is read as what it is not would be refused row by row.
 */
import { ID_SEPARATOR } from './catalogue.ts';
import { FORMAT_SIGNS } from './detect-format-signs.ts';
import { guessTable } from './detect-format-table.ts';
import { faultReason } from './lines-fault.ts';
import { type Source, sourcesAt } from './lines-source.ts';
import { type RowItem, type RowReader, type RowReadOptions, refused, rowReader } from './table-row.ts';

export type Detected =
  | {
      readonly kind: 'rows';
      readonly reader: RowReader;
      /** Half a sentence: what told it. */
      readonly why: string;
      /** The file that told it. */
      readonly source: string;
    }
  | { readonly kind: 'mail'; readonly why: string; readonly source: string }
  /** A table that no reader knows: it takes a mapping file. */
  | {
      readonly kind: 'table';
      readonly layout: TableLayout;
      readonly why: string;
      readonly source: string;
    }
  /** What each file was taken for and why it is not, in a sentence each. */
  | { readonly kind: 'unknown'; readonly tried: readonly string[] };

export type TableLayout =
  | { readonly type: 'parquet' }
  | {
      readonly type: 'delimited';
      readonly delimiter: string;
      /** Names of the columns; null without a header. */
      readonly header: readonly string[] | null;
      readonly width: number;
    };

/** What the recognisers look at. */
export interface Look {
  readonly bytes: Buffer;
  /** The bytes as UTF-8, without a byte-order mark. */
  readonly text: string;
  /** Its first lines that are not blank; whole ones, where the file has a line break at all. */
  readonly lines: readonly string[];
}

const HEAD_BYTES = 64 * 1024;
const HEAD_LINES = 50;
/** Files of a folder that are looked into before it counts as unknown. */
const MOST_FILES = 50;

/**
 * @param accepts readers that are of use: they decide, where a folder holds other files too. Without any among its
 *   files, what another was recognised as is the answer. A folder for several of them gets a reader that looks at
 *   each file.
 * @throws FedwardError `DATA_INVALID` when `path` itself cannot be opened.
 */
export async function detectFormat(path: string, accepts: Accepts = () => true): Promise<Detected> {
  const accepted = new Map<string, Rows>();
  const tried: string[] = [];
  let other: Detected | null = null;
  let files = 0;
  for await (const source of sourcesAt(path)) {
    if (source.kind === 'refused') {
      tried.push(`${source.source}: ${source.reason}`);
      continue;
    }
    const found = await detectSource(source);
    if (found.kind === 'rows' && accepts(found.reader)) {
      if (!accepted.has(found.reader.id)) accepted.set(found.reader.id, found);
    } else if (found.kind === 'unknown') tried.push(...found.tried);
    else if (other === null || (other.kind !== 'rows' && found.kind === 'rows')) other = found;
    if (++files === MOST_FILES) break;
  }
  const [first, ...more] = accepted.values();
  if (first !== undefined) return more.length === 0 ? first : several([first, ...more], accepts);
  if (other !== null) return other;
  return { kind: 'unknown', tried: tried.length === 0 ? ['The folder holds no files.'] : tried };
}

type Accepts = (reader: RowReader) => boolean;
type Rows = Extract<Detected, { kind: 'rows' }>;

function several(found: readonly [Rows, ...Rows[]], accepts: Accepts): Rows {
  const [{ source, reader }] = found;
  const about = {
    id: found.map((each) => each.reader.id).join(ID_SEPARATOR),
    title: found.map((each) => each.reader.title).join('; '),
    threat: reader.threat,
  };
  const why = found.map((each) => `${each.reader.id} (${each.why})`).join(', ');
  const mixed = rowReader(about, (path, options) => readEach(path, options, accepts));
  return { kind: 'rows', reader: mixed, why: `files of several kinds: ${why}`, source };
}

/** Every file by the reader that fits it. */
async function* readEach(
  path: string,
  options: RowReadOptions,
  accepts: Accepts,
): AsyncGenerator<readonly RowItem[]> {
  for await (const source of sourcesAt(path, options)) {
    if (source.kind === 'refused') {
      yield [source];
      continue;
    }
    const found = await detectSource(source);
    if (found.kind === 'rows' && accepts(found.reader)) yield* found.reader.readBatches(source.name, options);
    else yield [refused(source.name, 0, 'The file is of no format that is read here.')];
  }
}

async function detectSource(source: Source): Promise<Detected> {
  try {
    return recognise(lookAt(await headOf(source)), source.name);
  } catch (error) {
    return { kind: 'unknown', tried: [`${source.name}: ${faultReason(error)}`] };
  }
}

async function headOf(source: Source): Promise<Buffer> {
  const held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source.bytes) {
    held.push(chunk);
    size += chunk.length;
    if (size >= HEAD_BYTES) break;
  }
  return Buffer.concat(held);
}

function lookAt(bytes: Buffer): Look {
  const decoded = bytes.toString('utf8');
  const text = decoded.startsWith('\ufeff') ? decoded.slice(1) : decoded;
  const lines = text.split(/\r?\n/);
  // The last one may be cut off.
  if (bytes.length >= HEAD_BYTES && lines.length > 1) lines.pop();
  return { bytes, text, lines: lines.filter((line) => line.trim() !== '').slice(0, HEAD_LINES) };
}

function recognise(look: Look, source: string): Detected {
  if (look.bytes.length === 0) return { kind: 'unknown', tried: [`${source}: It is empty.`] };
  const reasons: string[] = [];
  for (const sign of FORMAT_SIGNS) {
    const seen = sign(look);
    switch (seen.kind) {
      case 'rows':
      case 'mail':
        return { ...seen, source };
      case 'not':
        reasons.push(seen.reason);
        break;
      default:
        return seen satisfies never;
    }
  }
  const table = guessTable(look);
  if (table !== null) return { kind: 'table', ...table, source };
  return { kind: 'unknown', tried: [`${source}: ${reasons.join('; ')}.`] };
}
