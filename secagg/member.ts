/**
 * A member of `fedward-secagg/1`: the hospital's side of Bonawitz et al. 2017, figure 4, in its variant for
 * malicious servers, with the checks of DESIGN §5.
 *
 * Each function takes a state and what came in, and gives the next state and what goes out. It takes a state
 * once: a second call, or a call after a refusal, throws `ALREADY_SPENT`, for whatever copy of the state.
 * What one process cannot know is whether it opened this session before a crash: whoever drives this journals
 * each step before its message is sent, and never opens a session id twice (`member-journal.ts`).
 */
import { FedwardError } from '../proto/errors.ts';
import type { RoundPlan } from '../proto/plan.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { openContext, refuse, sameBytes, seatOf } from './context.ts';
import { type EnvelopeRoute, open, type SharePair, seal, sealingKey } from './envelope.ts';
import { Guard } from './guard.ts';
import type { Identity } from './identity.ts';
import { applyMasks } from './keystream.ts';
import { pairMaskKey, pairMaskTask, selfMaskKey, selfMaskTask } from './masks.ts';
import { checkAttestations, checkSet, checkU1 } from './member-checks.ts';
import {
  type Advertised,
  type Answer,
  type Attested,
  type Done,
  type Masked,
  type MemberState,
  type Pair,
  type Session,
  type Shared,
  sessionOf,
} from './member-state.ts';
import type {
  Advertisement,
  Attestation,
  Envelope,
  Inbox,
  MaskedVector,
  SealedShares,
  Unmasking,
} from './messages.ts';
import { type Entropy, Secret } from './secret.ts';
import { type Share, split } from './shamir.ts';
import {
  advertisementStatement,
  consistencyStatement,
  hashAdvertisements,
  seedCommitment,
} from './transcript.ts';
import { generateKeyPair, importAgreementKey, importPeerKey } from './x25519.ts';

export interface SessionOptions {
  readonly plan: RoundPlan;
  readonly self: HospitalId;
  /** Identity keys that this hospital's own site policy pins; may hold more than the roster. */
  readonly pinned: ReadonlyMap<HospitalId, Uint8Array>;
  /**
   * Fewest hospitals on the roster. Below 5 only in tests and demonstrations.
   * @default 5
   */
  readonly minimumRoster?: number;
}

/**
 * Opens the session of one plan from this hospital's own view of it.
 * @throws FedwardError `PROTOCOL_VIOLATION` when the roster is too small, lacks `self`, or names a key that is
 *   not pinned, or when the plan's cohort is unsafe (`openContext`).
 */
export function openSession({ plan, self, pinned, minimumRoster = 5 }: SessionOptions): Session {
  const context = openContext(plan);
  if (context.cohort.n < minimumRoster) {
    refuse(
      `The plan's roster has ${context.cohort.n} hospitals and this one asks for at least ${minimumRoster}: the consortium must enrol more.`,
    );
  }
  for (const [id, { identityKey }] of context.seats) {
    const pin = pinned.get(id);
    if (pin === undefined || !sameBytes(pin, identityKey)) {
      refuse(
        `The plan's identity key of "${id}" is not the one that this hospital's site policy pins: ask that hospital for its key over another channel.`,
      );
    }
  }
  seatOf(context, self);
  return { at: 'opened', self, context, guard: new Guard('opened') };
}

/** Ends a session wherever it stands, erasing all its secrets; every later call refuses. */
export function abandon(state: MemberState): void {
  sessionOf(state).guard.abandon();
}

/** R0, "AdvertiseKeys": two fresh key pairs and a self-mask seed. Draws 96 bytes. */
export function advertise(
  session: Session,
  identity: Identity,
  entropy: Entropy,
): { state: Advertised; message: Advertisement } {
  const { self, context, guard } = session;
  checkIdentity(session, identity);
  return guard.step('opened', () => {
    const maskKey = generateKeyPair(entropy);
    guard.keep(maskKey.secret);
    const sealKey = generateKeyPair(entropy);
    guard.keep(sealKey.secret);
    const seed = guard.keep(Secret.draw(entropy, 32));
    const fields = {
      from: self,
      maskKey: maskKey.publicKey,
      sealKey: sealKey.publicKey,
      seedCommitment: seedCommitment(context.sid, self, seed.expose()),
    };
    const own = { ...fields, signature: identity.sign(advertisementStatement(context.sid, fields)) };
    return { state: { at: 'advertised', session, own, maskKey, sealKey, seed }, message: own };
  });
}

