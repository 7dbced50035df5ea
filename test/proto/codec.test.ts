/** Round trips through gRPC's own serializers, every size and range check, and what arbitrary bytes do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFromHospital,
  decodeToHospital,
  encodeFromHospital,
  encodeToHospital,
} from '../../proto/codec.ts';
import { FedwardError } from '../../proto/errors.ts';
import type { FromHospital__Output } from '../../proto/generated/fedward/v1/FromHospital.ts';
import type { ToHospital__Output } from '../../proto/generated/fedward/v1/ToHospital.ts';
import type { FromHospital, ToHospital } from '../../proto/messages.ts';
import { hospitalId } from '../../proto/vocabulary.ts';
import { CHUNK_BYTES, MAX_MESSAGE_BYTES } from '../../proto/wire.ts';
import { expectRefused, idAt, testPlan } from '../secagg/support.ts';
import { advertisementOf, attempt, FROM_HOSPITAL, north, TO_HOSPITAL, wire } from './messages.ts';

const from = {
  bytes: (message: FromHospital) => wire.fromHospital.serialize(encodeFromHospital(message)),
  parse: (bytes: Buffer): FromHospital__Output => wire.fromHospital.deserialize(bytes),
  decode: (output: FromHospital__Output) => decodeFromHospital(output, north),
};
const to = {
  bytes: (message: ToHospital) => wire.toHospital.serialize(encodeToHospital(message)),
  parse: (bytes: Buffer): ToHospital__Output => wire.toHospital.deserialize(bytes),
  decode: decodeToHospital,
};

describe('a round trip', () => {
  it.each(Object.entries(FROM_HOSPITAL))('from a hospital: %s', (_, message) => {
    expect(from.decode(from.parse(from.bytes(message)))).toEqual(message);
  });

  it.each(Object.entries(TO_HOSPITAL))('to a hospital: %s', (_, message) => {
    expect(to.decode(to.parse(to.bytes(message)))).toEqual(message);
  });

  it('says "no failure" and a failure apart', () => {
    for (const failure of [null, { code: 'ROUND_ABORTED', reason: '' } as const]) {
      const message: ToHospital = { type: 'round-closed', attempt, failure };
      expect(to.decode(to.parse(to.bytes(message)))).toEqual(message);
    }
  });

  it('takes a code that this version does not know as UNEXPECTED', () => {
    const bytes = wire.fromHospital.serialize({
      refusal: { attempt, code: 'FROM_THE_FUTURE', reason: 'because' },
    });
    expect(from.decode(from.parse(bytes))).toMatchObject({ code: 'UNEXPECTED', reason: 'because' });
  });

  it('takes the sender from the certificate, whatever name a message claims', () => {
    const advertisement = { ...advertisementOf(north), from: 'somebody-else' };
    for (const stage of [
      { attempt, advertisement },
      { attempt, attestation: { from: 'somebody-else', signature: Buffer.alloc(64) } },
    ]) {
      const message = from.decode(from.parse(wire.fromHospital.serialize({ stage })));
      expect(message).toMatchObject({ body: { message: { from: north } } });
    }
  });

  it('sends no name with what a hospital signs itself', () => {
    for (const kind of ['R0', 'R3'] as const) {
      expect(from.bytes(FROM_HOSPITAL[kind]).includes('north')).toBe(false);
    }
  });
});

it('no message of the largest consortium passes the limit of one message', () => {
  const ids = Array.from({ length: 100 }, (_, i) => hospitalId(`${idAt(i)}-${'x'.repeat(50)}`));
  const words = new Int32Array(CHUNK_BYTES / 4);
  const envelopes = ids.map((id) => ({ from: id, to: id, ciphertext: Buffer.alloc(80) }));
  const sizes = [
    to.bytes({ type: 'plan', plan: testPlan(100), weights: Buffer.alloc(CHUNK_BYTES) }),
    to.bytes({ type: 'instruction', attempt, body: { opens: 'R1', u1: ids.map(advertisementOf) } }),
    to.bytes({ type: 'instruction', attempt, body: { opens: 'R2', inbox: { u2: ids, envelopes } } }),
    from.bytes({
      type: 'stage',
      attempt,
      body: { stage: 'R2', chunk: { offset: 0, total: words.length, words } },
    }),
  ].map((bytes) => bytes.length);
  expect(Math.max(...sizes)).toBeLessThan(MAX_MESSAGE_BYTES);
});

type Tree = Record<string, unknown>;

/** The wire form of a valid message with one field replaced; the path is that of the wire objects. */
function spoilt(root: object, path: string, value: unknown): Tree {
  const copy = structuredClone(root) as Tree;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let node = copy;
  for (const key of keys) node = node[key] as Tree;
  expect(Object.keys(node), path).toContain(last);
  node[last] = value;
  return copy;
}

