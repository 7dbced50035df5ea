/** The round machine: what follows from what. */
import { describe, expect, it } from 'vitest';
import { takesPart } from '../../coordinator/round/machine.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import { nth } from '../secagg/support.ts';
import { disconnected, failed, HOSPITALS, Play, SPEC, STAGES } from './play.ts';

const ALL: readonly HospitalId[] = HOSPITALS;
const [a, b, c, d, e] = HOSPITALS;

describe('a job without mishaps', () => {
  it('begins when the whole roster is there', () => {
    const play = new Play().feed({ type: 'start' });
    expect(play.effects).toEqual([{ type: 'set-timer', timer: 1, ms: SPEC.assembleMs }]);
    expect(play.connect(a, b, c, d).effects).toEqual([]);
    expect(play.connect(e).effects).toEqual([
      { type: 'announce', event: { type: 'round-started', round: 1, attempt: 1, hospitals: ALL } },
      { type: 'publish-plan', round: 1, attempt: 1, to: ALL },
      { type: 'announce', event: { type: 'stage-started', round: 1, stage: 'R0', waitingFor: ALL } },
      { type: 'set-timer', timer: 2, ms: SPEC.trainMs },
    ]);
  });

  it('begins at once when everybody came before the start', () => {
    expect(
      new Play()
        .connect(...ALL)
        .feed({ type: 'start' })
        .effect('publish-plan'),
    ).toHaveLength(1);
  });

  it('begins with those who are there when the wait is over, if they are enough', () => {
    const play = new Play().feed({ type: 'start' }).connect(e, c, b, a).timeout();
    expect(play.effect('publish-plan')).toEqual([
      { type: 'publish-plan', round: 1, attempt: 1, to: [a, b, c, e] },
    ]);
  });

  it('opens each stage when the last answer has come, and sums after R4', () => {
    const play = Play.running();
    for (const [i, stage] of (['R1', 'R2', 'R3', 'R4'] as const).entries()) {
      play.answer([e, d, c, b]);
      expect(play.effect('open-stage')).toEqual([]);
      play.answer([a]);
      expect(play.effects).toEqual([
        { type: 'announce', event: { type: 'answered', round: 1, stage: nth(STAGES, i), hospital: a } },
        { type: 'open-stage', stage, to: ALL },
        { type: 'announce', event: { type: 'stage-started', round: 1, stage, waitingFor: ALL } },
        { type: 'set-timer', timer: 3 + i, ms: SPEC.stageMs },
      ]);
    }
    expect(play.answer().effect('apply')).toEqual([
      { type: 'apply', round: 1, attempt: 1, contributors: ALL },
    ]);
    expect(play.state.phase.at).toBe('applying');
  });

  it('ends after its last round', () => {
    const play = Play.running().answerAll().feed({ type: 'applied' });
    expect(play.effect('close-round')).toEqual([
      { type: 'close-round', round: 1, attempt: 1, failure: null },
    ]);
    expect(play.effect('publish-plan')).toEqual([{ type: 'publish-plan', round: 2, attempt: 1, to: ALL }]);
    play.answerAll().feed({ type: 'applied' });
    expect(play.effects).toEqual([
      { type: 'close-round', round: 2, attempt: 1, failure: null },
      { type: 'end', outcome: 'completed', failure: null },
    ]);
    expect(play.state).toMatchObject({ committed: 2, spent: 2 });
  });
});

