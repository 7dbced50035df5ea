/** The hospital's ledgers on its own disk: one libsql (SQLite) file in WAL mode, synced at every commit. */
import Database from 'libsql';
import type { LedgerLog, LedgerStore } from '../dp/ledger.ts';
import type { LedgerRow } from '../dp/ledger-entry.ts';
import { FedwardError } from '../proto/errors.ts';

export interface LedgerFile extends LedgerStore {
  close(): void;
}

/** Rows are only ever added. The triggers stop mistakes; against intent there is the hash chain. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS ledger (
    ledger TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    entry TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (ledger, sequence)
  ) STRICT;
  CREATE TRIGGER IF NOT EXISTS ledger_no_update BEFORE UPDATE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the privacy ledger is append-only'); END;
  CREATE TRIGGER IF NOT EXISTS ledger_no_delete BEFORE DELETE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the privacy ledger is append-only'); END;
`;

const OPEN_AGAIN_MS = 5;
const SLEEPER = new Int32Array(new SharedArrayBuffer(4));

/**
 * Opens or creates the file. Any number of connections and processes may hold it open.
 *
 * @param busyTimeoutMs how long to wait for another process's transaction.
 * @throws FedwardError `CONFIG_INVALID` when it cannot be opened as a ledger file, `DEADLINE_EXCEEDED` (here and in
 * `transact`) when it stays locked.
 */
export function openLedgerStore(file: string, busyTimeoutMs = 5000): LedgerFile {
  const db = openDatabase(file, busyTimeoutMs);
  const select = db.prepare(
    'SELECT sequence, entry, hash FROM ledger WHERE ledger = ? AND sequence > ? ORDER BY sequence',
  );
  const insert = db.prepare('INSERT INTO ledger (ledger, sequence, entry, hash) VALUES (?, ?, ?, ?)');
  const log: LedgerLog = {
    rows: (ledger, after) => select.all([ledger, after]) as LedgerRow[],
    append: (ledger, { sequence, entry, hash }) => {
      insert.run([ledger, sequence, entry, hash]);
    },
  };
  return {
    transact: (work) => {
      try {
        // Immediate: the write lock is taken before the first read, or two processes could both see
        // the last of the budget.
        return db.transaction(() => work(log)).immediate();
      } catch (cause) {
        throw isBusy(cause) ? busyError(file, busyTimeoutMs, cause) : cause;
      }
    },
    close: () => db.close(),
  };
}

function openDatabase(file: string, busyTimeoutMs: number): Database.Database {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      return tryOpen(file, busyTimeoutMs);
    } catch (cause) {
      if (!isBusy(cause)) {
        throw new FedwardError(
          'CONFIG_INVALID',
          `The ledger file ${file} cannot be opened. Check that its directory exists and is writable, and that it is a ledger.`,
          { cause },
        );
      }
      if (performance.now() > deadline) throw busyError(file, busyTimeoutMs, cause);
      Atomics.wait(SLEEPER, 0, 0, OPEN_AGAIN_MS);
    }
  }
}

/**
 * SQLite does not wait where two processes turn the same new file into a WAL one at once: whoever comes second is
 * told SQLITE_BUSY there and then, busy timeout or not. So the opening is tried again as a whole.
 */
function tryOpen(file: string, busyTimeoutMs: number): Database.Database {
  const db = new Database(file, { timeout: busyTimeoutMs });
  try {
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec(SCHEMA);
    return db;
  } catch (cause) {
    db.close();
    throw cause;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

function busyError(file: string, busyTimeoutMs: number, cause: unknown): FedwardError {
  return new FedwardError(
    'DEADLINE_EXCEEDED',
    `The ledger file ${file} stayed locked by another process for ${busyTimeoutMs} ms. Stop that process and try again.`,
    { cause },
  );
}
