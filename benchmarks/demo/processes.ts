/** The demo's child processes: started, listened to, and never left behind. */
import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { FedwardError } from '../../proto/errors.ts';
import type { ChildMessage, ChildTask } from './messages.ts';

const FROM_SOURCE = import.meta.url.endsWith('.ts');
const ENTRY = fileURLToPath(new URL(FROM_SOURCE ? './child.ts' : './child.js', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly name: string;
  /** Settles when the process is gone and all that it said has been heard. */
  readonly exited: Promise<Exit>;
  kill(): void;
}

/** Starts one process with its log in `logFile` and hands every message to `heard`. */
export function startChild(
  name: string,
  task: ChildTask,
  logFile: string,
  heard: (message: ChildMessage) => void,
): Child {
  const log = openSync(logFile, 'a');
  const child: ChildProcess = fork(ENTRY, [JSON.stringify(task)], {
    execArgv: FROM_SOURCE ? ['--import', 'tsx'] : [],
    stdio: ['ignore', log, log, 'ipc'],
    serialization: 'advanced',
  });
  closeSync(log);
  child.on('message', (message) => heard(message as ChildMessage));
  const exited = new Promise<Exit>((resolve) => {
    let exit: Exit | null = null;
    let connected = true;
    const settle = () => {
      if (exit !== null && !connected) resolve(exit);
    };
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      settle();
    });
    child.once('disconnect', () => {
      connected = false;
      settle();
    });
    child.once('error', () => resolve({ code: 1, signal: null }));
  });
  return { name, exited, kill: () => child.kill('SIGKILL') };
}

/** The last lines of a log, for a message about a process that ended unexpectedly. */
export async function crashOf(name: string, { code, signal }: Exit, logFile: string): Promise<FedwardError> {
  const log = await readFile(logFile, 'utf8').catch(() => '');
  const tail = log.trimEnd().split('\n').slice(-12).join('\n');
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  return new FedwardError('UNEXPECTED', `The process ${name} ended ${how}. The end of ${logFile}:\n${tail}`);
}
