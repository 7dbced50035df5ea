/**
 * `fedward bench readers`: how fast logs are read, and that memory does not grow with them.
 *
 * A generated log is written to a temporary file and read by a process of its own, whose peak memory is its own
 * too. With `--train` the process prepares the records as a hospital does and trains on them with DP-SGD.
 */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FedwardError } from '../../proto/errors.ts';
import { type Format, grid, printJson, printLines, progressLine } from '../audit/output.ts';
import { integer } from '../report/format.ts';
import type { ReadFigures, ReadTask, TrainFigures, TrainTask } from './child.ts';
import { LOGS, writeLog } from './logs.ts';

export interface ReadersOptions {
  /** A key of `LOGS`. */
  readonly logs: readonly string[];
  readonly megabytes: number;
  /** Readings of each log; the median counts. */
  readonly repeat: number;
}

export interface TrainOptions {
  readonly megabytes: number;
  readonly steps: number;
  readonly sampleRate: number;
}

interface ReadRow {
  readonly log: string;
  readonly rows: number;
  readonly bytes: number;
  readonly rowsPerSecond: number;
  readonly rowsPerCpuSecond: number;
  readonly megabytesPerSecond: number;
  readonly peakRssMb: number;
}

/** @throws FedwardError `UNEXPECTED` when the measured process fails. */
export async function runReadersBench(options: ReadersOptions, format: Format): Promise<void> {
  const { logs, megabytes, repeat } = options;
  const rows: ReadRow[] = [];
  await inFolder(async (folder, progress) => {
    for (const name of logs) {
      const log = LOGS[name];
      if (log === undefined) continue;
      const path = join(folder, `${name}.log`);
      progress(`${name}: writing ${megabytes} MB`);
      const bytes = await writeLog(log, path, megabytes * 1e6);
      const runs: ReadFigures[] = [];
      for (let run = 1; run <= repeat; run++) {
        progress(`${name}: reading, ${run} of ${repeat}`);
        runs.push(await measured<ReadFigures>({ kind: 'read', reader: log.reader, path }));
      }
      rows.push(rowOf(name, bytes, runs));
      await rm(path);
      if (format === 'json') printJson({ benchmark: 'readers', ...rows.at(-1) });
    }
  });
  if (format === 'table') printLines(readLines(rows, repeat));
}

function rowOf(log: string, bytes: number, runs: readonly ReadFigures[]): ReadRow {
  const median = (figure: (run: ReadFigures) => number) =>
    runs.map(figure).sort((a, b) => a - b)[Math.floor(runs.length / 2)] ?? 0;
  const [{ rows = 0, refused = 0 } = {}] = runs;
  if (refused > 0) {
    throw new FedwardError('UNEXPECTED', `Of the generated log ${log} ${refused} rows were refused.`);
  }
  return {
    ...{ log, rows, bytes },
    rowsPerSecond: Math.round(rows / median(({ seconds }) => seconds)),
    rowsPerCpuSecond: Math.round(rows / median(({ cpuSeconds }) => cpuSeconds)),
    megabytesPerSecond: Math.round(bytes / 1e6 / median(({ seconds }) => seconds)),
    peakRssMb: Math.max(...runs.map(({ peakRssMb }) => peakRssMb)),
  };
}

function readLines(rows: readonly ReadRow[], repeat: number): string[] {
  return [
    ...grid(
      ['log', 'rows', 'MB', 'rows/s', 'rows per CPU s', 'MB/s', 'peak RSS'],
      rows.map((row) => [
        LOGS[row.log]?.describe ?? row.log,
        ...[row.rows, row.bytes / 1e6, row.rowsPerSecond, row.rowsPerCpuSecond].map((n) =>
          integer(Math.round(n)),
        ),
        ...[integer(row.megabytesPerSecond), `${row.peakRssMb} MB`],
      ]),
    ),
    `Medians of ${repeat}; the peak is the highest, of the reading process alone. Node ${process.version}.`,
  ];
}

/** @throws FedwardError `UNEXPECTED` when the measured process fails. */
export async function runTrainingBench(options: TrainOptions, format: Format): Promise<void> {
  const { megabytes, steps, sampleRate } = options;
  const { figures, bytes } = await inFolder(async (folder, progress) => {
    const log = LOGS.zeek;
    if (log === undefined) throw new FedwardError('UNEXPECTED', 'There is no Zeek log to generate.');
    const path = join(folder, 'conn.log');
    progress(`writing ${megabytes} MB of Zeek connections`);
    const size = await writeLog(log, path, megabytes * 1e6);
    progress('reading, preparing and training');
    const store = join(folder, 'records');
    const task: TrainTask = { kind: 'train', reader: log.reader, path, store, steps, sampleRate };
    return { figures: await measured<TrainFigures>(task), bytes: size };
  });
  if (format === 'json') {
    printJson({ benchmark: 'readers', train: true, ...options, bytes, ...figures });
    return;
  }
  const { records, prepareSeconds, stepSeconds, peakRssMb, engine } = figures;
  const [before, after] = figures.auroc.map((value) => value.toFixed(3));
  printLines([
    `${integer(Math.round(bytes / 1e6))} MB of Zeek connections, ${integer(records)} records: read, encoded and written in ${prepareSeconds.toFixed(1)} s, ${integer(Math.round(records / prepareSeconds))} a second.`,
    `${steps} steps of DP-SGD at q = ${sampleRate}: ${stepSeconds.toFixed(2)} s each, ${integer(Math.round((sampleRate * records) / stepSeconds))} records a second (${engine}); AUROC from ${before} to ${after}.`,
    `Peak memory of the process: ${peakRssMb} MB.`,
  ]);
}

async function inFolder<T>(
  work: (folder: string, progress: (sentence: string) => void) => Promise<T>,
): Promise<T> {
  const progress = progressLine();
  const folder = await mkdtemp(join(tmpdir(), 'fedward-readers-'));
  try {
    return await work(folder, progress);
  } finally {
    progress('');
    await rm(folder, { recursive: true, force: true });
  }
}

const FROM_SOURCE = import.meta.url.endsWith('.ts');
const CHILD = fileURLToPath(new URL(FROM_SOURCE ? './child.ts' : './child.js', import.meta.url));

function measured<Figures>(task: ReadTask | TrainTask): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, {
      execArgv: FROM_SOURCE ? ['--import', 'tsx'] : [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const interrupt = () => child.kill('SIGKILL');
    process.once('SIGINT', interrupt);
    child.once('message', (message: { figures?: Figures; error?: string }) => {
      if (message.figures === undefined)
        reject(new FedwardError('UNEXPECTED', message.error ?? 'It failed.'));
      else resolve(message.figures);
    });
    child.once('close', (code, signal) => {
      process.off('SIGINT', interrupt);
      reject(new FedwardError('UNEXPECTED', `The measured process ended early (${signal ?? code}).`));
    });
    child.send(task);
  });
}
