/**
 * The federated training of the benchmark in one process: each hospital's own DP-SGD on the integer road, its share
 * of the noise, the server's step. Left out are the masks, which cancel, and the network.
 */
import { planFor, privacySpent } from '../../coordinator/job.ts';
import { createStrategy } from '../../coordinator/strategies/catalogue.ts';
import { noiseMultiplierFor } from '../../dp/accounting/calibrate.ts';
import type { BitSource } from '../../dp/sampling/entropy.ts';
import { createTrainer } from '../../participant/trainer.ts';
import { hospitalId, jobId } from '../../proto/vocabulary.ts';
import type { Engine } from '../../threats/engine.ts';
import type { FieldSample } from '../../threats/features.ts';
import { initialWeights } from '../../threats/initial-weights.ts';
import { type Dataset, parameterCount, type Threat } from '../../threats/threat.ts';
import { type AuditedJob, train } from '../audit/training.ts';
import type { TrainingConstants } from './subject.ts';

/** As the coordinator's default: 2 % of the rounds may be tried again within the budget. */
const SPARE_SHARE = 0.02;

export interface FederatedOptions {
  readonly threat: Threat<FieldSample>;
  readonly constants: TrainingConstants;
  /** Null trains without noise, and clips at `clipWithoutDp`. */
  readonly epsilon: number | null;
  readonly hospitals: number;
  /** Of all hospitals together: a public estimate, to two digits. */
  readonly records: number;
}

/** The job as a coordinator makes it: the least noise that keeps all rounds and spare attempts within ε. */
export function federatedJob(options: FederatedOptions): AuditedJob {
  const { threat, constants, epsilon, hospitals, records } = options;
  const { rounds, sampleRate, delta, clip, clipWithoutDp, learningRate } = constants;
  const mode = epsilon === null ? 'none' : 'distributed';
  const spareAttempts = Math.ceil(rounds * SPARE_SHARE);
  const steps = rounds + spareAttempts;
  const plan = planFor(
    {
      ...{ mode, epsilon, delta, sampleRate, rounds, spareAttempts },
      id: jobId('accuracy'),
      threat: threat.id,
      encoder: threat.encoder.id,
      dimension: parameterCount(threat.network),
      noiseMultiplier: epsilon === null ? 0 : noiseMultiplierFor({ epsilon, delta, sampleRate, steps }),
      clip: epsilon === null ? clipWithoutDp : clip,
      plannedRecords: Number(records.toPrecision(2)),
      ...{ localSteps: 1, localLearningRate: 1 },
      strategy: 'dp-adam',
      roster: Array.from({ length: hospitals }, (_, i) => ({
        id: hospitalId(`hospital-${String(i + 1).padStart(4, '0')}`),
        identityKey: Uint8Array.from({ length: 32 }, (_, byte) => (byte < 2 ? (i >> (8 * byte)) & 0xff : 1)),
      })),
      maxDropouts: Math.floor(hospitals / 4),
      maxColluders: Math.floor(hospitals / 5),
      ...{ trainMs: 1000, stageMs: 1000 },
    },
    1,
    1,
    new Uint8Array(32),
  );
  return { plan, strategy: createStrategy('dp-adam', mode, { learningRate }) };
}

export interface Federated {
  readonly weights: Float32Array;
  readonly rounds: number;
  /** What every hospital's ledger has charged; null without DP. */
  readonly spent: ReturnType<typeof privacySpent>;
}

/** All hospitals take part in every round and add their noise: a little more than ε needs. */
export async function trainFederated(
  engine: Engine,
  job: AuditedJob,
  threat: Threat<FieldSample>,
  shares: readonly Dataset[],
  seed: number,
  bits: BitSource,
): Promise<Federated> {
  const hospitals = shares.map((share) => createTrainer(engine, threat.network, share));
  const initial = initialWeights(threat.network, seed);
  const weights = await train({ job, hospitals, initial, noisy: hospitals.length, bits });
  for (const trainer of hospitals) trainer.dispose();
  const { rounds } = job.plan.training;
  return { weights, rounds, spent: privacySpent(job.plan, rounds) };
}
