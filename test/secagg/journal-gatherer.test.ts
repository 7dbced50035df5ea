/** What a gatherer that comes back from its journal still refuses. */
import { beforeEach, describe, expect, it } from 'vitest';
import { acceptMasked, acceptUnmasking, closeMasked } from '../../secagg/gatherer.ts';
import { keepGathering, openJournalledGathering, resumeGathering } from '../../secagg/gatherer-journal.ts';
import { type Gathering, progress } from '../../secagg/gatherer-state.ts';
import { finish } from '../../secagg/unmasking.ts';
import { keepingOf } from './journal-fixture.ts';
import {
  at,
  expectRefused,
  idAt,
  ringSum,
  runR0,
  runR1,
  runR2,
  runR3,
  runR4,
  testConsortium,
  testVectors,
} from './support.ts';

const consortium = testConsortium(5);
const { plan, ids } = consortium;
const vectors = testVectors(consortium);

let keeping: ReturnType<typeof keepingOf>;
beforeEach(() => {
  keeping = keepingOf('the coordinator');
});

function again<S extends Gathering['at']>(stage: S): Extract<Gathering, { at: S }> {
  const state = resumeGathering(plan, keeping);
  expect(state?.at).toBe(stage);
  return state as Extract<Gathering, { at: S }>;
}

it('opens a session once, and resumes none that it did not open', () => {
  expect(resumeGathering(plan, keeping)).toBeNull();
  openJournalledGathering(plan, keeping);
  expectRefused(() => openJournalledGathering(plan, keeping), /never opened twice/, 'ALREADY_SPENT');
  expect(progress(again('R0')).missing).toEqual(ids);
});

describe('the sum', () => {
  const masked = runR2(runR1(runR0(consortium)), [], vectors).messages;
  const start = () => runR1(runR0(consortium)).gathering;

  it('holds the vectors that were journalled, once each, and refuses late ones', () => {
    let state = start();
    for (const id of ids.slice(0, 3)) {
      state = acceptMasked(state, { from: id, vector: at(masked, id).vector });
      keepGathering(state, keeping);
    }
    // Added but not journalled: its sender was told nothing, and sends it again.
    expect(acceptMasked(state, at(masked, idAt(3)))).not.toBe(state);
    const back = again('R2');
    expect(progress(back).answered).toEqual(ids.slice(0, 3));
    expectRefused(() => acceptMasked(back, at(masked, idAt(0))), /added already/, 'ALREADY_SPENT');
    keepGathering(acceptMasked(back, at(masked, idAt(3))), keeping);
    const r3 = closeMasked(again('R2')).state;
    keepGathering(r3, keeping);
    const { sum } = again('R3');
    expectRefused(() => sum.add(idAt(4), at(masked, idAt(4)).vector), /discarded/, 'DEADLINE_EXCEEDED');
    expect(sum.save().sum).toEqual(
      ringSum(new Map([...masked].map(([id, m]) => [id, m.vector])), ids.slice(0, 4)),
    );
  });

  it('is not that of the state it was saved from: adding to one leaves the other', () => {
    const state = start();
    keepGathering(state, keeping);
    const [one, two] = [again('R2'), again('R2')];
    acceptMasked(one, at(masked, idAt(0)));
    expect(progress(two).answered).toEqual([]);
    expect(progress(state).answered).toEqual([]);
  });

  it('is released once, before and after a restart, and then no longer in the journal', () => {
    const r4 = runR4(runR3(runR2(runR1(runR0(consortium)), [], vectors)));
    keepGathering(r4.collecting, keeping);
    // Killed before the release was journalled: nobody has the sum, so it is worked out again.
    expect(finish(again('R4')).sum).toEqual(ringSum(vectors, ids));
    const state = again('R4');
    const { sum } = finish(state);
    keepGathering(state, keeping);
    expect(sum).toEqual(ringSum(vectors, ids));
    expectRefused(() => finish(again('R4')), /released already/, 'ALREADY_SPENT');
    expect(again('R4').sum.save().sum).toBeNull();
  });
});

describe('the journal of a gatherer only goes forward', () => {
  it('refuses a state as far as the latest or less, whatever is in it', () => {
    const r0 = runR0(consortium);
    keepGathering(r0.collecting, keeping);
    for (const received of [r0.collecting.received, new Map([...r0.collecting.received].slice(1))]) {
      expectRefused(
        () => keepGathering({ ...r0.collecting, received }, keeping),
        /is taken/,
        'ALREADY_SPENT',
      );
    }
    keepGathering(r0.gathering, keeping);
    expectRefused(() => keepGathering(r0.collecting, keeping), /is taken/, 'ALREADY_SPENT');
  });

  it('has a place for every message of every stage, and for the release', () => {
    const r0 = runR0(consortium);
    const r1 = runR1(r0);
    const inR2 = { ...r1.gathering };
    const states: Gathering[] = [r0.collecting, r0.gathering, r1.collecting, inR2];
    for (const state of states) keepGathering(state, keeping);
    const r2 = runR2(r1);
    const r3 = runR3(r2);
    const r4 = runR4(r3);
    keepGathering(r2.gathering, keeping);
    keepGathering(r3.collecting, keeping);
    keepGathering(r3.gathering, keeping);
    for (const message of r4.messages.values()) keepGathering(acceptUnmasking(again('R4'), message), keeping);
    const positions = keeping.journal.entries.map(({ position }) => position);
    expect(positions).toEqual([5, 6, 11, 12, 18, 23, 24, 25, 26, 27, 28, 29]);
    const last = again('R4');
    finish(last);
    keepGathering(last, keeping);
    expect(keeping.journal.entries.at(-1)?.position).toBe(30);
  });
});
