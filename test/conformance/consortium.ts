/**
 * The consortium of the conformance vectors: five hospitals with fixed keys, of which "elm" is lost before its
 * shares and "cedar" before its vector, as many as the plan allows. "fir" belongs to nobody's pins.
 */
import { createHash } from 'node:crypto';
import { parseRoundPlan, type RoundPlan, SECAGG_PROTOCOL } from '../../proto/plan.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import { type Identity, identityFromSeed } from '../../secagg/identity.ts';
import { seededEntropy } from '../secagg/support.ts';

/** One id is the beginning of another: whoever forgets to prefix lengths or to sort by bytes is found out. */
export const IDS: readonly HospitalId[] = ['alder', 'birch', 'birch-2', 'cedar', 'elm'].map(hospitalId);
export const STRANGER = hospitalId('fir');
export const LOST_IN_R1 = hospitalId('elm');
export const LOST_IN_R2 = hospitalId('cedar');

/** Neither a whole number of AES blocks nor of anything else. */
export const DIMENSION = 10;

/** The same bytes for the same label, for ever. */
export function fixed(label: string, bytes: number): Uint8Array {
  return seededEntropy(`fedward conformance: ${label}`)(bytes);
}

export function identitySeed(id: HospitalId): Uint8Array {
  return fixed(`identity of ${id}`, 32);
}

export function identityOf(id: HospitalId): Identity {
  return identityFromSeed(identitySeed(id));
}

export function sha256(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

/** `round` 2 is another session of the same consortium. */
export function conformancePlan(round = 1): RoundPlan {
  return parseRoundPlan({
    protocol: SECAGG_PROTOCOL,
    job: 'conformance',
    round,
    attempt: 1,
    strategy: 'dp-sgd',
    model: {
      threat: 'malicious-email',
      encoder: 'mail/1 (μ-law)',
      dimension: DIMENSION,
      hash: sha256('a model of ten weights'),
    },
    privacy: {
      ...{ mode: 'distributed', unit: 'record', clip: 1.5, noiseMultiplier: 0.85 },
      ...{ sampleRate: 0.01, delta: 1e-5, epsilon: 3 },
    },
    training: {
      ...{ rounds: 50, spareAttempts: 2, expectedBatch: 59.19, localSteps: 1, localLearningRate: 0.1 },
    },
    cohort: {
      roster: IDS.map((id) => ({ id, identityKey: identityOf(id).publicKey })),
      ...{ maxDropouts: 2, maxColluders: 0 },
    },
    deadlines: { trainMs: 60_000, stageMs: 10_000 },
  });
}

/** Full-range words, so that the sum wraps around. */
export function vectorOf(id: HospitalId): Int32Array {
  return new Int32Array(fixed(`vector of ${id}`, 4 * DIMENSION).buffer.slice(0));
}
