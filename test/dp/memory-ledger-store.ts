import type { LedgerStore } from '../../dp/ledger.ts';
import type { LedgerRow } from '../../dp/ledger-entry.ts';

/** A ledger store in memory that a test may look into, tamper with, and make fail at the moment of commit. */
export class MemoryLedgerStore implements LedgerStore {
  tables = new Map<string, readonly LedgerRow[]>();
  failAtCommit = false;

  transact: LedgerStore['transact'] = (work) => {
    const draft = new Map(this.tables);
    const result = work({
      rows: (ledger, after) => (draft.get(ledger) ?? []).filter((row) => row.sequence > after),
      append: (ledger, row) => {
        draft.set(ledger, [...(draft.get(ledger) ?? []), row]);
      },
    });
    if (this.failAtCommit) throw new Error('disk full');
    this.tables = draft;
    return result;
  };

  /** Rewrites the rows of the only ledger. */
  tamper(change: (rows: readonly LedgerRow[]) => readonly LedgerRow[]): void {
    for (const [key, rows] of this.tables) this.tables.set(key, change(rows));
  }
}
