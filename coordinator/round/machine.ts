/**
 * The job's round machine: `(state, event) → {state, effects}`, pure (DESIGN §4).
 *
 * It knows who is connected, who is awaited and what comes next; it never sees a key, a vector or a clock.
 * A stage ends when everybody awaited has answered or fallen out. A closed stream is a drop at once; a
 * deadline only matters for a hospital that is connected and silent. Every wait has a timer.
 */
import type { Failure } from '../../proto/messages.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import type { RoundEffect } from './effects.ts';
import type { RoundEvent, WaitingStage } from './events.ts';

/** The job's constants, all public. */
export interface RoundSpec {
  /** In ascending order. */
  readonly roster: readonly HospitalId[];
  readonly threshold: number;
  readonly rounds: number;
  /** Attempts beyond `rounds` that may reach R2, where updates are spent: σ was calibrated for them. */
  readonly spareAttempts: number;
  /** Attempts at one round before the job is given up. */
  readonly attemptsPerRound: number;
  /** Wait for the whole roster at the start. */
  readonly assembleMs: number;
  /** Wait for a lost quorum to come back. */
  readonly rejoinMs: number;
  readonly trainMs: number;
  readonly stageMs: number;
}

/** Where the next attempt stands. */
interface Position {
  readonly round: number;
  readonly attempt: number;
}

type Phase =
  | { readonly at: 'created' }
  | ({ readonly at: 'assembling'; readonly wanted: number; readonly because: Failure | null } & Position)
  | ({
      readonly at: 'collecting';
      readonly stage: WaitingStage;
      /** Who has answered this stage. */
      readonly answered: readonly HospitalId[];
      /** Who is still awaited. */
      readonly awaited: readonly HospitalId[];
      /** Who left after answering: a hospital that comes back has given this attempt up. */
      readonly left: readonly HospitalId[];
      /** U3 once R2 is closed. */
      readonly contributors: readonly HospitalId[];
    } & Position)
  | ({ readonly at: 'applying' } & Position)
  | { readonly at: 'ended' };

export interface JobState {
  readonly spec: RoundSpec;
  readonly phase: Phase;
  readonly connected: readonly HospitalId[];
  /** Hospitals that refused by policy or budget: they are not asked again in this job. */
  readonly declined: ReadonlyMap<HospitalId, Failure>;
  /** Where each hospital that is not back was last lost, in words. */
  readonly lost: ReadonlyMap<HospitalId, string>;
  /** Attempts that reached R2. */
  readonly spent: number;
  readonly committed: number;
  /** Number of the newest timer. */
  readonly timer: number;
}

export interface Step {
  readonly state: JobState;
  readonly effects: readonly RoundEffect[];
}

const NEXT_STAGE = { R0: 'R1', R1: 'R2', R2: 'R3', R3: 'R4' } as const;

export function createJob(spec: RoundSpec): JobState {
  return {
    spec,
    phase: { at: 'created' },
    connected: [],
    declined: new Map(),
    lost: new Map(),
    spent: 0,
    committed: 0,
    timer: 0,
  };
}

export function step(state: JobState, event: RoundEvent): Step {
  switch (event.type) {
    case 'start':
      return state.phase.at === 'created'
        ? assemble(state, { round: 1, attempt: 1 }, state.spec.roster.length, null)
        : still(state);
    case 'connected':
      return onConnected(state, event.hospital);
    case 'disconnected':
      return onDisconnected(state, event.hospital, event.reason);
    case 'answered':
      return onAnswered(state, event.hospital, event.stage);
    case 'failed':
      return onFailed(state, event.hospital, event.failure);
    case 'timeout':
      return event.timer === state.timer ? onTimeout(state) : still(state);
    case 'applied':
      return onApplied(state);
    case 'not-applied':
      return state.phase.at === 'applying' ? abort(state, state.phase, event.failure) : still(state);
    default:
      return unreachable(event);
  }
}

/** True while a hospital is in the attempt at hand: what others send has no place in its sum. */
export function takesPart({ phase }: JobState, hospital: HospitalId): boolean {
  return phase.at === 'collecting' && (phase.awaited.includes(hospital) || phase.answered.includes(hospital));
}

/** Hospitals that a new attempt can count on. */
function available({ connected, declined, spec }: JobState): HospitalId[] {
  return spec.roster.filter((id) => connected.includes(id) && !declined.has(id));
}

function still(state: JobState): Step {
  return { state, effects: [] };
}

function onConnected(before: JobState, hospital: HospitalId): Step {
  if (!before.spec.roster.includes(hospital) || before.connected.includes(hospital)) return still(before);
  const lost = new Map(before.lost);
  lost.delete(hospital);
  const state = { ...before, connected: [...before.connected, hospital], lost };
  const { phase } = state;
  return phase.at === 'assembling' && available(state).length >= phase.wanted
    ? begin(state, phase)
    : still(state);
}

