import { describe, expect, it } from 'vitest';
import { INTEGER_ORDERS } from '../../dp/accounting/orders.ts';
import { RdpAccountant } from '../../dp/accounting/rdp.ts';
import { openLedger } from '../../dp/ledger.ts';
import type { LedgerRow } from '../../dp/ledger-entry.ts';
import { jobId } from '../../proto/vocabulary.ts';
import { affordableRounds, chargeFor, exampleTerms } from './ledgers.ts';
import { MemoryLedgerStore } from './memory-ledger-store.ts';

const code = (name: string) => expect.objectContaining({ code: name });
const begin = (change = {}) => {
  const store = new MemoryLedgerStore();
  return { store, ledger: openLedger(store, exampleTerms(change)) };
};
const mail = jobId('mail');

describe('what is spent', () => {
  it('is what the accountant says of all reservations, for both adversaries', () => {
    const { ledger } = begin();
    const expected = new RdpAccountant({ orders: INTEGER_ORDERS });
    const expectedIfOthersCollude = new RdpAccountant({ orders: INTEGER_ORDERS });
    for (let round = 1; round <= 20; round++) {
      const charge = chargeFor(round);
      ledger.commit(ledger.reserve(charge));
      if (charge.event === null || charge.eventIfOthersCollude === null) throw new Error('no event');
      expected.compose(charge.event);
      expectedIfOthersCollude.compose(charge.eventIfOthersCollude);
    }
    expect(ledger.summary()).toMatchObject({
      entries: 41,
      reserved: 20,
      committed: 20,
      withoutPrivacy: 0,
      delta: 1e-5,
      epsilon: expected.epsilon(1e-5),
      epsilonIfOthersCollude: expectedIfOthersCollude.epsilon(1e-5),
    });
  });

  it('counts a reservation that a crash left without a commit, for ever', () => {
    const { store, ledger } = begin();
    ledger.reserve(chargeFor(1));
    const spent = ledger.summary().epsilon;
    expect(spent).toBeGreaterThan(0);
    const restarted = openLedger(store, exampleTerms());
    expect(restarted.summary()).toMatchObject({ reserved: 1, committed: 0, epsilon: spent });
    restarted.commit(restarted.reserve(chargeFor(1, 2)));
    expect(restarted.summary()).toMatchObject({ reserved: 2, committed: 1 });
    expect(restarted.summary().epsilon).toBeGreaterThan(spent);
  });

  it('is nothing where the reservation did not reach the disk', () => {
    const { store, ledger } = begin();
    store.failAtCommit = true;
    expect(() => ledger.reserve(chargeFor(1))).toThrow('disk full');
    store.failAtCommit = false;
    expect(ledger.summary()).toMatchObject({ entries: 1, reserved: 0, epsilon: 0 });
    ledger.reserve(chargeFor(1));
  });

  it('mode none is recorded, adds nothing to ε, and is told apart', () => {
    const { ledger } = begin();
    ledger.commit(ledger.reserve(chargeFor(1, 1, { mode: 'none' })));
    expect(ledger.summary()).toMatchObject({ reserved: 1, committed: 1, withoutPrivacy: 1, epsilon: 0 });
    const half = { ...chargeFor(2), eventIfOthersCollude: null };
    expect(() => ledger.reserve(half)).toThrow(code('INVALID_ARGUMENT'));
  });

  it('a release that cannot be bounded is refused and not recorded', () => {
    const { ledger } = begin();
    const event = { type: 'unsupported', reason: 'no noise' } as const;
    expect(() => ledger.reserve({ ...chargeFor(1), event })).toThrow(code('INVALID_ARGUMENT'));
    expect(ledger.summary().entries).toBe(1);
  });
});

