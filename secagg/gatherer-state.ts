/**
 * The states of the gatherer, named by the stage whose messages they collect. All but the accumulator is
 * immutable: accepting a message gives a new state. Each holds, as it is or as what it follows from, the
 * message that opened its stage, so that a restart sends the same again.
 */
import { FedwardError } from '../proto/errors.ts';
import type { HospitalId, Stage } from '../proto/vocabulary.ts';
import type { Accumulator } from './accumulator.ts';
import type { SessionContext } from './context.ts';
import type { Advertisement, Attestation, Inbox, SealedShares, Unmasking } from './messages.ts';

/** A hospital that did not answer, and the stage it was last waited for in. */
export interface Lost {
  readonly hospital: HospitalId;
  readonly stage: Stage;
}

interface Collecting<S extends Stage> {
  readonly at: S;
  readonly context: SessionContext;
  /** Who may answer in this stage, in ascending order. */
  readonly expected: readonly HospitalId[];
  /** Who fell out in the stages before. */
  readonly lost: readonly Lost[];
}

export interface CollectingAdvertisements extends Collecting<'R0'> {
  readonly received: ReadonlyMap<HospitalId, Advertisement>;
}

/** `expected` is U1. */
export interface CollectingShares extends Collecting<'R1'> {
  readonly u1: ReadonlyMap<HospitalId, Advertisement>;
  readonly received: ReadonlyMap<HospitalId, SealedShares>;
}

/** `expected` is U2. */
export interface CollectingMasked extends Collecting<'R2'> {
  readonly u1: ReadonlyMap<HospitalId, Advertisement>;
  /** What opened this stage, one for each member of U2. */
  readonly inboxes: ReadonlyMap<HospitalId, Inbox>;
  readonly received: Accumulator;
}

/** `expected` is U3. */
export interface CollectingAttestations extends Collecting<'R3'> {
  readonly u1: ReadonlyMap<HospitalId, Advertisement>;
  readonly u2: readonly HospitalId[];
  readonly sum: Accumulator;
  /** What every member of U3 must sign. */
  readonly statement: Uint8Array;
  readonly received: ReadonlyMap<HospitalId, Attestation>;
}

/** `expected` are the members of U3 that attested. */
export interface CollectingUnmaskings extends Collecting<'R4'> {
  readonly u1: ReadonlyMap<HospitalId, Advertisement>;
  readonly u2: readonly HospitalId[];
  readonly u3: readonly HospitalId[];
  readonly sum: Accumulator;
  /** What opened this stage. */
  readonly attestations: readonly Attestation[];
  readonly received: ReadonlyMap<HospitalId, Unmasking>;
}

export type Gathering =
  | CollectingAdvertisements
  | CollectingShares
  | CollectingMasked
  | CollectingAttestations
  | CollectingUnmaskings;

/** Who has answered the current stage and who is still awaited, each in ascending order. */
export interface Progress {
  readonly answered: readonly HospitalId[];
  readonly missing: readonly HospitalId[];
}

export function progress(state: Gathering): Progress {
  const { received } = state;
  return {
    answered: state.expected.filter((id) => received.has(id)),
    missing: state.expected.filter((id) => !received.has(id)),
  };
}

/**
 * Ends the current stage: who answered, and everybody who fell out until now.
 * @throws FedwardError `QUORUM_LOST` that names them all when fewer than t answered, or, with a graph, when
 *   some member's secrets could not be given back any more by those of its neighbours that answered.
 */
export function settle(state: Gathering): { answered: readonly HospitalId[]; lost: readonly Lost[] } {
  const { answered, missing } = progress(state);
  const { threshold } = state.context.cohort;
  const lost = [...state.lost, ...missing.map((hospital): Lost => ({ hospital, stage: state.at }))];
  if (answered.length < threshold) {
    const names = lost.map(({ hospital, stage }) => `"${hospital}" (${stage})`).join(', ');
    throw new FedwardError(
      'QUORUM_LOST',
      `Stage ${state.at} ended with ${answered.length} hospitals and the plan needs ${threshold}; lost: ${names}. Bring them back and start another attempt.`,
      { details: { stage: state.at, answered: answered.length, threshold, lost } },
    );
  }
  checkNeighbourhoods(state, answered);
  return { answered, lost };
}

/** Never the first to fail on the complete graph, where everybody who answered holds a share about everybody. */
function checkNeighbourhoods(state: Gathering, answered: readonly HospitalId[]): void {
  const { threshold, shareOf } = state.context.topology;
  const thin = ownersOf(state, answered).filter(
    (owner) => answered.filter((holder) => shareOf(owner, holder) !== null).length < threshold,
  );
  if (thin.length > 0) {
    const names = thin.map((id) => `"${id}"`).join(', ');
    throw new FedwardError(
      'QUORUM_LOST',
      `Stage ${state.at} ended with fewer than ${threshold} neighbours of ${names}: their masks could not be removed. Start another attempt.`,
      { details: { stage: state.at, threshold, thin } },
    );
  }
}

/** Whose secrets will have to be given back: the members of U2, or who may still come into it. */
function ownersOf(state: Gathering, answered: readonly HospitalId[]): readonly HospitalId[] {
  switch (state.at) {
    case 'R0':
    case 'R1':
      return answered;
    case 'R2':
      return state.expected;
    case 'R3':
    case 'R4':
      return state.u2;
    default:
      return state satisfies never;
  }
}
