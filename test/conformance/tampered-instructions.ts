/** What a dishonest coordinator could send "alder" in place of each instruction of the session. */
import type { InstructionBody } from '../../proto/messages.ts';
import type { RoundPlan } from '../../proto/plan.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import type { Advertisement, Attestation, Envelope, Inbox } from '../../secagg/messages.ts';
import {
  advertisementStatement,
  consistencyStatement,
  hashAdvertisements,
  sessionId,
} from '../../secagg/transcript.ts';
import { at, flipped } from '../secagg/support.ts';
import { conformancePlan, fixed, identityOf, LOST_IN_R1, LOST_IN_R2, STRANGER } from './consortium.ts';
import { type Play, playToR4 } from './play.ts';
import { told } from './session-vectors.ts';
import type { TamperedVectors } from './vectors.ts';

type Refused = TamperedVectors['instructions'][number];
type Tolerated = TamperedVectors['inboxes'][number];

const ALDER = hospitalId('alder');
const BIRCH = hospitalId('birch');
/** Order 8 on Curve25519 (RFC 7748 §4.1, u of a point of small order). */
const LOW_ORDER = 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800';
/** 2^255 − 19 + 9: the base point, with nothing wrong but its encoding. */
const NOT_CANONICAL = `f6${'ff'.repeat(30)}7f`;

export function tamperedInstructions(plan: RoundPlan, play: Play): Refused[] {
  const other = playToR4(conformancePlan(2));
  const refused = (name: string, body: InstructionBody): Refused => ({
    name,
    member: ALDER,
    opens: body.opens,
    bytes: told(plan, [ALDER], body).bytes,
    code: 'PROTOCOL_VIOLATION',
  });
  return [
    ...tamperedU1(plan, play, other).map(([name, u1]) => refused(name, { opens: 'R1', u1 })),
    ...tamperedInboxes(play).map(([name, inbox]) => refused(name, { opens: 'R2', inbox })),
    ...tamperedU3(play).map(([name, u3]) => refused(name, { opens: 'R3', u3 })),
    ...tamperedAttestations(plan, play, other).map(([name, attestations]) =>
      refused(name, { opens: 'R4', attestations }),
    ),
  ];
}

/** An advertisement that is signed by whom it names, for this session. */
export function signedBy(plan: RoundPlan, entry: Omit<Advertisement, 'signature'>): Advertisement {
  const statement = advertisementStatement(sessionId(plan), entry);
  return { ...entry, signature: identityOf(entry.from).sign(statement) };
}

type U1 = readonly Advertisement[];

