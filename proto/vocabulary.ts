/**
 * The nouns that both sides share: branded identifiers and the stages of a round.
 *
 * Brands cost nothing at run time. They exist so that a hospital's id cannot be passed where a job's id
 * belongs; the only way to obtain one is the parser below, which also bounds length and alphabet.
 */
import { FedwardError } from './errors.ts';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Name of one hospital: unique in the consortium, bound to an Ed25519 identity key by every site policy. */
export type HospitalId = Branded<string, 'HospitalId'>;

/** Name of one training job. */
export type JobId = Branded<string, 'JobId'>;

/** What an id looks like: a DNS label. */
export const ID_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const ID_RULE = 'must be 1–63 characters of a–z, 0–9 and "-", and not start or end with "-"';

function parseId(kind: string, value: string): string {
  if (!ID_PATTERN.test(value)) {
    const got = JSON.stringify(value.slice(0, 80));
    throw new FedwardError('INVALID_ARGUMENT', `${kind} ${ID_RULE}; got ${got}.`);
  }
  return value;
}

/** @throws FedwardError `INVALID_ARGUMENT` when `value` is not a DNS-label-like name. */
export function hospitalId(value: string): HospitalId {
  return parseId('A hospital id', value) as HospitalId;
}

/** @throws FedwardError `INVALID_ARGUMENT` when `value` is not a DNS-label-like name. */
export function jobId(value: string): JobId {
  return parseId('A job id', value) as JobId;
}

/**
 * The stages of one round, in order (DESIGN §4). A hospital's first secure-aggregation message, the
 * advertisement, also says that its training is done, so `train` and R0 need no message between them.
 */
export const STAGES = ['train', 'R0', 'R1', 'R2', 'R3', 'R4'] as const;
export type Stage = (typeof STAGES)[number];

/** Which attempt of which round of which job: strictly increasing within a job, never reused. */
export interface AttemptId {
  readonly job: JobId;
  /** 1-based. */
  readonly round: number;
  /** 1-based; grows by one each time the round is started again. */
  readonly attempt: number;
}

/** `job/round.attempt`, for logs and messages. */
export function formatAttempt(id: AttemptId): string {
  return `${id.job}/${id.round}.${id.attempt}`;
}
