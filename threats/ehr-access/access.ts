/**
 * One audit row as the episode that gathers it needs it: codes of HL7 and DICOM by what they mean, times by the
 * site's clock.
 */
import { FedwardError } from '../../proto/errors.ts';
import { labelText } from '../log-threat.ts';
import type { Cell, RowSample } from '../record.ts';
import { hostOf, isOutside } from './network.ts';
import { type Verdict, verdictOf } from './verdicts.ts';

/** A row counts as one thing only, the first of these that fits. */
export type Deed = 'failure' | 'export' | 'query' | 'write' | 'read' | 'other';

export interface Access {
  readonly user: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds that the site's clock is ahead of UTC. */
  readonly offset: number;
  readonly deed: Deed;
  readonly patient: string | null;
  /** An address without port, or a host name. */
  readonly network: string | null;
  /** From an IP address that is not of a private network. */
  readonly outside: boolean;
  readonly role: string;
  readonly emergency: boolean;
  readonly treatment: boolean;
  /** Of a patient whom people know: a celebrity, a colleague. */
  readonly notable: boolean;
  readonly restricted: boolean;
  readonly verdict: Verdict | null;
}

/** HL7 v3 PurposeOfUse: break the glass, emergency treatment, its override of consent. */
const EMERGENCY = new Set(['BTG', 'ETREAT', 'OVRER']);
/** Treatment, care management, coordination of care. */
const TREATMENT = new Set(['TREAT', 'ETREAT', 'CAREMGT', 'COC']);
/** HL7 v3 ActCode: celebrity and employee information sensitivity, and what older systems write. */
const NOTABLE = new Set(['VIP', 'CEL', 'CELEB', 'C', 'EMP']);
/** HL7 v3 Confidentiality R and V, older S and T; ActCode psychiatry, addiction, HIV, sexual health, violence, taboo. */
const RESTRICTED = new Set([
  'R',
  'V',
  'S',
  'T',
  ...['PSY', 'PSYCH', 'ETH', 'SUD', 'HIV', 'STD', 'SEX', 'SDV', 'TBOO'],
]);
/** DICOM CID 400: Export. */
const EXPORT_EVENT = '110106';
const QUERY_EVENT = '110112';
/** Stages of an object's life in DICOM audit messages: export, disclosure. */
const EXPORT_STAGES = new Set(['10', '11']);

/**
 * Words and codes of a role (HL7 practitioner-role, SNOMED CT occupations) by group. A site maps its own codes to
 * the group's name in its log, or they count as "other".
 */
const ROLES: Readonly<Record<string, string>> = {
  nurse: 'nurse rn midwife 106292003 224535009',
  physician: 'physician doctor surgeon 309343006 158965000',
  pharmacist: 'pharmacist 46255001',
  registrar: 'registrar clerk receptionist admission',
  billing: 'billing coder finance',
  researcher: 'researcher research',
  it: 'it ict admin administrator sysadmin',
  auditor: 'auditor audit compliance privacy',
};

export const ROLE_GROUPS: readonly string[] = Object.keys(ROLES);
/** What the encoder's place for "other" takes. */
const OTHER_ROLE = 'other';

const GROUP_OF_ROLE: ReadonlyMap<string, string> = new Map(
  Object.entries(ROLES).flatMap(([group, words]) => words.split(' ').map((word) => [word, group] as const)),
);

/** Names are remembered while an episode is open: longer ones would not fit the memory that is declared. */
const LONGEST_NAME = 512;

/** @throws FedwardError `DATA_INVALID` for a row that belongs to no episode, or whose verdict is not known. */
export function accessOf({ fields, labels }: RowSample): Access {
  const { at, offset } = timeOf(fields.recorded ?? null);
  const purposes = codesOf(fields.purpose);
  const sensitivity = codesOf(fields.sensitivity);
  const written = nameOf(fields.network, 'network');
  const network = written === null ? null : hostOf(written);
  const verdict = labelText(labels, 'verdict');
  return {
    user: nameOf(fields.user, 'user') ?? refuse('The row has no user, so it belongs to no episode.'),
    ...{ at, offset, network },
    deed: deedOf(fields),
    patient: nameOf(fields.patient, 'patient'),
    outside: network !== null && isOutside(network),
    role: roleOf(codesOf(fields.role)),
    emergency: purposes.some((code) => EMERGENCY.has(code)),
    treatment: purposes.some((code) => TREATMENT.has(code)),
    notable: sensitivity.some((code) => NOTABLE.has(code)),
    restricted: sensitivity.some((code) => RESTRICTED.has(code)),
    verdict: verdict === null ? null : verdictOf(verdict),
  };
}

function refuse(reason: string): never {
  throw new FedwardError('DATA_INVALID', reason);
}

/** Without a zone the hour of the day would be that of the machine which reads the log. */
function timeOf(recorded: Cell): { readonly at: number; readonly offset: number } {
  const text = String(recorded ?? '');
  const at = Date.parse(text);
  const [, zone, sign, hours, minutes] = /(Z|([+-])(\d\d):(\d\d))$/i.exec(text) ?? [];
  // Years of four digits only: at the end of what a Date can hold the site's clock would be past it.
  if (!/^\d{4}-/.test(text) || Number.isNaN(at))
    return refuse('The row has no time, so it belongs to no episode.');
  if (zone === undefined)
    return refuse('The time in "recorded" has no zone. Write the site\'s, such as +01:00.');
  const ahead = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return { at, offset: sign === '-' ? -ahead : ahead };
}

function nameOf(cell: Cell | undefined, field: string): string | null {
  const name = String(cell ?? '').trim();
  // Copied: a slice of the message's text would keep all of it in memory for as long as the name is remembered.
  if (name.length <= LONGEST_NAME) return name === '' ? null : Buffer.from(name).toString();
  return refuse(`The ${field} has more than ${LONGEST_NAME} characters. Map it to an id.`);
}

function codesOf(cell: Cell | undefined): string[] {
  return String(cell ?? '')
    .split(',')
    .map((code) => code.trim().toUpperCase());
}

function deedOf({ event, action, outcome, lifecycle, query }: RowSample['fields']): Deed {
  if (Number(outcome ?? 0) > 0) return 'failure';
  if (event === EXPORT_EVENT || EXPORT_STAGES.has(String(lifecycle ?? ''))) return 'export';
  if (event === QUERY_EVENT || Number(query ?? 0) > 0) return 'query';
  switch (action) {
    case 'C':
    case 'U':
    case 'D':
      return 'write';
    case 'R':
      return 'read';
    default:
      return 'other';
  }
}

function roleOf(codes: readonly string[]): string {
  for (const code of codes) {
    const group = GROUP_OF_ROLE.get(code.toLowerCase());
    if (group !== undefined) return group;
  }
  return OTHER_ROLE;
}
