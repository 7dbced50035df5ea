/**
 * The hospital's session machine: `(state, inbound) → {state, effects}` (DESIGN §4).
 *
 * It takes part in one attempt at a time and enforces rule 1.4: an update whose first byte may have left is
 * spent. Only an update that was never sent, because the attempt ended in R0 or R1, may serve a later
 * attempt, and only if that attempt asks for the very same thing. Entropy and the identity key come in with
 * the environment; records, ledger and network are the runtime's business.
 */
import { FedwardError } from '../proto/errors.ts';
import type { Failure, InstructionBody, StageBody, ToHospital } from '../proto/messages.ts';
import { attemptOf, canonicalPlan, type RoundPlan, sameButAttempt } from '../proto/plan.ts';
import { type AttemptId, formatAttempt, type HospitalId, type JobId } from '../proto/vocabulary.ts';
import type { Identity } from '../secagg/identity.ts';
import { abandon, advertise, attest, mask, openSession, shareKeys, unmask } from '../secagg/member.ts';
import type { Advertised, Attested, Masked, Session, Shared } from '../secagg/member-state.ts';
import { checkPlan, type SitePolicy } from './policy.ts';
import type { PrivateUpdate } from './privatise.ts';

export interface SessionEnvironment {
  readonly self: HospitalId;
  readonly identity: Identity;
  /** Identity keys of the consortium's members, from the hospital's own configuration. */
  readonly pinned: ReadonlyMap<HospitalId, Uint8Array>;
  readonly policy: SitePolicy;
  readonly entropy: (bytes: number) => Uint8Array;
}

/** An update that was never sent, with the plan that it was made for. */
interface Kept {
  readonly plan: RoundPlan;
  readonly update: PrivateUpdate;
}

type Phase =
  | { readonly at: 'idle'; readonly kept: Kept | null }
  | { readonly at: 'preparing'; readonly plan: RoundPlan; readonly session: Session }
  | {
      readonly at: 'advertised';
      readonly plan: RoundPlan;
      readonly member: Advertised;
      readonly update: PrivateUpdate;
    }
  | {
      readonly at: 'shared';
      readonly plan: RoundPlan;
      readonly member: Shared;
      readonly update: PrivateUpdate;
    }
  | { readonly at: 'masked'; readonly plan: RoundPlan; readonly member: Masked }
  | { readonly at: 'attested'; readonly plan: RoundPlan; readonly member: Attested };

/** What this hospital remembers of one job, whatever other jobs come between. */
interface JobMemory {
  /** The last attempt joined or refused: only later ones are considered. */
  readonly last: AttemptId;
  /** Canonical constants: fixed by the first plan that was not refused. */
  readonly constants: Uint8Array | null;
}

export interface SessionState {
  readonly phase: Phase;
  readonly jobs: ReadonlyMap<JobId, JobMemory>;
}

export type Inbound =
  | Extract<ToHospital, { type: 'plan' | 'instruction' | 'round-closed' }>
  /** The update for an attempt is ready. */
  | { readonly type: 'prepared'; readonly attempt: AttemptId; readonly update: PrivateUpdate }
  /** It could not be made. */
  | { readonly type: 'unprepared'; readonly attempt: AttemptId; readonly failure: Failure }
  | { readonly type: 'connection-lost' };

export type SessionEffect =
  /** Make the update, or carry `kept` over to this attempt; answers `prepared` or `unprepared`. */
  | { readonly type: 'prepare'; readonly plan: RoundPlan; readonly kept: PrivateUpdate | null }
  | { readonly type: 'send'; readonly attempt: AttemptId; readonly body: Exclude<StageBody, { stage: 'R2' }> }
  /** Commit to the ledger, durably; only then send the masked vector. If that fails, nothing may be sent. */
  | {
      readonly type: 'spend-and-send';
      readonly attempt: AttemptId;
      readonly reservation: string;
      readonly masked: Int32Array;
    }
  | { readonly type: 'refuse'; readonly attempt: AttemptId; readonly failure: Failure }
  | { readonly type: 'erase'; readonly update: PrivateUpdate };

export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