function onDisconnected(before: JobState, hospital: HospitalId, reason: string): Step {
  if (!before.connected.includes(hospital)) return still(before);
  const state = { ...before, connected: before.connected.filter((id) => id !== hospital) };
  const { phase } = state;
  if (phase.at === 'collecting' && phase.awaited.includes(hospital)) {
    return drop(state, phase, [hospital], reason);
  }
  const where =
    phase.at === 'collecting' ? `after its ${phase.stage} in round ${phase.round}` : 'between rounds';
  const lost = new Map(state.lost).set(hospital, where);
  return phase.at === 'collecting'
    ? still({ ...state, lost, phase: { ...phase, left: [...phase.left, hospital] } })
    : still({ ...state, lost });
}

function onAnswered(state: JobState, hospital: HospitalId, stage: WaitingStage): Step {
  const { phase } = state;
  if (phase.at !== 'collecting' || phase.stage !== stage || !phase.awaited.includes(hospital))
    return still(state);
  const next = {
    ...phase,
    answered: [...phase.answered, hospital],
    awaited: phase.awaited.filter((id) => id !== hospital),
  };
  const announced: RoundEffect = {
    type: 'announce',
    event: { type: 'answered', round: phase.round, stage, hospital },
  };
  return prepend([announced], advance({ ...state, phase: next }, next));
}

function onFailed(before: JobState, hospital: HospitalId, failure: Failure): Step {
  const final = failure.code === 'POLICY_REFUSED' || failure.code === 'BUDGET_EXHAUSTED';
  const state = final ? { ...before, declined: new Map(before.declined).set(hospital, failure) } : before;
  const { phase } = state;
  return phase.at === 'collecting' && phase.awaited.includes(hospital)
    ? drop(state, phase, [hospital], failure.reason)
    : still(state);
}

function onTimeout(state: JobState): Step {
  const { phase } = state;
  if (phase.at === 'assembling') {
    return available(state).length >= state.spec.threshold ? begin(state, phase) : giveUp(state, phase);
  }
  if (phase.at === 'collecting') {
    const reason = `did not answer ${phase.stage} in time`;
    const disconnects = phase.awaited.map(
      (hospital): RoundEffect => ({ type: 'disconnect', hospital, reason }),
    );
    const connected = state.connected.filter((id) => !phase.awaited.includes(id));
    return prepend(disconnects, drop({ ...state, connected }, phase, phase.awaited, reason));
  }
  return still(state);
}

function onApplied(before: JobState): Step {
  const { phase } = before;
  if (phase.at !== 'applying') return still(before);
  const { round, attempt } = phase;
  const state = { ...before, committed: round };
  const closed: RoundEffect = { type: 'close-round', round, attempt, failure: null };
  if (round === state.spec.rounds) return prepend([closed], end(state, 'completed', null));
  return prepend([closed], startOrWait(state, { round: round + 1, attempt: 1 }, null));
}

/** Waits until `wanted` hospitals are there, or the timer ends it. */
function assemble(state: JobState, position: Position, wanted: number, because: Failure | null): Step {
  const phase = { at: 'assembling' as const, wanted, because, ...position };
  if (available(state).length >= wanted) return begin(state, phase);
  const ms =
    because === null && position.round === 1 && position.attempt === 1
      ? state.spec.assembleMs
      : state.spec.rejoinMs;
  const timer = state.timer + 1;
  return { state: { ...state, phase, timer }, effects: [{ type: 'set-timer', timer, ms }] };
}

function startOrWait(state: JobState, position: Position, because: Failure | null): Step {
  const { threshold, spareAttempts, rounds, attemptsPerRound } = state.spec;
  if (state.spent >= rounds + spareAttempts) {
    const reason = `The ${rounds + spareAttempts} attempts that the noise was calibrated for are used up after ${state.committed} of ${rounds} rounds. The model so far is kept; start a new job for more.`;
    return end(state, 'stopped-early', { code: 'BUDGET_EXHAUSTED', reason });
  }
  if (position.attempt > attemptsPerRound) {
    return end(state, 'failed', because ?? { code: 'ROUND_ABORTED', reason: 'Too many attempts.' });
  }
  return assemble(state, position, threshold, because);
}

/** Publishes the plan to everybody available. */
function begin(before: JobState, { round, attempt }: Position): Step {
  const to = available(before);
  const phase = {
    at: 'collecting' as const,
    ...{ round, attempt, stage: 'R0' as const },
    ...{ answered: [], awaited: to, left: [], contributors: [] },
  };
  const timer = before.timer + 1;
  return {
    state: { ...before, phase, timer },
    effects: [
      { type: 'announce', event: { type: 'round-started', round, attempt, hospitals: to } },
      { type: 'publish-plan', round, attempt, to },
      { type: 'announce', event: { type: 'stage-started', round, stage: 'R0', waitingFor: to } },
      { type: 'set-timer', timer, ms: before.spec.trainMs },
    ],
  };
}

type Collecting = Extract<Phase, { at: 'collecting' }>;

