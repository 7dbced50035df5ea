/**
 * Everything that comes off the wire passes here: sizes and ranges are checked before anything is allocated,
 * ids are parsed, enums are closed. What leaves is plain translation.
 *
 * gRPC's own limit (`MAX_MESSAGE_BYTES`) bounds what can arrive at all; the limits below bound each part.
 */
import type { Advertisement, Attestation, Envelope, PeerShare } from '../secagg/messages.ts';
import { bytesToWords, wordsToBytes } from './chunks.ts';
import { FedwardError, isErrorCode } from './errors.ts';
import type { Advertisement__Output } from './generated/fedward/v1/Advertisement.ts';
import type { AttemptRef__Output } from './generated/fedward/v1/AttemptRef.ts';
import type { Attestation__Output } from './generated/fedward/v1/Attestation.ts';
import type { Envelope__Output } from './generated/fedward/v1/Envelope.ts';
import type {
  FromHospital__Output,
  FromHospital as WireFromHospital,
} from './generated/fedward/v1/FromHospital.ts';
import type {
  Instruction__Output,
  Instruction as WireInstruction,
} from './generated/fedward/v1/Instruction.ts';
import type { PeerShare__Output } from './generated/fedward/v1/PeerShare.ts';
import type {
  StageMessage__Output,
  StageMessage as WireStageMessage,
} from './generated/fedward/v1/StageMessage.ts';
import type { ToHospital__Output, ToHospital as WireToHospital } from './generated/fedward/v1/ToHospital.ts';
import type { VectorChunk__Output } from './generated/fedward/v1/VectorChunk.ts';
import type {
  Failure,
  FromHospital,
  InstructionBody,
  StageBody,
  ToHospital,
  VectorChunk,
} from './messages.ts';
import { planFromWire, planToWire } from './plan-codec.ts';
import {
  type AttemptId,
  type HospitalId,
  hospitalId,
  ID_PATTERN,
  ID_RULE,
  jobId,
  STAGES,
} from './vocabulary.ts';
import { CHUNK_BYTES } from './wire.ts';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const SHARE_BYTES = 32;
const ENVELOPE_BYTES = 80;
/** More than any roster: the member's own checks decide who belongs. */
const MAX_HOSPITALS = 1000;
const MAX_TEXT = 2000;

const FROM_HOSPITAL = ['hello', 'heartbeat', 'stage', 'refusal'] as const;
const STAGE_BODIES = ['advertisement', 'shares', 'masked', 'attestation', 'unmasking'] as const;
const TO_HOSPITAL = ['welcome', 'plan', 'instruction', 'ack', 'roundClosed', 'jobClosed'] as const;
const INSTRUCTIONS = ['u1', 'inbox', 'u3', 'attestations'] as const;

/**
 * Of two bodies in one message protobuf.js takes the one of the greater field number, and other implementations the last
 * on the wire: they would read different messages.
 */
function onlyOne<K extends string>(
  bodies: readonly K[],
  wire: { readonly [body in K]?: unknown },
  field: string,
): void {
  if (bodies.filter((body) => wire[body] !== undefined && wire[body] !== null).length > 1)
    bad(field, 'is there more than once');
}

/** @throws FedwardError `PROTOCOL_VIOLATION` that names the field. */
export function decodeFromHospital(wire: FromHospital__Output, from: HospitalId): FromHospital {
  onlyOne(FROM_HOSPITAL, wire, 'body');
  switch (wire.body) {
    case 'hello': {
      const { protocol, software } = present(wire.hello, 'hello');
      return {
        type: 'hello',
        protocol: text(protocol, 'hello.protocol'),
        software: text(software, 'hello.software'),
      };
    }
    case 'heartbeat':
      return { type: 'heartbeat' };
    case 'stage': {
      const stage = present(wire.stage, 'stage');
      return {
        type: 'stage',
        attempt: attempt(stage.attempt, 'stage.attempt'),
        body: stageBody(stage, from),
      };
    }
    case 'refusal': {
      const refusal = present(wire.refusal, 'refusal');
      const { code, reason } = failure(refusal, 'refusal') ?? bad('refusal.code', 'is empty');
      return { type: 'refusal', attempt: attempt(refusal.attempt, 'refusal.attempt'), code, reason };
    }
    default:
      return bad('body', 'is missing');
  }
}

function stageBody(wire: StageMessage__Output, from: HospitalId): StageBody {
  onlyOne(STAGE_BODIES, wire, 'stage.body');
  switch (wire.body) {
    case 'advertisement':
      return { stage: 'R0', message: advertisement(present(wire.advertisement, 'advertisement'), from) };
    case 'shares': {
      const { envelopes } = present(wire.shares, 'shares');
      return {
        stage: 'R1',
        message: { from, envelopes: list(envelopes, 'shares.envelopes').map((e) => envelope(e)) },
      };
    }
    case 'masked':
      return { stage: 'R2', chunk: vectorChunk(present(wire.masked, 'masked')) };
    case 'attestation':
      return { stage: 'R3', message: attestation(present(wire.attestation, 'attestation'), from) };
    case 'unmasking': {
      const { shares } = present(wire.unmasking, 'unmasking');
      return { stage: 'R4', message: { from, shares: list(shares, 'unmasking.shares').map(peerShare) } };
    }
    default:
      return bad('stage.body', 'is missing');
  }
}