export const INITIAL_SESSION: SessionState = {
  phase: { at: 'idle', kept: null },
  jobs: new Map(),
};

export function step(state: SessionState, inbound: Inbound, environment: SessionEnvironment): SessionStep {
  switch (inbound.type) {
    case 'plan':
      return onPlan(state, inbound.plan, environment);
    case 'prepared':
      return onPrepared(state, inbound.attempt, inbound.update, environment);
    case 'unprepared':
      return isCurrent(state.phase, inbound.attempt)
        ? refuse(leave(state, 'erase'), inbound.attempt, inbound.failure)
        : still(state);
    case 'instruction':
      return onInstruction(state, inbound.attempt, inbound.body, environment);
    case 'round-closed':
      return isCurrent(state.phase, inbound.attempt) ? leave(state, 'keep') : still(state);
    case 'connection-lost':
      return leave(state, 'keep');
    default:
      return inbound satisfies never;
  }
}

function onPlan(before: SessionState, plan: RoundPlan, environment: SessionEnvironment): SessionStep {
  const attempt = attemptOf(plan);
  const memory = before.jobs.get(plan.job);
  if (memory !== undefined && !isLater(attempt, memory.last)) {
    return refuse(still(before), attempt, {
      code: 'ALREADY_SPENT',
      reason: `Attempt ${formatAttempt(attempt)} is not later than ${formatAttempt(memory.last)}: an attempt is joined once. Start the next one.`,
    });
  }
  const { state: left, effects } = leave(before, 'keep');
  const kept = left.phase.at === 'idle' ? left.phase.kept : null;
  const remember = (phase: Phase, constants: Uint8Array | null): SessionState => ({
    phase,
    jobs: new Map(left.jobs).set(plan.job, { last: attempt, constants }),
  });
  const known = memory?.constants ?? null;
  const discarded: SessionEffect[] = kept === null ? [] : [{ type: 'erase', update: kept.update }];
  try {
    checkPlan(environment.policy, plan);
    const constants = constantsOf(plan, known);
    const { self, pinned, policy } = environment;
    const session = openSession({ plan, self, pinned, minimumRoster: policy.minHospitals });
    const reusable = kept !== null && sameButAttempt(kept.plan, plan) ? kept.update : null;
    return {
      state: remember({ at: 'preparing', plan, session }, constants),
      effects: [
        ...effects,
        ...(reusable === null ? discarded : []),
        { type: 'prepare', plan, kept: reusable },
      ],
    };
  } catch (error) {
    const state = remember({ at: 'idle', kept: null }, known);
    return refuse({ state, effects: [...effects, ...discarded] }, attempt, failureOf(error));
  }
}

function onPrepared(
  state: SessionState,
  attempt: AttemptId,
  update: PrivateUpdate,
  { identity, entropy }: SessionEnvironment,
): SessionStep {
  const { phase } = state;
  if (phase.at !== 'preparing' || !isCurrent(phase, attempt)) {
    // The attempt was given up meanwhile. The charge stands; the update is never used.
    return { state, effects: [{ type: 'erase', update }] };
  }
  const { state: member, message } = advertise(phase.session, identity, entropy);
  return {
    state: { ...state, phase: { at: 'advertised', plan: phase.plan, member, update } },
    effects: [{ type: 'send', attempt, body: { stage: 'R0', message } }],
  };
}

