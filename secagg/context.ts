/** What a session's two sides work out alike from the round plan before any message. */
import type { KeyObject } from 'node:crypto';
import { FedwardError } from '../proto/errors.ts';
import { type Cohort, cohortOf, type RoundPlan } from '../proto/plan.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { importVerifyKey } from './identity.ts';
import { type Topology, topologyOf } from './topology.ts';
import { sessionId } from './transcript.ts';

/** A hospital's place on the roster. */
export interface Seat {
  /** 1-based place in the roster. */
  readonly position: number;
  readonly identityKey: Uint8Array;
  readonly verifyKey: KeyObject;
}

export interface SessionContext {
  readonly plan: RoundPlan;
  /** 32 bytes. */
  readonly sid: Uint8Array;
  readonly cohort: Cohort;
  readonly topology: Topology;
  readonly seats: ReadonlyMap<HospitalId, Seat>;
}

/**
 * @throws FedwardError `PROTOCOL_VIOLATION` for a roster out of order, or a threshold that would let two
 *   conflicting unmaskings both find t helpers (2t ≤ n + c), or fewer than two honest survivors (h < 2).
 */
export function openContext(plan: RoundPlan): SessionContext {
  const { roster } = plan.cohort;
  checkAscending(
    'the roster',
    roster.map((entry) => entry.id),
  );
  const cohort = cohortOf(plan);
  const { n, threshold, colluders, honest } = cohort;
  if (2 * threshold <= n + colluders) {
    refuse(
      `The plan's threshold t = ${threshold} is too low for n = ${n} and c = ${colluders}: 2t > n + c must hold. Allow fewer dropouts or colluders.`,
    );
  }
  if (honest < 2) {
    refuse(
      `The plan leaves h = ${honest} honest survivor(s): a sum needs two to hide anything. Allow fewer colluders.`,
    );
  }
  const seats = new Map(
    roster.map(({ id, identityKey }, i): [HospitalId, Seat] => [
      id,
      { position: i + 1, identityKey, verifyKey: importVerifyKey(identityKey) },
    ]),
  );
  const sid = sessionId(plan);
  return { plan, sid, cohort, topology: topologyOf(plan, sid, threshold), seats };
}

/** @throws FedwardError `PROTOCOL_VIOLATION` when `id` is not on the roster. */
export function seatOf({ seats }: SessionContext, id: HospitalId): Seat {
  return (
    seats.get(id) ??
    refuse(`"${id}" is not on the roster of this plan: only the roster's hospitals take part in its session.`)
  );
}

/**
 * Sets of hospitals travel as lists in strictly ascending order of id: one set has one encoding, and nobody
 * is on it twice.
 * @throws FedwardError `PROTOCOL_VIOLATION` that names the first id out of place.
 */
export function checkAscending(name: string, ids: readonly HospitalId[]): void {
  for (let i = 1; i < ids.length; i++) {
    if ((ids[i - 1] ?? '') >= (ids[i] ?? '')) {
      refuse(
        `In ${name}, "${ids[i]}" is twice or out of order: list each hospital once, in ascending order.`,
      );
    }
  }
}

/** Public bytes only: takes less time the earlier they differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

export function refuse(message: string): never {
  throw new FedwardError('PROTOCOL_VIOLATION', message);
}
