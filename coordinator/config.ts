/** The coordinator's configuration file. Paths in it are relative to the file. */
import { z } from 'zod';
import { PRIVACY_MODES } from '../proto/plan.ts';

const ms = (fallback: number) => z.number().int().min(50).max(86_400_000).default(fallback);
const path = z.string().min(1);

export const coordinatorConfigSchema = z.strictObject({
  listen: z.strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    /** 0 takes a free port, which is announced. */
    port: z.number().int().min(0).max(65_535),
  }),
  tls: z.strictObject({ ca: path, certificate: path, privateKey: path }),
  /** Every hospital of the job with its Ed25519 identity key in base64. */
  members: z.record(z.string(), z.string()),
  /** Encoded public test set (`threats/dataset-file.ts`): judges each round's model, costs no privacy. */
  testSet: path,
  /** Folder for the released model. */
  output: path,
  job: z.strictObject({
    id: z.string(),
    threat: z.string(),
    mode: z.enum(PRIVACY_MODES).default('distributed'),
    /** Budget of the whole job at `delta`; null in mode `none` only. */
    epsilon: z.number().positive().nullable(),
    delta: z.number().gt(0).lt(1).default(1e-5),
    /** Left out, the smallest one that keeps ε over all rounds and spare attempts is worked out. */
    noiseMultiplier: z.number().nonnegative().optional(),
    clip: z.number().positive(),
    sampleRate: z.number().gt(0).max(1),
    rounds: z.number().int().min(1),
    /** @default 2 % of the rounds, rounded up. */
    spareAttempts: z.number().int().min(0).optional(),
    plannedRecords: z.number().int().min(1),
    localSteps: z.number().int().min(1).default(1),
    localLearningRate: z.number().positive().default(0.1),
    strategy: z.strictObject({ id: z.string(), parameters: z.record(z.string(), z.unknown()).default({}) }),
    /** Seed of the initial weights, which are public. */
    initialSeed: z.number().int().default(1),
    /** @default a quarter of the hospitals, rounded down. */
    maxDropouts: z.number().int().min(0).optional(),
    /** @default a fifth of the hospitals, rounded down. */
    maxColluders: z.number().int().min(0).optional(),
    /** Scores at or above it count as detected by the released model. */
    threshold: z.number().gt(0).lt(1).default(0.5),
  }),
  timings: z
    .strictObject({
      assembleMs: ms(60_000),
      rejoinMs: ms(30_000),
      trainMs: ms(120_000),
      stageMs: ms(20_000),
      heartbeatMs: ms(5_000),
    })
    .prefault({}),
  attemptsPerRound: z.number().int().min(1).default(5),
});

export type CoordinatorConfig = z.output<typeof coordinatorConfigSchema>;