function onInstruction(
  state: SessionState,
  attempt: AttemptId,
  body: InstructionBody,
  environment: SessionEnvironment,
): SessionStep {
  const { phase } = state;
  if (phase.at === 'idle' || !isCurrent(phase, attempt)) return still(state);
  const { plan } = phase;
  const { identity, entropy } = environment;
  const go = (next: Phase, effects: SessionEffect[]): SessionStep => ({
    state: { ...state, phase: next },
    effects,
  });
  try {
    if (phase.at === 'advertised' && body.opens === 'R1') {
      const { state: member, message } = shareKeys(phase.member, body.u1, entropy);
      const next: Phase = { at: 'shared', plan, member, update: phase.update };
      return go(next, [{ type: 'send', attempt, body: { stage: 'R1', message } }]);
    }
    if (phase.at === 'shared' && body.opens === 'R2') {
      const { reservation, vector } = phase.update;
      const { state: member, message } = mask(phase.member, body.inbox, vector);
      return go({ at: 'masked', plan, member }, [
        { type: 'erase', update: phase.update },
        { type: 'spend-and-send', attempt, reservation, masked: message.vector },
      ]);
    }
    if (phase.at === 'masked' && body.opens === 'R3') {
      const { state: member, message } = attest(phase.member, body.u3, identity);
      return go({ at: 'attested', plan, member }, [
        { type: 'send', attempt, body: { stage: 'R3', message } },
      ]);
    }
    if (phase.at === 'attested' && body.opens === 'R4') {
      const { message } = unmask(phase.member, body.attestations);
      return go({ at: 'idle', kept: null }, [{ type: 'send', attempt, body: { stage: 'R4', message } }]);
    }
    throw new FedwardError(
      'PROTOCOL_VIOLATION',
      `The coordinator opened ${body.opens} while this hospital is ${phase.at}: each stage opens once, in order.`,
    );
  } catch (error) {
    return refuse(leave(state, 'erase'), attempt, failureOf(error));
  }
}

/**
 * Ends the attempt at hand. `keep` saves an update that was never sent; `erase`, after a refusal, saves
 * nothing: a coordinator that broke the protocol gets no second try with the same update.
 */
function leave(state: SessionState, unsent: 'keep' | 'erase'): SessionStep {
  const { phase } = state;
  switch (phase.at) {
    case 'idle':
      return still(state);
    case 'preparing':
      abandon(phase.session);
      return { state: { ...state, phase: { at: 'idle', kept: null } }, effects: [] };
    case 'advertised':
    case 'shared': {
      abandon(phase.member);
      const { plan, update } = phase;
      return unsent === 'keep'
        ? { state: { ...state, phase: { at: 'idle', kept: { plan, update } } }, effects: [] }
        : { state: { ...state, phase: { at: 'idle', kept: null } }, effects: [{ type: 'erase', update }] };
    }
    case 'masked':
    case 'attested':
      abandon(phase.member);
      return { state: { ...state, phase: { at: 'idle', kept: null } }, effects: [] };
    default:
      return phase satisfies never;
  }
}

/**
 * All of a plan but its position and its model. The first plan of a job fixes them, so that the ledger's
 * composition is over parameters chosen in advance, and n, t, c and h stay what they were.
 * @throws FedwardError `POLICY_REFUSED` when a later plan of the same job has others than the `known` ones.
 */
function constantsOf(plan: RoundPlan, known: Uint8Array | null): Uint8Array {
  const own = canonicalPlan({
    ...plan,
    round: 1,
    attempt: 1,
    model: { ...plan.model, hash: new Uint8Array(32) },
  });
  if (known !== null && Buffer.compare(known, own) !== 0) {
    throw new FedwardError(
      'POLICY_REFUSED',
      `Job "${plan.job}" changed its constants in round ${plan.round}: they are fixed by its first plan. Start a new job.`,
    );
  }
  return own;
}

function isLater(attempt: AttemptId, last: AttemptId): boolean {
  return attempt.round > last.round || (attempt.round === last.round && attempt.attempt > last.attempt);
}

/** False once the attempt was given up: then its update is not worth a charge any more. */
export function awaitsUpdate({ phase }: SessionState, attempt: AttemptId): boolean {
  return phase.at === 'preparing' && isCurrent(phase, attempt);
}

function isCurrent(phase: Phase, attempt: AttemptId): boolean {
  return phase.at !== 'idle' && formatAttempt(attemptOf(phase.plan)) === formatAttempt(attempt);
}

function refuse({ state, effects }: SessionStep, attempt: AttemptId, failure: Failure): SessionStep {
  return { state, effects: [...effects, { type: 'refuse', attempt, failure }] };
}

function still(state: SessionState): SessionStep {
  return { state, effects: [] };
}

/** A refusal that may be told to the coordinator. @throws what is not a refusal but a defect. */
function failureOf(error: unknown): Failure {
  if (error instanceof FedwardError) return { code: error.code, reason: error.message };
  throw error;
}
