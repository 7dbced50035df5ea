/**
 * A gatherer that outlives its process. A state is in the journal before anything that follows from it leaves:
 * the acknowledgement of a message, the opening of the next stage, the sum. So members that wait for an
 * acknowledgement send again what was lost, and nobody is ever shown two versions of one set.
 */
import { FedwardError } from '../proto/errors.ts';
import type { RoundPlan } from '../proto/plan.ts';
import { openGathering } from './gatherer.ts';
import { decodeGatherer, encodeGatherer, GATHERER_STAGES } from './gatherer-codec.ts';
import { type CollectingAdvertisements, type Gathering, progress } from './gatherer-state.ts';
import { appendSealed, checkUnopened, type JournalPlace, type Keeping, openJournal } from './journal.ts';
import { sessionId } from './transcript.ts';

/**
 * `openGathering`, journalled: a session id is opened once in the life of the journal.
 * @throws FedwardError `ALREADY_SPENT` when it was opened before; as `openGathering`.
 */
export function openJournalledGathering(plan: RoundPlan, keeping: Keeping): CollectingAdvertisements {
  const state = openGathering(plan);
  checkUnopened(keeping, state.context.sid);
  keepGathering(state, keeping);
  return state;
}

/**
 * Journals what `accept…`, `close…` or `finish` left. An `accept…` that gave the same state back, for a
 * repeat, left nothing to journal. Several messages may be journalled at once by acknowledging none of them
 * before: in R2 each entry holds the whole sum.
 *
 * @throws FedwardError `ALREADY_SPENT` when the journal is as far or further; whatever the journal throws.
 *   Then nothing may be sent, and the state is to be dropped for the one that `resumeGathering` gives.
 */
export function keepGathering(state: Gathering, keeping: Keeping): void {
  appendSealed(encodeGatherer(state), placeOf(state), keeping);
}

/**
 * The latest state of a session; null when it was not opened here. What opened its stage is to be sent again
 * to whoever has not answered, and is in it: U1, the inboxes, U3, the attestations.
 * @throws FedwardError `ALREADY_SPENT` when its entry was deleted, `DATA_INVALID` when that does not open.
 */
export function resumeGathering(plan: RoundPlan, { journal, key }: Keeping): Gathering | null {
  const sid = sessionId(plan);
  const entry = journal.latest(sid);
  if (entry === null) {
    if (!journal.hasOpened(sid)) return null;
    throw new FedwardError('ALREADY_SPENT', 'This session has ended: start another attempt.');
  }
  const { position } = entry;
  const at = nameOf(position, plan.cohort.roster.length);
  const bytes = openJournal(entry.sealed, key, { sid, self: null, at, position });
  try {
    return decodeGatherer(plan, bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Grows with every message accepted and every stage closed, and once more when the sum is released. */
function placeOf(state: Gathering): JournalPlace {
  const { sid, cohort } = state.context;
  const released = state.at === 'R4' && state.sum.released;
  const position = released
    ? GATHERER_STAGES.length * (cohort.n + 1)
    : GATHERER_STAGES.indexOf(state.at) * (cohort.n + 1) + progress(state).answered.length;
  return { sid, self: null, at: nameOf(position, cohort.n), position };
}

function nameOf(position: number, n: number): string {
  return GATHERER_STAGES[Math.floor(position / (n + 1))] ?? 'released';
}