/** Takes `hospitals` out of the stage, and out of the round with it. */
function drop(before: JobState, phase: Collecting, hospitals: readonly HospitalId[], reason: string): Step {
  const { round, stage } = phase;
  const lost = new Map(before.lost);
  for (const id of hospitals) lost.set(id, `in ${stage} of round ${round}: ${reason}`);
  const announced = hospitals.map(
    (hospital): RoundEffect => ({
      type: 'announce',
      event: { type: 'dropped', hospital, stage, round, reason },
    }),
  );
  const next = { ...phase, awaited: phase.awaited.filter((id) => !hospitals.includes(id)) };
  return prepend(announced, advance({ ...before, phase: next, lost }, next));
}

/** Goes on when the stage is complete, aborts as soon as it cannot be any more. */
function advance(state: JobState, phase: Collecting): Step {
  const { round, attempt, stage, answered, awaited } = phase;
  const { threshold } = state.spec;
  if (answered.length + awaited.length < threshold) {
    return abort(state, phase, {
      code: 'QUORUM_LOST',
      reason: `Stage ${stage} of round ${round} can reach ${answered.length + awaited.length} hospitals and needs ${threshold}.`,
    });
  }
  if (awaited.length > 0) return still(state);
  const contributors = stage === 'R2' ? inRosterOrder(state, answered) : phase.contributors;
  if (stage === 'R4') {
    return {
      state: { ...state, phase: { at: 'applying', round, attempt } },
      effects: [{ type: 'apply', round, attempt, contributors }],
    };
  }
  return openStage(state, { ...phase, contributors }, NEXT_STAGE[stage]);
}

function openStage(before: JobState, phase: Collecting, stage: Exclude<WaitingStage, 'R0'>): Step {
  const members = inRosterOrder(before, phase.answered);
  // Who left after answering counts in the stage before, and is lost to this one.
  const to = members.filter((id) => !phase.left.includes(id));
  const gone = members.filter((id) => phase.left.includes(id));
  const next = { ...phase, stage, answered: [], awaited: members, left: [] };
  const timer = before.timer + 1;
  const spent = stage === 'R2' ? before.spent + 1 : before.spent;
  const effects: RoundEffect[] = [
    { type: 'open-stage', stage, to },
    { type: 'announce', event: { type: 'stage-started', round: phase.round, stage, waitingFor: to } },
    { type: 'set-timer', timer, ms: before.spec.stageMs },
  ];
  const state = { ...before, phase: next, timer, spent };
  return gone.length === 0
    ? { state, effects }
    : prepend(effects, drop(state, next, gone, 'the connection was lost'));
}

function abort(state: JobState, { round, attempt }: Position, failure: Failure): Step {
  const effects: RoundEffect[] = [
    { type: 'close-round', round, attempt, failure },
    { type: 'announce', event: { type: 'round-aborted', round, attempt, ...failure } },
  ];
  return prepend(effects, startOrWait(state, { round, attempt: attempt + 1 }, failure));
}

/** The quorum did not come (back) in time. */
function giveUp(state: JobState, { round }: Position): Step {
  const { roster, threshold } = state.spec;
  const there = available(state);
  const missing = roster
    .filter((id) => !there.includes(id))
    .map(
      (id) =>
        `${id} (${state.declined.get(id)?.reason ?? `lost ${state.lost.get(id) ?? 'before it ever connected'}`})`,
    );
  const sentence = `${there.length} of ${roster.length} hospitals are left for round ${round} and the threshold is ${threshold}. Missing: ${missing.join('; ')}.`;
  const refusal =
    [...state.declined.values()].find(({ code }) => code === 'BUDGET_EXHAUSTED') ??
    [...state.declined.values()][0];
  // Without the refusals there would have been a quorum: the reason is theirs.
  if (refusal !== undefined && there.length + state.declined.size >= threshold) {
    const outcome = refusal.code === 'BUDGET_EXHAUSTED' && state.committed > 0 ? 'stopped-early' : 'failed';
    return end(state, outcome, { code: refusal.code, reason: sentence });
  }
  return end(state, 'failed', {
    code: 'QUORUM_LOST',
    reason: `${sentence} Bring them back and submit the job again.`,
  });
}

function end(
  state: JobState,
  outcome: 'completed' | 'stopped-early' | 'failed',
  failure: Failure | null,
): Step {
  return {
    state: { ...state, phase: { at: 'ended' }, timer: state.timer + 1 },
    effects: [{ type: 'end', outcome, failure }],
  };
}

function inRosterOrder({ spec }: JobState, ids: readonly HospitalId[]): HospitalId[] {
  return spec.roster.filter((id) => ids.includes(id));
}

function prepend(effects: readonly RoundEffect[], { state, effects: rest }: Step): Step {
  return { state, effects: [...effects, ...rest] };
}

function unreachable(event: never): never {
  throw new TypeError(`Not a round event: ${JSON.stringify(event)}`);
}
