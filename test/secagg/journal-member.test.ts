/** What the journal makes impossible for a member: two vectors under one mask, two signatures for one session. */
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Identity } from '../../secagg/identity.ts';
import type { JournalEntry } from '../../secagg/journal.ts';
import { advertise, attest, mask, shareKeys, unmask } from '../../secagg/member.ts';
import { endJournalled, openJournalled, resume, takeStep } from '../../secagg/member-journal.ts';
import type { MemberState } from '../../secagg/member-state.ts';
import { sessionId } from '../../secagg/transcript.ts';
import { keepingOf, optionsOf, resumed } from './journal-fixture.ts';
import { consortium, ids, me, plan, self, vector } from './member-fixture.ts';
import { at, expectRefused, nth, openAll, runR0, runR1, runR2, runR3, seededEntropy } from './support.ts';

const options = optionsOf(consortium, self);
const sid = sessionId(plan);
const spent = (run: () => unknown, what = /latest state|is taken/) =>
  expectRefused(run, what, 'ALREADY_SPENT');

let keeping: ReturnType<typeof keepingOf>;
beforeEach(() => {
  keeping = keepingOf('the hospital');
});

/** What the others and the gatherer send in a session in which this member takes part with the same entropy. */
const r0 = runR0(consortium);
const r1 = runR1(r0);
const r2 = runR2(r1);
const r3 = runR3(r2);
const inbox = at(r1.inboxes, self);

/** Leads the member to a state, through its journal. */
function lead(to: MemberState['at']): void {
  const opened = openJournalled(options, keeping);
  if (to === 'opened') return;
  const entropy = seededEntropy(`R0/${plan.round}.${plan.attempt}/${self}`);
  const { state: advertised } = takeStep(opened, keeping, () => advertise(opened, me, entropy));
  if (to === 'advertised') return;
  const { state: shared } = takeStep(advertised, keeping, () =>
    shareKeys(advertised, r0.u1, seededEntropy(`R1/${self}`)),
  );
  if (to === 'shared') return;
  const { state: masked } = takeStep(shared, keeping, () => mask(shared, inbox, vector));
  if (to === 'masked') return;
  const { state: attested } = takeStep(masked, keeping, () => attest(masked, ids, me));
  if (to === 'attested') return;
  takeStep(attested, keeping, () => unmask(attested, r3.attestations));
}

const again = <S extends MemberState['at']>(state: S) => resumed(consortium, self, keeping, state);

/** Counts what is signed. */
function counting(): Identity & { signed: number } {
  return {
    publicKey: me.publicKey,
    signed: 0,
    sign(bytes) {
      this.signed++;
      return me.sign(bytes);
    },
  };
}

it('the member of this file sends what the one in the session of its peers did', () => {
  lead('attested');
  expect(Buffer.compare(again('attested').own.signature, at(r3.messages, self).signature)).toBe(0);
});

describe('a session', () => {
  it('is opened once in the life of the journal', () => {
    lead('opened');
    spent(() => openJournalled(options, keeping), /never opened twice/);
    expect(again('opened').at).toBe('opened');
  });

  it('is known to have been opened when its bytes are long deleted', () => {
    lead('masked');
    const journal = { ...methods(), latest: () => null };
    spent(() => openJournalled(options, { ...keeping, journal }), /never opened twice/);
    spent(() => resume(options, { ...keeping, journal }), /has ended/);
  });

  it('that was never opened is nothing to resume', () => {
    expect(resume(options, keeping)).toBeNull();
  });

  it('takes no step from a state that its journal does not know', () => {
    const session = at(openAll(consortium), self);
    spent(() => takeStep(session, keeping, () => advertise(session, me, randomBytes)));
    expect(keeping.journal.entries).toEqual([]);
  });
});

