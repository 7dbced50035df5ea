/**
 * The states of a member as bytes, canonical and versioned: one state has one encoding.
 *
 * They hold the session's secrets in the clear: whoever encodes seals them (`sealJournal`) and zeroes them.
 * The plan is not among them. It comes back from the hospital's own store, is checked against the pins once
 * more, and must give the session id that is.
 */
import { ascending, BinaryReader, BinaryWriter, damaged } from './binary.ts';
import type { SharePair } from './envelope.ts';
import { Guard } from './guard.ts';
import { openSession, type SessionOptions } from './member.ts';
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
import {
  HASH_BYTES,
  readAdvertisement,
  readEnvelope,
  readHeader,
  readMap,
  readShares,
  readSignature,
  writeAdvertisement,
  writeEnvelope,
  writeHeader,
  writeMap,
  writeShares,
} from './message-codec.ts';
import { Secret } from './secret.ts';

const SECRET_BYTES = 32;

/** The states in the order of the protocol: the index of a state is its position in the journal. */
export const MEMBER_STATES = ['opened', 'advertised', 'shared', 'masked', 'attested', 'done'] as const;

/**
 * Header ‖ own seat ‖ the state's own. Holds live secrets: seal it, then zero it.
 * @throws FedwardError `ALREADY_SPENT` for a state whose secrets a later step has erased.
 */
export function encodeMember(state: MemberState): Uint8Array {
  const { self, context } = sessionOf(state);
  const writer = new BinaryWriter([...context.seats.keys()]);
  writeHeader(writer, 'member', MEMBER_STATES.indexOf(state.at), context.sid);
  writer.member(self);
  writeState(writer, state);
  return writer.finish();
}

/**
 * The state again, with a guard of its own that stands where the state does. Only `resume` may call it
 * outside tests: two states from the same bytes know nothing of each other, the journal keeps them apart.
 * @throws FedwardError `DATA_INVALID` for bytes of another session or member, or not from `encodeMember`;
 *   whatever `openSession` refuses.
 */
export function decodeMember(options: SessionOptions, bytes: Uint8Array): MemberState {
  const opened = openSession(options);
  const { self, context } = opened;
  const reader = new BinaryReader(bytes, [...context.seats.keys()]);
  const position = readHeader(reader, 'member', context.sid);
  const at = MEMBER_STATES[position] ?? damaged('its state', `is ${position}`);
  if (reader.member('its member') !== self) damaged('its member', `is not "${self}"`);
  const session: Session = { ...opened, guard: new Guard<MemberState['at']>(at) };
  try {
    const state = readState(reader, session, at);
    reader.end();
    return state;
  } catch (error) {
    session.guard.abandon();
    throw error;
  }
}

function writeState(writer: BinaryWriter, state: MemberState): void {
  switch (state.at) {
    case 'opened':
      break;
    case 'advertised':
      writeAdvertised(writer, state);
      break;
    case 'shared':
      writeShared(writer, state);
      break;
    case 'masked':
      writeMasked(writer, state);
      break;
    case 'attested':
      writeAttested(writer, state);
      break;
    case 'done':
      writeShares(writer, state.own.shares);
      break;
    default:
      state satisfies never;
  }
}

function readState(reader: BinaryReader, session: Session, at: MemberState['at']): MemberState {
  switch (at) {
    case 'opened':
      return session;
    case 'advertised':
      return readAdvertised(reader, session);
    case 'shared':
      return readShared(reader, session);
    case 'masked':
      return readMasked(reader, session);
    case 'attested':
      return readAttested(reader, session);
    case 'done':
      return readDone(reader, session);
    default:
      return at satisfies never;
  }
}

function writeAdvertised(writer: BinaryWriter, { own, maskKey, sealKey, seed }: Advertised): void {
  writeAdvertisement(writer, own);
  for (const secret of [maskKey.secret, sealKey.secret, seed]) writer.fixed(secret.expose());
}

