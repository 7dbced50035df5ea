/** What a dishonest hospital could send the gatherer in place of, or after, its own message of a stage. */
import type { StageBody } from '../../proto/messages.ts';
import type { RoundPlan } from '../../proto/plan.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import type { Advertisement, PeerShare, SealedShares } from '../../secagg/messages.ts';
import { at, flipped } from '../secagg/support.ts';
import { conformancePlan, DIMENSION, LOST_IN_R1, LOST_IN_R2, STRANGER } from './consortium.ts';
import { type Play, playR4, playToR4 } from './play.ts';
import { said } from './session-vectors.ts';
import { signedBy } from './tampered-instructions.ts';
import type { TamperedVectors } from './vectors.ts';

type Refused = TamperedVectors['stageMessages'][number];

const ALDER = hospitalId('alder');
const BIRCH = hospitalId('birch');

export async function tamperedStages(plan: RoundPlan): Promise<Refused[]> {
  const play = playToR4(plan);
  const other = playToR4(conformancePlan(2));
  const refused = (
    name: string,
    body: StageBody,
    {
      from = BIRCH,
      after = false,
      code = 'PROTOCOL_VIOLATION',
    }: Partial<Pick<Refused, 'after' | 'code'>> & { from?: HospitalId } = {},
  ): Refused => {
    const { bytes } = said(plan, from, body);
    return { name, from, stage: body.stage, after, bytes, code };
  };
  return [
    ...advertisements(plan, play, other, refused),
    ...sealedShares(play, other, refused),
    ...vectors(play, refused),
    ...attestations(play, other, refused),
    ...(await unmaskings(plan, refused)),
  ];
}

type Refuse = (
  name: string,
  body: StageBody,
  options?: Partial<Pick<Refused, 'after' | 'code'>> & { from?: HospitalId },
) => Refused;

function advertisements(plan: RoundPlan, { r0 }: Play, other: Play, refused: Refuse): Refused[] {
  const own = at(r0, BIRCH).message;
  const alder = at(r0, ALDER).message;
  const fresh = at(other.r0, BIRCH).message;
  const body = (message: Advertisement): StageBody => ({ stage: 'R0', message });
  const low = new Uint8Array(32);
  return [
    refused('a mask key that was not signed', body({ ...own, maskKey: flipped(own.maskKey) })),
    refused('an advertisement of round 2', body(fresh)),
    refused('an advertisement that alder signed', body({ ...alder, from: BIRCH })),
    refused('a key of alder', body(signedBy(plan, { ...own, maskKey: alder.maskKey }))),
    refused('one key for both purposes', body(signedBy(plan, { ...own, sealKey: own.maskKey }))),
    refused('a seal key of low order', body(signedBy(plan, { ...own, sealKey: low }))),
    refused(
      'a mask key that is not in canonical form',
      body(signedBy(plan, { ...own, maskKey: new Uint8Array(32).fill(0xff) })),
    ),
    refused(
      'a commitment of 31 bytes',
      body(signedBy(plan, { ...own, seedCommitment: own.seedCommitment.subarray(1) })),
    ),
    refused('a second, different advertisement', body(signedBy(plan, fresh)), { after: true }),
    refused('an advertisement of a stranger', body(signedBy(plan, { ...fresh, from: STRANGER })), {
      from: STRANGER,
    }),
  ];
}

function sealedShares({ r1 }: Play, other: Play, refused: Refuse): Refused[] {
  const own = at(r1, BIRCH).message;
  const [first, ...rest] = own.envelopes;
  if (first === undefined) throw new Error('the session has no envelopes');
  const body = (envelopes: SealedShares['envelopes']): StageBody => ({
    stage: 'R1',
    message: { from: BIRCH, envelopes },
  });
  return [
    refused('no envelope for alder', body(rest)),
    refused('two envelopes for alder', body([first, ...own.envelopes])),
    refused('an envelope in the name of cedar', body([{ ...first, from: LOST_IN_R2 }, ...rest])),
    refused('an envelope for fir', body([...own.envelopes, { ...first, to: STRANGER }])),
    refused('an envelope for birch itself', body([...own.envelopes, { ...first, to: BIRCH }])),
    refused(
      'an envelope of 79 bytes',
      body([{ ...first, ciphertext: first.ciphertext.subarray(1) }, ...rest]),
    ),
    refused('second, different envelopes', body(at(other.r1, BIRCH).message.envelopes), { after: true }),
  ];
}

function vectors({ r2 }: Play, refused: Refuse): Refused[] {
  const words = at(r2, BIRCH).message.vector;
  const body = (chunk: { words: Int32Array; offset?: number; total?: number }): StageBody => ({
    stage: 'R2',
    chunk: { offset: 0, total: DIMENSION, ...chunk },
  });
  return [
    refused('one word too few', body({ words: words.subarray(1), total: DIMENSION - 1 })),
    refused('one word too many', body({ words: Int32Array.of(...words, 1), total: DIMENSION + 1 })),
    refused('a first chunk that does not begin at 0', body({ words: words.subarray(2), offset: 2 })),
    refused('an empty chunk', body({ words: new Int32Array() })),
    refused('the same vector again', body({ words }), { after: true, code: 'ALREADY_SPENT' }),
    refused('a vector of elm, which is not in U2', body({ words }), { from: LOST_IN_R1 }),
  ];
}

function attestations({ r3 }: Play, other: Play, refused: Refuse): Refused[] {
  const { signature } = at(r3, BIRCH).message;
  const body = (bytes: Uint8Array): StageBody => ({
    stage: 'R3',
    message: { from: BIRCH, signature: bytes },
  });
  return [
    refused('a signature with one bit changed', body(flipped(signature))),
    refused('a signature of round 2', body(at(other.r3, BIRCH).message.signature)),
    refused('a signature of alder', body(at(r3, ALDER).message.signature)),
    refused('a signature of 63 bytes', body(signature.subarray(1))),
    refused('an attestation of cedar, which is not in U3', body(signature), { from: LOST_IN_R2 }),
  ];
}

async function unmaskings(plan: RoundPlan, refused: Refuse): Promise<Refused[]> {
  const { r4 } = await playR4(playToR4(plan));
  const { shares } = at(r4, BIRCH).message;
  const body = (changed: readonly PeerShare[]): StageBody => ({
    stage: 'R4',
    message: { from: BIRCH, shares: changed },
  });
  const change = (peer: HospitalId, by: Partial<PeerShare>) =>
    shares.map((share) => (share.peer === peer ? { ...share, ...by } : share));
  const [first] = shares;
  if (first === undefined) throw new Error('the session has no shares');
  return [
    refused('a key share about alder, which survived', body(change(ALDER, { kind: 'key' }))),
    refused('a seed share about cedar, which was lost', body(change(LOST_IN_R2, { kind: 'seed' }))),
    refused('both kinds of share about alder', body([...shares, { ...first, kind: 'key' }])),
    refused('two shares about alder', body([first, ...shares])),
    refused(
      'a share about elm, which is not in U2',
      body([...shares, { ...first, peer: LOST_IN_R1, kind: 'key' }]),
    ),
    refused('a share of 31 bytes', body(change(ALDER, { share: first.share.subarray(1) }))),
    refused('second, different shares', body(change(ALDER, { share: flipped(first.share) })), {
      after: true,
    }),
    refused('shares of cedar, which did not attest', body(shares), { from: LOST_IN_R2 }),
  ];
}
