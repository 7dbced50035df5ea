/**
 * One access to patient data, in the fields that FHIR AuditEvent and ATNA/DICOM audit messages share: the
 * same event gives the same row from either. Persons' names are not read: an id serves, and says less.
 */
import type { Cells } from '../../threats/record.ts';

export interface AccessFields extends Cells {
  /** Code of the kind of event: `110110` (patient record), `rest`, … */
  readonly event: string | null;
  /** Codes that say more, with commas between: `ITI-43`, `vread`, … */
  readonly subtype: string | null;
  /** C, R, U, D or E (create, read, update, delete, execute). */
  readonly action: string | null;
  /** 0 success, 4 minor, 8 serious, 12 major failure. */
  readonly outcome: number | null;
  /** When it was recorded, ISO 8601 as it stands, with its zone. */
  readonly recorded: string | null;
  /** Codes of the purpose: `TREAT`, `HMARKT`, `BTG` (break the glass), … */
  readonly purpose: string | null;
  /** Who asked. */
  readonly user: string | null;
  /** Role codes of who asked. */
  readonly role: string | null;
  /** Host name or address that the request came from. */
  readonly network: string | null;
  /** 1 host name, 2 IP address, 3 telephone, 4 e-mail, 5 URI. */
  readonly network_type: string | null;
  /** How many took part. */
  readonly agents: number;
  readonly site: string | null;
  /** The system that recorded it. */
  readonly observer: string | null;
  readonly patient: string | null;
  /** What was touched besides the patient: the first such object. */
  readonly object: string | null;
  readonly object_type: string | null;
  readonly object_role: string | null;
  /** Stage in the object's life: 6 access, 10 export, 11 disclosure, 14 erasure, … */
  readonly lifecycle: string | null;
  /** Confidentiality codes of all objects. */
  readonly sensitivity: string | null;
  /** 1 when an object holds a query. */
  readonly query: number;
  readonly entities: number;
}

/** The codes with commas between; null when there are none. */
export function codes(values: Iterable<string | undefined>): string | null {
  const present = [...new Set(values)].filter((value) => value !== undefined && value !== '');
  return present.length === 0 ? null : present.join();
}

/** `text` if it is a point in time. */
export function instant(text: string): string | null {
  return /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
}
