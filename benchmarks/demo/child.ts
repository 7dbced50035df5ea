/**
 * The entry of one demo process: the very coordinator or hospital that `fedward coordinator start` and
 * `fedward hospital start` run, with two things that those commands do not have: faults, and a look at the
 * integer vectors for `--verify-sums`.
 *
 * It ends with its supervisor: when the IPC channel closes, whatever closed it, the process is gone.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pino } from 'pino';
import { coordinatorConfigSchema } from '../../coordinator/config.ts';
import { runCoordinator } from '../../coordinator/coordinator.ts';
import { hospitalConfigSchema } from '../../participant/config.ts';
import { runHospital } from '../../participant/hospital.ts';
import { parseConfig } from '../../proto/config.ts';
import { FedwardError } from '../../proto/errors.ts';
import type { AttemptId, Stage } from '../../proto/vocabulary.ts';
import type { ChildMessage, ChildTask } from './messages.ts';

process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole process group; the supervisor decides when its children go.
process.on('SIGINT', () => {});

const task = JSON.parse(process.argv[2] ?? '{}') as ChildTask;
try {
  await (task.role === 'coordinator' ? coordinator(task) : hospital(task));
  await flushed();
  process.exit(0);
} catch (error) {
  if (!(error instanceof FedwardError)) throw error;
  tell({ type: 'failed', code: error.code, message: error.message });
  await flushed();
  process.exit(error.exitCode);
}

async function coordinator({ config: file, verify }: ChildTask): Promise<void> {
  const config = parseConfig(coordinatorConfigSchema, await readFile(file, 'utf8'), file);
  const outcome = await runCoordinator({
    config,
    folder: dirname(file),
    announce: (event) => tell({ type: 'event', event }),
    listening: (port) => tell({ type: 'listening', port }),
    signal: new AbortController().signal,
    observer: verify
      ? {
          masked: (_, hospital, vector) => tell({ type: 'received', hospital, vector: vector.slice() }),
          summed: (attempt, contributors, sum) => tell({ type: 'sum', attempt, contributors, sum }),
        }
      : undefined,
  });
  if (outcome.failure !== null) throw new FedwardError(outcome.failure.code, outcome.failure.reason);
}

async function hospital({ config: file, fault, verify }: ChildTask): Promise<void> {
  const config = parseConfig(hospitalConfigSchema, await readFile(file, 'utf8'), file);
  const log = pino({ base: { hospital: config.hospital } }, pino.destination(2));
  const beforeSend = (stage: Stage, { round }: AttemptId) => {
    if (fault !== null && stage === fault.stage && round === fault.round)
      process.kill(process.pid, 'SIGKILL');
  };
  const { ledger } = await runHospital({
    config,
    folder: dirname(file),
    log,
    once: true,
    signal: new AbortController().signal,
    hooks: {
      beforeSend,
      ...(verify
        ? {
            onUpdate: (attempt: AttemptId, vector: Int32Array) =>
              tell({ type: 'update', attempt, hospital: config.hospital, vector: vector.slice() }),
          }
        : {}),
    },
  });
  tell({ type: 'ledger', hospital: config.hospital, summary: ledger });
}

function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}

/** Resolves when the channel has taken everything told so far. */
function flushed(): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected)
      process.send?.({ type: 'flush' } satisfies ChildMessage, undefined, {}, () => resolve());
    else resolve();
  });
}
