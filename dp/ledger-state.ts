/** What a ledger's entries add up to, and the rules that each next entry must keep, whoever wrote it. */
import { FedwardError } from '../proto/errors.ts';
import { formatAttempt, type JobId } from '../proto/vocabulary.ts';
import { INTEGER_ORDERS } from './accounting/orders.ts';
import { RdpAccountant } from './accounting/rdp.ts';
import { EMPTY_HEAD, type LedgerEntry, type LedgerHead } from './ledger-entry.ts';

export interface Reservation {
  readonly id: string;
  readonly job: string;
  readonly round: number;
  /** The attempt that it serves now; grows when it is carried. */
  readonly attempt: number;
  readonly committed: boolean;
}

type JoinEntry = Extract<LedgerEntry, { type: 'reserve' | 'carry' }>;

export class LedgerState {
  #head = EMPTY_HEAD;
  readonly #reservations = new Map<string, Reservation>();
  /** Per job the id of the reservation that serves its last attempt: the only one that is still alive. */
  readonly #last = new Map<string, string>();
  #committed = 0;
  #withoutPrivacy = 0;
  /** Spent against the coordinator and the colluders that the plans allow. */
  readonly spent = new RdpAccountant({ orders: INTEGER_ORDERS });
  readonly spentIfOthersCollude = new RdpAccountant({ orders: INTEGER_ORDERS });

  get head(): LedgerHead {
    return this.#head;
  }

  get counts(): { readonly reserved: number; readonly committed: number; readonly withoutPrivacy: number } {
    const reserved = this.#reservations.size;
    return { reserved, committed: this.#committed, withoutPrivacy: this.#withoutPrivacy };
  }

  last(job: string): Reservation | undefined {
    return this.#reservations.get(this.#last.get(job) ?? '');
  }

  /** @throws FedwardError `ALREADY_SPENT` or `INVALID_ARGUMENT` when `entry` must not come next. */
  check(entry: LedgerEntry): void {
    if ((entry.type === 'genesis') !== (this.#head.sequence === 0))
      throw invalid('The first entry of a ledger, and no other, is its genesis.');
    switch (entry.type) {
      case 'genesis':
        return;
      case 'reserve':
        if ((entry.event === null) !== (entry.eventIfOthersCollude === null))
          throw invalid('event and eventIfOthersCollude must both be events, or both null (mode none).');
        this.#checkLater(entry);
        return;
      case 'commit':
        this.#alive(entry.id);
        return;
      case 'carry': {
        const { job, round } = this.#alive(entry.id);
        if (job !== entry.job || round !== entry.round)
          throw invalid(`Reservation ${entry.id} can only be carried to a later attempt of ${job}/${round}.`);
        this.#checkLater(entry);
        return;
      }
      default:
        entry satisfies never;
    }
  }

  /** Takes in a checked entry whose place in the chain is `head`. */
  apply(head: LedgerHead, entry: LedgerEntry): void {
    switch (entry.type) {
      case 'genesis':
        break;
      case 'reserve': {
        const { id, job, round, attempt } = entry;
        this.#reservations.set(id, { id, job, round, attempt, committed: false });
        this.#last.set(job, id);
        if (entry.event === null || entry.eventIfOthersCollude === null) this.#withoutPrivacy++;
        else {
          this.spent.compose(entry.event);
          this.spentIfOthersCollude.compose(entry.eventIfOthersCollude);
        }
        break;
      }
      case 'commit':
        this.#reservations.set(entry.id, { ...this.#alive(entry.id), committed: true });
        this.#committed++;
        break;
      case 'carry':
        this.#reservations.set(entry.id, { ...this.#alive(entry.id), attempt: entry.attempt });
        break;
      default:
        entry satisfies never;
    }
    this.#head = { sequence: head.sequence, hash: head.hash };
  }

  /** The reservation, if its update may still be sent: not committed, and its job has not gone on without it. */
  #alive(id: string): Reservation {
    const reservation = this.#reservations.get(id);
    if (reservation === undefined)
      throw invalid(`The ledger holds no reservation ${id}; reserve the charge first.`);
    if (reservation.committed) throw spent(`reservation ${id} is committed`);
    if (this.#last.get(reservation.job) !== id)
      throw spent(`a later attempt of ${reservation.job} has replaced reservation ${id}`);
    return reservation;
  }

  #checkLater(entry: JoinEntry): void {
    const last = this.last(entry.job);
    if (last === undefined || entry.round > last.round) return;
    if (entry.round === last.round && entry.attempt > last.attempt) return;
    const [asked, joined] = [entry, last].map(({ job, round, attempt }) =>
      formatAttempt({ job: job as JobId, round, attempt }),
    );
    throw spent(`${asked} is not later than ${joined}, which this data set has joined already`);
  }
}

function invalid(sentence: string): FedwardError {
  return new FedwardError('INVALID_ARGUMENT', sentence);
}

function spent(reason: string): FedwardError {
  return new FedwardError(
    'ALREADY_SPENT',
    `Nothing is used twice: ${reason}. Wait for a new attempt and reserve a fresh charge for it.`,
  );
}
