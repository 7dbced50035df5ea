/** The ledger on a real disk when things go wrong: it fails closed, and what was reserved stays spent. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INTEGER_ORDERS } from '../../dp/accounting/orders.ts';
import { RdpAccountant } from '../../dp/accounting/rdp.ts';
import { openLedger } from '../../dp/ledger.ts';
import type { LedgerTerms } from '../../dp/ledger-entry.ts';
import { type LedgerFile, openLedgerStore } from '../../participant/ledger-store.ts';
import { hospitalId, jobId } from '../../proto/vocabulary.ts';
import { chargeFor, exampleTerms } from './ledgers.ts';

const code = (name: string) => expect.objectContaining({ code: name });

let directory = '';
let file = '';
const opened: LedgerFile[] = [];
const open = (busyTimeoutMs?: number) => {
  const store = openLedgerStore(file, busyTimeoutMs);
  opened.push(store);
  return store;
};
const ledgerOf = (change: Partial<LedgerTerms> = {}, store = open()) =>
  openLedger(store, exampleTerms(change));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fedward-durability-'));
  file = join(directory, 'ledger.db');
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(directory, { recursive: true });
});

describe('a hospital that is killed between reserve and commit', () => {
  it('has spent the charge, and cannot make it again under the same attempt', async () => {
    const script = fileURLToPath(new URL('./ledger-crasher.ts', import.meta.url));
    const child = fork(script, [file], { execArgv: ['--import', 'tsx'] });
    const [[id]] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
    const ledger = ledgerOf();
    const { event } = chargeFor(1);
    if (event === null) return expect.fail('no event');
    const spent = new RdpAccountant({ orders: INTEGER_ORDERS }).compose(event).epsilon(1e-5);
    expect(spent).toBeGreaterThan(0);
    expect(ledger.summary()).toMatchObject({ reserved: 1, committed: 0, epsilon: spent });
    expect(ledger.last(jobId('mail'))).toMatchObject({ id, committed: false });
    expect(() => ledger.reserve(chargeFor(1))).toThrow(code('ALREADY_SPENT'));
    ledger.reserve(chargeFor(1, 2));
    expect(ledger.summary().epsilon).toBeGreaterThan(spent);
  });
});

describe('two connections', () => {
  it('cannot decide at the same time: between one’s first read and its write the other waits', () => {
    const first = open();
    const second = ledgerOf({}, open(20));
    first.transact((log) => {
      log.rows('any', 0);
      expect(() => second.reserve(chargeFor(1))).toThrow(code('DEADLINE_EXCEEDED'));
    });
    second.reserve(chargeFor(1));
    expect(ledgerOf().summary().reserved).toBe(1);
  });

  it('cannot both take one attempt', () => {
    const [first, second] = [ledgerOf(), ledgerOf()];
    first.reserve(chargeFor(1));
    expect(() => second.reserve(chargeFor(1))).toThrow(code('ALREADY_SPENT'));
  });

  it('cannot both send one update', () => {
    const [first, second] = [ledgerOf(), ledgerOf()];
    const id = first.reserve(chargeFor(1));
    second.commit(id);
    expect(() => first.commit(id)).toThrow(code('ALREADY_SPENT'));
  });
});

describe('a disk that refuses to write', () => {
  const broken = (action: () => void) => {
    const other = new Database(file);
    other.exec(
      "CREATE TRIGGER full BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    );
    action();
    other.exec('DROP TRIGGER full');
    other.close();
  };

  it('grants no reservation, and records none', () => {
    const ledger = ledgerOf();
    broken(() => {
      expect(() => ledger.reserve(chargeFor(1))).toThrow('the disk is full');
      expect(ledger.summary()).toMatchObject({ entries: 1, reserved: 0, epsilon: 0 });
    });
    ledger.reserve(chargeFor(1));
    expect(ledger.summary()).toEqual(ledgerOf().summary());
  });

  it('grants no commit: the caller does not learn that it may send', () => {
    const ledger = ledgerOf();
    const id = ledger.reserve(chargeFor(1));
    broken(() => expect(() => ledger.commit(id)).toThrow('the disk is full'));
    expect(ledger.summary()).toMatchObject({ reserved: 1, committed: 0 });
    ledger.commit(id);
    expect(ledgerOf().summary()).toMatchObject({ reserved: 1, committed: 1 });
  });

  it('nor does a file that is gone', () => {
    const ledger = ledgerOf();
    const other = new Database(file);
    other.exec('DROP TABLE ledger');
    other.close();
    expect(() => ledger.reserve(chargeFor(1))).toThrow(/no such table/);
    expect(() => ledger.summary()).toThrow(/no such table/);
  });
});

it('there is one ledger per hospital, data set and unit: none spends another’s budget', () => {
  const store = open();
  ledgerOf({}, store).reserve(chargeFor(1));
  for (const other of [
    { hospital: hospitalId('another') },
    { dataset: 'another' },
    { unit: 'entity' },
  ] satisfies Partial<LedgerTerms>[]) {
    expect(ledgerOf(other, store).summary()).toMatchObject({ entries: 1, reserved: 0, epsilon: 0 });
  }
  expect(ledgerOf({}, store).summary().reserved).toBe(1);
  // The unit is no term that could be changed afterwards either: another unit is another ledger.
  ledgerOf({ unit: 'entity' }, store).reserve(chargeFor(1));
  expect(ledgerOf({}, store).summary().reserved).toBe(1);
});
