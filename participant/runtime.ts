/**
 * Performs what the session machine decides: charges the ledger, trains, sends. One runtime per process.
 */
import type { Logger } from 'pino';
import type { Ledger } from '../dp/ledger.ts';
import type { BitSource } from '../dp/sampling/entropy.ts';
import { type ErrorCode, FedwardError } from '../proto/errors.ts';
import type { Failure, ToHospital } from '../proto/messages.ts';
import { attemptOf, type RoundPlan } from '../proto/plan.ts';
import { type AttemptId, formatAttempt, type Stage } from '../proto/vocabulary.ts';
import { type ClientOptions, CoordinatorClient } from './client.ts';
import { type PrivateUpdate, privatise } from './privatise.ts';
import {
  awaitsUpdate,
  INITIAL_SESSION,
  type Inbound,
  type SessionEffect,
  type SessionEnvironment,
  type SessionState,
  step,
} from './session.ts';
import type { Trainer } from './trainer.ts';

export interface RuntimeOptions {
  readonly client: ClientOptions;
  readonly environment: SessionEnvironment;
  readonly ledger: Ledger;
  readonly trainer: Trainer;
  readonly bits: BitSource;
  readonly log: Logger;
  /** Leave when the coordinator says that the job is over. */
  readonly once: boolean;
  /** Ends the run from outside. */
  readonly signal: AbortSignal;
  /** Faults and checks of the demo and the tests; the command `hospital start` cannot set them. */
  readonly hooks?: RuntimeHooks | undefined;
}

export interface RuntimeHooks {
  /** Called in each stage before its message leaves. */
  readonly beforeSend?: (stage: Stage, attempt: AttemptId) => void;
  /** Sees each update before it is masked. Never in a deployment: it is what masking hides. */
  readonly onUpdate?: (attempt: AttemptId, vector: Int32Array) => void;
}

export interface RunResult {
  /** How the last job ended; null when the run was ended from outside. */
  readonly failure: Failure | null;
}

/**
 * Takes part until the job is over (`once`), the signal ends it, or no session can be had any more.
 * @throws FedwardError `UNREACHABLE`, `UNAUTHORISED` or `PROTOCOL_VIOLATION` from the client, and defects.
 */
export async function takePart(options: RuntimeOptions): Promise<RunResult> {
  const runtime = new Runtime(options);
  try {
    return await runtime.run();
  } finally {
    runtime.close();
  }
}

class Runtime {
  readonly #options: RuntimeOptions;
  readonly #client: CoordinatorClient;
  #state: SessionState = INITIAL_SESSION;
  #finish: (result: RunResult) => void = () => {};
  #crash: (error: unknown) => void = () => {};

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#client = new CoordinatorClient(options.client, {
      received: (message) => this.#guard(() => this.#onMessage(message)),
      lost: (reason) => {
        options.log.warn({ reason }, 'lost the coordinator; trying again');
        this.#guard(() => this.#feed({ type: 'connection-lost' }));
      },
    });
  }

  run(): Promise<RunResult> {
    const { signal } = this.#options;
    const ended = new Promise<RunResult>((resolve, reject) => {
      this.#finish = resolve;
      this.#crash = reject;
      signal.addEventListener('abort', () => resolve({ failure: null }), { once: true });
      if (signal.aborted) resolve({ failure: null });
    });
    this.#client.connect();
    return Promise.race([ended, this.#client.failed]);
  }

  close(): void {
    this.#client.close();
  }

  #onMessage(message: ToHospital): void {
    const { log, once } = this.#options;
    switch (message.type) {
      case 'welcome':
        log.info('connected to the coordinator');
        break;
      case 'ack':
        if (message.failure !== null) {
          log.warn({ ...message.failure, stage: message.stage }, 'the coordinator refused a message');
        }
        break;
      case 'job-closed':
        log.info({ job: message.job, failure: message.failure }, 'the job is over');
        if (once) this.#finish({ failure: message.failure });
        break;
      case 'plan':
      case 'instruction':
      case 'round-closed':
        this.#feed(message);
        break;
      default:
        message satisfies never;
    }
  }

  #feed(inbound: Inbound): void {
    const { state, effects } = step(this.#state, inbound, this.#options.environment);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: SessionEffect): void {
    const { hooks, ledger, log } = this.#options;
    switch (effect.type) {
      case 'prepare':
        this.#prepare(effect.plan, effect.kept).catch(this.#crash);
        break;
      case 'send':
        hooks?.beforeSend?.(effect.body.stage, effect.attempt);
        this.#client.send({ type: 'stage', attempt: effect.attempt, body: effect.body });
        break;
      case 'spend-and-send':
        // If this throws, nothing has left and nothing will: the process ends with the ledger's refusal.
        ledger.commit(effect.reservation);
        hooks?.beforeSend?.('R2', effect.attempt);
        this.#client.sendVector(effect.attempt, effect.masked).catch(this.#crash);
        break;
      case 'refuse':
        log.warn({ ...effect.failure, attempt: formatAttempt(effect.attempt) }, 'refused to take part');
        this.#client.send({ type: 'refusal', attempt: effect.attempt, ...effect.failure });
        break;
      case 'erase':
        effect.update.vector.fill(0);
        break;
      default:
        effect satisfies never;
    }
  }

  async #prepare(plan: RoundPlan, kept: PrivateUpdate | null): Promise<void> {
    const attempt = attemptOf(plan);
    const { ledger, trainer, bits, hooks, log } = this.#options;
    try {
      let update: PrivateUpdate;
      if (kept !== null) {
        ledger.carry(kept.reservation, attempt);
        update = kept;
      } else {
        const weights = await this.#client.fetchModel(plan);
        if (!awaitsUpdate(this.#state, attempt)) return;
        update = privatise(plan, weights, trainer, ledger, bits);
      }
      hooks?.onUpdate?.(attempt, update.vector);
      log.debug({ attempt: formatAttempt(attempt) }, 'trained');
      this.#feed({ type: 'prepared', attempt, update });
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null) throw error;
      log.warn({ attempt: formatAttempt(attempt), err: error }, 'could not train');
      kept?.vector.fill(0);
      this.#feed({ type: 'unprepared', attempt, failure });
    }
  }

  /** Handlers run inside gRPC's callbacks, where an exception would be lost or crash the wrong place. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#crash(error);
    }
  }
}

/** Failures whose sentences are about the plan, the budget or the protocol. Others name paths and places in records. */
const PUBLIC_CODES: ReadonlySet<ErrorCode> = new Set([
  ...(['POLICY_REFUSED', 'BUDGET_EXHAUSTED', 'ALREADY_SPENT', 'PROTOCOL_VIOLATION', 'UNREACHABLE'] as const),
]);

/** What may be told to the coordinator; null for a defect, which ends this process instead. */
function failureOf(error: unknown): Failure | null {
  if (error instanceof FedwardError) {
    const { code, message } = error;
    const withheld = 'The hospital could not take part; its own log says why.';
    return { code, reason: PUBLIC_CODES.has(code) ? message : withheld };
  }
  // gRPC's own errors carry a numeric code: the model could not be fetched.
  if (error instanceof Error && 'code' in error && typeof error.code === 'number') {
    return { code: 'UNREACHABLE', reason: `The model could not be fetched: ${error.message}` };
  }
  return null;
}
