/**
 * The gatherer of `fedward-secagg/1`: the coordinator's side of Bonawitz et al. 2017, figure 4.
 *
 * `accept…` takes one member's message and gives the next state, or throws and changes nothing; a repeat of
 * the same bytes gives the same state back. `close…` ends a stage with whoever has answered. Whatever a
 * dishonest member could send to make honest ones refuse (a bad signature, a bad or copied key) is refused
 * here, so that it costs that member its own place and not the round.
 *
 * R1, R2 and R4 are not signed: the caller has checked that `from` is whose connection the message came over.
 */
import type { RoundPlan } from '../proto/plan.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { Accumulator } from './accumulator.ts';
import { openContext, refuse, sameBytes, seatOf } from './context.ts';
import { ENVELOPE_BYTES } from './envelope.ts';
import {
  type CollectingAdvertisements,
  type CollectingAttestations,
  type CollectingMasked,
  type CollectingShares,
  type CollectingUnmaskings,
  type Gathering,
  settle,
} from './gatherer-state.ts';
import { verifySignature } from './identity.ts';
import type {
  Advertisement,
  Attestation,
  Envelope,
  Inbox,
  MaskedVector,
  SealedShares,
  Unmasking,
} from './messages.ts';
import {
  advertisementEntry,
  advertisementStatement,
  consistencyStatement,
  hashAdvertisements,
  lengthPrefixed,
} from './transcript.ts';
import { checkPeerKey } from './x25519.ts';

const COMMITMENT_BYTES = 32;
const SHARE_BYTES = 32;

/** @throws FedwardError `PROTOCOL_VIOLATION` for an unsafe cohort (`openContext`). */
export function openGathering(plan: RoundPlan): CollectingAdvertisements {
  const context = openContext(plan);
  return { at: 'R0', context, expected: [...context.seats.keys()], lost: [], received: new Map() };
}

/** R0. Verifies the identity's signature, both keys, and that no key is anybody else's. */
export function acceptAdvertisement(
  state: CollectingAdvertisements,
  message: Advertisement,
): CollectingAdvertisements {
  const { context, received } = state;
  const { from, maskKey, sealKey, seedCommitment, signature } = message;
  const { verifyKey } = seatOf(context, from);
  if (isRepeat(received, message, advertisementEntry)) return state;
  if (seedCommitment.length !== COMMITMENT_BYTES) {
    refuse(`The seed commitment of "${from}" must be ${COMMITMENT_BYTES} bytes: it is a SHA-256 hash.`);
  }
  checkPeerKey(maskKey, `${from} (mask key)`);
  checkPeerKey(sealKey, `${from} (seal key)`);
  const taken = [...received.values()].flatMap((other) => [other.maskKey, other.sealKey]);
  if (
    sameBytes(maskKey, sealKey) ||
    taken.some((key) => sameBytes(key, maskKey) || sameBytes(key, sealKey))
  ) {
    refuse(`A key of "${from}" is in use already: generate two fresh ones for each session.`);
  }
  if (!verifySignature(verifyKey, advertisementStatement(context.sid, message), signature)) {
    refuse(
      `The advertisement of "${from}" is not signed by its identity key for this session: sign it anew.`,
    );
  }
  return { ...state, received: new Map(received).set(from, message) };
}

/** Ends R0: U1 for everybody. @throws FedwardError `QUORUM_LOST` as `settle`. */
export function closeAdvertise(state: CollectingAdvertisements): {
  state: CollectingShares;
  u1: Advertisement[];
} {
  const { answered: expected, lost } = settle(state);
  const u1 = pick(state.received, expected);
  return {
    state: {
      at: 'R1',
      context: state.context,
      expected,
      lost,
      u1: new Map(u1.map((entry) => [entry.from, entry])),
      received: new Map(),
    },
    u1,
  };
}

/** R1. Exactly one envelope for every neighbour in U1. */
export function acceptShares(state: CollectingShares, message: SealedShares): CollectingShares {
  const { from, envelopes } = message;
  const { topology } = state.context;
  checkExpected(state, from);
  if (isRepeat(state.received, message, sealedSharesBytes)) return state;
  const addressees = new Set<HospitalId>();
  for (const envelope of envelopes) {
    const { to, ciphertext } = envelope;
    if (envelope.from !== from) refuse(`"${from}" sent an envelope in the name of "${envelope.from}".`);
    if (!state.u1.has(to) || !topology.areNeighbours(from, to)) {
      refuse(
        `"${from}" sent an envelope for "${to}", which is not another member of U1 that shares with it.`,
      );
    }
    if (addressees.has(to))
      refuse(`"${from}" sent two envelopes for "${to}": seal one for each member of U1.`);
    if (ciphertext.length !== ENVELOPE_BYTES) {
      refuse(`An envelope of "${from}" is ${ciphertext.length} bytes long and must be ${ENVELOPE_BYTES}.`);
    }
    addressees.add(to);
  }
  const forgotten = state.expected.find((id) => topology.areNeighbours(from, id) && !addressees.has(id));
  if (forgotten !== undefined) {
    refuse(`"${from}" sent no envelope for "${forgotten}": seal one for each neighbour in U1.`);
  }
  return { ...state, received: new Map(state.received).set(from, message) };
}

/**
 * Ends R1: for each member of U2 its inbox. Members of U1 that are not in U2 need no unmasking: nobody masks
 * with them. @throws FedwardError `QUORUM_LOST` as `settle`.
 */
