/** What the round machine promises in every history, tried on random ones. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RoundEffect } from '../../coordinator/round/effects.ts';
import type { RoundEvent, WaitingStage } from '../../coordinator/round/events.ts';
import type { JobState, RoundSpec } from '../../coordinator/round/machine.ts';
import type { ErrorCode } from '../../proto/errors.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import { nth } from '../secagg/support.ts';
import { disconnected, failed, HOSPITALS, Play, SPEC, STAGES } from './play.ts';

const EVERYBODY: readonly HospitalId[] = [...HOSPITALS, hospitalId('stranger')];
const CODES: readonly ErrorCode[] = ['POLICY_REFUSED', 'BUDGET_EXHAUSTED', 'UNREACHABLE', 'ALREADY_SPENT'];

/** One event as plain data; `eventOf` reads it in view of where the machine is, so that histories get somewhere. */
const choice = fc.record({
  kind: fc.oneof(
    // Who is awaited answers: without it no history leaves R0.
    { weight: 30, arbitrary: fc.constant('answers') },
    { weight: 6, arbitrary: fc.constant('is applied') },
    { weight: 4, arbitrary: fc.constant('connects') },
    {
      weight: 2,
      arbitrary: fc.constantFrom('disconnects', 'times out', 'answers anything', 'is not applied'),
    },
    { weight: 1, arbitrary: fc.constantFrom('fails', 'starts') },
  ),
  who: fc.nat(EVERYBODY.length - 1),
  stage: fc.constantFrom(...STAGES),
  code: fc.constantFrom(...CODES),
  age: fc.nat(2),
});
type Choice = typeof choice extends fc.Arbitrary<infer T> ? T : never;

function eventOf({ kind, who, stage, code, age }: Choice, { phase, timer }: JobState): RoundEvent {
  const hospital = nth(EVERYBODY, who);
  switch (kind) {
    case 'answers':
      if (phase.at !== 'collecting') return { type: 'connected', hospital };
      return { type: 'answered', hospital: phase.awaited[who] ?? hospital, stage: phase.stage };
    case 'answers anything':
      return { type: 'answered', hospital, stage };
    case 'connects':
      return { type: 'connected', hospital };
    case 'disconnects':
      return disconnected(hospital);
    case 'fails':
      return failed(hospital, code);
    case 'times out':
      return { type: 'timeout', timer: timer - age };
    case 'is applied':
      return { type: 'applied' };
    case 'is not applied':
      return { type: 'not-applied', failure: { code, reason: 'because' } };
    default:
      return { type: 'start' };
  }
}

/** What must hold after every event of every history. */
class Watch {
  #timer = 0;
  #ends = 0;
  #published: readonly [number, number] = [0, 0];
  #inR2: HospitalId[] = [];

  check(spec: RoundSpec, { state, effects }: Play, event: RoundEvent): void {
    if (event.type === 'answered') this.#remember(event.hospital, event.stage, effects);
    for (const effect of effects) this.#effect(effect, state);
    const { phase, spent, committed } = state;
    if (phase.at === 'assembling' || phase.at === 'collecting') expect(this.#timer).toBe(state.timer);
    if (phase.at === 'collecting') {
      const { awaited, answered } = phase;
      expect(awaited.length).toBeGreaterThan(0);
      expect(awaited.length + answered.length).toBeGreaterThanOrEqual(spec.threshold);
      expect(new Set([...awaited, ...answered]).size).toBe(awaited.length + answered.length);
      expect(state.connected).toEqual(expect.arrayContaining([...awaited]));
      expect([...awaited, ...answered].filter((id) => !HOSPITALS.includes(id))).toEqual([]);
    }
    expect(spent).toBeLessThanOrEqual(spec.rounds + spec.spareAttempts);
    expect(committed).toBeLessThanOrEqual(spent);
    expect(this.#ends).toBe(phase.at === 'ended' ? 1 : 0);
  }

  /** U3 as the gatherer would have it. */
  #remember(hospital: HospitalId, stage: WaitingStage, effects: readonly RoundEffect[]): void {
    const taken = effects.some((one) => one.type === 'announce' && one.event.type === 'answered');
    if (taken && stage === 'R2') this.#inR2.push(hospital);
  }

  #effect(effect: RoundEffect, state: JobState): void {
    switch (effect.type) {
      case 'set-timer':
        expect(effect.timer).toBeGreaterThan(this.#timer);
        expect(effect.ms).toBeGreaterThan(0);
        this.#timer = effect.timer;
        break;
      case 'publish-plan': {
        const [round, attempt] = this.#published;
        expect(effect.round > round || (effect.round === round && effect.attempt > attempt)).toBe(true);
        this.#published = [effect.round, effect.attempt];
        expect(effect.to.filter((id) => state.declined.has(id))).toEqual([]);
        this.#inR2 = [];
        break;
      }
      case 'apply':
        expect(effect.contributors.length).toBeGreaterThanOrEqual(state.spec.threshold);
        expect([...effect.contributors].sort()).toEqual([...this.#inR2].sort());
        break;
      case 'end':
        this.#ends += 1;
        expect(effect.failure === null).toBe(effect.outcome === 'completed');
        break;
    }
  }
}

const histories = fc.record({
  spec: fc.record({
    threshold: fc.integer({ min: 3, max: 5 }),
    rounds: fc.integer({ min: 1, max: 3 }),
    spareAttempts: fc.nat(2),
    attemptsPerRound: fc.integer({ min: 1, max: 4 }),
  }),
  choices: fc.array(choice, { maxLength: 200, size: 'max' }),
});

it('the machine keeps its promises after every event, and ends once timers fire', () => {
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(histories, ({ spec: change, choices }) => {
      const spec = { ...SPEC, ...change };
      const play = new Play(spec);
      const watch = new Watch();
      const feed = (event: RoundEvent) => watch.check(spec, play.feed(event), event);
      feed({ type: 'start' });
      for (const one of choices) feed(eventOf(one, play.state));
      // From here on nobody answers any more: what is left is deadlines.
      const most = 8 * (spec.rounds * spec.attemptsPerRound + 1);
      for (let i = 0; i < most && play.state.phase.at !== 'ended'; i++) {
        const { phase, timer } = play.state;
        feed(phase.at === 'applying' ? { type: 'applied' } : { type: 'timeout', timer });
      }
      expect(play.state.phase.at).toBe('ended');
      if (play.effect('end').length > 0) outcomes.add(play.end.outcome);
    }),
    { numRuns: 400 },
  );
  // Otherwise the histories would not have reached what they are meant to try.
  expect(outcomes).toEqual(new Set(['completed', 'stopped-early', 'failed']));
});