const bytes = (length: number) => Buffer.alloc(length);
const BAD_IDS = ['', 'North', 'a b', '-a', 'x'.repeat(64), '__proto__'];
const tooMany = <T>(item: T): T[] => Array.from({ length: 1001 }, () => item);
const longText = 'x'.repeat(2001);
/** Every check of the codec: kind, wire path, values it must refuse, how the refusal names the field. */
const FROM_CHECKS: readonly [keyof typeof FROM_HOSPITAL, string, readonly unknown[], string][] = [
  ['hello', 'hello.protocol', [longText], 'hello.protocol'],
  ['hello', 'hello.software', [longText], 'hello.software'],
  ['R0', 'stage.attempt', [null], 'stage.attempt'],
  ['R0', 'stage.attempt.job', BAD_IDS, 'stage.attempt.job'],
  ['R0', 'stage.attempt.round', [0], 'stage.attempt'],
  ['R0', 'stage.attempt.attempt', [0], 'stage.attempt'],
  ['R0', 'stage.advertisement', [null], 'stage.body'],
  ['R0', 'stage.advertisement.maskKey', [bytes(31), bytes(33)], 'advertisement.mask_key'],
  ['R0', 'stage.advertisement.sealKey', [bytes(0), bytes(64)], 'advertisement.seal_key'],
  ['R0', 'stage.advertisement.seedCommitment', [bytes(31)], 'advertisement.seed_commitment'],
  ['R0', 'stage.advertisement.signature', [bytes(63), bytes(65)], 'advertisement.signature'],
  ['R1', 'stage.shares.envelopes', [tooMany({ from: 'a', to: 'b', ciphertext: bytes(80) })], 'shares.env'],
  ['R1', 'stage.shares.envelopes.0.from', BAD_IDS, 'envelope.from'],
  ['R1', 'stage.shares.envelopes.0.to', BAD_IDS, 'envelope.to'],
  ['R1', 'stage.shares.envelopes.0.ciphertext', [bytes(79), bytes(81)], 'envelope.ciphertext'],
  ['R2', 'stage.masked.words', [bytes(0), bytes(3), bytes(CHUNK_BYTES + 4)], 'masked.words'],
  ['R3', 'stage.attestation.signature', [bytes(63), bytes(65)], 'attestation.signature'],
  ['R4', 'stage.unmasking.shares', [tooMany({ peer: 'a', kind: 1, share: bytes(32) })], 'unmasking.shares'],
  ['R4', 'stage.unmasking.shares.0.peer', BAD_IDS, 'share.peer'],
  ['R4', 'stage.unmasking.shares.0.kind', [0, 3, 'SHARE_KIND_UNSPECIFIED'], 'share.kind'],
  ['R4', 'stage.unmasking.shares.0.share', [bytes(31), bytes(33)], 'share.share'],
  ['refusal', 'refusal.attempt', [null], 'refusal.attempt'],
  ['refusal', 'refusal.code', [''], 'refusal.code'],
  ['refusal', 'refusal.reason', [longText], 'refusal.reason'],
  ['heartbeat', 'heartbeat', [null], 'body'],
];
const TO_CHECKS: readonly [keyof typeof TO_HOSPITAL, string, readonly unknown[], string][] = [
  ['welcome', 'welcome.heartbeatMs', [0, 99, 600_001], 'welcome.heartbeat_ms'],
  ['welcome', 'welcome', [null], 'body'],
  ['opens-R1', 'instruction.attempt', [null], 'instruction.attempt'],
  ['opens-R1', 'instruction.u1', [null], 'instruction.body'],
  ['opens-R1', 'instruction.u1.entries', [tooMany(advertisementOf(north))], 'u1.entries'],
  ['opens-R1', 'instruction.u1.entries.1.from', BAD_IDS, 'advertisement.from'],
  ['opens-R1', 'instruction.u1.entries.1.maskKey', [bytes(31)], 'advertisement.mask_key'],
  ['opens-R2', 'instruction.inbox.u2', [tooMany('a'), ['Bad']], 'inbox.u2'],
  [
    'opens-R2',
    'instruction.inbox.envelopes',
    [tooMany({ from: 'a', to: 'b', ciphertext: bytes(80) })],
    'inbox',
  ],
  ['opens-R2', 'instruction.inbox.envelopes.0.ciphertext', [bytes(81)], 'envelope.ciphertext'],
  ['opens-R3', 'instruction.u3.ids', [tooMany('a'), ['']], 'u3.ids'],
  [
    'opens-R4',
    'instruction.attestations.entries',
    [tooMany({ from: 'a', signature: bytes(64) })],
    'attestat',
  ],
  ['opens-R4', 'instruction.attestations.entries.0.from', BAD_IDS, 'attestation.from'],
  ['opens-R4', 'instruction.attestations.entries.0.signature', [bytes(1)], 'attestation.signature'],
  ['ack', 'ack.stage', ['', 'R5', 'r0'], 'ack.stage'],
  ['ack', 'ack.attempt.job', BAD_IDS, 'ack.attempt.job'],
  ['ack', 'ack.reason', [longText], 'ack.reason'],
  ['round-closed', 'roundClosed.attempt', [null], 'round_closed.attempt'],
  ['job-closed', 'jobClosed.job', BAD_IDS, 'job_closed.job'],
  ['job-closed', 'jobClosed.reason', [longText], 'job_closed.reason'],
  ['plan', 'weights', [bytes(CHUNK_BYTES + 1)], 'weights'],
  ['plan', 'plan.attempt.job', BAD_IDS, 'plan is not valid at job'],
  ['plan', 'plan.attempt', [null], 'plan is not valid at job'],
  ['plan', 'plan.model', [null], 'plan is not valid at model'],
  ['plan', 'plan.privacy', [null], 'plan is not valid at privacy'],
  ['plan', 'plan.privacy.clip', [Number.NaN, 0], 'plan is not valid at privacy.clip'],
  ['plan', 'plan.cohort', [null], 'plan is not valid at cohort'],
  ['plan', 'plan.cohort.roster.2.id', BAD_IDS, 'plan is not valid at cohort.roster.2.id'],
  ['plan', 'plan.cohort.roster.2.identityKey', [bytes(31), null], 'cohort.roster.2.identityKey'],
];

