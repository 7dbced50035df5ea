/**
 * A member that outlives its process: each step is in the journal before its message leaves, and only the
 * latest entry of a session is ever resumed. Whatever was resumed twice, by accident or by attack, the second
 * to take a step finds its position taken: no mask covers two vectors, no session is attested twice.
 */
import { FedwardError } from '../proto/errors.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { appendSealed, checkUnopened, type JournalPlace, type Keeping, openJournal } from './journal.ts';
import { abandon, openSession, type SessionOptions } from './member.ts';
import { decodeMember, encodeMember, MEMBER_STATES } from './member-codec.ts';
import { type MemberState, type Session, sessionOf } from './member-state.ts';
import { sessionId } from './transcript.ts';

/** The names of positions: the states, and that nothing follows any more. */
const POSITIONS = [...MEMBER_STATES, 'ended'] as const;
type Position = (typeof POSITIONS)[number];

/**
 * `openSession`, journalled: a session id is opened once in the life of the journal.
 * @throws FedwardError `ALREADY_SPENT` when it was opened before; as `openSession`.
 */
export function openJournalled(options: SessionOptions, keeping: Keeping): Session {
  const session = openSession(options);
  checkUnopened(keeping, session.context.sid);
  append(session, 'opened', encodeMember(session), keeping);
  return session;
}

/**
 * Takes one step of `member.ts` from `state`, and gives its result only once that is in the journal. A refusal
 * that ends the session is journalled as its end, so that a restart does not give the coordinator a second try.
 *
 * @param run calls the step: `() => attest(state, u3, identity)`.
 * @throws FedwardError `ALREADY_SPENT` when the journal holds another state as the latest; whatever `run` or
 *   the journal throws. Then nothing may be sent.
 */
export function takeStep<R extends { readonly state: MemberState }>(
  state: MemberState,
  keeping: Keeping,
  run: () => R,
): R {
  const session = sessionOf(state);
  checkLatest(state, keeping);
  let result: R;
  try {
    result = run();
  } catch (error) {
    // A refusal that spends nothing, of a vector of the wrong length say, leaves the state as it was.
    if (session.guard.ended) append(session, 'ended', new Uint8Array(), keeping);
    throw error;
  }
  try {
    append(session, result.state.at, encodeMember(result.state), keeping);
  } catch (error) {
    // What the journal does not hold must not leave, now or later.
    abandon(state);
    throw error;
  }
  return result;
}

/**
 * The latest state of a session, whose `own` message is to be sent again, byte for byte; null when the session
 * was not opened here.
 * @throws FedwardError `ALREADY_SPENT` when it has ended or its entry was deleted, `DATA_INVALID` when the
 *   entry does not open; as `openSession`.
 */
export function resume(options: SessionOptions, keeping: Keeping): MemberState | null {
  const { journal, key } = keeping;
  const sid = sessionId(options.plan);
  const entry = journal.latest(sid);
  if (entry === null && !journal.hasOpened(sid)) return null;
  const at = POSITIONS[entry?.position ?? POSITIONS.length];
  if (entry === null || at === undefined || at === 'ended') {
    throw new FedwardError(
      'ALREADY_SPENT',
      'This session has ended: its secrets are erased and nothing more is sent in it. Wait for the next attempt.',
    );
  }
  const bytes = openJournal(entry.sealed, key, placeOf(sid, options.self, at));
  try {
    return decodeMember(options, bytes);
  } finally {
    bytes.fill(0);
  }
}

/** `abandon`, journalled: the session is over for this hospital, whatever comes. */
export function endJournalled(state: MemberState, keeping: Keeping): void {
  const session = sessionOf(state);
  abandon(state);
  const latest = keeping.journal.latest(session.context.sid);
  if (latest?.position !== POSITIONS.indexOf('ended')) append(session, 'ended', new Uint8Array(), keeping);
}

/** Before the step and not only at its end: a signature that is never sent should not be made either. */
function checkLatest(state: MemberState, { journal }: Keeping): void {
  const latest = journal.latest(sessionOf(state).context.sid);
  if (latest?.position !== POSITIONS.indexOf(state.at)) {
    const known = latest === null ? 'none' : POSITIONS[latest.position];
    throw new FedwardError(
      'ALREADY_SPENT',
      `The journal's latest state of this session is ${known}, not ${state.at}: resume from the journal, or wait for the next attempt.`,
    );
  }
}

function append({ self, context }: Session, at: Position, bytes: Uint8Array, keeping: Keeping): void {
  appendSealed(bytes, placeOf(context.sid, self, at), keeping);
}

function placeOf(sid: Uint8Array, self: HospitalId, at: Position): JournalPlace {
  return { sid, self, at, position: POSITIONS.indexOf(at) };
}
