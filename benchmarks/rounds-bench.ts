/**
 * `fedward bench rounds`: secure rounds per second of a whole consortium on this machine.
 *
 * One coordinator process and one for each hospital, over gRPC and mutual TLS 1.3 on loopback. Whatever a
 * deployment's round does is done: the plan is checked against the site policy, the charge is reserved and
 * committed in a ledger on disk (two synced commits for each hospital and round), the model is fetched and its
 * hash checked, noise is drawn, the vector is masked, the sum unmasked, and the model takes a step. Training,
 * and judging the model on a test set, are left out.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FedwardError } from '../proto/errors.ts';
import { SumVerification } from './demo/verification.ts';
import type { CoordinatorTask, HospitalTask } from './rounds-child.ts';
import { type Process, provision, type RoundsOptions, startProcess } from './rounds-consortium.ts';

export interface RoundsFigures {
  readonly roundsPerSecond: number;
  /** From one committed round to the next, nearest rank. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly hospitals: number;
  readonly dimension: number;
  readonly rounds: number;
  readonly warmUpRounds: number;
  readonly mode: 'distributed' | 'none';
  /** Warm-up rounds whose unmasked sum was that of the hospitals' vectors, bit for bit. */
  readonly exactSums: number;
  /** Exchanged with one hospital in the last round, both directions. */
  readonly bytesPerHospital: number;
  /** Median time to sync 4 KB where the ledgers are, alone: each hospital does it twice in a round. */
  readonly syncMs: number;
  /** Processor time of the coordinator, and of one hospital, per round. */
  readonly coordinatorCpuMs: number;
  readonly hospitalCpuMs: number;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option; the job's own failure when a round fails. */
export async function runRoundsBench(options: RoundsOptions): Promise<RoundsFigures> {
  check(options);
  const folder = await mkdtemp(join(tmpdir(), 'fedward-bench-'));
  const processes: Process[] = [];
  let interrupt = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = () => reject(new FedwardError('ROUND_ABORTED', 'The benchmark was interrupted.'));
  });
  process.once('SIGINT', interrupt);
  try {
    const syncMs = medianSync(join(folder, 'sync'));
    const consortium = await provision(options, folder);
    const verification = new SumVerification();
    const start = (name: string, task: CoordinatorTask | HospitalTask): Process => {
      const started = startProcess(name, task, (message) => {
        if (message.type === 'update') verification.update(message.attempt, message.hospital, message.vector);
        if (message.type === 'sum') verification.sum(message.attempt, message.contributors, message.sum);
      });
      processes.push(started);
      return started;
    };
    const coordinator = start('coordinator', consortium.coordinator);
    const { port } = await Promise.race([coordinator.said('listening'), coordinator.failed, interrupted]);
    const ended = coordinator.said('ended');
    const members = consortium.hospitals(port).map((task) => start(task.self, task));
    const left = Promise.all(members.map((member) => member.said('left')));
    const failed = [interrupted, ...processes.map((each) => each.failed)];
    const { committedAt, bytesPerHospital, failure, cpuMs } = await Promise.race([ended, ...failed]);
    if (failure !== null) throw new FedwardError(failure.code, failure.reason);
    const hospitalCpu = (await Promise.race([left, ...failed])).reduce((sum, each) => sum + each.cpuMs, 0);
    const { hospitals, dimension, rounds, warmUp, mode } = options;
    const { exact } = verification.result();
    if (exact !== warmUp) {
      const wrong = `Of ${warmUp} sums ${exact} were exact: what was measured is not worth a figure.`;
      throw new FedwardError('UNEXPECTED', wrong);
    }
    return {
      ...pace(committedAt.slice(warmUp - 1)),
      ...{ hospitals, dimension, rounds, warmUpRounds: warmUp, mode },
      exactSums: exact,
      ...{ bytesPerHospital, syncMs },
      coordinatorCpuMs: rounded(cpuMs / rounds),
      hospitalCpuMs: rounded(hospitalCpu / hospitals / rounds),
      node: process.version,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
    };
  } finally {
    process.off('SIGINT', interrupt);
    for (const each of processes) each.kill();
    await Promise.all(processes.map((each) => each.gone));
    await rm(folder, { recursive: true, force: true });
  }
}

function check({ hospitals, dimension, rounds, warmUp }: RoundsOptions): void {
  const whole = (option: string, value: number, least: number, most: number) => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--${option} must be a whole number from ${least} to ${most}; got ${value}.`,
    );
  };
  whole('hospitals', hospitals, 3, 100);
  whole('dimension', dimension, 1, 10_000_000);
  whole('rounds', rounds, 1, 100_000);
  whole('warm-up', warmUp, 1, 100_000);
}

/** Rates and quantiles of the times between `committedAt`, in milliseconds; the first is where time begins. */
export function pace(
  committedAt: readonly number[],
): Pick<RoundsFigures, 'roundsPerSecond' | 'p50Ms' | 'p99Ms'> {
  const intervals = committedAt.slice(1).map((at, i) => at - (committedAt[i] ?? at));
  const total = (committedAt.at(-1) ?? 0) - (committedAt[0] ?? 0);
  const ascending = intervals.toSorted((a, b) => a - b);
  const nearestRank = (share: number) => ascending[Math.ceil(share * ascending.length) - 1] ?? 0;
  return {
    roundsPerSecond: rounded((1000 * intervals.length) / total),
    p50Ms: rounded(nearestRank(0.5)),
    p99Ms: rounded(nearestRank(0.99)),
  };
}

function rounded(value: number): number {
  return Math.round(100 * value) / 100;
}

function medianSync(file: string): number {
  const descriptor = openSync(file, 'w');
  const page = Buffer.alloc(4096);
  const times = Array.from({ length: 21 }, () => {
    writeSync(descriptor, page);
    const start = performance.now();
    fsyncSync(descriptor);
    return performance.now() - start;
  });
  closeSync(descriptor);
  return rounded(times.sort((a, b) => a - b)[10] ?? 0);
}

export function sentenceOf(figures: RoundsFigures): string {
  const { roundsPerSecond, p50Ms, p99Ms, hospitals, dimension, rounds, mode, exactSums, warmUpRounds } =
    figures;
  return [
    `${roundsPerSecond} secure rounds per second: half of them take at most ${p50Ms} ms, 99 % at most ${p99Ms} ms.`,
    `${rounds} rounds of ${hospitals} hospitals with ${dimension} parameters in mode ${mode}, after ${warmUpRounds} to warm up, of whose sums ${exactSums} were checked to be exact.`,
    `Syncing a ledger's page to disk takes ${figures.syncMs} ms. Node ${figures.node}, ${figures.cores} cores, ${figures.cpu}.`,
  ].join('\n');
}
