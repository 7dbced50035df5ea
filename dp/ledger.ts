/**
 * The privacy ledger of one hospital × data set × unit: what is spent is on disk before it is spent.
 *
 * A charge is reserved before noise is drawn and committed when the update leaves; a reservation without a
 * commit counts as spent for ever, and nothing is refunded (DESIGN §1.3). The ledger also keeps the order of
 * attempts, because it is what outlives a crash: within a job (round, attempt) strictly increases (DESIGN §1.4).
 *
 * What the figure means: ε is the composed Rényi curve at its best integer order. That is sound for releases whose
 * privacy parameters are fixed in advance, as a plan fixes them for its whole job, and no filter is needed
 * there. It is *not* proven where a later job's parameters were chosen in view of an earlier job's
 * results; that needs a filter with one order fixed beforehand (Feldman, Zrnic 2021).
 */
import { FedwardError } from '../proto/errors.ts';
import { type AttemptId, formatAttempt, type JobId } from '../proto/vocabulary.ts';
import type { DpEvent } from './accounting/events.ts';
import type { RdpAccountant } from './accounting/rdp.ts';
import { canonicalJson } from './canonical-json.ts';
import {
  broken,
  type Charge,
  chainRow,
  EMPTY_HEAD,
  LEDGER_FORMAT,
  type LedgerEntry,
  type LedgerHead,
  type LedgerRow,
  type LedgerTerms,
  parseEntry,
  verifyRow,
} from './ledger-entry.ts';
import { LedgerState, type Reservation } from './ledger-state.ts';

type GenesisEntry = Extract<LedgerEntry, { type: 'genesis' }>;
type ReserveEntry = Extract<LedgerEntry, { type: 'reserve' }>;

const TERM_FIELDS = [
  'hospital',
  'dataset',
  'unit',
  'delta',
  'maxEpsilon',
  'maxEpsilonIfOthersCollude',
] as const satisfies readonly (keyof LedgerTerms)[];

/** Where ledgers are kept; many, each under its key. */
export interface LedgerStore {
  /**
   * Runs `work` with no other writer between its first read and its end, whatever connection or process.
   * What it appended is on disk when this returns, and nothing of it is when this throws.
   */
  transact<T>(work: (log: LedgerLog) => T): T;
}

export interface LedgerLog {
  /** Rows of one ledger with a sequence above `after`, ascending. */
  rows(ledger: string, after: number): readonly LedgerRow[];
  append(ledger: string, row: LedgerRow): void;
}

export interface LedgerSummary {
  readonly entries: number;
  /** Reservations in all; every one of them is spent. */
  readonly reserved: number;
  /** Those of them whose update left. */
  readonly committed: number;
  /** Those of them made in mode `none`: they add nothing to ε because no ε bounds them. */
  readonly withoutPrivacy: number;
  readonly delta: number;
  readonly epsilon: number;
  readonly epsilonIfOthersCollude: number;
  readonly head: LedgerHead;
}

/**
 * Opens a ledger, beginning it where there is none, and verifies every entry.
 *
 * The chain cannot show that its last entries were cut off. A caller who kept a `head` elsewhere (in a signed
 * receipt) passes it as `anchor`, and a ledger that no longer holds that entry is refused.
 *
 * @throws FedwardError `AUDIT_BROKEN` when the chain does not verify, `CONFIG_INVALID` when the ledger was begun
 * on other terms.
 */
export function openLedger(store: LedgerStore, terms: LedgerTerms, anchor: LedgerHead = EMPTY_HEAD): Ledger {
  return new Ledger(store, terms, anchor);
}

/** See `openLedger`. Several of these, in several processes, may work on one ledger. */
export class Ledger {
  readonly #store: LedgerStore;
  readonly #terms: LedgerTerms;
  readonly #key: string;
  readonly #state = new LedgerState();

  constructor(store: LedgerStore, terms: LedgerTerms, anchor: LedgerHead) {
    this.#store = store;
    this.#terms = terms;
    this.#key = canonicalJson([terms.hospital, terms.dataset, terms.unit]);
    this.#transact((log) => {
      if (anchor.sequence > 0 && log.rows(this.#key, anchor.sequence - 1)[0]?.hash !== anchor.hash)
        throw broken(anchor.sequence, 'it is not the entry that the anchor vouches for');
      return this.#state.head.sequence === 0 ? { type: 'genesis', format: LEDGER_FORMAT, ...terms } : null;
    });
  }

  /**
   * Charges one attempt, durably, and returns the reservation's id. To be called before any noise is drawn.
   *
   * @throws FedwardError `ALREADY_SPENT` when the attempt is not later than the job's last, `BUDGET_EXHAUSTED`
   * when ε would pass a limit; either way nothing is recorded.
   */
  reserve(charge: Charge): string {
    const { attempt, event, eventIfOthersCollude } = charge;
    const id = formatAttempt(attempt);
    this.#transact(() => ({ type: 'reserve', id, ...attempt, event, eventIfOthersCollude }));
    return id;
  }

