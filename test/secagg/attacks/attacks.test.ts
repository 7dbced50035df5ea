/**
 * The index of attacks on secure aggregation: for each that issue 4 names there are mutants which remove the
 * check that stops it, and each mutant names the tests that turn red. `npm run test:mutants` proves it.
 *
 * | attack | tests, beside those that its mutants name |
 * | --- | --- |
 * | overlapping lists, second request, split views | attacks/views, member-steps, member-mask, gatherer |
 * | swapped key, low-order key | attacks/keys, member-advertise, gatherer, known-answers, primitives |
 * | replayed session, moved envelope, model hash | attacks/sessions, journal-member, envelope, transcript |
 * | threshold below the pin | schedules, member-advertise, ../proto/plan, ../participant/{policy,session} |
 * | resend of a spent update | ../participant/{session,runtime}, ../simulation/federation |
 * | enrolled stranger | member-advertise, ../participant/session, ../coordinator/server |
 * | wrong share, late vector | attacks/vectors, session, gatherer, ../coordinator/driver |
 * | duplicate ids | member-advertise, member-mask, gatherer, ../proto/plan |
 * | oversize, truncated, non-canonical | attacks/messages, ../proto/{codec,chunks,fuzz}, ../coordinator/server |
 */
import { expect, it } from 'vitest';
import { ATTACKS, MUTANTS } from '../../mutants/mutants.ts';

/** Tracker issue 4, "must show" 2. */
const NAMED = [
  'overlapping survivor and dropped lists',
  'a second unmask request',
  'split views of U3',
  'swapped public key',
  'replayed session',
  'threshold below the pin',
  'low-order key (all small-order points of Curve25519)',
  'envelope moved to another sender, receiver or session',
  'wrong share',
  'model hash mismatch',
  'a resend of a spent update under a new attempt',
  'an enrolled stranger who is not in the pinned identity list',
  'late vector after unmasking',
  'duplicate ids',
  'oversize, truncated and non-canonical messages',
];

it('the attacks are those that were named', () => {
  expect(ATTACKS.map(({ attack }) => attack).sort()).toEqual([...NAMED].sort());
});

it.each(ATTACKS)('$attack: what stops it can be removed, and is missed', ({ mutants, also = [] }) => {
  const known = MUTANTS.map(({ name }) => name);
  const names = [...mutants.map(({ name }) => name), ...also];
  expect(names.length).toBeGreaterThan(0);
  expect(known).toEqual(expect.arrayContaining(names));
});
