/** What a journal entry is bound to, and what bytes are refused as one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FedwardError } from '../../proto/errors.ts';
import { openGathering } from '../../secagg/gatherer.ts';
import { decodeGatherer, encodeGatherer } from '../../secagg/gatherer-codec.ts';
import { appendSealed, type JournalPlace, openJournal, sealJournal } from '../../secagg/journal.ts';
import { decodeMember, encodeMember } from '../../secagg/member-codec.ts';
import type { MemberState } from '../../secagg/member-state.ts';
import { Secret } from '../../secagg/secret.ts';
import { keepingOf, optionsOf } from './journal-fixture.ts';
import {
  at,
  expectRefused,
  flipped,
  idAt,
  openAll,
  runR0,
  runR1,
  runR2,
  runR3,
  runR4,
  seededEntropy,
  testConsortium,
} from './support.ts';

const consortium = testConsortium(5, { model: { dimension: 3 } });
const { plan } = consortium;
const self = idAt(1);
const options = optionsOf(consortium, self);

describe('a sealed entry', () => {
  const key = new Secret(new Uint8Array(32).fill(7));
  const place: JournalPlace = { sid: new Uint8Array(32).fill(1), self, at: 'masked', position: 3 };
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const sealed = sealJournal(bytes, key, place, seededEntropy('nonce'));

  it('opens where it belongs, and is nonce ‖ ciphertext ‖ tag', () => {
    expect(Uint8Array.from(openJournal(sealed, key, place))).toEqual(bytes);
    expect(sealed).toHaveLength(12 + 4 + 16);
    expect(Uint8Array.from(sealed.subarray(0, 12))).toEqual(seededEntropy('nonce')(12));
  });

  it('is another each time, so that no nonce seals twice', () => {
    const entropy = seededEntropy('nonces');
    const [a, b] = [sealJournal(bytes, key, place, entropy), sealJournal(bytes, key, place, entropy)];
    expect(a.subarray(0, 12)).not.toEqual(b.subarray(0, 12));
  });

  it.each<[string, Partial<JournalPlace>]>([
    ['session', { sid: flipped(place.sid) }],
    ['hospital', { self: idAt(2) }],
    ['role', { self: null }],
    ['state', { at: 'shared' }],
    ['position', { position: 2 }],
  ])('does not open at another %s', (_, change) => {
    expectRefused(() => openJournal(sealed, key, { ...place, ...change }), /does not open/, 'DATA_INVALID');
  });

  it('does not open under another key, nor with any bit changed, nor cut anywhere', () => {
    const other = new Secret(new Uint8Array(32).fill(8));
    expectRefused(() => openJournal(sealed, other, place), /does not open/, 'DATA_INVALID');
    for (let i = 0; i < sealed.length; i++) {
      for (const bad of [flipped(sealed, i), sealed.subarray(0, i), sealed.subarray(i + 1)])
        expectRefused(() => openJournal(bad, key, place), /does not open/, 'DATA_INVALID');
    }
  });

  it('leaves no clear bytes behind, even when the journal fails', () => {
    const keeping = keepingOf('any');
    for (const failNext of [false, true]) {
      keeping.journal.failNext = failNext;
      const clear = Uint8Array.of(1, 2, 3);
      try {
        appendSealed(clear, place, keeping);
      } catch {
        expect(failNext).toBe(true);
      }
      expect(clear).toEqual(new Uint8Array(3));
    }
  });
});

/** The bytes of every state, by name; `drop` falls out at R2. */
function memberBytes(drop = idAt(4)): Record<MemberState['at'], Uint8Array> {
  const opened = encodeMember(at(openAll(consortium), self));
  const r0 = runR0(consortium);
  const advertised = encodeMember(at(r0.members, self));
  const r1 = runR1(r0);
  const shared = encodeMember(at(r1.members, self));
  const r2 = runR2(r1, [drop]);
  const masked = encodeMember(at(r2.members, self));
  const r3 = runR3(r2);
  const attested = encodeMember(at(r3.members, self));
  const done = encodeMember(at(runR4(r3).members, self));
  return { opened, advertised, shared, masked, attested, done };
}

function gathererBytes(): Record<string, Uint8Array> {
  const r0 = runR0(consortium);
  const states: [string, Uint8Array][] = [
    ['nobody yet', encodeGatherer(openGathering(plan))],
    ['R0', encodeGatherer(r0.collecting)],
    ['R1 opened', encodeGatherer(r0.gathering)],
  ];
  const r1 = runR1(r0, [idAt(0)]);
  states.push(['R1', encodeGatherer(r1.collecting)], ['R2 opened', encodeGatherer(r1.gathering)]);
  const r2 = runR2(r1);
  states.push(['R3 opened', encodeGatherer(r2.gathering)]);
  const r3 = runR3(r2);
  states.push(['R3', encodeGatherer(r3.collecting)], ['R4 opened', encodeGatherer(r3.gathering)]);
  states.push(['R4', encodeGatherer(runR4(r3).collecting)]);
  return Object.fromEntries(states);
}

