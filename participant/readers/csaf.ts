/**
 * Vulnerabilities: CSAF advisories (JSON files, or a tar of them), the KEV catalogue and EPSS scores, told
 * apart by content. Samples have the format `csaf`, `kev` or `epss`.
 */
import { advisoryRows, isAdvisory } from './csaf-advisory.ts';
import { isTar, tarMembers } from './csaf-archive.ts';
import { epssFormat, isKev, kevRows } from './csaf-exploited.ts';
import { peek } from './gzip.ts';
import { LINE_LIMIT } from './lines.ts';
import { DOCUMENT_LIMIT, documentText, readDocument } from './lines-document.ts';
import { faultReason } from './lines-fault.ts';
import { parseObject } from './lines-json.ts';
import { linesOf, type Source, sourcesAt } from './lines-source.ts';
import { tableLines } from './table.ts';
import { type RowItem, type RowReadOptions, refused, rowReader } from './table-row.ts';

export const vulnerabilityReader = rowReader(
  { id: 'csaf', title: 'CSAF advisories, KEV, EPSS', threat: 'vulnerability-exploitation' },
  async function* read(path, options) {
    for await (const source of sourcesAt(path, options)) {
      if (source.kind === 'refused') yield [source];
      else yield* readSource(source, options);
    }
  },
);

const PROBE_BYTES = 1024;

async function* readSource(source: Source, options: RowReadOptions): AsyncGenerator<readonly RowItem[]> {
  const limit = options.documentLimit ?? DOCUMENT_LIMIT;
  try {
    const { head, rest } = await peek(source.bytes, PROBE_BYTES);
    const table = epssFormat(head.toString('latin1'));
    if (table !== null) {
      const lines = tableLines(table, options.limit ?? LINE_LIMIT);
      yield* linesOf({ ...source, bytes: rest }, options, lines);
    } else if (isTar(head)) {
      yield* readArchive(source.name, rest, limit, options.signal);
    } else {
      const text = await readDocument(rest, limit);
      options.signal?.throwIfAborted();
      yield readDocumentText(source.name, text);
    }
  } catch (error) {
    yield [refused(source.name, 0, faultReason(error))];
  }
}

async function* readArchive(
  source: string,
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly RowItem[]> {
  for await (const member of tarMembers(chunks, limit)) {
    signal?.throwIfAborted();
    const name = `${source}:${member.name}`;
    if (member.kind === 'too large') {
      yield [refused(name, 0, `The document has ${member.size} bytes; the limit is ${limit}.`)];
    } else {
      yield readMember(name, member.bytes);
    }
  }
}

function readMember(name: string, bytes: Buffer): readonly RowItem[] {
  try {
    return readDocumentText(name, documentText(bytes));
  } catch (error) {
    return [refused(name, 0, faultReason(error))];
  }
}

function readDocumentText(source: string, text: string): readonly RowItem[] {
  const parsed = parseObject(text);
  if (parsed.kind === 'refused') return [refused(source, 0, parsed.reason)];
  const { object } = parsed;
  if (isKev(object)) return kevRows(source, object);
  if (isAdvisory(object)) return advisoryRows(source, object);
  return [refused(source, 0, 'It is neither a CSAF advisory nor the KEV catalogue.')];
}