  /**
   * Records that the update leaves: to be called before its first byte does, once per reservation.
   *
   * @throws FedwardError `ALREADY_SPENT` when it was committed before or a later attempt has replaced it.
   */
  commit(id: string): void {
    this.#transact(() => ({ type: 'commit', id }));
  }

  /**
   * Lets an update that was never sent serve a later attempt of the same round, at no new charge.
   *
   * @throws FedwardError `ALREADY_SPENT` when it was committed, a later attempt has replaced it, or `attempt` is
   * not later than the job's last.
   */
  carry(id: string, attempt: AttemptId): void {
    this.#transact(() => ({ type: 'carry', id, ...attempt }));
  }

  /** The reservation that serves the job's last attempt, for a restarted hospital; null if it never joined. */
  last(job: JobId): Reservation | null {
    this.#transact(() => null);
    return this.#state.last(job) ?? null;
  }

  summary(): LedgerSummary {
    this.#transact(() => null);
    const { head, counts, spent, spentIfOthersCollude } = this.#state;
    const { delta } = this.#terms;
    return {
      entries: head.sequence,
      ...counts,
      delta,
      epsilon: spent.epsilon(delta),
      epsilonIfOthersCollude: spentIfOthersCollude.epsilon(delta),
      head,
    };
  }

  /**
   * Catches up, decides and appends as one, so that two processes cannot both take the last of the budget.
   * `decide` sees the ledger as it is and returns the next entry, or null to leave it so.
   */
  #transact(decide: (log: LedgerLog) => LedgerEntry | null): void {
    const appended = this.#store.transact((log) => {
      this.#catchUp(log);
      const decided = decide(log);
      if (decided === null) return null;
      const entry = parseEntry(decided);
      this.#state.check(entry);
      if (entry.type === 'reserve') this.#checkBudget(entry);
      const row = chainRow(this.#state.head, entry);
      log.append(this.#key, row);
      return { row, entry };
    });
    // Only now is it durable. Had the transaction failed, the next one would read what is really there.
    if (appended !== null) this.#state.apply(appended.row, appended.entry);
  }

  /** Verifies and takes in what others appended, after checking that our own last entry is still there. */
  #catchUp(log: LedgerLog): void {
    const { head } = this.#state;
    const rows = log.rows(this.#key, Math.max(0, head.sequence - 1));
    if (head.sequence > 0 && rows[0]?.hash !== head.hash)
      throw broken(head.sequence, 'it changed while the ledger was open');
    for (const row of head.sequence > 0 ? rows.slice(1) : rows) {
      const entry = verifyRow(this.#state.head, row);
      try {
        this.#state.check(entry);
      } catch (cause) {
        throw broken(row.sequence, 'it breaks the rules of the ledger', cause);
      }
      if (entry.type === 'genesis') this.#checkTerms(entry);
      this.#state.apply(row, entry);
    }
  }

  #checkTerms(genesis: GenesisEntry): void {
    for (const field of TERM_FIELDS) {
      if (genesis[field] === this.#terms[field]) continue;
      throw new FedwardError(
        'CONFIG_INVALID',
        `The privacy ledger was begun with ${field} = ${genesis[field]}, but now ${this.#terms[field]} is asked for. A ledger's terms are fixed for good: restore the old value.`,
      );
    }
  }

  #checkBudget({ id, event, eventIfOthersCollude }: ReserveEntry): void {
    const { spent, spentIfOthersCollude } = this.#state;
    const { maxEpsilon, maxEpsilonIfOthersCollude } = this.#terms;
    this.#checkLimit('maxEpsilon', maxEpsilon, spent, event, id);
    this.#checkLimit(
      'maxEpsilonIfOthersCollude',
      maxEpsilonIfOthersCollude,
      spentIfOthersCollude,
      eventIfOthersCollude,
      id,
    );
  }

  #checkLimit(
    name: string,
    limit: number | null,
    accountant: RdpAccountant,
    event: DpEvent | null,
    id: string,
  ): void {
    if (limit === null || event === null) return;
    const { delta, dataset } = this.#terms;
    const asked = accountant.epsilonAfter(event, delta);
    if (asked <= limit) return;
    const spent = accountant.epsilon(delta);
    throw new FedwardError(
      'BUDGET_EXHAUSTED',
      `Data set "${dataset}" has spent ε = ${spent.toPrecision(5)} at δ = ${delta}; ${id} would make it ${asked.toPrecision(5)}, above ${name} = ${limit}. Leave the job, or let it run with more noise or fewer rounds.`,
      { details: { limit: name, maximum: limit, spent, asked, delta } },
    );
  }
}
