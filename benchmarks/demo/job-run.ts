/** One job of the demo: the coordinator's and the hospitals' processes from start to end. */
import { join } from 'node:path';
import type { JobEvent } from '../../coordinator/progress.ts';
import type { LedgerSummary } from '../../dp/ledger.ts';
import { FedwardError } from '../../proto/errors.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import type { Fault } from './fault.ts';
import type { ChildMessage, ChildTask } from './messages.ts';
import { type Child, crashOf, type Exit, startChild } from './processes.ts';
import type { Provisioned } from './provision.ts';

export interface JobRunOptions {
  readonly folder: string;
  readonly provisioned: Provisioned;
  readonly hospitals: readonly HospitalId[];
  readonly faults: readonly Fault[];
  readonly verify: boolean;
  readonly onEvent: (event: JobEvent) => void;
  readonly onMessage: (message: ChildMessage) => void;
}

export type JobStart = Extract<JobEvent, { type: 'job-started' }>;
export type JobEnd = Extract<JobEvent, { type: 'job-ended' }>;

export interface JobRunResult {
  readonly started: JobStart;
  readonly end: JobEnd;
  /** Of every hospital that lived to see the end. */
  readonly ledgers: ReadonlyMap<string, LedgerSummary>;
}

/** Time for the hospitals to close their ledgers once the job is over. */
const LEAVE_MS = 5000;

export class JobRun {
  readonly #options: JobRunOptions;
  readonly #children: Child[] = [];
  readonly #ledgers = new Map<string, LedgerSummary>();
  #end: JobEnd | null = null;
  #start: JobStart | null = null;
  #underWay = false;
  /** The first process that could not even begin: the demo cannot go on without it. */
  #unable: (error: FedwardError) => void = () => {};
  readonly #inability: Promise<never>;

  constructor(options: JobRunOptions) {
    this.#options = options;
    this.#inability = new Promise((_, reject) => {
      this.#unable = reject;
    });
    this.#inability.catch(() => {});
  }

  /** Starts the coordinator, waits until it listens, starts the hospitals. */
  async start(): Promise<{ finished: Promise<JobRunResult> }> {
    const { provisioned, hospitals, folder } = this.#options;
    let listening: (port: number) => void = () => {};
    const port = new Promise<number>((resolve) => {
      listening = resolve;
    });
    const coordinator = this.#spawn('coordinator', {
      task: { role: 'coordinator', config: provisioned.coordinatorConfig, fault: null },
      heard: (message) => {
        if (message.type === 'listening') listening(message.port);
      },
    });
    const bound = await Promise.race([
      port,
      this.#inability,
      coordinator.exited.then((exit) => this.#failedStart(coordinator, exit)),
    ]);
    for (const id of hospitals) {
      const config = await provisioned.hospitalConfig(id, bound);
      const fault = this.#options.faults.find((candidate) => candidate.hospital === id) ?? null;
      this.#spawn(id, { task: { role: 'hospital', config, fault } });
    }
    const finished = this.#finish(coordinator, join(folder, 'coordinator.log'));
    return { finished: Promise.race([finished, this.#inability]) };
  }

  /** Ends every process at once; safe at any moment. */
  kill(): void {
    for (const child of this.#children) child.kill();
  }

  async #finish(coordinator: Child, log: string): Promise<JobRunResult> {
    const exit = await coordinator.exited;
    const hospitals = this.#children.filter((child) => child !== coordinator);
    const left = Promise.all(hospitals.map((child) => child.exited));
    await Promise.race([left, new Promise((resolve) => setTimeout(resolve, LEAVE_MS).unref())]);
    this.kill();
    if (this.#start === null || this.#end === null) throw await crashOf('coordinator', exit, log);
    return { started: this.#start, end: this.#end, ledgers: this.#ledgers };
  }

  #spawn(
    name: string,
    { task, heard = () => {} }: { task: Omit<ChildTask, 'verify'>; heard?: (message: ChildMessage) => void },
  ): Child {
    const { folder, verify } = this.#options;
    const child = startChild(name, { ...task, verify }, join(folder, `${name}.log`), (message) => {
      heard(message);
      this.#hear(name, message);
    });
    this.#children.push(child);
    return child;
  }

  #hear(name: string, message: ChildMessage): void {
    if (message.type === 'event') {
      if (message.event.type === 'job-ended') this.#end = message.event;
      if (message.event.type === 'job-started') this.#start = message.event;
      if (message.event.type === 'round-started') this.#underWay = true;
      this.#options.onEvent(message.event);
    } else if (message.type === 'ledger') {
      this.#ledgers.set(name, message.summary);
    } else if (message.type === 'failed' && !this.#underWay) {
      this.#unable(new FedwardError(message.code, `${name}: ${message.message}`));
    }
    this.#options.onMessage(message);
  }

  async #failedStart(coordinator: Child, exit: Exit): Promise<never> {
    throw await crashOf(coordinator.name, exit, join(this.#options.folder, 'coordinator.log'));
  }
}

/** The error that a job that did not complete ends the demo with. */
export function errorOf({ code, reason }: JobEnd): FedwardError {
  return new FedwardError(code ?? 'UNEXPECTED', reason ?? 'The job ended without saying why.');
}