describe('a message with one field wrong is refused by the name of that field', () => {
  it.each(FROM_CHECKS)('from a hospital: %s, %s', (kind, path, values, name) => {
    for (const value of values) {
      const spoiltWire = spoilt(encodeFromHospital(FROM_HOSPITAL[kind]), path, value);
      const output = from.parse(wire.fromHospital.serialize(spoiltWire));
      expectRefused(() => from.decode(output), literally(name));
    }
  });

  it.each(TO_CHECKS)('to a hospital: %s, %s', (kind, path, values, name) => {
    for (const value of values) {
      const spoiltWire = spoilt(encodeToHospital(TO_HOSPITAL[kind]), path, value);
      const output = to.parse(wire.toHospital.serialize(spoiltWire));
      expectRefused(() => to.decode(output), literally(name));
    }
  });

  it('weights without a plan', () => {
    const output = to.parse(
      wire.toHospital.serialize({ ...encodeToHospital(TO_HOSPITAL.ack), weights: bytes(4) }),
    );
    expectRefused(() => to.decode(output), /weights come with a plan only/);
  });

  function literally(name: string): RegExp {
    return new RegExp(name.replaceAll('.', '\\.'));
  }
});

describe('arbitrary bytes', () => {
  const valid = fc.constantFrom(
    ...Object.values(FROM_HOSPITAL).map(from.bytes),
    ...Object.values(TO_HOSPITAL).map(to.bytes),
  );
  const edit = fc.record({
    kind: fc.constantFrom('flip', 'cut', 'insert', 'repeat'),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    with: fc.uint8Array({ minLength: 1, maxLength: 6 }),
  });
  const mutated = fc
    .tuple(valid, fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([start, edits]) => edits.reduce((buffer, one) => apply(buffer, one), start));

  function apply(buffer: Buffer, change: { kind: string; at: number; with: Uint8Array }): Buffer {
    const at = Math.floor(change.at * buffer.length);
    const [before, after] = [buffer.subarray(0, at), buffer.subarray(at)];
    switch (change.kind) {
      case 'flip':
        return Buffer.concat([
          before,
          Buffer.from([(after[0] ?? 0) ^ (change.with[0] ?? 1)]),
          after.subarray(1),
        ]);
      case 'cut':
        return Buffer.concat([before, after.subarray(change.with.length)]);
      case 'insert':
        return Buffer.concat([before, change.with, after]);
      default:
        return Buffer.concat([buffer, after]);
    }
  }

  /** What protobuf.js cannot parse never reaches the codec: gRPC ends that call itself (server.test.ts). */
  function decodeAny<Output, Message>(
    side: { parse: (bytes: Buffer) => Output; decode: (output: Output) => Message },
    encode: (message: Message) => Buffer,
    input: Buffer,
  ): 'unparsed' | 'refused' | 'decoded' {
    let output: Output;
    try {
      output = side.parse(input);
    } catch {
      return 'unparsed';
    }
    let message: Message;
    try {
      message = side.decode(output);
    } catch (error) {
      expect(error).toBeInstanceOf(FedwardError);
      expect(error).toHaveProperty('code', 'PROTOCOL_VIOLATION');
      return 'refused';
    }
    // Whatever was let in means one thing only.
    expect(side.decode(side.parse(encode(message)))).toEqual(message);
    return 'decoded';
  }

  it.each([
    [
      'random',
      fc.uint8Array({ maxLength: 300 }).map((random) => Buffer.from(random)),
      ['unparsed', 'refused'],
    ],
    ['mutated from valid messages', mutated, ['unparsed', 'refused', 'decoded']],
  ] as const)('%s: a refusal or a message, never another exception', (_, input, outcomes) => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(input, (buffer) => {
        seen.add(decodeAny(from, from.bytes, buffer));
        seen.add(decodeAny(to, to.bytes, buffer));
      }),
      { numRuns: 2500 },
    );
    // Otherwise the inputs would not have reached what they are meant to try.
    expect([...seen]).toEqual(expect.arrayContaining([...outcomes]));
  });
});