describe.each(STAGES)('in %s', (stage) => {
  const open = () => Play.running().answerUntil(stage);
  const finish = (play: Play) => (play.state.phase.at === 'applying' ? play : play.answerAll());
  const without = (id: HospitalId) => ALL.filter((other) => other !== id);
  /** Who fell out in R3 or R4 has its vector in the sum already. */
  const contributors = stage === 'R3' || stage === 'R4' ? ALL : without(c);

  it.each([
    ['a closed stream', disconnected(c), 'the line broke'],
    ['a refusal', failed(c), 'c says UNREACHABLE'],
  ])('%s is a drop at once, and the round goes on without it', (_, event, reason) => {
    const play = open().feed(event);
    expect(play.effect('announce')).toEqual([
      { type: 'announce', event: { type: 'dropped', hospital: c, stage, round: 1, reason } },
    ]);
    expect(takesPart(play.state, c)).toBe(false);
    expect(play.answer().effect(stage === 'R4' ? 'apply' : 'open-stage')).toHaveLength(1);
    expect(finish(play).effect('apply')).toEqual([{ type: 'apply', round: 1, attempt: 1, contributors }]);
  });

  it('the deadline drops who is silent, ends its session, and the round goes on', () => {
    const play = open().answer(without(c)).timeout();
    expect(play.effect('disconnect')).toEqual([
      { type: 'disconnect', hospital: c, reason: `did not answer ${stage} in time` },
    ]);
    expect(play.state.connected).not.toContain(c);
    expect(finish(play).effect('apply')).toEqual([{ type: 'apply', round: 1, attempt: 1, contributors }]);
  });

  it('one too many aborts at once, and the next attempt begins with whoever is left', () => {
    const play = open().feed(disconnected(c), failed(d));
    const failure = {
      code: 'QUORUM_LOST',
      reason: `Stage ${stage} of round 1 can reach 3 hospitals and needs 4.`,
    };
    expect(play.effect('close-round')).toEqual([{ type: 'close-round', round: 1, attempt: 1, failure }]);
    expect(play.effect('announce')).toContainEqual({
      ...{ type: 'announce', event: { type: 'round-aborted', round: 1, attempt: 1, ...failure } },
    });
    expect(play.effect('publish-plan')).toEqual([
      { type: 'publish-plan', round: 1, attempt: 2, to: [a, b, d, e] },
    ]);
  });

  it('an attempt is spent once R2 has opened, and not before', () => {
    const play = open().feed(disconnected(c), disconnected(d));
    expect(play.state.spent).toBe(stage === 'R0' || stage === 'R1' ? 0 : 1);
  });

  it('who leaves after answering is lost to the next stage, even if it is back by then', () => {
    for (const comesBack of [false, true]) {
      const play = open().answer([c]).feed(disconnected(c));
      if (comesBack) play.connect(c);
      expect(play.effects).toEqual([]);
      play.answer();
      if (stage === 'R4') {
        expect(play.effect('apply')).toHaveLength(1);
      } else {
        expect(play.effect('open-stage')).toMatchObject([{ to: without(c) }]);
        expect(play.collecting.awaited).toEqual(without(c));
        expect(play.effect('announce')).toContainEqual(
          expect.objectContaining({ event: expect.objectContaining({ type: 'dropped', hospital: c }) }),
        );
      }
    }
  });

  it('ignores answers of other stages, of strangers and of those who have answered', () => {
    const play = open().answer([a]);
    const before = play.state;
    const other = nth(STAGES, (STAGES.indexOf(stage) + 1) % STAGES.length);
    play.feed(
      { type: 'answered', hospital: b, stage: other },
      { type: 'answered', hospital: a, stage },
      { type: 'answered', hospital: hospitalId('stranger'), stage },
      { type: 'connected', hospital: hospitalId('stranger') },
      { type: 'disconnected', hospital: hospitalId('stranger'), reason: '' },
      { type: 'timeout', timer: before.timer - 1 },
      { type: 'applied' },
      { type: 'not-applied', failure: { code: 'ROUND_ABORTED', reason: '' } },
      { type: 'start' },
    );
    expect(play.state).toEqual(before);
  });
});