function tamperedU1(plan: RoundPlan, { u1 }: Play, other: Play): [string, U1][] {
  const change = (id: HospitalId, by: (entry: Advertisement) => Advertisement): U1 =>
    u1.map((entry) => (entry.from === id ? by(entry) : entry));
  const [alder] = u1;
  const key = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
  const stranger = signedBy(plan, {
    from: STRANGER,
    maskKey: fixed('mask key of a stranger', 32).map((byte, i) => (i === 31 ? byte & 0x3f : byte)),
    sealKey: fixed('seal key of a stranger', 32).map((byte, i) => (i === 31 ? byte & 0x3f : byte)),
    seedCommitment: fixed('commitment of a stranger', 32),
  });
  return [
    [
      'a mask key of birch that birch did not sign',
      change(BIRCH, (e) => ({ ...e, maskKey: flipped(e.maskKey) })),
    ],
    [
      'a seal key of birch that birch did not sign',
      change(BIRCH, (e) => ({ ...e, sealKey: flipped(e.sealKey) })),
    ],
    [
      'a commitment of birch that birch did not sign',
      change(BIRCH, (e) => ({ ...e, seedCommitment: flipped(e.seedCommitment) })),
    ],
    [
      'a signature of birch with one bit changed',
      change(BIRCH, (e) => ({ ...e, signature: flipped(e.signature) })),
    ],
    [
      'an advertisement of birch that elm signed',
      change(BIRCH, (e) => ({ ...signedBy(plan, { ...e, from: LOST_IN_R1 }), from: BIRCH })),
    ],
    [
      'the advertisement of birch in round 2',
      change(BIRCH, (e) => other.u1.find(({ from }) => from === BIRCH) ?? e),
    ],
    [
      'another advertisement of alder, signed by alder',
      change(ALDER, (e) => signedBy(plan, { ...e, maskKey: flipped(e.maskKey) })),
    ],
    [
      'keys of alder that birch signed as its own',
      change(BIRCH, (e) => signedBy(plan, { ...e, maskKey: alder?.maskKey ?? e.maskKey })),
    ],
    [
      'one key of birch for both purposes',
      change(BIRCH, (e) => signedBy(plan, { ...e, sealKey: e.maskKey })),
    ],
    ['a mask key of low order', change(BIRCH, (e) => signedBy(plan, { ...e, maskKey: key(LOW_ORDER) }))],
    ['a seal key of low order', change(BIRCH, (e) => signedBy(plan, { ...e, sealKey: key(LOW_ORDER) }))],
    ['a mask key of zeros', change(BIRCH, (e) => signedBy(plan, { ...e, maskKey: new Uint8Array(32) }))],
    [
      'a mask key that is not in canonical form',
      change(BIRCH, (e) => signedBy(plan, { ...e, maskKey: key(NOT_CANONICAL) })),
    ],
    [
      'a seal key that is not in canonical form',
      change(BIRCH, (e) => signedBy(plan, { ...e, sealKey: key(NOT_CANONICAL) })),
    ],
    [
      'a mask key of 31 bytes',
      change(BIRCH, (e) => signedBy(plan, { ...e, maskKey: e.maskKey.subarray(1) })),
    ],
    ['birch twice', [...u1.slice(0, 2), ...u1.slice(1)]],
    ['out of order', u1.toReversed()],
    ['without alder', u1.filter(({ from }) => from !== ALDER)],
    ['two hospitals of the three that the threshold asks for', u1.slice(0, 2)],
    ['with a stranger who signed well', [...u1, stranger]],
    ['of nobody', []],
  ];
}

function tamperedInboxes({ inboxes, u2, r1 }: Play): [string, Inbox][] {
  const inbox = at(inboxes, ALDER);
  const [first, ...rest] = inbox.envelopes;
  const another = at(r1, BIRCH).message.envelopes.find(({ to }) => to !== ALDER);
  if (first === undefined || another === undefined) throw new Error('the session has no envelopes');
  const with1 = (change: Partial<Envelope>): Inbox => ({ u2, envelopes: [{ ...first, ...change }, ...rest] });
  return [
    ['U2 names fir, which is not in U1', { ...inbox, u2: [...u2, STRANGER] }],
    ['U2 lacks alder', { ...inbox, u2: u2.filter((id) => id !== ALDER) }],
    ['U2 has two hospitals of three', { u2: u2.slice(0, 2), envelopes: [first] }],
    ['U2 names birch twice', { ...inbox, u2: [ALDER, BIRCH, BIRCH, LOST_IN_R2] }],
    ['U2 is out of order', { ...inbox, u2: u2.toReversed() }],
    ['an envelope for another hospital', { u2, envelopes: [another, ...rest] }],
    ['two envelopes from birch', { u2, envelopes: [first, ...inbox.envelopes] }],
    ['an envelope from elm, which is not in U2', with1({ from: LOST_IN_R1 })],
    ['an envelope from alder itself', with1({ from: ALDER })],
    ['an envelope of 79 bytes', with1({ ciphertext: first.ciphertext.subarray(1) })],
  ];
}

function tamperedU3({ u3 }: Play): [string, readonly HospitalId[]][] {
  return [
    ['U3 names elm, which is not in U2', [...u3, LOST_IN_R1]],
    ['U3 lacks alder', [...u3.filter((id) => id !== ALDER), LOST_IN_R2]],
    ['U3 has two hospitals of three', u3.slice(0, 2)],
    ['U3 names birch twice', [ALDER, BIRCH, BIRCH]],
    ['U3 is out of order', u3.toReversed()],
  ];
}

