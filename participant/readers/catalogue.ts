/** Every log format that Fedward reads. A new one is a line here, and a fixture. */
import { FedwardError } from '../../proto/errors.ts';
import { SESSION_FORMAT } from '../../threats/telemedicine-session/session.ts';
import { atnaAuditReader } from './atna-audit.ts';
import { vulnerabilityReader } from './csaf.ts';
import { fhirAuditReader } from './fhir-audit.ts';
import { suricataReader } from './suricata.ts';
import { tableReader } from './table.ts';
import { TABLE_FORMATS } from './table-formats.ts';
import type { RowReader } from './table-row.ts';
import { telemedicineReader } from './telemedicine.ts';
import { zeekReader } from './zeek.ts';

/** Those that give rows. A CSV or Parquet of any other layout needs a mapping file (`mapping.ts`). */
export const ROW_READERS: readonly RowReader[] = [
  ...TABLE_FORMATS.map(tableReader),
  zeekReader,
  suricataReader,
  fhirAuditReader,
  atnaAuditReader,
  vulnerabilityReader,
  telemedicineReader,
];

/** Formats of rows, where one reader gives several that its id does not begin. */
const FORMATS_GIVEN: Readonly<Record<string, readonly string[]>> = {
  [vulnerabilityReader.id]: ['csaf', 'kev', 'epss'],
  [telemedicineReader.id]: [SESSION_FORMAT],
};

/** Between the ids that make up the id of a reader of several formats. */
export const ID_SEPARATOR = '+';

/** Whether the reader's rows may be of `format`: `zeek` gives `zeek/conn`. */
export function givesFormat({ id }: Pick<RowReader, 'id'>, format: string): boolean {
  return id
    .split(ID_SEPARATOR)
    .some((one) => FORMATS_GIVEN[one]?.includes(format) ?? (format === one || format.startsWith(`${one}/`)));
}

/** @throws FedwardError `INVALID_ARGUMENT` that lists the ids known. */
export function rowReaderById(id: string): RowReader {
  const reader = ROW_READERS.find((entry) => entry.id === id);
  if (reader === undefined) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `There is no reader ${JSON.stringify(id.slice(0, 80))}. Known: ${ROW_READERS.map((entry) => entry.id).join(', ')}.`,
    );
  }
  return reader;
}
