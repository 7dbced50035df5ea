/** The session of the vectors with all its values in between that another implementation may want to compare. */
import { createHash } from 'node:crypto';
import { wordsToBytes } from '../../proto/chunks.ts';
import type { InstructionBody, StageBody } from '../../proto/messages.ts';
import { attemptOf, canonicalPlan, cohortOf, type RoundPlan } from '../../proto/plan.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { envelopeNonce, sealingKey } from '../../secagg/envelope.ts';
import { applyMasks } from '../../secagg/keystream.ts';
import { pairMaskKey, selfMaskKey } from '../../secagg/masks.ts';
import type { Advertisement } from '../../secagg/messages.ts';
import { Secret } from '../../secagg/secret.ts';
import { split } from '../../secagg/shamir.ts';
import {
  advertisementStatement,
  consistencyStatement,
  domain,
  hashAdvertisements,
  hashIds,
  lengthPrefixed,
  sessionId,
} from '../../secagg/transcript.ts';
import { agree, importAgreementKey, importPeerKey } from '../../secagg/x25519.ts';
import { DIMENSION, identityOf, identitySeed, LOST_IN_R1, vectorOf } from './consortium.ts';
import { drawsOf, entropyOf, type Play, playR4, playToR4 } from './play.ts';
import type { MemberVector, MessageVector, PairVector, SessionVectors } from './vectors.ts';
import { fromHospitalToHex, toHex, toHospitalToHex } from './wire.ts';

export const GENERATED = 'test/conformance/generate-vectors.ts; docs/secagg.md says what each value is';

export async function sessionVectors(plan: RoundPlan): Promise<SessionVectors> {
  const play = playToR4(plan);
  const sid = sessionId(plan);
  const { u1, u2, u3 } = play;
  const u1Hash = hashAdvertisements(sid, u1);
  const members = u1.map((entry) => memberVector(plan, entry, u1));
  const messages = firstMessages(plan, play);
  const { r4, aggregate } = await playR4(play);
  for (const [id, { message }] of r4) messages.push(said(plan, id, { stage: 'R4', message }));
  return {
    source: GENERATED,
    plan: toHospitalToHex({ type: 'plan', plan }),
    canonicalPlan: toHex(canonicalPlan(plan)),
    rosterHash: toHex(rosterHash(plan)),
    sid: toHex(sid),
    threshold: cohortOf(plan).threshold,
    members,
    u1Hash: toHex(u1Hash),
    u2,
    u2Hash: toHex(hashIds('U2', sid, u2)),
    u3,
    u3Hash: toHex(hashIds('U3', sid, u3)),
    consistencyStatement: toHex(consistencyStatement(sid, u1Hash, u2, u3)),
    messages,
    sum: toHex(wordsToBytes(aggregate.sum)),
  };
}

export function rosterHash({ cohort }: RoundPlan): Uint8Array {
  const entries = cohort.roster.flatMap(({ id, identityKey }) => [id, identityKey]);
  return createHash('sha256')
    .update(lengthPrefixed(domain('roster'), ...entries))
    .digest();
}

