import { type PrivacyMode, parseRoundPlan, type RoundPlan } from '../../proto/plan.ts';

export interface PlanOptions {
  readonly mode?: PrivacyMode;
  readonly noiseMultiplier?: number;
  readonly sampleRate?: number;
  readonly hospitals?: number;
  readonly maxDropouts?: number;
  readonly maxColluders?: number;
  readonly localSteps?: number;
  readonly round?: number;
  readonly attempt?: number;
}

/** A valid plan for five hospitals (h = 3), on which a test changes what it is about. */
export function examplePlan(options: PlanOptions = {}): RoundPlan {
  const { mode = 'distributed', hospitals = 5 } = options;
  return parseRoundPlan({
    protocol: 'fedward-secagg/1',
    job: 'mail',
    round: options.round ?? 1,
    attempt: options.attempt ?? 1,
    strategy: 'fedavg',
    model: { threat: 'malicious-email', encoder: 'mail/1', dimension: 2049, hash: new Uint8Array(32) },
    privacy: {
      mode,
      unit: 'record',
      clip: 1,
      noiseMultiplier: mode === 'none' ? 0 : (options.noiseMultiplier ?? 2),
      sampleRate: options.sampleRate ?? 0.02,
      delta: 1e-5,
      epsilon: mode === 'none' ? null : 3,
    },
    training: {
      rounds: 300,
      spareAttempts: 10,
      expectedBatch: 200,
      localSteps: options.localSteps ?? 1,
      localLearningRate: 0.1,
    },
    cohort: {
      roster: Array.from({ length: hospitals }, (_, i) => ({
        id: `hospital-${String(i).padStart(3, '0')}`,
        identityKey: new Uint8Array(32).fill(i + 1),
      })),
      maxDropouts: options.maxDropouts ?? 1,
      maxColluders: options.maxColluders ?? 1,
    },
    deadlines: { trainMs: 1000, stageMs: 1000 },
  });
}