function readAdvertised(reader: BinaryReader, session: Session): Advertised {
  const own = readAdvertisement(reader, session.self);
  const secret = (field: string) => readSecret(reader, session, field);
  const maskKey = { secret: secret('the mask key'), publicKey: own.maskKey };
  const sealKey = { secret: secret('the seal key'), publicKey: own.sealKey };
  return { at: 'advertised', session, own, maskKey, sealKey, seed: secret('the seed') };
}

function writeShared(writer: BinaryWriter, { own, u1, u1Hash, pairs, selfMask, ownShares }: Shared): void {
  writer.members(u1);
  writer.fixed(u1Hash);
  writer.fixed(selfMask.expose());
  writer.list(ownShares === null ? [] : [ownShares], (shares) => writePair(writer, shares));
  writeMap(writer, pairs, ({ sealing, mask }) => {
    writer.fixed(sealing.expose());
    writer.fixed(mask.expose());
  });
  writer.list(own.envelopes, ({ to, ciphertext }) => writeEnvelope(writer, to, ciphertext));
}

function readShared(reader: BinaryReader, session: Session): Shared {
  const { self } = session;
  const u1 = reader.members('U1');
  const u1Hash = reader.fixed(HASH_BYTES, 'H(U1)');
  const selfMask = readSecret(reader, session, 'the self-mask');
  const [ownShares = null, ...others] = reader.list('the own shares', () => readPair(reader, session));
  if (others.length > 0) damaged('the own shares', 'are there twice');
  const pairs = readMap(
    reader,
    'the pairs',
    (): Pair => ({
      sealing: readSecret(reader, session, 'a sealing key'),
      mask: readSecret(reader, session, 'a pair mask'),
    }),
  );
  const envelopes = reader.list('the envelopes', () => {
    const { member: to, ciphertext } = readEnvelope(reader);
    return { from: self, to, ciphertext };
  });
  ascending(envelopes, ({ to }) => to, 'the envelopes');
  return { at: 'shared', session, own: { from: self, envelopes }, u1, u1Hash, pairs, selfMask, ownShares };
}

function writeMasked(writer: BinaryWriter, { own, u1Hash, u2, held }: Masked): void {
  writer.fixed(u1Hash);
  writer.members(u2);
  writeMap(writer, held, (shares) => writePair(writer, shares));
  writer.words(own.vector);
}

function readMasked(reader: BinaryReader, session: Session): Masked {
  const { self, context } = session;
  const u1Hash = reader.fixed(HASH_BYTES, 'H(U1)');
  const u2 = reader.members('U2');
  const held = readMap(reader, 'the held shares', () => readPair(reader, session));
  const vector = reader.words(context.plan.model.dimension, 'the masked vector');
  return { at: 'masked', session, own: { from: self, vector }, u1Hash, u2, held };
}

function writeAttested(writer: BinaryWriter, { own, u3, statement, answers }: Attested): void {
  writer.members(u3);
  writer.block(statement);
  writer.fixed(own.signature);
  writeShares(
    writer,
    answers.map(({ peer, kind, share }) => ({ peer, kind, share: share.expose() })),
  );
}

function readAttested(reader: BinaryReader, session: Session): Attested {
  const u3 = reader.members('U3');
  const statement = reader.block('the statement');
  const own = { from: session.self, signature: readSignature(reader) };
  const answers = readShares(reader).map(
    ({ share, ...rest }): Answer => ({ ...rest, share: session.guard.keep(new Secret(share)) }),
  );
  return { at: 'attested', session, own, u3, statement, answers };
}

function readDone(reader: BinaryReader, session: Session): Done {
  return { at: 'done', session, own: { from: session.self, shares: readShares(reader) } };
}

function writePair(writer: BinaryWriter, { seed, key }: SharePair): void {
  writer.fixed(seed.expose());
  writer.fixed(key.expose());
}

function readPair(reader: BinaryReader, session: Session): SharePair {
  return {
    seed: readSecret(reader, session, 'a seed share'),
    key: readSecret(reader, session, 'a key share'),
  };
}

function readSecret(reader: BinaryReader, { guard }: Session, field: string): Secret {
  return guard.keep(new Secret(reader.fixed(SECRET_BYTES, field)));
}