function tamperedAttestations(
  plan: RoundPlan,
  { u1, u2, u3, attestations }: Play,
  other: Play,
): [string, readonly Attestation[]][] {
  const sid = sessionId(plan);
  const u1Hash = hashAdvertisements(sid, u1);
  const seenBy = (
    from: HospitalId,
    sets: { u1Hash?: Uint8Array; u2?: typeof u2; u3?: typeof u3 },
  ): Attestation => {
    const statement = consistencyStatement(sid, sets.u1Hash ?? u1Hash, sets.u2 ?? u2, sets.u3 ?? u3);
    return { from, signature: identityOf(from).sign(statement) };
  };
  const change = (id: HospitalId, to: Attestation) => attestations.map((a) => (a.from === id ? to : a));
  const own = at(new Map(attestations.map((a) => [a.from, a])), ALDER);
  return [
    ['birch was shown another U3', change(BIRCH, seenBy(BIRCH, { u3: u2 }))],
    ['birch was shown another U2', change(BIRCH, seenBy(BIRCH, { u2: u1.map(({ from }) => from) }))],
    ['birch was shown another U1', change(BIRCH, seenBy(BIRCH, { u1Hash: flipped(u1Hash) }))],
    [
      'the attestation of birch in round 2',
      change(BIRCH, other.attestations.find(({ from }) => from === BIRCH) ?? own),
    ],
    [
      'a signature of birch with one bit changed',
      change(BIRCH, { from: BIRCH, signature: flipped(seenBy(BIRCH, {}).signature, 40) }),
    ],
    [
      'a signature of alder that alder did not make',
      change(ALDER, { from: ALDER, signature: flipped(own.signature) }),
    ],
    ['the signature of alder as that of birch', change(BIRCH, { ...own, from: BIRCH })],
    ['of cedar, which is not in U3', [...attestations, seenBy(LOST_IN_R2, {})]],
    ['of two hospitals of three', attestations.slice(0, 2)],
    ['birch twice and birch-2 not at all', [...attestations.slice(0, 2), ...attestations.slice(1, 2)]],
    ['out of order', attestations.toReversed()],
    ['a signature of 63 bytes', change(BIRCH, { from: BIRCH, signature: own.signature.subarray(1) })],
  ];
}

/** An envelope that does not open is a share that is missing, and no reason to refuse. */
export function toleratedInboxes(plan: RoundPlan, { inboxes, u2, r1 }: Play): Tolerated[] {
  const other = playToR4(conformancePlan(2));
  const { envelopes } = at(inboxes, ALDER);
  const rest = envelopes.filter(({ from }) => from !== BIRCH);
  const own = envelopes.find(({ from }) => from === BIRCH);
  if (own === undefined) throw new Error('the session has no envelope of birch');
  const put = (name: string, ciphertext: Uint8Array | undefined): Tolerated => {
    const inserted = ciphertext === undefined ? [] : [{ from: BIRCH, to: ALDER, ciphertext }];
    const inbox = { u2, envelopes: [...inserted, ...rest] };
    return {
      name,
      member: ALDER,
      bytes: told(plan, [ALDER], { opens: 'R2', inbox }).bytes,
      missing: [BIRCH],
    };
  };
  const sealed = (from: HospitalId, to: HospitalId, play: Pick<Play, 'r1'> = { r1 }) =>
    at(play.r1, from).message.envelopes.find((envelope) => envelope.to === to)?.ciphertext;
  return [
    put('none of birch', undefined),
    put('one of birch with a bit changed', flipped(own.ciphertext, 20)),
    put('one of birch for another receiver', sealed(BIRCH, LOST_IN_R2)),
    put('one of another sender as that of birch', sealed(LOST_IN_R2, ALDER)),
    put('one of alder for birch sent back', sealed(ALDER, BIRCH)),
    put('one of birch from round 2', sealed(BIRCH, ALDER, other)),
  ];
}
