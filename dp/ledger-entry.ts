/**
 * The ledger's entries and the chain that binds them: hash = SHA-256(previous hash ‖ canonical JSON of the entry),
 * starting from 32 zero bytes. Entries hold no record and no secret.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FedwardError } from '../proto/errors.ts';
import type { AttemptId, HospitalId } from '../proto/vocabulary.ts';
import { type DpEvent, parseDpEvent } from './accounting/events.ts';
import { canonicalJson } from './canonical-json.ts';

export const LEDGER_FORMAT = 'fedward-ledger/1';

/** What one ledger is for and how much it may spend. Fixed by the first entry. */
export interface LedgerTerms {
  readonly hospital: HospitalId;
  readonly dataset: string;
  readonly unit: 'record' | 'entity';
  /** δ at which ε is counted, over the whole life of the data set. */
  readonly delta: number;
  /** Limit against the coordinator and the colluders that the plan allows. */
  readonly maxEpsilon: number;
  /** Limit if everyone else colludes; null leaves it unlimited (it is reported all the same). */
  readonly maxEpsilonIfOthersCollude: number | null;
}

/** One planned use of the data. Both events are null in mode `none`, which has no bound to charge. */
export interface Charge {
  readonly attempt: AttemptId;
  readonly event: DpEvent | null;
  readonly eventIfOthersCollude: DpEvent | null;
}

export type LedgerEntry =
  | ({ readonly type: 'genesis'; readonly format: typeof LEDGER_FORMAT } & Omit<LedgerTerms, 'hospital'> & {
        readonly hospital: string;
      })
  | {
      readonly type: 'reserve';
      /** Name of the reservation: the attempt it was first made for, `job/round.attempt`. */
      readonly id: string;
      readonly job: string;
      readonly round: number;
      readonly attempt: number;
      readonly event: DpEvent | null;
      readonly eventIfOthersCollude: DpEvent | null;
    }
  /** The update left, or is about to: it must never be used again. */
  | { readonly type: 'commit'; readonly id: string }
  /** The update was not sent and now serves this later attempt of the same round. */
  | {
      readonly type: 'carry';
      readonly id: string;
      readonly job: string;
      readonly round: number;
      readonly attempt: number;
    };

/** A stored entry. `sequence` is 1 for the genesis, `entry` canonical JSON, `hash` 64 hexadecimal digits. */
export interface LedgerRow {
  readonly sequence: number;
  readonly entry: string;
  readonly hash: string;
}

/** A place in the chain. Whoever keeps one elsewhere can tell later that the ledger was cut off behind it. */
export type LedgerHead = Omit<LedgerRow, 'entry'>;

export const EMPTY_HEAD: LedgerHead = { sequence: 0, hash: '0'.repeat(64) };

const event = z.unknown().transform((value) => (value === null ? null : parseDpEvent(value)));
const count = z.number().int().min(1);

const entrySchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('genesis'),
    format: z.literal(LEDGER_FORMAT),
    hospital: z.string(),
    dataset: z.string().min(1).max(200),
    unit: z.enum(['record', 'entity']),
    delta: z.number().gt(0).lt(1),
    maxEpsilon: z.number().positive().finite(),
    maxEpsilonIfOthersCollude: z.number().positive().finite().nullable(),
  }),
  z.strictObject({
    type: z.literal('reserve'),
    id: z.string(),
    job: z.string(),
    round: count,
    attempt: count,
    event,
    eventIfOthersCollude: event,
  }),
  z.strictObject({ type: z.literal('commit'), id: z.string() }),
  z.strictObject({ type: z.literal('carry'), id: z.string(), job: z.string(), round: count, attempt: count }),
]);

/** @throws FedwardError `INVALID_ARGUMENT` that names the first wrong field. */
export function parseEntry(value: unknown): LedgerEntry {
  const result = entrySchema.safeParse(value);
  if (result.success) return result.data;
  const first = result.error.issues[0];
  throw new FedwardError(
    'INVALID_ARGUMENT',
    `The ledger entry is not valid at ${first?.path.join('.') || 'its root'}: ${first?.message}.`,
  );
}

/** The row that follows `head`. */
export function chainRow(head: LedgerHead, entry: LedgerEntry): LedgerRow {
  const text = canonicalJson(entry);
  return { sequence: head.sequence + 1, entry: text, hash: chainHash(head, text) };
}

/** @throws FedwardError `AUDIT_BROKEN` when the row is not the unaltered successor of `head`. */
export function verifyRow(head: LedgerHead, row: LedgerRow): LedgerEntry {
  if (row.sequence !== head.sequence + 1) throw broken(head.sequence + 1, 'it is missing');
  if (row.hash !== chainHash(head, row.entry)) throw broken(row.sequence, 'its hash does not match');
  try {
    return parseEntry(JSON.parse(row.entry));
  } catch (cause) {
    throw broken(row.sequence, 'it cannot be read', cause);
  }
}

export function broken(sequence: number, what: string, cause?: unknown): FedwardError {
  return new FedwardError(
    'AUDIT_BROKEN',
    `The privacy ledger does not verify at entry ${sequence}: ${what}. Do not train on this data set; restore the ledger from a trusted copy or retire the data set.`,
    { cause, details: { sequence } },
  );
}

function chainHash(head: LedgerHead, text: string): string {
  return createHash('sha256').update(Buffer.from(head.hash, 'hex')).update(text).digest('hex');
}