describe('the limits', () => {
  it('hold: the first charge that would pass maxEpsilon is refused, and says the figures', () => {
    const { ledger } = begin({ maxEpsilon: 1 });
    const affordable = affordableRounds(1);
    expect(affordable).toBeGreaterThan(5);
    for (let round = 1; round <= affordable; round++) ledger.reserve(chargeFor(round));
    const before = ledger.summary();
    expect(before.epsilon).toBeLessThanOrEqual(1);
    const next = () => ledger.reserve(chargeFor(affordable + 1));
    expect(next).toThrow(code('BUDGET_EXHAUSTED'));
    expect(next).toThrow(`has spent ε = ${before.epsilon.toPrecision(5)}`);
    expect(next).toThrow(/above maxEpsilon = 1/);
    expect(ledger.summary()).toEqual(before);
  });

  it('hold for collusion of everyone else as well, where the hospital sets one', () => {
    const { ledger } = begin({ maxEpsilon: 100, maxEpsilonIfOthersCollude: 2 });
    let rounds = 0;
    expect(() => {
      while (rounds < 2000) ledger.reserve(chargeFor(++rounds));
    }).toThrow(/above maxEpsilonIfOthersCollude = 2/);
    expect(ledger.summary().epsilonIfOthersCollude).toBeLessThanOrEqual(2);
    expect(rounds).toBeLessThan(affordableRounds(2));
  });

  it('are fixed when the ledger is begun', () => {
    const { store } = begin();
    const reopen = (change = {}) => openLedger(store, exampleTerms(change));
    expect(() => reopen({ maxEpsilon: 4 })).toThrow(code('CONFIG_INVALID'));
    expect(() => reopen({ delta: 1e-6 })).toThrow(/delta = 0.00001, but now 0.000001/);
    expect(() => reopen({ maxEpsilonIfOthersCollude: 9 })).toThrow(code('CONFIG_INVALID'));
    expect(reopen({ dataset: 'another' }).summary().entries).toBe(1);
  });

  it.each([{ delta: 0 }, { maxEpsilon: 0 }, { maxEpsilonIfOthersCollude: -1 }, { dataset: '' }])(
    'must make sense: %j',
    (change) => {
      expect(() => begin(change)).toThrow(code('INVALID_ARGUMENT'));
    },
  );
});

describe('the order of attempts', () => {
  it('strictly increases within a job, also across restarts', () => {
    const { store, ledger } = begin();
    ledger.reserve(chargeFor(1));
    ledger.reserve(chargeFor(2, 3));
    for (const again of [chargeFor(2, 3), chargeFor(2, 2), chargeFor(1, 9)]) {
      expect(() => ledger.reserve(again)).toThrow(code('ALREADY_SPENT'));
      expect(() => openLedger(store, exampleTerms()).reserve(again)).toThrow(code('ALREADY_SPENT'));
    }
    ledger.reserve(chargeFor(2, 4));
    ledger.reserve(chargeFor(3));
    ledger.reserve(chargeFor(1, 1, { job: 'another' }));
  });

  it('is told to a restarted hospital', () => {
    const { store, ledger } = begin();
    expect(ledger.last(mail)).toBeNull();
    const id = ledger.reserve(chargeFor(4, 2));
    ledger.carry(id, chargeFor(4, 5).attempt);
    const expected = { id: 'mail/4.2', job: 'mail', round: 4, attempt: 5, committed: false };
    expect(openLedger(store, exampleTerms()).last(mail)).toEqual(expected);
    ledger.commit(id);
    expect(openLedger(store, exampleTerms()).last(mail)).toEqual({ ...expected, committed: true });
  });
});

describe('commit and carry', () => {
  it('an unsent update serves a later attempt of its round at no new charge', () => {
    const { ledger } = begin();
    const id = ledger.reserve(chargeFor(1));
    const spent = ledger.summary().epsilon;
    ledger.carry(id, chargeFor(1, 2).attempt);
    ledger.carry(id, chargeFor(1, 4).attempt);
    ledger.commit(id);
    expect(ledger.summary()).toMatchObject({ reserved: 1, committed: 1, epsilon: spent });
    expect(() => ledger.reserve(chargeFor(1, 4))).toThrow(code('ALREADY_SPENT'));
  });

  it('a sent update serves nothing any more', () => {
    const { ledger } = begin();
    const id = ledger.reserve(chargeFor(1));
    ledger.commit(id);
    expect(() => ledger.commit(id)).toThrow(code('ALREADY_SPENT'));
    expect(() => ledger.carry(id, chargeFor(1, 2).attempt)).toThrow(code('ALREADY_SPENT'));
  });

  it('an update that a later attempt has replaced serves nothing any more', () => {
    const { ledger } = begin();
    const old = ledger.reserve(chargeFor(1));
    ledger.reserve(chargeFor(1, 2));
    expect(() => ledger.commit(old)).toThrow(code('ALREADY_SPENT'));
    expect(() => ledger.carry(old, chargeFor(1, 3).attempt)).toThrow(code('ALREADY_SPENT'));
  });

  it('carries neither back, nor to the same attempt, nor to another round or job', () => {
    const { ledger } = begin();
    const id = ledger.reserve(chargeFor(2, 3));
    for (const attempt of [2, 3]) {
      expect(() => ledger.carry(id, chargeFor(2, attempt).attempt)).toThrow(code('ALREADY_SPENT'));
    }
    expect(() => ledger.carry(id, chargeFor(3, 4).attempt)).toThrow(code('INVALID_ARGUMENT'));
    expect(() => ledger.carry(id, chargeFor(2, 4, { job: 'another' }).attempt)).toThrow(
      code('INVALID_ARGUMENT'),
    );
    expect(() => ledger.commit('mail/9.9')).toThrow(code('INVALID_ARGUMENT'));
  });
});

