import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPlan } from '../../proto/plan.ts';
import type { Advertisement } from '../../secagg/messages.ts';
import {
  advertisementStatement,
  consistencyStatement,
  hashAdvertisements,
  hashIds,
  lengthPrefixed,
  seedCommitment,
  sessionId,
} from '../../secagg/transcript.ts';
import { idAt, nth, type PlanOverrides, testIdentity, testPlan } from './support.ts';

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const filled = (value: number, length = 32) => new Uint8Array(length).fill(value);

/** The encoding again, written for the test. */
function encode(...fields: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.from(field);
      return [Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes];
    }),
  );
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const sid = filled(7);
const entry = (index: number): Advertisement => ({
  from: idAt(index),
  maskKey: filled(1),
  sealKey: filled(2),
  seedCommitment: filled(3),
  signature: filled(4, 64),
});

describe('length-prefixed fields', () => {
  it('tell any two lists of fields apart', () => {
    const fields = fc.array(fc.constantFrom('', 'a', 'b', 'ab', '\u0000'), { maxLength: 4 });
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        const same = a.length === b.length && a.every((field, i) => field === b[i]);
        expect(toHex(lengthPrefixed(...a)) === toHex(lengthPrefixed(...b))).toBe(same);
      }),
    );
  });
});

describe('the session id', () => {
  it('is SHA-256 over domain, plan and roster hash', () => {
    const plan = testPlan(5);
    const roster = plan.cohort.roster.flatMap(({ id, identityKey }) => [id, identityKey]);
    const rosterHash = Buffer.from(sha256(encode('fedward-secagg/1 roster', ...roster)), 'hex');
    const expected = sha256(encode('fedward-secagg/1 session', canonicalPlan(plan), rosterHash));
    expect(toHex(sessionId(plan))).toBe(expected);
  });

  const { roster } = testPlan(9).cohort;
  const changes: [string, PlanOverrides][] = [
    ['round', { round: 2 }],
    ['attempt', { attempt: 2 }],
    ['strategy', { strategy: 'fedadam' }],
    ['threat', { model: { threat: 'other' } }],
    ['encoder', { model: { encoder: 'test/2' } }],
    ['dimension', { model: { dimension: 9 } }],
    ['model hash', { model: { hash: filled(1) } }],
    ['clip', { privacy: { clip: 2 } }],
    ['noise', { privacy: { noiseMultiplier: 1.0000000000000002 } }],
    ['sampling rate', { privacy: { sampleRate: 0.2 } }],
    ['delta', { privacy: { delta: 1e-6 } }],
    ['epsilon', { privacy: { epsilon: 4 } }],
    ['rounds', { training: { rounds: 11 } }],
    ['expected batch', { training: { expectedBatch: 101 } }],
    ['learning rate', { training: { localLearningRate: 0.2 } }],
    ['dropouts', { cohort: { maxDropouts: 1 } }],
    ['colluders', { cohort: { maxColluders: 0 } }],
    ['roster', { cohort: { roster: roster.slice(0, 8) } }],
    [
      'an identity key',
      {
        cohort: {
          roster: roster.with(0, {
            ...nth(roster, 0),
            identityKey: new Uint8Array(testIdentity(20).publicKey),
          }),
        },
      },
    ],
    ['deadlines', { deadlines: { trainMs: 1, stageMs: 10_000 } }],
  ];
  it.each(changes)('changes with the %s', (_, change) => {
    expect(toHex(sessionId(testPlan(9, change)))).not.toBe(toHex(sessionId(testPlan(9))));
  });
});

describe('hashes and statements', () => {
  it('have the encoding that other implementations must reproduce', () => {
    const { from, maskKey, sealKey, seedCommitment: commitment } = entry(0);
    expect(toHex(advertisementStatement(sid, entry(0)))).toBe(
      toHex(encode('fedward-secagg/1 advertisement', sid, from, maskKey, sealKey, commitment)),
    );
    const entries = [0, 1].map((i) => encode(idAt(i), filled(1), filled(2), filled(3), filled(4, 64)));
    expect(toHex(hashAdvertisements(sid, [entry(0), entry(1)]))).toBe(
      sha256(encode('fedward-secagg/1 U1', sid, ...entries)),
    );
    const u2 = Buffer.from(sha256(encode('fedward-secagg/1 U2', sid, idAt(0), idAt(1))), 'hex');
    const u3 = Buffer.from(sha256(encode('fedward-secagg/1 U3', sid, idAt(1))), 'hex');
    expect(toHex(hashIds('U2', sid, [idAt(0), idAt(1)]))).toBe(toHex(u2));
    expect(toHex(consistencyStatement(sid, filled(9), [idAt(0), idAt(1)], [idAt(1)]))).toBe(
      toHex(encode('fedward-secagg/1 consistency', sid, filled(9), u2, u3)),
    );
    expect(toHex(seedCommitment(sid, idAt(0), filled(5)))).toBe(
      sha256(encode('fedward-secagg/1 seed', sid, idAt(0), filled(5))),
    );
  });

  it('H(U1) covers every field of every entry, the signature included', () => {
    const before = toHex(hashAdvertisements(sid, [entry(0), entry(1)]));
    const fields = ['maskKey', 'sealKey', 'seedCommitment', 'signature'] as const;
    for (const field of fields) {
      const changed = { ...entry(1), [field]: filled(99, entry(1)[field].length) };
      expect(toHex(hashAdvertisements(sid, [entry(0), changed]))).not.toBe(before);
    }
    expect(toHex(hashAdvertisements(sid, [entry(0), { ...entry(1), from: idAt(2) }]))).not.toBe(before);
    expect(toHex(hashAdvertisements(sid, [entry(0)]))).not.toBe(before);
    expect(toHex(hashAdvertisements(filled(8), [entry(0), entry(1)]))).not.toBe(before);
  });

  it('sets of ids hash apart by set, session and member', () => {
    const hashes = [
      hashIds('U2', sid, [idAt(0), idAt(1)]),
      hashIds('U3', sid, [idAt(0), idAt(1)]),
      hashIds('U2', filled(8), [idAt(0), idAt(1)]),
      hashIds('U2', sid, [idAt(0)]),
      hashIds('U2', sid, []),
    ].map(toHex);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
