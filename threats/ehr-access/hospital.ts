/** An invented hospital for the generator: its staff, and patients who come and go. */
import type { Draws } from '../draws.ts';

/** Beds, and the hours that half of the stays exceed. */
const WARDS = {
  emergency: { beds: 25, stay: 5 },
  intensive: { beds: 12, stay: 90 },
  cardiology: { beds: 24, stay: 100 },
  oncology: { beds: 24, stay: 130 },
  surgery: { beds: 28, stay: 80 },
  paediatrics: { beds: 20, stay: 70 },
  psychiatry: { beds: 20, stay: 400 },
} as const;

export type Ward = keyof typeof WARDS;
export const WARD_NAMES = Object.keys(WARDS) as readonly Ward[];

const ROLE_WEIGHTS = {
  ...{ nurse: 44, physician: 25, pharmacist: 3, registrar: 9 },
  ...{ billing: 7, researcher: 5, it: 4, auditor: 3 },
};
export type Role = keyof typeof ROLE_WEIGHTS;

export interface Patient {
  readonly id: string;
  readonly ward: Ward;
  /** Codes as the audit row has them. */
  readonly sensitivity: string;
  /** Known to many: a celebrity, or a colleague. */
  readonly known: 'celebrity' | 'colleague' | 'no';
}

export interface Staff {
  readonly id: string;
  readonly role: Role;
  readonly ward: Ward;
  /** How the week is worked; agency staff come for a day and then not for weeks. */
  readonly rhythm: 'rotating' | 'days' | 'office' | 'agency';
  /** How much is done in an hour, 1 for most. */
  readonly tempo: number;
  /** Address of the desk, and of the line at home. */
  readonly desk: string;
  readonly home: string;
  /** Share of the office days that are worked at home. */
  readonly remote: number;
  /** First and last week of employment, and weeks of leave; weeks count from the log's first. */
  readonly joins: number;
  readonly leaves: number;
  readonly away: { readonly from: number; readonly until: number };
}

export interface Hospital {
  readonly staff: readonly Staff[];
  inpatients(ward: Ward): readonly Patient[];
  /** Of all wards, the last discharged first among equals. */
  discharged(): readonly Patient[];
  /** In the house or lately discharged. */
  known(how: Patient['known']): readonly Patient[];
  /** Somebody who comes to a clinic for an hour. */
  outpatient(ward: Ward): Patient;
  /** An hour passes. */
  advance(): void;
}

const REMEMBERED = 400;
const CLERICAL: readonly Role[] = ['billing', 'researcher', 'it', 'auditor'];

export function createHospital(draw: Draws, staffSize: number, weeks: number): Hospital {
  let patients = 0;
  const admit = (ward: Ward): Patient => {
    const known = draw.weighted({ no: 958, celebrity: 12, colleague: 30 });
    const restricted = draw.chance(ward === 'psychiatry' ? 0.6 : 0.04);
    const label = { no: '', celebrity: ',VIP', colleague: ',EMP' }[known];
    patients++;
    return { id: `Patient/p${patients}`, ward, known, sensitivity: `${restricted ? 'R' : 'N'}${label}` };
  };
  const wards = new Map(
    WARD_NAMES.map((ward) => [ward, Array.from({ length: WARDS[ward].beds }, () => admit(ward))] as const),
  );
  const discharged: Patient[] = WARD_NAMES.flatMap((ward) => Array.from({ length: 40 }, () => admit(ward)));
  const inpatients = (ward: Ward) => wards.get(ward) ?? [];
  return {
    staff: Array.from({ length: staffSize }, (_, i) => hire(draw, i + 1, weeks)),
    inpatients,
    discharged: () => discharged,
    known: (how) =>
      [...WARD_NAMES.flatMap(inpatients), ...discharged].filter((patient) => patient.known === how),
    outpatient(ward) {
      return draw.chance(0.5) ? admit(ward) : (draw.pick(discharged) ?? admit(ward));
    },
    advance() {
      for (const [ward, beds] of wards) {
        for (const [bed, patient] of beds.entries()) {
          if (!draw.chance(Math.LN2 / WARDS[ward].stay)) continue;
          discharged.push(patient);
          beds[bed] = admit(ward);
        }
      }
      discharged.splice(0, discharged.length - REMEMBERED);
    },
  };
}

function hire(draw: Draws, number: number, weeks: number): Staff {
  const role = draw.weighted(ROLE_WEIGHTS);
  const clerical = CLERICAL.includes(role);
  const joins = draw.chance(0.15) ? draw.integer(1, weeks) : 0;
  const leaves = draw.chance(0.2) ? draw.integer(1, weeks) : Number.POSITIVE_INFINITY;
  const from = draw.chance(0.3) ? draw.integer(1, weeks) : Number.POSITIVE_INFINITY;
  return {
    ...{ id: `Practitioner/u${number}`, role, joins, leaves },
    ward: draw.pick(WARD_NAMES) ?? 'surgery',
    rhythm: clerical || role === 'registrar' ? 'office' : rhythmOf(draw, role),
    tempo: draw.logNormal(1, 0.35),
    desk: `10.200.${number >> 8}.${number & 255}`,
    // Networks that are set aside for documentation (RFC 5737).
    home: `${number % 2 === 0 ? '198.51.100' : '203.0.113'}.${number & 255}`,
    remote: clerical ? 0.35 : 0,
    away: { from, until: from + draw.integer(1, 9) },
  };
}

function rhythmOf(draw: Draws, role: Role): Staff['rhythm'] {
  if (draw.chance(0.12)) return 'agency';
  return role === 'nurse' ? 'rotating' : 'days';
}

export function workstation(draw: Draws, ward: Ward): string {
  return `10.${20 + WARD_NAMES.indexOf(ward)}.0.${draw.integer(1, 9)}`;
}