/** @throws FedwardError `PROTOCOL_VIOLATION` that names the field. */
export function decodeToHospital(wire: ToHospital__Output): ToHospital {
  onlyOne(TO_HOSPITAL, wire, 'body');
  const { weights } = wire;
  if (weights.length > 0 && wire.body !== 'plan') bad('weights', 'come with a plan only');
  if (weights.length > CHUNK_BYTES) bad('weights', `may be at most ${CHUNK_BYTES} bytes`);
  switch (wire.body) {
    case 'welcome': {
      const { heartbeatMs } = present(wire.welcome, 'welcome');
      if (heartbeatMs < 100 || heartbeatMs > 600_000) bad('welcome.heartbeat_ms', 'must be 100 to 600,000');
      return { type: 'welcome', heartbeatMs };
    }
    case 'plan':
      return {
        type: 'plan',
        plan: planFromWire(present(wire.plan, 'plan')),
        ...(weights.length > 0 ? { weights } : {}),
      };
    case 'instruction': {
      const instruction = present(wire.instruction, 'instruction');
      const id = attempt(instruction.attempt, 'instruction.attempt');
      return { type: 'instruction', attempt: id, body: instructionBody(instruction) };
    }
    case 'ack': {
      const ack = present(wire.ack, 'ack');
      const stage = STAGES.find((name) => name === ack.stage) ?? bad('ack.stage', 'is not a stage');
      return {
        type: 'ack',
        attempt: attempt(ack.attempt, 'ack.attempt'),
        stage,
        failure: failure(ack, 'ack'),
      };
    }
    case 'roundClosed': {
      const closed = present(wire.roundClosed, 'round_closed');
      const id = attempt(closed.attempt, 'round_closed.attempt');
      return { type: 'round-closed', attempt: id, failure: failure(closed, 'round_closed') };
    }
    case 'jobClosed': {
      const closed = present(wire.jobClosed, 'job_closed');
      const job = id(jobId, closed.job, 'job_closed.job');
      return { type: 'job-closed', job, failure: failure(closed, 'job_closed') };
    }
    default:
      return bad('body', 'is missing');
  }
}

function instructionBody(wire: Instruction__Output): InstructionBody {
  onlyOne(INSTRUCTIONS, wire, 'instruction.body');
  switch (wire.body) {
    case 'u1':
      return {
        opens: 'R1',
        u1: list(present(wire.u1, 'u1').entries, 'u1.entries').map((e) => advertisement(e)),
      };
    case 'inbox': {
      const { u2, envelopes } = present(wire.inbox, 'inbox');
      return {
        opens: 'R2',
        inbox: {
          u2: list(u2, 'inbox.u2').map((member) => id(hospitalId, member, 'inbox.u2')),
          envelopes: list(envelopes, 'inbox.envelopes').map((e) => envelope(e)),
        },
      };
    }
    case 'u3': {
      const { ids } = present(wire.u3, 'u3');
      return { opens: 'R3', u3: list(ids, 'u3.ids').map((member) => id(hospitalId, member, 'u3.ids')) };
    }
    case 'attestations': {
      const { entries } = present(wire.attestations, 'attestations');
      return { opens: 'R4', attestations: list(entries, 'attestations.entries').map((e) => attestation(e)) };
    }
    default:
      return bad('instruction.body', 'is missing');
  }
}

export function encodeFromHospital(message: FromHospital): WireFromHospital {
  switch (message.type) {
    case 'hello':
      return { hello: { protocol: message.protocol, software: message.software } };
    case 'heartbeat':
      return { heartbeat: {} };
    case 'stage':
      return { stage: { attempt: message.attempt, ...stageBodyToWire(message.body) } };
    case 'refusal':
      return { refusal: { attempt: message.attempt, code: message.code, reason: message.reason } };
    default:
      return unreachable(message);
  }
}

function stageBodyToWire(body: StageBody): WireStageMessage {
  switch (body.stage) {
    case 'R0':
      // The certificate says who sends; a name in the message would be one more thing to disagree about.
      return { advertisement: { ...body.message, from: '' } };
    case 'R1':
      return { shares: { envelopes: [...body.message.envelopes] } };
    case 'R2': {
      const { offset, total, words } = body.chunk;
      return { masked: { offset, total, words: wordsToBytes(words) } };
    }
    case 'R3':
      return { attestation: { from: '', signature: body.message.signature } };
    case 'R4':
      return {
        unmasking: {
          shares: body.message.shares.map(({ peer, kind, share }) => ({
            peer,
            share,
            kind: kind === 'seed' ? ('SHARE_KIND_SEED' as const) : ('SHARE_KIND_KEY' as const),
          })),
        },
      };
    default:
      return unreachable(body);
  }
}