describe('resumed twice from one entry, a member', () => {
  it('attests once: the second is not even signed', () => {
    lead('masked');
    const [first, second] = [again('masked'), again('masked')];
    const identity = counting();
    const u3 = ids.slice(1);
    const { message } = takeStep(first, keeping, () => attest(first, ids, identity));
    spent(() => takeStep(second, keeping, () => attest(second, u3, identity)));
    expect(identity.signed).toBe(1);
    expect(again('attested').own).toEqual(structuredClone(message));
  });

  it('attests once even if both have looked at the journal before either writes', () => {
    lead('masked');
    const [first, second] = [again('masked'), again('masked')];
    const stale = keeping.journal.latest(sid);
    takeStep(first, keeping, () => attest(first, ids, me));
    const racing = { ...keeping, journal: { ...methods(), latest: () => stale } };
    spent(() => takeStep(second, racing, () => attest(second, ids.slice(1), me)));
    for (const { seed } of second.held.values()) spent(() => seed.expose(), /erased/);
  });

  it('masks one vector', () => {
    lead('shared');
    const [first, second] = [again('shared'), again('shared')];
    takeStep(first, keeping, () => mask(first, inbox, vector));
    spent(() =>
      takeStep(second, keeping, () =>
        mask(
          second,
          inbox,
          vector.map((x) => x + 1),
        ),
      ),
    );
    expect(second.selfMask.expose()).toHaveLength(32);
    expect(again('masked').own).toEqual(at(r2.messages, self));
  });

  it('shares its keys once, so that no nonce seals two pairs of shares', () => {
    lead('advertised');
    const [first, second] = [again('advertised'), again('advertised')];
    takeStep(first, keeping, () => shareKeys(first, r0.u1, randomBytes));
    spent(() => takeStep(second, keeping, () => shareKeys(second, r0.u1.slice(1), randomBytes)));
  });

  it('advertises one set of keys', () => {
    lead('opened');
    const [first, second] = [again('opened'), again('opened')];
    takeStep(first, keeping, () => advertise(first, me, randomBytes));
    spent(() => takeStep(second, keeping, () => advertise(second, me, randomBytes)));
  });

  it('answers once', () => {
    lead('attested');
    const [first, second] = [again('attested'), again('attested')];
    takeStep(first, keeping, () => unmask(first, r3.attestations));
    spent(() => takeStep(second, keeping, () => unmask(second, r3.attestations)));
  });
});

describe('an older entry', () => {
  it('put in the place of the latest does not open', () => {
    lead('attested');
    const older = nth(keeping.journal.entries, 3);
    const latest = nth(keeping.journal.entries, 4);
    const swapped = { ...latest, sealed: older.sealed };
    const journal = { ...methods(), latest: () => swapped };
    expectRefused(() => resume(options, { ...keeping, journal }), /does not open/, 'DATA_INVALID');
  });

  it('of another member or session does not open', () => {
    lead('masked');
    const other = consortium.ids[0] ?? self;
    expectRefused(() => resume(optionsOf(consortium, other), keeping), /does not open/, 'DATA_INVALID');
    expectRefused(
      () => resume(options, { ...keeping, key: keepingOf('another').key }),
      /does not open/,
      'DATA_INVALID',
    );
  });
});

describe('what is not in the journal does not leave', () => {
  it('when the journal fails, the step has no result, and the state is dead', () => {
    lead('shared');
    const state = again('shared');
    keeping.journal.failNext = true;
    expect(() => takeStep(state, keeping, () => mask(state, inbox, vector))).toThrowError('the disk is full');
    spent(() => mask(state, inbox, vector), /taken already/);
    const fresh = again('shared');
    const { message } = takeStep(fresh, keeping, () => mask(fresh, inbox, vector));
    expect(message).toEqual(at(r2.messages, self));
  });

  it('when a step is refused, the session is over after a restart too', () => {
    lead('masked');
    const state = again('masked');
    expectRefused(() => takeStep(state, keeping, () => attest(state, ids.slice(0, 2), me)), /U3 /);
    spent(() => resume(options, keeping), /has ended/);
    spent(() => openJournalled(options, keeping), /never opened twice/);
  });

  it('when the argument is wrong, nothing is spent', () => {
    lead('shared');
    const state = again('shared');
    const wrong = new Int32Array(1);
    expectRefused(
      () => takeStep(state, keeping, () => mask(state, inbox, wrong)),
      /one integer/,
      'INVALID_ARGUMENT',
    );
    expect(takeStep(state, keeping, () => mask(state, inbox, vector)).state.at).toBe('masked');
  });

  it('when the session was ended, however often', () => {
    lead('attested');
    const state = again('attested');
    endJournalled(state, keeping);
    endJournalled(state, keeping);
    spent(() => unmask(state, r3.attestations), /taken already/);
    spent(() => resume(options, keeping), /has ended/);
    expect(keeping.journal.entries).toHaveLength(6);
  });
});

it('no secret is in the journal in the clear', () => {
  lead('shared');
  const { selfMask, pairs, ownShares } = again('shared');
  const secrets = [selfMask, ...[...pairs.values()].flatMap(({ mask: key, sealing }) => [key, sealing])];
  if (ownShares !== null) secrets.push(ownShares.seed, ownShares.key);
  const written = Buffer.concat(keeping.journal.entries.map(({ sealed }) => sealed));
  for (const secret of secrets) expect(written.includes(Buffer.from(secret.expose()))).toBe(false);
});

function methods() {
  const { journal } = keeping;
  return {
    append: (entry: JournalEntry) => journal.append(entry),
    latest: (of: Uint8Array) => journal.latest(of),
    hasOpened: (of: Uint8Array) => journal.hasOpened(of),
  };
}
