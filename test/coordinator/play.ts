/** The round machine of a job with five hospitals, driven event by event. */
import { expect } from 'vitest';
import type { RoundEffect } from '../../coordinator/round/effects.ts';
import type { RoundEvent, WaitingStage } from '../../coordinator/round/events.ts';
import { createJob, type JobState, type RoundSpec, step } from '../../coordinator/round/machine.ts';
import type { ErrorCode } from '../../proto/errors.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import { nth } from '../secagg/support.ts';

const id = hospitalId;
export const HOSPITALS = [id('a'), id('b'), id('c'), id('d'), id('e')] as const;
export const STAGES = ['R0', 'R1', 'R2', 'R3', 'R4'] as const;

/** Five hospitals of which one may drop. */
export const SPEC: RoundSpec = {
  ...{ roster: HOSPITALS, threshold: 4, rounds: 2, spareAttempts: 1, attemptsPerRound: 3 },
  ...{ assembleMs: 4000, rejoinMs: 3000, trainMs: 2000, stageMs: 1000 },
};

export const disconnected = (hospital: HospitalId): RoundEvent => ({
  ...{ type: 'disconnected', hospital, reason: 'the line broke' },
});
export const failed = (hospital: HospitalId, code: ErrorCode = 'UNREACHABLE'): RoundEvent => ({
  ...{ type: 'failed', hospital, failure: { code, reason: `${hospital} says ${code}` } },
});

/** A machine and the effects that its last event had. */
export class Play {
  state: JobState;
  effects: readonly RoundEffect[] = [];

  constructor(spec: Partial<RoundSpec> = {}) {
    this.state = createJob({ ...SPEC, ...spec });
  }

  feed(...events: readonly RoundEvent[]): this {
    for (const event of events) ({ state: this.state, effects: this.effects } = step(this.state, event));
    return this;
  }

  /** Everybody there and the first plan out. */
  static running(spec: Partial<RoundSpec> = {}): Play {
    return new Play(spec).feed({ type: 'start' }).connect(...HOSPITALS);
  }

  connect(...hospitals: readonly HospitalId[]): this {
    return this.feed(...hospitals.map((hospital): RoundEvent => ({ type: 'connected', hospital })));
  }

  /** Answers of the open stage from `hospitals`, or from everybody awaited. */
  answer(hospitals: readonly HospitalId[] = this.collecting.awaited): this {
    const { stage } = this.collecting;
    return this.feed(...hospitals.map((hospital): RoundEvent => ({ type: 'answered', hospital, stage })));
  }

  answerUntil(stage: WaitingStage): this {
    while (this.collecting.stage !== stage) this.answer();
    return this;
  }

  /** A whole attempt, up to the sum. */
  answerAll(): this {
    return this.answerUntil('R4').answer();
  }

  timeout(): this {
    return this.feed({ type: 'timeout', timer: this.state.timer });
  }

  get collecting() {
    const { phase } = this.state;
    return phase.at === 'collecting' ? phase : expect.fail(`the machine is ${phase.at}`);
  }

  /** The effects of one type. */
  effect<T extends RoundEffect['type']>(type: T): Extract<RoundEffect, { type: T }>[] {
    return this.effects.filter((one): one is Extract<RoundEffect, { type: T }> => one.type === type);
  }

  get end() {
    expect(this.state.phase.at).toBe('ended');
    return nth(this.effect('end'), 0);
  }
}