function memberVector(plan: RoundPlan, own: Advertisement, u1: readonly Advertisement[]): MemberVector {
  const id = own.from;
  const sid = sessionId(plan);
  const draws = drawsOf(plan, id);
  const { n, threshold } = cohortOf(plan);
  const sharesOf = (secret: Uint8Array, coefficients: Uint8Array) =>
    split(secret, n, threshold, entropyOf([coefficients])).map(({ bytes }) => toHex(bytes));
  const seedShares = sharesOf(draws.seed, draws.seedCoefficients);
  const keyShares = sharesOf(draws.maskSecret, draws.keyCoefficients);
  const selfKey = selfMaskKey(draws.seed, sid, id);
  const peers = id === LOST_IN_R1 ? [] : u1.filter(({ from }) => from !== id);
  const positionOf = (hospital: HospitalId) =>
    1 + plan.cohort.roster.findIndex((entry) => entry.id === hospital);
  const pairWith = (peer: Advertisement): PairVector => {
    const x = positionOf(peer.from) - 1;
    return pairVector(plan, own, peer, u1, `${seedShares[x]}${keyShares[x]}`);
  };
  const hexDraws = Object.entries(draws).map(([name, bytes]) => [name, toHex(bytes)]);
  return {
    id,
    position: positionOf(id),
    identitySeed: toHex(identitySeed(id)),
    identityKey: toHex(identityOf(id).publicKey),
    ...(Object.fromEntries(hexDraws) as Record<keyof typeof draws, string>),
    maskKey: toHex(own.maskKey),
    sealKey: toHex(own.sealKey),
    seedCommitment: toHex(own.seedCommitment),
    advertisementStatement: toHex(advertisementStatement(sid, own)),
    signature: toHex(own.signature),
    seedShares,
    keyShares,
    selfMaskKey: toHex(selfKey.expose()),
    selfMask: maskOf(selfKey),
    pairs: peers.map(pairWith),
    vector: toHex(wordsToBytes(vectorOf(id))),
  };
}

/** @param plaintext the seed share and the key share that fall to the peer. */
function pairVector(
  plan: RoundPlan,
  own: Advertisement,
  peer: Advertisement,
  u1: readonly Advertisement[],
  plaintext: string,
): PairVector {
  const sid = sessionId(plan);
  const { maskSecret, sealSecret } = drawsOf(plan, own.from);
  const mine = importAgreementKey(new Secret(maskSecret));
  const theirs = importPeerKey(peer.maskKey, peer.from);
  const maskKey = pairMaskKey(mine, theirs, sid, own.from, peer.from);
  const sealing = sealingKey(
    importAgreementKey(new Secret(sealSecret)),
    importPeerKey(peer.sealKey, peer.from),
  );
  const nonce = envelopeNonce({ sid, from: own.from, to: peer.from, u1Hash: hashAdvertisements(sid, u1) });
  return {
    peer: peer.from,
    maskSecret: toHex(agree(mine, theirs)),
    maskKey: toHex(maskKey.expose()),
    mask: maskOf(maskKey),
    sealingKey: toHex(sealing.expose()),
    nonce: toHex(nonce),
    plaintext,
  };
}

function maskOf(key: Secret): string {
  const words = new Int32Array(DIMENSION);
  applyMasks(words, [{ key, sign: 1 }]);
  return toHex(wordsToBytes(words));
}

/** All messages but those of R4, in the order in which the coordinator sees them. */
function firstMessages(plan: RoundPlan, play: Play): MessageVector[] {
  const { u1, u3, inboxes, attestations, r0, r1, r2, r3 } = play;
  const messages: MessageVector[] = [];
  for (const [id, { message }] of r0) messages.push(said(plan, id, { stage: 'R0', message }));
  messages.push(told(plan, [...r0.keys()], { opens: 'R1', u1 }));
  for (const [id, { message }] of r1) messages.push(said(plan, id, { stage: 'R1', message }));
  for (const [id, inbox] of inboxes) messages.push(told(plan, [id], { opens: 'R2', inbox }));
  for (const [id, { message }] of r2) {
    const chunk = { offset: 0, total: DIMENSION, words: message.vector };
    messages.push(said(plan, id, { stage: 'R2', chunk }));
  }
  messages.push(told(plan, u3, { opens: 'R3', u3 }));
  for (const [id, { message }] of r3) messages.push(said(plan, id, { stage: 'R3', message }));
  messages.push(told(plan, [...r3.keys()], { opens: 'R4', attestations }));
  return messages;
}

export function said(plan: RoundPlan, from: HospitalId, body: StageBody): MessageVector {
  const bytes = fromHospitalToHex({ type: 'stage', attempt: attemptOf(plan), body });
  return { from, stage: body.stage, bytes };
}

export function told(plan: RoundPlan, to: readonly HospitalId[], body: InstructionBody): MessageVector {
  const bytes = toHospitalToHex({ type: 'instruction', attempt: attemptOf(plan), body });
  return { to, opens: body.opens, bytes };
}