const invalid = (run: () => unknown, what: RegExp) => expectRefused(run, what, 'DATA_INVALID');

describe.each<[string, Record<string, Uint8Array>, (bytes: Uint8Array) => Uint8Array]>([
  ['a member', memberBytes(), (bytes) => encodeMember(decodeMember(options, bytes))],
  ['the gatherer', gathererBytes(), (bytes) => encodeGatherer(decodeGatherer(plan, bytes))],
])('the bytes of %s', (_, all, again) => {
  const states = Object.entries(all);

  it.each(states)('come back the same: %s', (_, bytes) => {
    expect(again(bytes)).toEqual(bytes);
  });

  it.each(states)('are refused when cut anywhere or followed by anything: %s', (_, bytes) => {
    const step = Math.max(1, Math.floor(bytes.length / 400));
    for (let length = 0; length < bytes.length; length += step)
      invalid(() => again(bytes.subarray(0, length)), /cannot be read/);
    invalid(() => again(bytes.subarray(0, -1)), /cut off|bytes instead/);
    invalid(() => again(Uint8Array.of(...bytes, 0)), /followed by 1 bytes more/);
  });

  it('are refused when the version, the role, the state or the session is another', () => {
    for (const [, bytes] of states) {
      invalid(() => again(bytes.with(0, 2)), /its version is 2/);
      invalid(() => again(bytes.with(1, (bytes[1] ?? 0) ^ 10)), /its role/);
      invalid(() => again(bytes.with(2, 9)), /its state is 9/);
      invalid(() => again(flipped(bytes, 20)), /session id is that of another plan/);
    }
  });

  it('have one reading: any other bytes are refused or are themselves the bytes of a state', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...states),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (state, i, change) => {
          const [, bytes] = state;
          const where = i % bytes.length;
          const mutated = bytes.with(where, (bytes[where] ?? 0) ^ change);
          try {
            expect(again(mutated)).toEqual(mutated);
          } catch (error) {
            if (!(error instanceof FedwardError) || error.code !== 'DATA_INVALID') throw error;
          }
        },
      ),
      { numRuns: 600 },
    );
  });
});

describe('the bytes of a member', () => {
  const all = memberBytes();

  it('are those of this member and no other, and of this role', () => {
    for (const bytes of Object.values(all)) {
      invalid(() => decodeMember(optionsOf(consortium, idAt(2)), bytes), /its member is not "hospital-003"/);
      invalid(() => decodeGatherer(plan, bytes), /its role is not that of a gatherer/);
    }
    invalid(() => decodeMember(options, encodeGatherer(openGathering(plan))), /not that of a member/);
  });

  it('need the plan and the pins that the session was opened with', () => {
    const next = testConsortium(5, { model: { dimension: 3 }, attempt: 2 });
    invalid(() => decodeMember(optionsOf(next, self), all.masked), /another plan/);
    const pinned = new Map(consortium.pinned).set(idAt(0), new Uint8Array(32));
    expectRefused(() => decodeMember({ ...options, pinned }, all.masked), /site policy pins/);
  });

  it('hold a vector as long as the model and its own shares once', () => {
    const { masked, shared } = all;
    const short = Uint8Array.of(...masked.subarray(0, -16), 0, 0, 0, 8, ...masked.subarray(-8));
    invalid(() => decodeMember(options, short), /masked vector has 8 bytes instead of 12/);
    // Header and seat, U1, H(U1), self-mask; then the number of pairs of its own shares, and the first.
    const count = 3 + 32 + 2 + (2 + 5 * 2) + 32 + 32 + 1;
    expect(shared[count]).toBe(1);
    const pair = shared.subarray(count + 1, count + 65);
    const twice = Uint8Array.of(...shared.subarray(0, count), 2, ...pair, ...shared.subarray(count + 1));
    invalid(() => decodeMember(options, twice), /own shares are there twice/);
  });

  it('are not to be had from a state whose secrets are gone', () => {
    const { members, u1 } = runR0(consortium);
    const before = at(members, self);
    runR1({ ...runR0(consortium), members, u1 });
    expectRefused(() => encodeMember(before), /erased/, 'ALREADY_SPENT');
  });
});