describe('the next attempt', () => {
  it('follows a sum that could not be unmasked', () => {
    const failure = { code: 'ROUND_ABORTED', reason: 'no shares fit' } as const;
    const play = Play.running().answerAll().feed({ type: 'not-applied', failure });
    expect(play.effect('close-round')).toEqual([{ type: 'close-round', round: 1, attempt: 1, failure }]);
    expect(play.effect('publish-plan')).toMatchObject([{ round: 1, attempt: 2 }]);
    expect(play.state).toMatchObject({ committed: 0, spent: 1 });
  });

  it('waits for the quorum to come back, no longer than for rejoinMs', () => {
    const play = Play.running().feed(disconnected(c), disconnected(d));
    expect(play.effect('set-timer')).toEqual([{ type: 'set-timer', timer: 3, ms: SPEC.rejoinMs }]);
    expect(play.effect('publish-plan')).toEqual([]);
    expect(play.connect(d).effect('publish-plan')).toEqual([
      { type: 'publish-plan', round: 1, attempt: 2, to: [a, b, d, e] },
    ]);
  });

  it('counts from 1 again in the next round', () => {
    const play = Play.running().feed(disconnected(c), disconnected(d)).connect(c, d);
    play.answerAll().feed({ type: 'applied' });
    expect(play.effect('publish-plan')).toMatchObject([{ round: 2, attempt: 1 }]);
  });

  it('does not come when a round was tried too often: the job fails with the last reason', () => {
    const play = Play.running({ attemptsPerRound: 2 });
    for (let i = 0; i < 2; i++) play.feed(failed(a), failed(b));
    expect(play.end).toMatchObject({ outcome: 'failed', failure: { code: 'QUORUM_LOST' } });
  });

  it('does not come when the attempts that the noise was calibrated for are used up', () => {
    const play = Play.running({ spareAttempts: 1, attemptsPerRound: 99 });
    play.answerAll().feed({ type: 'applied' });
    for (let i = 0; i < 2; i++) play.answerUntil('R2').feed(failed(a), failed(b));
    expect(play.end).toEqual({
      type: 'end',
      outcome: 'stopped-early',
      failure: {
        code: 'BUDGET_EXHAUSTED',
        reason: expect.stringMatching(/^The 3 attempts .* used up after 1 of 2 rounds\./),
      },
    });
    expect(play.state.spent).toBe(3);
  });
});

describe('a hospital that declines', () => {
  it.each(['POLICY_REFUSED', 'BUDGET_EXHAUSTED'] as const)('by %s is not asked again in this job', (code) => {
    const play = Play.running().feed(failed(c, code)).answerAll().feed({ type: 'applied' });
    expect(play.state.connected).toContain(c);
    expect(play.effect('publish-plan')).toMatchObject([{ round: 2, to: [a, b, d, e] }]);
  });

  it('for another reason is', () => {
    const play = Play.running().feed(failed(c, 'DATA_INVALID')).answerAll().feed({ type: 'applied' });
    expect(play.effect('publish-plan')).toMatchObject([{ round: 2, to: ALL }]);
  });

  it.each([
    ['POLICY_REFUSED', 0, 'failed'],
    ['POLICY_REFUSED', 1, 'failed'],
    ['BUDGET_EXHAUSTED', 0, 'failed'],
    ['BUDGET_EXHAUSTED', 1, 'stopped-early'],
  ] as const)('two by %s after %i rounds: the job is %s with their reasons', (code, rounds, outcome) => {
    const play = Play.running();
    if (rounds === 1) play.answerAll().feed({ type: 'applied' });
    play.feed(failed(c, code), failed(d, code)).timeout();
    expect(play.end).toMatchObject({ outcome, failure: { code } });
    expect(play.end.failure?.reason).toBe(
      `3 of 5 hospitals are left for round ${rounds + 1} and the threshold is 4. Missing: c (c says ${code}); d (d says ${code}).`,
    );
  });
});

describe('a quorum that does not come', () => {
  it('at the start ends the job and names who is missing', () => {
    const play = new Play().feed({ type: 'start' }).connect(a, b, c).timeout();
    expect(play.end).toMatchObject({ outcome: 'failed', failure: { code: 'QUORUM_LOST' } });
    expect(play.end.failure?.reason).toMatch(
      /^3 of 5 .* Missing: d \(lost before it ever connected\); e \(lost before .*\)\. Bring them back/,
    );
  });

  it('back ends the job and says where each was lost', () => {
    const play = Play.running().answerUntil('R1').answer([c]);
    play.feed(disconnected(c), disconnected(d), disconnected(e));
    play.timeout();
    expect(play.end.failure?.reason).toMatch(
      /Missing: c \(lost after its R1 in round 1\); d \(lost in R1 of round 1: the line broke\); e \(lost in R1/,
    );
  });

  it('is not blamed on one who declined when the others are lost', () => {
    const play = Play.running().feed(failed(a, 'POLICY_REFUSED'), disconnected(b), disconnected(c)).timeout();
    expect(play.end).toMatchObject({ outcome: 'failed', failure: { code: 'QUORUM_LOST' } });
  });
});

it('nothing happens after the end', () => {
  const play = new Play().feed({ type: 'start' }).timeout();
  const before = play.state;
  play.feed({ type: 'start' }).timeout();
  play.feed({ type: 'applied' }, failed(a), { type: 'answered', hospital: a, stage: 'R0' });
  play.connect(...ALL);
  expect(play.effects).toEqual([]);
  expect(play.state.phase).toEqual(before.phase);
});
