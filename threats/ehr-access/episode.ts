/** What one user did in one hour, in numbers; nothing that names a user or a patient. */
import type { FieldSample } from '../features.ts';
import type { Access } from './access.ts';
import { moreSerious, type Verdict } from './verdicts.ts';

/**
 * Patients, networks and minutes that an episode tells apart. Where the encoder's scales end (`index.ts`), so that
 * to forget those beyond changes no feature but the reads of one whom it did not remember.
 */
export const MOST_PATIENTS = 1024;
export const MOST_NETWORKS = 32;

const MINUTE = 60_000;

interface Seen {
  reads: number;
  written: boolean;
  notable: boolean;
  emergency: boolean;
  restricted: boolean;
}

export interface Episode {
  /** @returns How many names it remembers more than before. */
  add(access: Access): number;
  /** Of the most serious row. */
  verdict(): Verdict | null;
  sample(): FieldSample;
}

/** @param first Row of the episode, which is still to be added: its hour, and the user's role. */
export function createEpisode(first: Access): Episode {
  const deeds = { failure: 0, export: 0, query: 0, write: 0, read: 0, other: 0 };
  const rows = { all: 0, emergency: 0, treatment: 0, notable: 0, outside: 0 };
  const patients = new Map<string, Seen>();
  const networks = new Set<string>();
  const minutes = new Map<number, number>();
  const local = new Date(first.at + first.offset);
  let verdict: Verdict | null = null;

  const seePatient = (access: Access, patient: string): number => {
    const known = patients.get(patient);
    if (known === undefined && patients.size >= MOST_PATIENTS) return 0;
    const seen = known ?? { reads: 0, written: false, notable: false, emergency: false, restricted: false };
    if (known === undefined) patients.set(patient, seen);
    if (access.deed === 'read') seen.reads++;
    seen.written ||= access.deed === 'write';
    seen.notable ||= access.notable;
    seen.emergency ||= access.emergency;
    seen.restricted ||= access.restricted;
    return known === undefined ? 1 : 0;
  };
  const seeNetwork = (network: string): number => {
    if (networks.has(network) || networks.size >= MOST_NETWORKS) return 0;
    networks.add(network);
    return 1;
  };

  return {
    add(access) {
      deeds[access.deed]++;
      rows.all++;
      if (access.emergency) rows.emergency++;
      if (access.treatment) rows.treatment++;
      if (access.notable) rows.notable++;
      if (access.outside) rows.outside++;
      const minute = Math.floor(access.at / MINUTE);
      minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
      verdict = moreSerious(verdict, access.verdict);
      const { patient, network } = access;
      return (
        (patient === null ? 0 : seePatient(access, patient)) + (network === null ? 0 : seeNetwork(network))
      );
    },
    verdict: () => verdict,
    sample() {
      const seen = [...patients.values()];
      const count = (which: (one: Seen) => boolean) => seen.filter(which).length;
      return {
        fields: {
          reads: deeds.read,
          writes: deeds.write,
          exports: deeds.export,
          queries: deeds.query,
          failures: deeds.failure,
          busiest_minute: Math.max(...minutes.values()),
          patients: patients.size,
          patients_only_read: count(({ reads, written }) => reads > 0 && !written),
          patients_notable: count(({ notable }) => notable),
          patients_emergency: count(({ emergency }) => emergency),
          patients_restricted: count(({ restricted }) => restricted),
          reads_of_one: seen.reduce((most, { reads }) => Math.max(most, reads), 0),
          rows_notable: rows.notable,
          rows_emergency: rows.emergency,
          share_treatment: rows.treatment / rows.all,
          share_outside: rows.outside / rows.all,
          networks: networks.size,
          hour: local.getUTCHours(),
          weekend: local.getUTCDay() % 6 === 0 ? 1 : 0,
          role: first.role,
        },
      };
    },
  };
}
