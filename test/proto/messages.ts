/** One valid message of every kind, by name, and a wire that is gRPC's own serializers. */
import type { FromHospital, ToHospital } from '../../proto/messages.ts';
import { type HospitalId, hospitalId, jobId } from '../../proto/vocabulary.ts';
import { federationService } from '../../proto/wire.ts';
import { testPlan } from '../secagg/support.ts';

export const north = hospitalId('north');
const east = hospitalId('east');
export const attempt = { job: jobId('mail-1'), round: 3, attempt: 2 };
const fill = (length: number, value: number) => Buffer.alloc(length, value);

const { Session } = federationService().service;
export const wire = {
  fromHospital: { serialize: Session.requestSerialize, deserialize: Session.requestDeserialize },
  toHospital: { serialize: Session.responseSerialize, deserialize: Session.responseDeserialize },
};

export function advertisementOf(from: HospitalId) {
  return {
    ...{ from, maskKey: fill(32, 1), sealKey: fill(32, 2) },
    ...{ seedCommitment: fill(32, 3), signature: fill(64, 4) },
  };
}

const envelopes = [{ from: north, to: east, ciphertext: fill(80, 5) }];
const failure = { code: 'QUORUM_LOST', reason: 'Two are left.' } as const;

type StageOf<M> = M extends { body: { stage: infer S } } ? S : never;
type OpensOf<M> = M extends { body: { opens: infer S } } ? S : never;
/** Kinds with a body of many forms are named by the form. A kind that is missing here does not compile. */
type FromKind = Exclude<FromHospital['type'], 'stage'> | StageOf<FromHospital>;
type ToKind = Exclude<ToHospital['type'], 'instruction'> | `opens-${OpensOf<ToHospital>}`;

export const FROM_HOSPITAL: Record<FromKind, FromHospital> = {
  hello: { type: 'hello', protocol: 'fedward-secagg/1', software: 'fedward/0.1.0' },
  heartbeat: { type: 'heartbeat' },
  refusal: { type: 'refusal', attempt, code: 'POLICY_REFUSED', reason: 'Too few hospitals.' },
  R0: { type: 'stage', attempt, body: { stage: 'R0', message: advertisementOf(north) } },
  R1: { type: 'stage', attempt, body: { stage: 'R1', message: { from: north, envelopes } } },
  R2: {
    type: 'stage',
    attempt,
    body: { stage: 'R2', chunk: { offset: 2, total: 5, words: Int32Array.of(-(2 ** 31), -1, 2 ** 31 - 1) } },
  },
  R3: { type: 'stage', attempt, body: { stage: 'R3', message: { from: north, signature: fill(64, 6) } } },
  R4: {
    type: 'stage',
    attempt,
    body: {
      stage: 'R4',
      message: {
        from: north,
        shares: [
          { peer: north, kind: 'seed', share: fill(32, 7) },
          { peer: east, kind: 'key', share: fill(32, 8) },
        ],
      },
    },
  },
};

export const TO_HOSPITAL: Record<ToKind, ToHospital> = {
  welcome: { type: 'welcome', heartbeatMs: 5000 },
  plan: { type: 'plan', plan: testPlan(5, { model: { hash: fill(32, 0) } }), weights: fill(8, 10) },
  ack: { type: 'ack', attempt, stage: 'R2', failure },
  'round-closed': { type: 'round-closed', attempt, failure: null },
  'job-closed': { type: 'job-closed', job: attempt.job, failure },
  'opens-R1': {
    type: 'instruction',
    attempt,
    body: { opens: 'R1', u1: [advertisementOf(east), advertisementOf(north)] },
  },
  'opens-R2': {
    type: 'instruction',
    attempt,
    body: { opens: 'R2', inbox: { u2: [east, north], envelopes } },
  },
  'opens-R3': { type: 'instruction', attempt, body: { opens: 'R3', u3: [east, north] } },
  'opens-R4': {
    type: 'instruction',
    attempt,
    body: { opens: 'R4', attestations: [{ from: east, signature: fill(64, 9) }] },
  },
};
