/**
 * The states of the gatherer as bytes, canonical and versioned: one state has one encoding, in whatever order
 * its messages came.
 *
 * The answers of R4 give back the secrets of members that dropped: whoever encodes seals (`sealJournal`) and
 * zeroes the bytes. The plan is not among them; it must give the session id that is.
 */
import type { RoundPlan } from '../proto/plan.ts';
import { type HospitalId, STAGES } from '../proto/vocabulary.ts';
import { Accumulator, type SavedSum } from './accumulator.ts';
import { BinaryReader, BinaryWriter, damaged } from './binary.ts';
import { openContext, type SessionContext } from './context.ts';
import type {
  CollectingAdvertisements,
  CollectingAttestations,
  CollectingMasked,
  CollectingShares,
  CollectingUnmaskings,
  Gathering,
  Lost,
} from './gatherer-state.ts';
import {
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
import type { Advertisement, Attestation, Inbox } from './messages.ts';
import { consistencyStatement, hashAdvertisements } from './transcript.ts';

/** In the order of the protocol. */
export const GATHERER_STAGES: readonly Gathering['at'][] = ['R0', 'R1', 'R2', 'R3', 'R4'];
const PHASES: readonly SavedSum['phase'][] = ['adding', 'closed', 'released'];

/** Header ‖ who is expected ‖ who was lost ‖ the stage's own. */
export function encodeGatherer(state: Gathering): Uint8Array {
  const { context, at, expected, lost } = state;
  const writer = new BinaryWriter([...context.seats.keys()]);
  writeHeader(writer, 'gatherer', GATHERER_STAGES.indexOf(at), context.sid);
  writer.members(expected);
  writer.list(lost, ({ hospital, stage }) => {
    writer.member(hospital);
    writer.integer(STAGES.indexOf(stage), 1);
  });
  writeStage(writer, state);
  return writer.finish();
}

/**
 * The state again, with an accumulator of its own.
 * @throws FedwardError `DATA_INVALID` for bytes of another session, or not from `encodeGatherer`; whatever
 *   `openContext` refuses.
 */
export function decodeGatherer(plan: RoundPlan, bytes: Uint8Array): Gathering {
  const context = openContext(plan);
  const reader = new BinaryReader(bytes, [...context.seats.keys()]);
  const stage = readHeader(reader, 'gatherer', context.sid);
  const at = GATHERER_STAGES[stage] ?? damaged('its state', `is ${stage}`);
  const expected = reader.members('the expected');
  const lost = reader.list('the lost', (): Lost => {
    const hospital = reader.member('a lost hospital');
    const index = reader.integer(1, 'its stage');
    return { hospital, stage: STAGES[index] ?? damaged('its stage', `is ${index}`) };
  });
  const state = readStage(reader, at, { context, expected, lost });
  reader.end();
  return state;
}

interface Common {
  readonly context: SessionContext;
  readonly expected: readonly HospitalId[];
  readonly lost: readonly Lost[];
}

function writeStage(writer: BinaryWriter, state: Gathering): void {
  if (state.at === 'R0') {
    writeAdvertisements(writer, state.received);
    return;
  }
  writeAdvertisements(writer, state.u1);
  switch (state.at) {
    case 'R1':
      writeMap(writer, state.received, ({ envelopes }) =>
        writer.list(envelopes, ({ to, ciphertext }) => writeEnvelope(writer, to, ciphertext)),
      );
      break;
    case 'R2':
      writeMap(writer, state.inboxes, ({ envelopes }) =>
        writer.list(envelopes, ({ from, ciphertext }) => writeEnvelope(writer, from, ciphertext)),
      );
      writeSum(writer, state.received);
      break;
    case 'R3':
      writer.members(state.u2);
      writeSum(writer, state.sum);
      writeAttestations(writer, [...state.received.values()]);
      break;
    case 'R4':
      writer.members(state.u2);
      writer.members(state.u3);
      writeSum(writer, state.sum);
      writeAttestations(writer, state.attestations);
      writeMap(writer, state.received, ({ shares }) => writeShares(writer, shares));
      break;
    default:
      state satisfies never;
  }
}

function readStage(reader: BinaryReader, at: Gathering['at'], common: Common): Gathering {
  switch (at) {
    case 'R0':
      return { at, ...common, received: readAdvertisements(reader) } satisfies CollectingAdvertisements;
    case 'R1':
      return readR1(reader, common);
    case 'R2':
      return readR2(reader, common);
    case 'R3':
      return readR3(reader, common);
    case 'R4':
      return readR4(reader, common);
    default:
      return at satisfies never;
  }
}

function readR1(reader: BinaryReader, common: Common): CollectingShares {
  const u1 = readAdvertisements(reader);
  const received = readMap(reader, 'the sealed shares', (from) => ({
    from,
    envelopes: reader.list('the envelopes', () => {
      const { member: to, ciphertext } = readEnvelope(reader);
      return { from, to, ciphertext };
    }),
  }));
  return { at: 'R1', ...common, u1, received };
}

function readR2(reader: BinaryReader, common: Common): CollectingMasked {
  const u1 = readAdvertisements(reader);
  const inboxes = readMap(
    reader,
    'the inboxes',
    (to): Inbox => ({
      u2: common.expected,
      envelopes: reader.list('the envelopes', () => {
        const { member: from, ciphertext } = readEnvelope(reader);
        return { from, to, ciphertext };
      }),
    }),
  );
  return { at: 'R2', ...common, u1, inboxes, received: readSum(reader, common) };
}

function readR3(reader: BinaryReader, common: Common): CollectingAttestations {
  const { context, expected: u3 } = common;
  const u1 = readAdvertisements(reader);
  const u2 = reader.members('U2');
  const sum = readSum(reader, common);
  const u1Hash = hashAdvertisements(context.sid, [...u1.values()]);
  const statement = consistencyStatement(context.sid, u1Hash, u2, u3);
  return { at: 'R3', ...common, u1, u2, sum, statement, received: readAttestations(reader) };
}

function readR4(reader: BinaryReader, common: Common): CollectingUnmaskings {
  const u1 = readAdvertisements(reader);
  const u2 = reader.members('U2');
  const u3 = reader.members('U3');
  const sum = readSum(reader, common);
  const attestations = [...readAttestations(reader).values()];
  const received = readMap(reader, 'the unmaskings', (from) => ({ from, shares: readShares(reader) }));
  return { at: 'R4', ...common, u1, u2, u3, sum, attestations, received };
}

function writeAdvertisements(writer: BinaryWriter, entries: ReadonlyMap<HospitalId, Advertisement>): void {
  writeMap(writer, entries, (entry) => writeAdvertisement(writer, entry));
}

function readAdvertisements(reader: BinaryReader): Map<HospitalId, Advertisement> {
  return readMap(reader, 'the advertisements', (from) => readAdvertisement(reader, from));
}

function writeAttestations(writer: BinaryWriter, attestations: readonly Attestation[]): void {
  const signatures = new Map(attestations.map(({ from, signature }) => [from, signature]));
  writeMap(writer, signatures, (signature) => writer.fixed(signature));
}

function readAttestations(reader: BinaryReader): Map<HospitalId, Attestation> {
  return readMap(reader, 'the attestations', (from) => ({ from, signature: readSignature(reader) }));
}

function writeSum(writer: BinaryWriter, accumulator: Accumulator): void {
  const { phase, members, sum } = accumulator.save();
  writer.integer(PHASES.indexOf(phase), 1);
  writer.members(members);
  if (sum !== null) writer.words(sum);
}

function readSum(reader: BinaryReader, { context }: Common): Accumulator {
  const phase =
    PHASES[reader.integer(1, 'the phase of the sum')] ?? damaged('the phase of the sum', 'is unknown');
  const members = reader.members('the members of the sum');
  const sum = phase === 'released' ? null : reader.words(context.plan.model.dimension, 'the sum');
  return Accumulator.restore({ phase, members, sum });
}
