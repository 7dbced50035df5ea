/**
 * Performs what the round machine decides: talks to hospitals, feeds the gatherer, moves the model.
 *
 * One driver runs one job. Everything outside comes in as an argument (sessions, clock, evaluator), so that
 * the whole coordinator also runs inside a test. It sees hospitals' messages only through the gatherer, and
 * the strategy only ever gets the unmasked sum and the number of its contributors (DESIGN §1.1).
 */

import { FedwardError } from '../proto/errors.ts';
import type { Failure, FromHospital, InstructionBody, ToHospital } from '../proto/messages.ts';
import { attemptOf } from '../proto/plan.ts';
import { type AttemptId, formatAttempt, type HospitalId } from '../proto/vocabulary.ts';
import { CHUNK_BYTES } from '../proto/wire.ts';
import { weightsHash, weightsToBytes } from '../threats/weights.ts';
import type { Evaluator } from './evaluation.ts';
import { type JobSpec, planFor, privacySpent } from './job.ts';
import type { Drop, JobEvent, Metrics } from './progress.ts';
import type { RoundEffect } from './round/effects.ts';
import type { RoundEvent, WaitingStage } from './round/events.ts';
import { AttemptGathering } from './round/gathering.ts';
import { createJob, type JobState, step, takesPart } from './round/machine.ts';
import { currentWeights, releasedWeights, type Strategy, type StrategyState } from './strategies/strategy.ts';

/** The hospitals' connections, as the driver needs them. Messages to a hospital that is gone are dropped. */
export interface Sessions {
  send(hospital: HospitalId, message: ToHospital): void;
  disconnect(hospital: HospitalId, reason: string): void;
  /** Bytes exchanged with this hospital since the start, both directions. */
  traffic(hospital: HospitalId): number;
}

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls `action` after `ms`; the returned function cancels it. */
  after(ms: number, action: () => void): () => void;
}

export interface DriverOptions {
  readonly job: JobSpec;
  readonly strategy: Strategy;
  readonly initialWeights: Float32Array;
  readonly evaluator: Evaluator;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly assembleMs: number;
  readonly rejoinMs: number;
  readonly attemptsPerRound: number;
  readonly engine: string;
  readonly announce: (event: JobEvent) => void;
  /** Tests and `--verify-sums` look over the driver's shoulder here; a deployment leaves it out. */
  readonly observer?: DriverObserver | undefined;
}

export interface DriverObserver {
  masked?(attempt: AttemptId, hospital: HospitalId, vector: Int32Array): void;
  summed?(attempt: AttemptId, contributors: readonly HospitalId[], sum: Int32Array): void;
}

export interface JobOutcome {
  readonly outcome: 'completed' | 'stopped-early' | 'failed';
  readonly failure: Failure | null;
  /** The released model: after every committed round a fit one, the initial weights before the first. */
  readonly weights: Float32Array;
  readonly roundsCommitted: number;
  readonly metrics: Metrics | null;
}

interface Current {
  readonly gathering: AttemptGathering;
  readonly startedAt: number;
  readonly trafficBefore: ReadonlyMap<HospitalId, number>;
}

export class Driver {
  readonly #options: DriverOptions;
  #machine: JobState;
  #strategy: StrategyState;
  #current: Current | null = null;
  #cancelTimer: () => void = () => {};
  readonly #queue: RoundEvent[] = [];
  #draining = false;
  readonly #drops: Drop[] = [];
  #metrics: Metrics | null = null;
  #settle: (outcome: JobOutcome) => void = () => {};
  #fail: (error: unknown) => void = () => {};
  /** The model that the current plan names, as bytes for `FetchModel`. */
  #model: { readonly hash: Uint8Array; readonly bytes: Uint8Array };

  /** Settles when the job has ended, well or badly; rejects only on a defect. */
  readonly done: Promise<JobOutcome>;