/**
 * R1, "ShareKeys": Shamir shares of the mask key and the seed, sealed to every neighbour in U1 (to every other
 * member on the complete graph). Draws 2 · 32 · (t − 1) bytes, with a graph 2 · 32 · (t_k − 1).
 * @throws FedwardError `PROTOCOL_VIOLATION` when U1 fails a check of DESIGN §5.
 */
export function shareKeys(
  state: Advertised,
  u1: readonly Advertisement[],
  entropy: Entropy,
): { state: Shared; message: SealedShares } {
  const { session, maskKey, sealKey, seed } = state;
  const { self, context, guard } = session;
  const { sid, topology } = context;
  return guard.step('advertised', () => {
    checkU1(state, u1);
    const u1Hash = hashAdvertisements(sid, u1);
    const seedShares = split(seed.expose(), topology.shares, topology.threshold, entropy);
    const keyShares = split(maskKey.secret.expose(), topology.shares, topology.threshold, entropy);
    const shareFor = (x: number): SharePair => ({
      seed: guard.keep(shareAt(seedShares, x)),
      key: guard.keep(shareAt(keyShares, x)),
    });
    const maskPrivate = importAgreementKey(maskKey.secret);
    const sealPrivate = importAgreementKey(sealKey.secret);
    const pairs = new Map<HospitalId, Pair>();
    const envelopes: Envelope[] = [];
    for (const peer of u1) {
      const x = peer.from === self ? null : topology.shareOf(self, peer.from);
      if (x === null) continue;
      const peerMaskKey = importPeerKey(peer.maskKey, `${peer.from} (mask key)`);
      const peerSealKey = importPeerKey(peer.sealKey, `${peer.from} (seal key)`);
      const mask = guard.keep(pairMaskKey(maskPrivate, peerMaskKey, sid, self, peer.from));
      const sealing = guard.keep(sealingKey(sealPrivate, peerSealKey));
      pairs.set(peer.from, { mask, sealing });
      const route: EnvelopeRoute = { sid, from: self, to: peer.from, u1Hash };
      envelopes.push({ from: self, to: peer.from, ciphertext: seal(shareFor(x), sealing, route) });
    }
    const selfMask = guard.keep(selfMaskKey(seed.expose(), sid, self));
    const ownX = topology.shareOf(self, self);
    const ownShares = ownX === null ? null : shareFor(ownX);
    for (const secret of [maskKey.secret, sealKey.secret, seed]) secret.erase();
    for (const { x, bytes } of [...seedShares, ...keyShares]) {
      if (x !== ownX) bytes.fill(0);
    }
    const own: SealedShares = { from: self, envelopes };
    const ids = u1.map((entry) => entry.from);
    return {
      state: { at: 'shared', session, own, u1: ids, u1Hash, pairs, selfMask, ownShares },
      message: own,
    };
  });
}

/**
 * R2, "MaskedInputCollection": the vector under its own mask and one for each neighbour in U2.
 *
 * `vector` is copied, never kept and never changed: the caller zeroes it afterwards. A peer whose envelope is
 * missing or does not open is masked with all the same; this member just holds no share about it.
 * @throws FedwardError `INVALID_ARGUMENT` for a vector of another length than the model (the state is not
 *   spent by that), `PROTOCOL_VIOLATION` when the inbox fails a check of DESIGN §5.
 */
