/** What staff do to records within an hour, access by access. */
import type { Draws } from '../draws.ts';
import { type Patient, type Ward, workstation } from './hospital.ts';
import type { Verdict } from './verdicts.ts';

export interface Touch {
  /** Milliseconds into the hour. */
  readonly at: number;
  readonly deed: 'read' | 'write' | 'query' | 'export' | 'login' | 'failure';
  readonly patient: Patient | null;
  readonly purpose: string | null;
  readonly network: string;
  readonly verdict: Verdict;
}

/** Where somebody sits, and when. */
export interface Seat {
  network(): string;
  at(): number;
  readonly purpose: string | null;
  readonly verdict: Verdict;
}

const HOUR = 3_600_000;

/** Minutes at random over the hour, or close together as a script or somebody in a hurry has them. */
export function moments(draw: Draws, hurried: boolean): () => number {
  const start = draw.integer(0, HOUR - 1);
  const span = hurried ? Math.min(HOUR - start, draw.integer(60_000, 900_000)) : HOUR;
  return () => (hurried ? start + draw.integer(0, span - 1) : draw.integer(0, HOUR - 1));
}

/** `reads` and `writes` are means for each patient. */
export function tend(
  draw: Draws,
  seat: Seat,
  patients: readonly Patient[],
  { reads, writes }: { readonly reads: number; readonly writes: number },
): Touch[] {
  return patients.flatMap((patient) => [
    ...touches(seat, 'read', patient, reads >= 1 ? 1 + draw.poisson(reads - 1) : draw.poisson(reads)),
    ...touches(seat, 'write', patient, draw.poisson(writes)),
  ]);
}

export function touches(seat: Seat, deed: Touch['deed'], patient: Patient | null, times: number): Touch[] {
  const { purpose, verdict } = seat;
  return Array.from({ length: times }, () => ({
    ...{ deed, patient, purpose, verdict },
    at: seat.at(),
    network: seat.network(),
  }));
}

export function someOf<T>(draw: Draws, items: readonly T[], count: number): T[] {
  const left = [...items];
  const chosen: T[] = [];
  while (chosen.length < count && left.length > 0)
    chosen.push(...left.splice(draw.integer(0, left.length - 1), 1));
  return chosen;
}

/** Ward staff walk from one workstation to the next; others stay where they are. */
export function walk(draw: Draws, ward: Ward, restless: number): () => string {
  let place = workstation(draw, ward);
  return () => {
    if (draw.chance(restless)) place = workstation(draw, ward);
    return place;
  };
}