  constructor(options: DriverOptions) {
    const { job, assembleMs, rejoinMs, attemptsPerRound } = options;
    this.#options = options;
    this.#strategy = options.strategy.initial(options.initialWeights);
    this.#model = snapshot(currentWeights(this.#strategy));
    const { rounds, spareAttempts, trainMs, stageMs } = job;
    this.#machine = createJob({
      roster: job.roster.map((entry) => entry.id),
      threshold: job.roster.length - job.maxDropouts,
      ...{ rounds, spareAttempts, attemptsPerRound, assembleMs, rejoinMs, trainMs, stageMs },
    });
    this.done = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
  }

  start(): void {
    const { job, announce, engine } = this.#options;
    announce({
      type: 'job-started',
      job: job.id,
      mode: job.mode,
      hospitals: job.roster.map((entry) => entry.id),
      rounds: job.rounds,
      threshold: job.roster.length - job.maxDropouts,
      delta: job.delta,
      epsilonBudget: job.epsilon,
      noiseMultiplier: job.noiseMultiplier,
      dimension: job.dimension,
      engine,
    });
    this.#feed({ type: 'start' });
  }

  connected(hospital: HospitalId): void {
    this.#feed({ type: 'connected', hospital });
  }

  disconnected(hospital: HospitalId, reason: string): void {
    this.#feed({ type: 'disconnected', hospital, reason });
  }

  /** The bytes that `FetchModel` delivers. @throws FedwardError `INVALID_ARGUMENT` for an unknown hash. */
  model(hash: Uint8Array): Uint8Array {
    if (Buffer.compare(hash, this.#model.hash) !== 0) {
      throw new FedwardError('INVALID_ARGUMENT', 'No current model has this hash: wait for the next plan.');
    }
    return this.#model.bytes;
  }

  received(hospital: HospitalId, message: FromHospital): void {
    if (message.type !== 'stage' && message.type !== 'refusal') return;
    const current = this.#current;
    if (
      current === null ||
      formatAttempt(message.attempt) !== formatAttempt(attemptOf(current.gathering.plan))
    ) {
      const reason = `Attempt ${formatAttempt(message.attempt)} is over: wait for the next plan.`;
      if (message.type === 'stage') this.#refuse(hospital, message, { code: 'ROUND_ABORTED', reason });
      return;
    }
    if (message.type === 'refusal') {
      this.#feed({ type: 'failed', hospital, failure: { code: message.code, reason: message.reason } });
      return;
    }
    if (!takesPart(this.#machine, hospital)) {
      const reason = `This hospital fell out of attempt ${formatAttempt(message.attempt)}: wait for the next plan.`;
      this.#refuse(hospital, message, { code: 'ROUND_ABORTED', reason });
      return;
    }
    try {
      if (!current.gathering.accept(hospital, message.body)) return;
      this.#feed({ type: 'answered', hospital, stage: message.body.stage });
    } catch (error) {
      if (!(error instanceof FedwardError)) {
        this.#fail(error);
        return;
      }
      const failure = { code: error.code, reason: error.message };
      this.#refuse(hospital, message, failure);
      if (message.body.stage === current.gathering.stage) this.#feed({ type: 'failed', hospital, failure });
    }
  }

  /** Events raised while effects are performed wait their turn: the machine never sees itself half-way. */
  #feed(event: RoundEvent): void {
    this.#queue.push(event);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        const { state, effects } = step(this.#machine, next);
        this.#machine = state;
        for (const effect of effects) this.#perform(effect);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#draining = false;
    }
  }

  #perform(effect: RoundEffect): void {
    const { sessions, clock } = this.#options;
    switch (effect.type) {
      case 'publish-plan':
        this.#publish(effect.round, effect.attempt, effect.to);
        break;
      case 'open-stage':
        this.#open(effect.stage, effect.to);
        break;
      case 'apply':
        this.#apply(effect.round, effect.attempt, effect.contributors);
        break;
      case 'close-round': {
        const attempt = { job: this.#options.job.id, round: effect.round, attempt: effect.attempt };
        this.#broadcast({ type: 'round-closed', attempt, failure: effect.failure });
        this.#current = null;
        break;
      }
      case 'disconnect':
        sessions.disconnect(effect.hospital, effect.reason);
        break;
      case 'set-timer':
        this.#cancelTimer();
        this.#cancelTimer = clock.after(effect.ms, () =>
          this.#feed({ type: 'timeout', timer: effect.timer }),
        );
        break;
      case 'announce':
        if (effect.event.type === 'dropped') {
          const { type: _, ...drop } = effect.event;
          this.#drops.push(drop);
        }
        this.#options.announce(effect.event);
        break;
      case 'end':
        this.#end(effect.outcome, effect.failure);
        break;
      default:
        effect satisfies never;
    }
  }

  #publish(round: number, attempt: number, to: readonly HospitalId[]): void {
    const { job, sessions, clock } = this.#options;
    this.#model = snapshot(currentWeights(this.#strategy));
    const plan = planFor(job, round, attempt, this.#model.hash);
    this.#current = {
      gathering: new AttemptGathering(plan, (hospital, vector) =>
        this.#options.observer?.masked?.(attemptOf(plan), hospital, vector),
      ),
      startedAt: clock.now(),
      trafficBefore: new Map(job.roster.map(({ id }) => [id, sessions.traffic(id)])),
    };
    const { bytes } = this.#model;
    const message: ToHospital = {
      type: 'plan',
      plan,
      // A call of its own for each hospital takes longer than a small model does on its way.
      ...(bytes.length <= CHUNK_BYTES ? { weights: bytes } : {}),
    };
    for (const hospital of to) sessions.send(hospital, message);
  }

  #open(stage: Exclude<WaitingStage, 'R0'>, to: readonly HospitalId[]): void {
    if (this.#current === null) return;
    const { gathering } = this.#current;
    const attempt = attemptOf(gathering.plan);
    const bodyFor = gathering.open(stage);
    // One message where all are told the same, so that sessions may encode it once.
    const messages = new Map<InstructionBody, ToHospital>();
    for (const hospital of to) {
      const body = bodyFor(hospital);
      if (body === null) continue;
      const message = messages.get(body) ?? { type: 'instruction', attempt, body };
      messages.set(body, message);
      this.#options.sessions.send(hospital, message);
    }
  }

  #apply(round: number, attempt: number, contributors: readonly HospitalId[]): void {
    if (this.#current === null) return;
    const { evaluator, strategy, announce, clock, sessions, observer } = this.#options;
    const { gathering, startedAt, trafficBefore } = this.#current;
    const { plan } = gathering;
    try {
      const { sum } = gathering.finish();
      observer?.summed?.(attemptOf(plan), contributors, sum);
      this.#strategy = strategy.step(plan, this.#strategy, { sum, contributors: contributors.length });
    } catch (error) {
      if (!(error instanceof FedwardError)) throw error;
      this.#feed({ type: 'not-applied', failure: { code: 'ROUND_ABORTED', reason: error.message } });
      return;
    }
    this.#metrics = evaluator.evaluate(releasedWeights(this.#strategy));
    const bytes = contributors.map((id) => sessions.traffic(id) - (trafficBefore.get(id) ?? 0));
    announce({
      type: 'round-committed',
      ...{ round, attempt, contributors },
      metrics: this.#metrics,
      privacy: privacySpent(plan, this.#machine.spent),
      seconds: (clock.now() - startedAt) / 1000,
      bytesPerHospital: Math.round(bytes.reduce((sum, b) => sum + b, 0) / bytes.length),
    });
    this.#feed({ type: 'applied' });
  }

  #end(outcome: JobOutcome['outcome'], failure: Failure | null): void {
    this.#cancelTimer();
    const { job, announce } = this.#options;
    const { committed, spent } = this.#machine;
    this.#broadcast({ type: 'job-closed', job: job.id, failure });
    announce({
      type: 'job-ended',
      outcome,
      ...failure,
      roundsCommitted: committed,
      metrics: this.#metrics,
      privacy: privacySpent(planFor(job, 1, 1, this.#model.hash), spent),
      dropped: this.#drops,
    });
    this.#settle({
      outcome,
      failure,
      weights: releasedWeights(this.#strategy),
      roundsCommitted: committed,
      metrics: this.#metrics,
    });
  }

  #broadcast(message: ToHospital): void {
    for (const hospital of this.#machine.connected) this.#options.sessions.send(hospital, message);
  }

  /** Says why a message was not accepted. What was is answered by what its stage opens next, so it needs no word. */
  #refuse(
    hospital: HospitalId,
    { attempt, body }: Extract<FromHospital, { type: 'stage' }>,
    failure: Failure,
  ): void {
    this.#options.sessions.send(hospital, { type: 'ack', attempt, stage: body.stage, failure });
  }
}

function snapshot(weights: Float32Array): { hash: Uint8Array; bytes: Uint8Array } {
  return { hash: weightsHash(weights), bytes: weightsToBytes(weights) };
}
