/** What the journals of a member and of the gatherer have in common: the header, and parts of messages. */
import type { HospitalId } from '../proto/vocabulary.ts';
import { ascending, type BinaryReader, type BinaryWriter, damaged } from './binary.ts';
import { sameBytes } from './context.ts';
import { ENVELOPE_BYTES } from './envelope.ts';
import type { Advertisement, PeerShare } from './messages.ts';
import { KEY_BYTES } from './x25519.ts';

export const HASH_BYTES = 32;
const SHARE_BYTES = 32;
const SIGNATURE_BYTES = 64;

const VERSION = 1;
const ROLES = { member: 0x6d, gatherer: 0x67 } as const;

/** Version ‖ role ‖ state ‖ session id. */
export function writeHeader(
  writer: BinaryWriter,
  role: keyof typeof ROLES,
  state: number,
  sid: Uint8Array,
): void {
  writer.integer(VERSION, 1);
  writer.integer(ROLES[role], 1);
  writer.integer(state, 1);
  writer.fixed(sid);
}

/** The state's number. @throws FedwardError `DATA_INVALID` for another version, role or session. */
export function readHeader(reader: BinaryReader, role: keyof typeof ROLES, sid: Uint8Array): number {
  const version = reader.integer(1, 'its version');
  if (version !== VERSION) damaged('its version', `is ${version} and not ${VERSION}`);
  if (reader.integer(1, 'its role') !== ROLES[role]) damaged('its role', `is not that of a ${role}`);
  const state = reader.integer(1, 'its state');
  if (!sameBytes(reader.fixed(HASH_BYTES, 'its session id'), sid)) {
    damaged('its session id', 'is that of another plan');
  }
  return state;
}

const KINDS: readonly PeerShare['kind'][] = ['seed', 'key'];

/** All but the sender, which is known from where it stands. */
export function writeAdvertisement(writer: BinaryWriter, entry: Advertisement): void {
  for (const field of [entry.maskKey, entry.sealKey, entry.seedCommitment, entry.signature]) {
    writer.fixed(field);
  }
}

export function readAdvertisement(reader: BinaryReader, from: HospitalId): Advertisement {
  return {
    from,
    maskKey: reader.fixed(KEY_BYTES, 'a mask key'),
    sealKey: reader.fixed(KEY_BYTES, 'a seal key'),
    seedCommitment: reader.fixed(HASH_BYTES, 'a seed commitment'),
    signature: readSignature(reader),
  };
}

/** In the order given: the order is part of the message that is resent. */
export function writeShares(writer: BinaryWriter, shares: readonly PeerShare[]): void {
  writer.list(shares, ({ peer, kind, share }) => {
    writer.member(peer);
    writer.integer(KINDS.indexOf(kind), 1);
    writer.fixed(share);
  });
}

export function readShares(reader: BinaryReader): PeerShare[] {
  return reader.list('the shares', () => ({
    peer: reader.member('a peer'),
    kind: KINDS[reader.integer(1, 'a kind of share')] ?? damaged('a kind of share', 'is unknown'),
    share: reader.fixed(SHARE_BYTES, 'a share'),
  }));
}

export function readSignature(reader: BinaryReader): Uint8Array {
  return reader.fixed(SIGNATURE_BYTES, 'a signature');
}

/** An envelope without the end that is known from where it stands. */
export function writeEnvelope(writer: BinaryWriter, member: HospitalId, ciphertext: Uint8Array): void {
  writer.member(member);
  writer.fixed(ciphertext);
}

export function readEnvelope(reader: BinaryReader): { member: HospitalId; ciphertext: Uint8Array } {
  return {
    member: reader.member('the other end of an envelope'),
    ciphertext: reader.fixed(ENVELOPE_BYTES, 'an envelope'),
  };
}

/** Each member with its value, in ascending order whatever the order of the map. */
export function writeMap<V>(
  writer: BinaryWriter,
  values: ReadonlyMap<HospitalId, V>,
  write: (value: V) => void,
): void {
  const entries = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  writer.list(entries, ([id, value]) => {
    writer.member(id);
    write(value);
  });
}

export function readMap<V>(
  reader: BinaryReader,
  field: string,
  read: (id: HospitalId) => V,
): Map<HospitalId, V> {
  const entries = reader.list(field, () => {
    const id = reader.member(field);
    return [id, read(id)] as const;
  });
  return new Map(ascending(entries, ([id]) => id, field));
}
