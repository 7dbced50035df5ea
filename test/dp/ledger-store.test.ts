import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLedger } from '../../dp/ledger.ts';
import { type LedgerFile, openLedgerStore } from '../../participant/ledger-store.ts';
import { affordableRounds, chargeFor, exampleTerms } from './ledgers.ts';

const code = (name: string) => expect.objectContaining({ code: name });

describe('openLedgerStore', () => {
  let directory = '';
  let file = '';
  const opened: LedgerFile[] = [];
  const open = () => {
    const store = openLedgerStore(file);
    opened.push(store);
    return store;
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'fedward-ledger-'));
    file = join(directory, 'ledger.db');
  });
  afterEach(() => {
    for (const store of opened.splice(0)) store.close();
    rmSync(directory, { recursive: true });
  });

  it('keeps ledgers across restarts, each under its own name', () => {
    const first = open();
    const ledger = openLedger(first, exampleTerms());
    ledger.commit(ledger.reserve(chargeFor(1)));
    ledger.reserve(chargeFor(2));
    openLedger(first, exampleTerms({ dataset: 'another' })).reserve(chargeFor(1));
    const before = ledger.summary();
    first.close();
    opened.splice(0);
    expect(openLedger(open(), exampleTerms()).summary()).toEqual(before);
    expect(openLedger(open(), exampleTerms({ dataset: 'another' })).summary().reserved).toBe(1);
  });

  it('takes back what was appended when the work throws', () => {
    const store = open();
    const row = { sequence: 1, entry: '{}', hash: 'x' };
    expect(() =>
      store.transact((log) => {
        log.append('a', row);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(store.transact((log) => log.rows('a', 0))).toEqual([]);
    store.transact((log) => log.append('a', row));
    expect(store.transact((log) => log.rows('a', 0))).toEqual([row]);
  });

  it('takes back neither by update nor by delete, and shows an edited file', () => {
    const ledger = openLedger(open(), exampleTerms());
    ledger.reserve(chargeFor(1));
    const db = new Database(file);
    expect(() => db.exec('DELETE FROM ledger')).toThrow(/append-only/);
    expect(() => db.exec("UPDATE ledger SET entry = '{}'")).toThrow(/append-only/);
    db.exec('DROP TRIGGER ledger_no_update');
    db.exec(`UPDATE ledger SET entry = replace(entry, '"sensitivity":65536', '"sensitivity":65535')`);
    db.close();
    expect(() => openLedger(open(), exampleTerms())).toThrow(code('AUDIT_BROKEN'));
  });

  it('two connections see each other: none spends what the other has spent', () => {
    const affordable = affordableRounds(0.3);
    const ledgers = [open(), open()].map((store) => openLedger(store, exampleTerms({ maxEpsilon: 0.3 })));
    let reserved = 0;
    expect(() => {
      while (reserved < 2 * affordable) {
        ledgers[reserved % 2]?.reserve(chargeFor(reserved + 1));
        reserved++;
      }
    }).toThrow(code('BUDGET_EXHAUSTED'));
    expect(reserved).toBe(affordable);
    expect(ledgers[0]?.summary()).toEqual(ledgers[1]?.summary());
  });

  it('two processes that begin at once on a new file spend the budget once', async () => {
    const affordable = affordableRounds(0.7);
    expect(affordable).toBeGreaterThan(50);
    const children = ['one', 'two'].map((job) => spender(file, job, 0.7));
    await Promise.all(children.map((each) => once(each, 'message')));
    const answers = children.map((each) => once(each, 'message'));
    for (const each of children) each.send('go');
    const results = (await Promise.all(answers)).map(([message]) => message);
    for (const each of children) each.disconnect();
    expect(results.map((result) => result.code)).toEqual(['BUDGET_EXHAUSTED', 'BUDGET_EXHAUSTED']);
    expect(results[0].rounds + results[1].rounds).toBe(affordable);
    const summary = openLedger(open(), exampleTerms({ maxEpsilon: 0.7 })).summary();
    expect(summary).toMatchObject({
      reserved: affordable,
      committed: affordable,
      entries: 1 + 2 * affordable,
    });
    expect(summary.epsilon).toBeLessThanOrEqual(0.7);
  });

  it('processes that create the file at the same moment all get it', async () => {
    const children = [1, 2, 3].map(() => child('./ledger-opener.ts', []));
    await Promise.all(children.map((each) => once(each, 'message')));
    for (let attempt = 0; attempt < 30; attempt++) {
      const answers = children.map((each) => once(each, 'message'));
      const race = { file: join(directory, `new-${attempt}.db`), at: Date.now() + 5 };
      for (const each of children) each.send(race);
      expect((await Promise.all(answers)).map(([message]) => message)).toEqual([
        'opened',
        'opened',
        'opened',
      ]);
    }
    for (const each of children) each.disconnect();
  });

  it('survives a kill -9 between reserve and commit', async () => {
    const victim = spender(file, 'mail', 100);
    await once(victim, 'message');
    victim.send('go');
    const store = open();
    const reader = () => openLedger(store, exampleTerms({ maxEpsilon: 100 })).summary();
    while (reader().reserved < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    const left = reader();
    expect(left.reserved).toBeGreaterThanOrEqual(5);
    expect(left.reserved - left.committed).toBeLessThanOrEqual(1);
    expect(left.epsilon).toBeGreaterThan(0);
  });

  it('does not wait for ever for a lock', () => {
    openLedger(open(), exampleTerms());
    const db = new Database(file);
    db.exec('BEGIN IMMEDIATE');
    const waiting = openLedgerStore(file, 20);
    opened.push(waiting);
    expect(() => openLedger(waiting, exampleTerms())).toThrow(code('DEADLINE_EXCEEDED'));
    db.exec('ROLLBACK');
    db.close();
    openLedger(waiting, exampleTerms());
  });

  it('says what to do about a file that is no ledger', () => {
    writeFileSync(file, 'this is a text file, and long enough to be taken for a damaged database header');
    expect(() => openLedgerStore(file)).toThrow(code('CONFIG_INVALID'));
    expect(() => openLedgerStore(join(directory, 'missing', 'ledger.db'))).toThrow(/directory exists/);
  });
});

function spender(file: string, job: string, maxEpsilon: number): ChildProcess {
  return child('./ledger-spender.ts', [file, job, String(maxEpsilon)]);
}

function child(script: string, args: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(script, import.meta.url)), args, { execArgv: ['--import', 'tsx'] });
}
