/** Whole sessions in which members and the gatherer are killed and come back from their journals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Kill, keepingsOf, runJournalled } from './journal-fixture.ts';
import { type Drops, idAt, ringSum, testConsortium, testVectors } from './support.ts';

const MEMBER_STATES = ['advertised', 'shared', 'masked', 'attested', 'done'];
const STAGES = ['R0', 'R1', 'R2', 'R3', 'R4'] as const;
const consortium = testConsortium(5);
const drops: Drops = { R2: [idAt(3)] };
const never: Kill = () => false;

function run(kill: Kill, dropped = drops) {
  const wire: unknown[] = [];
  const aggregate = runJournalled(consortium, keepingsOf(consortium), kill, dropped, wire);
  return { wire, aggregate };
}

const undisturbed = run(never);

it('an undisturbed session with journals gives the exact sum', () => {
  const { sum, contributors } = undisturbed.aggregate;
  expect(contributors).toEqual(consortium.ids.filter((id) => id !== idAt(3)));
  expect(sum).toEqual(ringSum(testVectors(consortium), contributors));
});

describe('the same bytes are on the wire, and the same sum comes out, when', () => {
  it.each(MEMBER_STATES)('every member is killed once it is %s', (state) => {
    expect(run((who, at) => who !== 'gatherer' && at === state)).toEqual(undisturbed);
  });

  it.each(STAGES)('the gatherer is killed after each entry of %s', (stage) => {
    expect(run((who, at) => who === 'gatherer' && at === stage)).toEqual(undisturbed);
  });

  it('everybody is killed wherever chance has it', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.boolean()), (coins) => {
        expect(run(() => coins.next().value === true)).toEqual(undisturbed);
      }),
      { numRuns: 10 },
    );
  });

  it.each(STAGES)('everybody is killed everywhere, and a member drops at %s', (stage) => {
    const dropped = { [stage]: [idAt(0)] };
    expect(run(() => true, dropped)).toEqual(run(never, dropped));
  });
});
