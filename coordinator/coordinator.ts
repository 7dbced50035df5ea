/** The coordinator as a process: its configuration brought to life, one job run, the model released. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { noiseMultiplierFor } from '../dp/accounting/calibrate.ts';
import { identityKeys } from '../proto/config.ts';
import { FedwardError } from '../proto/errors.ts';
import { readNamedFile } from '../proto/files.ts';
import { jobId } from '../proto/vocabulary.ts';
import { softwareVersion } from '../proto/wire.ts';
import { threatById } from '../threats/catalogue.ts';
import { decodeDataset } from '../threats/dataset-file.ts';
import { loadEngine } from '../threats/engine.ts';
import { initialWeights } from '../threats/initial-weights.ts';
import { saveModel } from '../threats/model-files.ts';
import { parameterCount } from '../threats/threat.ts';
import type { CoordinatorConfig } from './config.ts';
import { type Clock, Driver, type DriverObserver, type JobOutcome } from './driver.ts';
import { createEvaluator } from './evaluation.ts';
import { type JobSpec, planFor } from './job.ts';
import type { JobEvent } from './progress.ts';
import { FederationServer } from './server.ts';
import { createStrategy } from './strategies/catalogue.ts';

/** Share of attempts beyond the rounds that σ is calibrated for (DESIGN §1.4). */
const SPARE_SHARE = 0.02;
const CLOSE_GRACE_MS = 1000;

export interface CoordinatorOptions {
  readonly config: CoordinatorConfig;
  /** Folder that the configuration's paths are relative to. */
  readonly folder: string;
  readonly announce: (event: JobEvent) => void;
  /** Called once, with the port that hospitals can connect to. */
  readonly listening: (port: number) => void;
  readonly signal: AbortSignal;
  readonly observer?: DriverObserver | undefined;
}

/**
 * Runs the configured job to its end and writes the released model, if a round was committed.
 * @throws FedwardError `CONFIG_INVALID`, `DATA_INVALID` before anything starts; defects.
 */
export async function runCoordinator(options: CoordinatorOptions): Promise<JobOutcome> {
  const { config, folder, announce, observer, signal } = options;
  const read = (path: string) => readNamedFile('The configured file', resolve(folder, path));
  const threat = threatById(config.job.threat);
  const job = jobOf(config);
  const strategy = createStrategy(job.strategy, job.mode, config.job.strategy.parameters);
  await requireOutput(resolve(folder, config.output));
  const testSet = decodeDataset(await read(config.testSet), threat.encoder.id, config.testSet);
  const engine = await loadEngine();
  const evaluator = createEvaluator(engine, threat.network, testSet);
  const { ca, certificate, privateKey } = config.tls;
  const server = new FederationServer({
    tls: { ca: await read(ca), certificate: await read(certificate), privateKey: await read(privateKey) },
    roster: new Set(job.roster.map((entry) => entry.id)),
    heartbeatMs: config.timings.heartbeatMs,
  });
  const driver = new Driver({
    ...{ job, strategy, evaluator, announce, observer },
    sessions: server,
    initialWeights: initialWeights(threat.network, config.job.initialSeed),
    clock: systemClock,
    assembleMs: config.timings.assembleMs,
    rejoinMs: config.timings.rejoinMs,
    attemptsPerRound: config.attemptsPerRound,
    engine: engine.name,
  });
  try {
    options.listening(await server.listen(config.listen.host, config.listen.port, driver));
    driver.start();
    const outcome = await Promise.race([driver.done, interrupted(signal)]);
    if (outcome.roundsCommitted > 0) {
      await saveModel(engine, resolve(folder, config.output), {
        threat,
        weights: outcome.weights,
        threshold: config.job.threshold,
        createdBy: softwareVersion(),
        training: {
          job: job.id,
          mode: job.mode,
          epsilon: job.epsilon,
          delta: job.delta,
          rounds: outcome.roundsCommitted,
          hospitals: job.roster.length,
          outcome: outcome.outcome,
          ...outcome.metrics,
        },
      });
    }
    return outcome;
  } finally {
    await server.close(CLOSE_GRACE_MS);
    evaluator.dispose();
  }
}

/**
 * Before anybody spends privacy on a model that could not be kept.
 *
 * @throws FedwardError `CONFIG_INVALID` when nothing can be written to the folder.
 */
async function requireOutput(folder: string): Promise<void> {
  const probe = join(folder, `.${process.pid}.probe`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(probe, '');
    await rm(probe);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FedwardError('CONFIG_INVALID', `output: the model could not be written to ${folder}: ${why}.`, {
      cause,
    });
  }
}

/** @throws FedwardError `CONFIG_INVALID` or `PROTOCOL_VIOLATION` when the constants make no valid plan. */
export function jobOf({ job, members, timings }: CoordinatorConfig): JobSpec {
  const threat = threatById(job.threat);
  const roster = [...identityKeys(members)]
    .map(([id, identityKey]) => ({ id, identityKey }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const spareAttempts = job.spareAttempts ?? Math.ceil(job.rounds * SPARE_SHARE);
  const { epsilon, delta, sampleRate, mode } = job;
  if ((mode === 'none') !== (epsilon === null)) {
    throw new FedwardError(
      'CONFIG_INVALID',
      'job.epsilon must be null in mode none and a number in all others.',
    );
  }
  const steps = (job.rounds + spareAttempts) * job.localSteps;
  const noiseMultiplier =
    epsilon === null ? 0 : (job.noiseMultiplier ?? noiseMultiplierFor({ epsilon, delta, sampleRate, steps }));
  const spec: JobSpec = {
    ...{ epsilon, delta, sampleRate, mode, noiseMultiplier, spareAttempts, roster },
    id: jobId(job.id),
    threat: threat.id,
    encoder: threat.encoder.id,
    dimension: parameterCount(threat.network),
    clip: job.clip,
    rounds: job.rounds,
    plannedRecords: job.plannedRecords,
    localSteps: job.localSteps,
    localLearningRate: job.localLearningRate,
    strategy: job.strategy.id,
    maxDropouts: job.maxDropouts ?? Math.floor(roster.length / 4),
    maxColluders: job.maxColluders ?? Math.floor(roster.length / 5),
    trainMs: timings.trainMs,
    stageMs: timings.stageMs,
  };
  // Every later plan differs only in position and model, so a wrong constant shows here and not in round 1.
  planFor(spec, 1, 1, new Uint8Array(32));
  return spec;
}

const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

function interrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new FedwardError('ROUND_ABORTED', 'The coordinator was told to stop.'));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
