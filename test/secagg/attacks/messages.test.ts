/**
 * Truncated messages, and the same message in other bytes. The fuzzer (test/proto/fuzz.test.ts) tries what
 * chance finds, test/proto/codec.test.ts each check of the codec by itself.
 */
import { describe, expect, it } from 'vitest';
import { decodeFromHospital, encodeFromHospital } from '../../../proto/codec.ts';
import { FedwardError } from '../../../proto/errors.ts';
import type { StageBody } from '../../../proto/messages.ts';
import { acceptAdvertisement, closeAdvertise } from '../../../secagg/gatherer.ts';
import { hashAdvertisements } from '../../../secagg/transcript.ts';
import { attempt, wire } from '../../proto/messages.ts';
import { gatherer, sender, session } from '../fuzz-session.ts';
import { AT_THE_GATHERER, same } from '../fuzz-targets.ts';
import { at, idAt } from '../support.ts';

const { r0 } = session;
const write = (body: StageBody) =>
  wire.fromHospital.serialize(encodeFromHospital({ type: 'stage', attempt, body }));
const decode = (bytes: Buffer) => decodeFromHospital(wire.fromHospital.deserialize(bytes), sender);

describe('a truncated message', () => {
  it.each(AT_THE_GATHERER)('of $name is refused wherever it ends', ({ honest }) => {
    const whole = write(honest);
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length);
      expect(() => decode(cut), `${length} of ${whole.length}`).toThrow();
    }
    expect(same(decode(whole), { type: 'stage', attempt, body: honest })).toBe(true);
  });

  it('that ends between fields is refused by the codec, for what is missing', () => {
    const parts = [{}, { attempt }, { advertisement: at(r0.messages, sender) }];
    for (const stage of parts) {
      expect(() => decode(wire.fromHospital.serialize({ stage }))).toThrowError(FedwardError);
    }
  });
});

describe('a message that is not in canonical form', () => {
  // Protobuf has many encodings of one message, and none of them counts: what is hashed, signed and compared is
  // made anew, length-prefixed, from the fields that were read.
  const message = at(r0.messages, sender);
  const honest = write({ stage: 'R0', message });
  const field = (number: number, payload: Uint8Array) => {
    const { length } = payload;
    return Buffer.concat([Buffer.of((number << 3) | 2, (length & 0x7f) | 0x80, length >> 7), payload]);
  };
  /** What stands behind the tag and the length of `stage`, whichever form the length has. */
  const inside = (stage: object) => {
    const bytes = wire.fromHospital.serialize({ stage });
    return bytes.subarray((bytes[1] ?? 0) < 0x80 ? 2 : 3);
  };
  const advertisement = { ...message, from: '' };
  const other = { ...at(r0.messages, idAt(3)), from: '' };

  const encodings: [string, Buffer][] = [
    ['with a field that nobody knows', Buffer.concat([honest, field(15, Buffer.from('?'))])],
    [
      'with its fields in another order',
      field(3, Buffer.concat([inside({ advertisement }), inside({ attempt })])),
    ],
    [
      'with another one before it, which the last replaces',
      Buffer.concat([field(3, inside({ attempt, advertisement: other })), honest]),
    ],
    [
      'with a length in more bytes than it needs',
      Buffer.concat([honest.subarray(0, 2), Buffer.of((honest[2] ?? 0) | 0x80, 0x80, 0), honest.subarray(3)]),
    ],
    [
      'with the name of another sender',
      wire.fromHospital.serialize({ stage: { attempt, advertisement: { ...message, from: idAt(0) } } }),
    ],
  ];

  it.each(encodings)('%s is the same message, and a repeat of it', (_, bytes) => {
    expect(bytes.equals(honest)).toBe(false);
    const decoded = decode(bytes);
    if (decoded.type !== 'stage' || decoded.body.stage !== 'R0') return expect.fail('another kind');
    expect(same(decoded, decode(honest))).toBe(true);
    const state = acceptAdvertisement(gatherer.R0(), message);
    expect(acceptAdvertisement(state, decoded.body.message)).toBe(state);

    const { sid } = state.context;
    const { u1 } = closeAdvertise(acceptAdvertisement(gatherer.R0(), decoded.body.message));
    expect(same(hashAdvertisements(sid, u1), hashAdvertisements(sid, r0.u1))).toBe(true);
  });
});
