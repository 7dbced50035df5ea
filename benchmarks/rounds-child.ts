/**
 * One process of `fedward bench rounds`: the coordinator's own server and driver, or a hospital's own runtime
 * with its site policy and its ledger on disk. Two things are left out because they are not part of a round:
 * training (a trainer that has its gradients ready) and judging the model on a test set.
 *
 * It ends with its supervisor: when the IPC channel closes, whatever closed it, the process is gone.
 */
import { pino } from 'pino';
import { Driver } from '../coordinator/driver.ts';
import type { JobSpec } from '../coordinator/job.ts';
import { FederationServer, type TlsFiles } from '../coordinator/server.ts';
import { createStrategy } from '../coordinator/strategies/catalogue.ts';
import { openLedger } from '../dp/ledger.ts';
import { BitSource, osEntropy } from '../dp/sampling/entropy.ts';
import { openLedgerStore } from '../participant/ledger-store.ts';
import type { SitePolicy } from '../participant/policy.ts';
import { takePart } from '../participant/runtime.ts';
import type { Trainer } from '../participant/trainer.ts';
import type { Failure } from '../proto/messages.ts';
import type { RosterEntry } from '../proto/plan.ts';
import type { AttemptId, HospitalId } from '../proto/vocabulary.ts';
import { identityFromSeed } from '../secagg/identity.ts';

export interface CoordinatorTask {
  readonly role: 'coordinator';
  readonly tls: TlsFiles;
  readonly job: JobSpec;
  /** Rounds whose sums are told, to be checked: warm-up rounds, because telling takes time. */
  readonly tellRounds: number;
}

export interface HospitalTask {
  readonly role: 'hospital';
  readonly tls: TlsFiles;
  readonly address: string;
  readonly self: HospitalId;
  /** Ed25519 seed: the identity lives as long as one run. */
  readonly seed: Uint8Array;
  readonly roster: readonly RosterEntry[];
  readonly policy: SitePolicy;
  /** libsql file, made anew. */
  readonly ledger: string;
  readonly dimension: number;
  readonly records: number;
  readonly tellRounds: number;
}

export type RoundsMessage =
  | { readonly type: 'listening'; readonly port: number }
  | {
      readonly type: 'update';
      readonly attempt: AttemptId;
      readonly hospital: HospitalId;
      readonly vector: Int32Array;
    }
  | {
      readonly type: 'sum';
      readonly attempt: AttemptId;
      readonly contributors: readonly HospitalId[];
      readonly sum: Int32Array;
    }
  | {
      readonly type: 'ended';
      /** When each round was committed, on the coordinator's monotonic clock, milliseconds. */
      readonly committedAt: readonly number[];
      readonly bytesPerHospital: number;
      readonly failure: Failure | null;
      readonly cpuMs: number;
    }
  /** A hospital's end. `cpuMs`: processor time of the process, user and system, in the rounds after the told ones. */
  | { readonly type: 'left'; readonly cpuMs: number };

const HEARTBEAT_MS = 5000;
const CLOSE_GRACE_MS = 1000;

process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole process group; the supervisor decides when its children go.
process.on('SIGINT', () => {});
process.once('message', (task: CoordinatorTask | HospitalTask) => {
  (task.role === 'coordinator' ? coordinate(task) : participate(task)).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
});

async function coordinate({ tls, job, tellRounds }: CoordinatorTask): Promise<void> {
  const roster = new Set(job.roster.map((entry) => entry.id));
  const server = new FederationServer({ tls, roster, heartbeatMs: HEARTBEAT_MS });
  const committedAt: number[] = [];
  const meter = cpuMeter();
  let bytesPerHospital = 0;
  const driver = new Driver({
    job,
    sessions: server,
    strategy: createStrategy(job.strategy, job.mode),
    initialWeights: new Float32Array(job.dimension),
    evaluator: { evaluate: () => ({ loss: 0, accuracy: 0, auroc: 0 }), dispose() {} },
    clock: {
      now: () => performance.now(),
      after(ms, action) {
        const timer = setTimeout(action, ms);
        return () => clearTimeout(timer);
      },
    },
    ...{ assembleMs: 60_000, rejoinMs: 5000, attemptsPerRound: 5, engine: 'none' },
    announce(event) {
      if (event.type !== 'round-committed') return;
      committedAt.push(performance.now());
      if (event.round === tellRounds) meter.start();
      if (event.round === job.rounds) meter.stop();
      bytesPerHospital = event.bytesPerHospital;
    },
    observer: {
      summed(attempt, contributors, sum) {
        if (attempt.round <= tellRounds) tell({ type: 'sum', attempt, contributors, sum });
      },
    },
  });
  tell({ type: 'listening', port: await server.listen('127.0.0.1', 0, driver) });
  driver.start();
  const { failure } = await driver.done;
  await server.close(CLOSE_GRACE_MS);
  await told({ type: 'ended', committedAt, bytesPerHospital, failure, cpuMs: meter.milliseconds() });
}

async function participate(task: HospitalTask): Promise<void> {
  const { tls, address, self, policy, roster, tellRounds } = task;
  const store = openLedgerStore(task.ledger);
  const entropy = osEntropy();
  const meter = cpuMeter();
  await takePart({
    client: { address, tls, giveUpMs: 30_000 },
    environment: {
      ...{ self, policy, entropy },
      identity: identityFromSeed(task.seed),
      pinned: new Map(roster.map(({ id, identityKey }) => [id, identityKey])),
    },
    ledger: openLedger(store, {
      ...{ hospital: self, dataset: 'bench', unit: 'record' },
      delta: policy.maxDelta,
      maxEpsilon: policy.maxEpsilon,
      maxEpsilonIfOthersCollude: policy.maxEpsilonIfOthersCollude,
    }),
    trainer: readyTrainer(task),
    bits: new BitSource(entropy),
    log: pino({ level: 'warn' }, pino.destination(2)),
    once: true,
    signal: new AbortController().signal,
    hooks: {
      onUpdate(attempt, vector) {
        if (attempt.round > tellRounds) meter.start();
        else tell({ type: 'update', attempt, hospital: self, vector: vector.slice() });
      },
    },
  });
  meter.stop();
  store.close();
  await told({ type: 'left', cpuMs: meter.milliseconds() });
}

/** Starts once, however often it is told to. */
function cpuMeter() {
  let begin: NodeJS.CpuUsage | undefined;
  let spent: NodeJS.CpuUsage = { user: 0, system: 0 };
  return {
    start() {
      begin ??= process.cpuUsage();
    },
    stop() {
      spent = process.cpuUsage(begin);
    },
    milliseconds: () => (spent.user + spent.system) / 1000,
  };
}

/** A linear unit whose every record has the same gradient, so that there is a vector and nothing to compute. */
function readyTrainer({ records, dimension }: HospitalTask): Trainer {
  const fanIn = dimension - 1;
  return {
    records,
    layerFactors: (_, { length: rows }) => [
      {
        ...{ rows, fanIn, fanOut: 1 },
        inputs: new Float32Array(rows * fanIn).fill(1),
        deltas: new Float32Array(rows).fill(1),
      },
    ],
    dispose() {},
  };
}

function tell(message: RoundsMessage): void {
  process.send?.(message);
}

/** Resolves when the channel has taken it and all before it. */
function told(message: RoundsMessage): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, undefined, {}, () => resolve());
  });
}