export function mask(
  state: Shared,
  inbox: Inbox,
  vector: Int32Array,
): { state: Masked; message: MaskedVector } {
  const { session, u1, u1Hash, pairs, selfMask, ownShares } = state;
  const { self, context, guard } = session;
  const { dimension } = context.plan.model;
  if (vector.length !== dimension) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `The vector has ${vector.length} elements and the plan's model ${dimension}: pass one integer per parameter.`,
    );
  }
  return guard.step('shared', () => {
    const { u2 } = inbox;
    checkSet('U2', u2, (id) => u1.includes(id), 'U1', session);
    const held = new Map<HospitalId, SharePair>(ownShares === null ? [] : [[self, ownShares]]);
    const senders = new Set<HospitalId>();
    for (const { from, to, ciphertext } of inbox.envelopes) {
      const pair = pairs.get(from);
      if (to !== self)
        refuse(`An envelope for "${to}" came to "${self}": deliver each to its addressee only.`);
      if (pair === undefined || !u2.includes(from)) {
        refuse(
          `An envelope came from "${from}", which is not another member of U2 that shares with "${self}": deliver those of its neighbours in U2 only.`,
        );
      }
      if (senders.has(from)) refuse(`Two envelopes came from "${from}": each member of U2 seals one.`);
      senders.add(from);
      const shares = open(ciphertext, pair.sealing, { sid: context.sid, from, to: self, u1Hash });
      if (shares === null) continue;
      guard.keep(shares.seed);
      guard.keep(shares.key);
      held.set(from, shares);
    }

    const masked = vector.slice();
    const masks = [selfMaskTask(selfMask)];
    for (const peer of u2) {
      const pair = pairs.get(peer);
      if (pair !== undefined) masks.push(pairMaskTask(pair.mask, self, peer));
    }
    applyMasks(masked, masks);
    selfMask.erase();
    for (const pair of pairs.values()) {
      pair.mask.erase();
      pair.sealing.erase();
    }
    const own: MaskedVector = { from: self, vector: masked };
    return { state: { at: 'masked', session, own, u1Hash, u2, held }, message: own };
  });
}

/**
 * R3, "ConsistencyCheck": signs the three sets. From here on only one kind of share exists for each peer.
 * @throws FedwardError `PROTOCOL_VIOLATION` when U3 fails a check of DESIGN §5.
 */
export function attest(
  state: Masked,
  u3: readonly HospitalId[],
  identity: Identity,
): { state: Attested; message: Attestation } {
  const { session, u1Hash, u2, held } = state;
  const { self, context, guard } = session;
  checkIdentity(session, identity);
  return guard.step('masked', () => {
    checkSet('U3', u3, (id) => u2.includes(id), 'U2', session);
    const answers: Answer[] = [];
    for (const peer of u2) {
      const shares = held.get(peer);
      if (shares === undefined) continue;
      const survived = u3.includes(peer);
      (survived ? shares.key : shares.seed).erase();
      answers.push({
        peer,
        kind: survived ? 'seed' : 'key',
        share: survived ? shares.seed : shares.key,
      });
    }
    const statement = consistencyStatement(context.sid, u1Hash, u2, u3);
    const own: Attestation = { from: self, signature: identity.sign(statement) };
    return { state: { at: 'attested', session, own, u3, statement, answers }, message: own };
  });
}

/**
 * R4, "Unmasking": one share about each peer, once t members of U3 have signed the same three sets.
 *
 * A single invalid signature refuses the whole list, as in figure 4: an honest gatherer has verified each
 * before relaying it, so no hospital gains a veto, and a coordinator that sends one is not to be answered.
 * @throws FedwardError `PROTOCOL_VIOLATION` when the attestations fail a check of DESIGN §5.
 */
export function unmask(
  state: Attested,
  attestations: readonly Attestation[],
): { state: Done; message: Unmasking } {
  const { session, answers } = state;
  return session.guard.step('attested', () => {
    checkAttestations(state, attestations);
    const shares = answers.map(({ peer, kind, share }) => ({ peer, kind, share: share.expose().slice() }));
    session.guard.abandon();
    const own: Unmasking = { from: session.self, shares };
    return { state: { at: 'done', session, own }, message: own };
  });
}

function shareAt(shares: readonly Share[], x: number): Secret {
  const share = shares[x - 1];
  if (share === undefined) throw new RangeError(`There is no share at x = ${x}.`);
  return new Secret(share.bytes);
}

function checkIdentity({ self, context }: Session, identity: Identity): void {
  if (!sameBytes(identity.publicKey, seatOf(context, self).identityKey)) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `The identity passed is not the one that the plan's roster has for "${self}": load this hospital's own key.`,
    );
  }
}
