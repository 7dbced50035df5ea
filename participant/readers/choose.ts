/** Which reader reads a log for a threat: the one that was named, a mapping file, or what the content says. */
import { FedwardError } from '../../proto/errors.ts';
import { readNamedFile } from '../../proto/files.ts';
import type { LogThreat } from '../../threats/log-threat.ts';
import { givesFormat, rowReaderById } from './catalogue.ts';
import { detectFormat } from './detect-format.ts';
import { parseMapping } from './mapping.ts';
import { tableReader } from './table.ts';
import type { TableFormat } from './table-format.ts';
import type { RowReader } from './table-row.ts';

export interface ReaderChoice {
  /** A reader's id: no guessing. */
  readonly format?: string | undefined;
  /** Path of a mapping file. */
  readonly mapping?: string | undefined;
}

/** Whether the threat has use for rows of this reader. */
export function takesRowsOf(threat: Pick<LogThreat, 'formats'>, reader: Pick<RowReader, 'id'>): boolean {
  return threat.formats.some((format) => givesFormat(reader, format));
}

/**
 * The reader for what lies at `path`, a file or a folder.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when the named reader does not exist or gives nothing that the threat
 *   takes, `CONFIG_INVALID` for a bad mapping file, `DATA_INVALID` when `path` cannot be read or its content is
 *   nothing that the threat takes; each says what would help.
 */
export async function rowReaderFor(
  threat: LogThreat,
  path: string,
  { format, mapping }: ReaderChoice,
): Promise<RowReader> {
  if (format !== undefined && mapping !== undefined) {
    throw new FedwardError('INVALID_ARGUMENT', 'Name a format or a mapping file, not both.');
  }
  if (mapping !== undefined) return mappedReader(threat, path, mapping);
  return format === undefined ? detectedReader(threat, path) : namedReader(threat, format);
}

function namedReader(threat: LogThreat, id: string): RowReader {
  const reader = rowReaderById(id);
  if (takesRowsOf(threat, reader)) return reader;
  throw new FedwardError('INVALID_ARGUMENT', `The threat "${threat.id}" ${taken(threat)}, not ${id}.`);
}

async function mappedReader(threat: LogThreat, path: string, file: string): Promise<RowReader> {
  const format = parseMapping(String(await readNamedFile('The mapping file', file)), file);
  if (format.threat !== threat.id) {
    throw new FedwardError(
      'CONFIG_INVALID',
      `${file} maps records for the threat "${format.threat}", not for "${threat.id}".`,
    );
  }
  if (!threat.formats.includes(format.id)) {
    throw new FedwardError(
      'CONFIG_INVALID',
      `${file} must name in "format" the layout whose fields its columns give: ${threat.formats.join(', ')}.`,
    );
  }
  return mappedTable(format, path);
}

/** What reads `path`, which may be Parquet, by a mapping. */
export async function mappedTable(format: TableFormat, path: string): Promise<RowReader> {
  const { holdsParquet, parquetReader } = await import('./parquet.ts');
  return (await holdsParquet(path)) ? parquetReader(format) : tableReader(format);
}

async function detectedReader(threat: LogThreat, path: string): Promise<RowReader> {
  if (path === '-') {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      'Standard input cannot be looked at beforehand: name its reader (--reader), or a mapping file.',
    );
  }
  const found = await detectFormat(path, (reader) => takesRowsOf(threat, reader));
  switch (found.kind) {
    case 'rows':
      if (takesRowsOf(threat, found.reader)) return found.reader;
      throw refusal(threat, path, `${found.source} is ${found.reader.id}: ${found.why}.`);
    case 'mail':
      throw refusal(threat, path, `${found.source} is mail: ${found.why}.`);
    case 'table':
      throw refusal(threat, path, `${found.source}: ${found.why}. Write a mapping file for it.`);
    case 'unknown':
      throw refusal(threat, path, found.tried.join(' '));
    default:
      return found satisfies never;
  }
}

function taken({ formats }: LogThreat): string {
  return `takes ${formats.join(', ')}`;
}

function refusal(threat: LogThreat, path: string, why: string): FedwardError {
  return new FedwardError(
    'DATA_INVALID',
    `There is nothing at ${path} that the threat "${threat.id}" takes. It ${taken(threat)}. ${why}`,
  );
}