export function closeShares(state: CollectingShares): {
  state: CollectingMasked;
  u2: readonly HospitalId[];
  inboxes: ReadonlyMap<HospitalId, Inbox>;
} {
  const { answered: u2, lost } = settle(state);
  const { context, u1 } = state;
  const addressed = new Map<HospitalId, Envelope[]>(u2.map((id) => [id, []]));
  for (const { envelopes } of pick(state.received, u2)) {
    for (const envelope of envelopes) addressed.get(envelope.to)?.push(envelope);
  }
  const inboxes = new Map(
    [...addressed].map(([id, envelopes]): [HospitalId, Inbox] => [id, { u2, envelopes }]),
  );
  const received = new Accumulator(context.plan.model.dimension);
  return { state: { at: 'R2', context, expected: u2, lost, u1, inboxes, received }, u2, inboxes };
}

/**
 * R2. Adds the vector at once and keeps nothing of it, so a repeat cannot be told from another vector: both
 * are refused. @throws FedwardError as `Accumulator.add`.
 */
export function acceptMasked(state: CollectingMasked, message: MaskedVector): CollectingMasked {
  checkExpected(state, message.from);
  state.received.add(message.from, message.vector);
  return { ...state };
}

/** Ends R2: U3 for its members; later vectors are discarded. @throws FedwardError `QUORUM_LOST` as `settle`. */
export function closeMasked(state: CollectingMasked): {
  state: CollectingAttestations;
  u3: readonly HospitalId[];
} {
  const { context, u1, expected: u2, received: sum } = state;
  sum.close();
  const { answered: u3, lost } = settle(state);
  const u1Hash = hashAdvertisements(context.sid, [...u1.values()]);
  const statement = consistencyStatement(context.sid, u1Hash, u2, u3);
  return {
    state: { at: 'R3', context, expected: u3, lost, u1, u2, sum, statement, received: new Map() },
    u3,
  };
}

/** R3. A signature that does not hold for these three sets is refused. */
export function acceptAttestation(
  state: CollectingAttestations,
  message: Attestation,
): CollectingAttestations {
  const { from, signature } = message;
  checkExpected(state, from);
  if (isRepeat(state.received, message, (attestation) => attestation.signature)) return state;
  if (!verifySignature(seatOf(state.context, from).verifyKey, state.statement, signature)) {
    refuse(
      `The attestation of "${from}" does not hold for this session's U1, U2 and U3: sign what was relayed.`,
    );
  }
  return { ...state, received: new Map(state.received).set(from, message) };
}

/** Ends R3: the list for everybody who signed. @throws FedwardError `QUORUM_LOST` as `settle`. */
export function closeAttest(state: CollectingAttestations): {
  state: CollectingUnmaskings;
  attestations: Attestation[];
} {
  const { answered: expected, lost } = settle(state);
  const { context, u1, u2, expected: u3, sum } = state;
  const attestations = pick(state.received, expected);
  return {
    state: { at: 'R4', context, expected, lost, u1, u2, u3, sum, attestations, received: new Map() },
    attestations,
  };
}

/**
 * R4. At most one share about each member of U2 that shares with the sender, of the one kind that its survival
 * allows: the gatherer must never hold both kinds for anybody.
 */
export function acceptUnmasking(state: CollectingUnmaskings, message: Unmasking): CollectingUnmaskings {
  const { from, shares } = message;
  checkExpected(state, from);
  if (isRepeat(state.received, message, unmaskingBytes)) return state;
  const peers = new Set<HospitalId>();
  for (const { peer, kind, share } of shares) {
    if (!state.u2.includes(peer)) refuse(`"${from}" sent a share about "${peer}", which is not in U2.`);
    if (state.context.topology.shareOf(peer, from) === null) {
      refuse(`"${from}" sent a share about "${peer}", of which it holds none.`);
    }
    if (peers.has(peer))
      refuse(`"${from}" sent two shares about "${peer}": send one about each member of U2.`);
    const due = state.u3.includes(peer) ? 'seed' : 'key';
    if (kind !== due) refuse(`"${from}" sent a ${kind} share about "${peer}": only its ${due} share is due.`);
    if (share.length !== SHARE_BYTES) {
      refuse(
        `The share of "${from}" about "${peer}" is ${share.length} bytes long and must be ${SHARE_BYTES}.`,
      );
    }
    peers.add(peer);
  }
  return { ...state, received: new Map(state.received).set(from, message) };
}

function checkExpected(state: Gathering, from: HospitalId): void {
  if (!state.expected.includes(from)) {
    refuse(`"${from}" does not take part in stage ${state.at}: it was not on the roster or fell out before.`);
  }
}

/** True for the same bytes again. @throws FedwardError `PROTOCOL_VIOLATION` for other bytes of the same sender. */
function isRepeat<M extends { readonly from: HospitalId }>(
  received: ReadonlyMap<HospitalId, M>,
  message: M,
  bytes: (message: M) => Uint8Array,
): boolean {
  const before = received.get(message.from);
  if (before === undefined) return false;
  if (sameBytes(bytes(before), bytes(message))) return true;
  refuse(
    `"${message.from}" sent a second, different message in the same stage: resend the first or nothing.`,
  );
}

function sealedSharesBytes({ envelopes }: SealedShares): Uint8Array {
  return lengthPrefixed(...envelopes.flatMap(({ from, to, ciphertext }) => [from, to, ciphertext]));
}

function unmaskingBytes({ shares }: Unmasking): Uint8Array {
  return lengthPrefixed(...shares.flatMap(({ peer, kind, share }) => [peer, kind, share]));
}

function pick<T>(received: ReadonlyMap<HospitalId, T>, ids: readonly HospitalId[]): T[] {
  return ids.flatMap((id) => received.get(id) ?? []);
}