describe('tampering', () => {
  const filled = () => {
    const { store, ledger } = begin();
    for (let round = 1; round <= 3; round++) ledger.commit(ledger.reserve(chargeFor(round)));
    return { store, ledger, reopen: () => openLedger(store, exampleTerms()) };
  };
  const change = (index: number, edit: (row: LedgerRow) => LedgerRow) => (rows: readonly LedgerRow[]) =>
    rows.map((row, i) => (i === index ? edit(row) : row));

  it.each([0, 1, 3, 6])('a changed byte in entry %d breaks the chain', (index) => {
    const { store, reopen } = filled();
    const row = [...store.tables.values()][0]?.[index];
    for (let i = 0; i < (row?.entry.length ?? 0); i += 7) {
      const flipped = (text: string) =>
        text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ 1) + text.slice(i + 1);
      store.tamper(change(index, (r) => ({ ...r, entry: flipped(r.entry) })));
      expect(reopen, `character ${i}`).toThrow(code('AUDIT_BROKEN'));
      store.tamper(change(index, (r) => ({ ...r, entry: flipped(r.entry) })));
    }
    reopen();
  });

  it('a removed, doubled or moved entry breaks the chain', () => {
    for (const edit of [
      (rows: readonly LedgerRow[]) => rows.slice(1),
      (rows: readonly LedgerRow[]) => rows.filter((_, i) => i !== 2),
      (rows: readonly LedgerRow[]) =>
        rows.filter((_, i) => i !== 2).map((row, i) => ({ ...row, sequence: i + 1 })),
      (rows: readonly LedgerRow[]) => [...rows, ...rows.slice(-1)],
      (rows: readonly LedgerRow[]) => rows.map((row, i) => (i < 2 ? row : { ...row, sequence: i + 2 })),
      (rows: readonly LedgerRow[]) => [...rows.slice(0, 3), ...rows.slice(3).reverse()],
    ]) {
      const { store, reopen } = filled();
      store.tamper(edit);
      expect(reopen).toThrow(code('AUDIT_BROKEN'));
    }
  });

  it('a chain forged from entries that break the rules is refused', () => {
    const { store } = filled();
    const other = begin();
    other.ledger.reserve(chargeFor(1));
    // Two ledgers' entries cannot be mixed either: the hash of the one before does not fit.
    const [rows] = [...other.store.tables.values()];
    store.tamper((own) => [
      ...own.slice(0, 3),
      ...(rows ?? []).slice(1).map((row) => ({ ...row, sequence: 4 })),
    ]);
    expect(() => openLedger(store, exampleTerms())).toThrow(code('AUDIT_BROKEN'));
  });

  it('cutting off the last entries is invisible to the chain alone, and seen by whoever kept a head', () => {
    const { store, ledger, reopen } = filled();
    const { head } = ledger.summary();
    store.tamper((rows) => rows.slice(0, -2));
    expect(reopen().summary().reserved).toBe(2);
    expect(() => openLedger(store, exampleTerms(), head)).toThrow(code('AUDIT_BROKEN'));
  });

  it('an anchor that the ledger still holds is no obstacle', () => {
    const { store, ledger } = filled();
    const { head } = ledger.summary();
    ledger.reserve(chargeFor(4));
    expect(openLedger(store, exampleTerms(), head).summary().reserved).toBe(4);
  });

  it('is noticed while the ledger is open', () => {
    const { store, ledger } = filled();
    store.tamper((rows) => rows.slice(0, -1));
    expect(() => ledger.reserve(chargeFor(4))).toThrow(code('AUDIT_BROKEN'));
  });
});
