/** A journal in memory, and a consortium whose members and gatherer keep one and can be killed at any point. */
import { strictEqual } from 'node:assert/strict';
import { FedwardError } from '../../proto/errors.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import {
  acceptAdvertisement,
  acceptAttestation,
  acceptMasked,
  acceptShares,
  acceptUnmasking,
  closeAdvertise,
  closeAttest,
  closeMasked,
  closeShares,
} from '../../secagg/gatherer.ts';
import { keepGathering, openJournalledGathering, resumeGathering } from '../../secagg/gatherer-journal.ts';
import type { Gathering } from '../../secagg/gatherer-state.ts';
import type { Journal, JournalEntry, Keeping } from '../../secagg/journal.ts';
import { advertise, attest, mask, type SessionOptions, shareKeys, unmask } from '../../secagg/member.ts';
import { openJournalled, resume, takeStep } from '../../secagg/member-journal.ts';
import type { MemberState } from '../../secagg/member-state.ts';
import { Secret } from '../../secagg/secret.ts';
import { type Aggregate, finish } from '../../secagg/unmasking.ts';
import { at, type Consortium, type Drops, seededEntropy, testVectors } from './support.ts';

export class MemoryJournal implements Journal {
  readonly entries: JournalEntry[] = [];
  /** Appends so far of all sessions, the failed ones included. */
  appends = 0;
  failNext = false;

  append(entry: JournalEntry): void {
    this.appends++;
    if (this.failNext) {
      this.failNext = false;
      throw new Error('the disk is full');
    }
    if (entry.position <= (this.latest(entry.sid)?.position ?? -1)) {
      throw new FedwardError('ALREADY_SPENT', `Position ${entry.position} is taken.`);
    }
    this.entries.push({ ...entry, sid: entry.sid.slice(), sealed: entry.sealed.slice() });
  }

  latest(sid: Uint8Array): JournalEntry | null {
    return this.entries.filter((entry) => Buffer.compare(entry.sid, sid) === 0).at(-1) ?? null;
  }

  hasOpened(sid: Uint8Array): boolean {
    return this.latest(sid) !== null;
  }
}

export function keepingOf(name: string): Keeping & { readonly journal: MemoryJournal } {
  const entropy = seededEntropy(`journal of ${name}`);
  return { journal: new MemoryJournal(), key: new Secret(entropy(32)), entropy };
}

export function optionsOf({ plan, pinned }: Consortium, self: HospitalId): SessionOptions {
  return { plan, self, pinned, minimumRoster: 3 };
}

export type Keepings = ReadonlyMap<HospitalId | 'gatherer', ReturnType<typeof keepingOf>>;

export function keepingsOf({ ids }: Consortium): Keepings {
  return new Map([...ids, 'gatherer' as const].map((name) => [name, keepingOf(name)]));
}

export function keepingAt(keepings: Keepings, name: HospitalId | 'gatherer') {
  const keeping = keepings.get(name);
  if (keeping === undefined) throw new Error(`the test has no journal of ${name}`);
  return keeping;
}

/** A state and the message to send: the one in the state, never one that came with it. */
export type Resumed<S extends MemberState['at']> = Extract<MemberState, { at: S }>;

/** The latest state of a member, which the test says it must be in. */
export function resumed<S extends MemberState['at']>(
  consortium: Consortium,
  self: HospitalId,
  keeping: Keeping,
  expected: S,
): Resumed<S> {
  const state = resume(optionsOf(consortium, self), keeping);
  strictEqual(state?.at, expected);
  return state as Resumed<S>;
}

/** Who is killed after which entry of its journal: told the name and the state that was just journalled. */
export type Kill = (who: HospitalId | 'gatherer', at: string) => boolean;

/**
 * A whole session in which everybody journals, sends only what its state holds, and is killed and resumed
 * where `kill` says so. `wire` sees every message sent.
 */
export function runJournalled(
  consortium: Consortium,
  keepings: Keepings,
  kill: Kill,
  drops: Drops = {},
  wire: unknown[] = [],
): Aggregate {
  const { plan, ids, identities } = consortium;
  const vectors = testVectors(consortium);
  const options = (id: HospitalId) => optionsOf(consortium, id);
  const sent = <M>(message: M): M => {
    // A clone knows no Buffer: what is compared is the bytes.
    wire.push(structuredClone(message));
    return message;
  };
  /** One step of every member that has not dropped: what each sends, from its state. */
  const step = <F extends MemberState, T extends Exclude<MemberState, { at: 'opened' }>>(
    members: ReadonlyMap<HospitalId, F>,
    dropped: readonly HospitalId[] = [],
    run: (state: F, id: HospitalId) => { readonly state: T },
  ): Map<HospitalId, T> => {
    const next = new Map<HospitalId, T>();
    for (const [id, before] of members) {
      if (dropped.includes(id)) continue;
      const keeping = keepingAt(keepings, id);
      const { state } = takeStep(before, keeping, () => run(before, id));
      next.set(id, kill(id, state.at) ? (resumed(consortium, id, keeping, state.at) as unknown as T) : state);
    }
    return next;
  };
  const kept = <G extends Gathering>(state: G): G => {
    const keeping = keepingAt(keepings, 'gatherer');
    keepGathering(state, keeping);
    if (!kill('gatherer', state.at)) return state;
    const again = resumeGathering(plan, keeping);
    strictEqual(again?.at, state.at);
    return again as G;
  };

  const opened = new Map(ids.map((id) => [id, openJournalled(options(id), keepingAt(keepings, id))]));
  const advertised = step(opened, drops.R0, (state, id) =>
    advertise(state, at(identities, id), seededEntropy(`R0/${id}`)),
  );
  let r0 = openJournalledGathering(plan, keepingAt(keepings, 'gatherer'));
  for (const { own } of advertised.values()) r0 = kept(acceptAdvertisement(r0, sent(own)));
  let r1 = kept(closeAdvertise(r0).state);
  const u1 = sent([...r1.u1.values()]);
  const shared = step(advertised, drops.R1, (state, id) => shareKeys(state, u1, seededEntropy(`R1/${id}`)));
  for (const { own } of shared.values()) r1 = kept(acceptShares(r1, sent(own)));
  let r2 = kept(closeShares(r1).state);
  const inboxes = sent(r2.inboxes);
  const masked = step(shared, drops.R2, (state, id) => mask(state, at(inboxes, id), at(vectors, id)));
  for (const { own } of masked.values()) r2 = kept(acceptMasked(r2, sent(own)));
  let r3 = kept(closeMasked(r2).state);
  const u3 = sent(r3.expected);
  const attested = step(masked, drops.R3, (state, id) => attest(state, u3, at(identities, id)));
  for (const { own } of attested.values()) r3 = kept(acceptAttestation(r3, sent(own)));
  let r4 = kept(closeAttest(r3).state);
  const { attestations } = r4;
  const done = step(attested, drops.R4, (state) => unmask(state, sent(attestations)));
  for (const { own } of done.values()) r4 = kept(acceptUnmasking(r4, sent(own)));
  const sum = finish(r4);
  kept(r4);
  return sum;
}