export function encodeToHospital(message: ToHospital): WireToHospital {
  switch (message.type) {
    case 'welcome':
      return { welcome: { heartbeatMs: message.heartbeatMs } };
    case 'plan':
      return {
        plan: planToWire(message.plan),
        ...(message.weights === undefined ? {} : { weights: message.weights }),
      };
    case 'instruction':
      return { instruction: { attempt: message.attempt, ...instructionBodyToWire(message.body) } };
    case 'ack':
      return { ack: { attempt: message.attempt, stage: message.stage, ...message.failure } };
    case 'round-closed':
      return { roundClosed: { attempt: message.attempt, ...message.failure } };
    case 'job-closed':
      return { jobClosed: { job: message.job, ...message.failure } };
    default:
      return unreachable(message);
  }
}

function instructionBodyToWire(body: InstructionBody): WireInstruction {
  switch (body.opens) {
    case 'R1':
      return { u1: { entries: [...body.u1] } };
    case 'R2':
      return { inbox: { u2: [...body.inbox.u2], envelopes: [...body.inbox.envelopes] } };
    case 'R3':
      return { u3: { ids: [...body.u3] } };
    case 'R4':
      return { attestations: { entries: [...body.attestations] } };
    default:
      return unreachable(body);
  }
}

/** @param from set where the sender is known from its certificate; else the message must name it. */
function advertisement(wire: Advertisement__Output, from?: HospitalId): Advertisement {
  return {
    from: from ?? id(hospitalId, wire.from, 'advertisement.from'),
    maskKey: bytes(wire.maskKey, KEY_BYTES, 'advertisement.mask_key'),
    sealKey: bytes(wire.sealKey, KEY_BYTES, 'advertisement.seal_key'),
    seedCommitment: bytes(wire.seedCommitment, KEY_BYTES, 'advertisement.seed_commitment'),
    signature: bytes(wire.signature, SIGNATURE_BYTES, 'advertisement.signature'),
  };
}

function envelope(wire: Envelope__Output): Envelope {
  return {
    from: id(hospitalId, wire.from, 'envelope.from'),
    to: id(hospitalId, wire.to, 'envelope.to'),
    ciphertext: bytes(wire.ciphertext, ENVELOPE_BYTES, 'envelope.ciphertext'),
  };
}

function attestation(wire: Attestation__Output, from?: HospitalId): Attestation {
  return {
    from: from ?? id(hospitalId, wire.from, 'attestation.from'),
    signature: bytes(wire.signature, SIGNATURE_BYTES, 'attestation.signature'),
  };
}

function peerShare(wire: PeerShare__Output): PeerShare {
  const kinds = { SHARE_KIND_SEED: 'seed', SHARE_KIND_KEY: 'key', SHARE_KIND_UNSPECIFIED: null } as const;
  return {
    peer: id(hospitalId, wire.peer, 'share.peer'),
    kind: kinds[wire.kind] ?? bad('share.kind', 'is not set'),
    share: bytes(wire.share, SHARE_BYTES, 'share.share'),
  };
}

function vectorChunk({ offset, total, words }: VectorChunk__Output): VectorChunk {
  if (words.length === 0 || words.length > CHUNK_BYTES || words.length % 4 !== 0) {
    bad('masked.words', `must be a multiple of four bytes, at most ${CHUNK_BYTES}, and is ${words.length}`);
  }
  return { offset, total, words: bytesToWords(words) };
}

function attempt(wire: AttemptRef__Output | null, path: string): AttemptId {
  const { job, round, attempt: number } = present(wire, path);
  if (round < 1 || number < 1) bad(path, 'must count from 1');
  return { job: id(jobId, job, `${path}.job`), round, attempt: number };
}

function failure({ code, reason }: { code: string; reason: string }, path: string): Failure | null {
  if (code === '') return null;
  // A newer peer may know codes that this one does not.
  return { code: isErrorCode(code) ? code : 'UNEXPECTED', reason: text(reason, `${path}.reason`) };
}

function id<Id>(parse: (value: string) => Id, value: string, path: string): Id {
  return ID_PATTERN.test(value) ? parse(value) : bad(path, ID_RULE);
}

function bytes(value: Uint8Array, length: number, path: string): Uint8Array {
  if (value.length !== length) bad(path, `must be ${length} bytes and is ${value.length}`);
  return value;
}

function text(value: string, path: string): string {
  return value.length <= MAX_TEXT ? value : bad(path, `must be at most ${MAX_TEXT} characters`);
}

function list<T>(value: readonly T[], path: string): readonly T[] {
  return value.length <= MAX_HOSPITALS ? value : bad(path, `must have at most ${MAX_HOSPITALS} entries`);
}

function present<T>(value: T | null | undefined, path: string): T {
  return value ?? bad(path, 'is missing');
}

function bad(path: string, what: string): never {
  throw new FedwardError('PROTOCOL_VIOLATION', `A message's ${path} ${what}.`);
}

function unreachable(value: never): never {
  throw new TypeError(`Not a message: ${JSON.stringify(value)}`);
}
