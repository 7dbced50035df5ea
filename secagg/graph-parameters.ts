/**
 * How many neighbours k and which threshold t a session's graph needs (Bell et al. 2020, §3.2, semi-honest
 * server): the smallest even k, and for it the smallest t, for which a random Harary graph fails
 *
 * - in correctness, some member having fewer than t surviving neighbours, with probability ≤ 2^−20, and
 * - in privacy, some honest member having t or more corrupt neighbours, or the graph of the honest survivors
 *   falling apart, with probability ≤ 2^−40.
 *
 * Both are union bounds over exact hypergeometric tails, which hold for any members that drop out or are
 * corrupt so long as they were not chosen after the graph was drawn.
 */
import { FedwardError } from '../proto/errors.ts';

const COMPLETE_GRAPH_LIMIT = 100;
const MAX_DEGREE = 254;

export interface GraphDemand {
  /** n, in 3…1000. */
  readonly members: number;
  /** How many of them may drop out. */
  readonly dropouts: number;
  /** How many may collude with the coordinator. */
  readonly corrupt: number;
}

export interface GraphParameters {
  readonly members: number;
  readonly graph: 'complete' | 'harary';
  /** k: with how many others each member masks and shares. */
  readonly degree: number;
  /** Shares that give a secret back: t of n on the complete graph, t of k on a Harary graph. */
  readonly threshold: number;
  /** log₂ of the bound on the failure in correctness; −∞ for one that cannot happen. */
  readonly log2Failure: number;
  /** log₂ of the bound on the failure in privacy; −∞ for one that cannot happen. */
  readonly log2Privacy: number;
}

export const LOG2_FAILURE_LIMIT = -20;
export const LOG2_PRIVACY_LIMIT = -40;

const MAX_MEMBERS = 1000;

/**
 * The greatest number of members that is at most `share` of them: 29 of 100 for 0.29, which as a binary
 * fraction is a little less.
 * @param name of the option, for the refusal.
 * @throws FedwardError `INVALID_ARGUMENT` unless 0 ≤ share < 1.
 */
export function membersIn(share: number, members: number, name: string): number {
  if (!(share >= 0 && share < 1)) wrong(`The share "${name}" must be in [0, 1), not ${share}.`);
  return Math.floor(share * members + 1e-9);
}

/**
 * The complete graph up to n = 100, a Harary graph above.
 * @throws FedwardError `INVALID_ARGUMENT` for counts out of range, and where no graph is safe enough.
 */
export function planGraph(demand: GraphDemand): GraphParameters {
  const { members: n, dropouts, corrupt } = demand;
  checkCount('members', n, 3, MAX_MEMBERS);
  checkCount('dropouts', dropouts, 0, n);
  checkCount('corrupt members', corrupt, 0, n);
  const survivors = n - dropouts;
  if (2 * survivors <= n + corrupt) {
    wrong(
      `The threshold n − dropouts = ${survivors} is too low for n = ${n} with ${corrupt} corrupt: 2t > n + c must hold. Allow fewer dropouts or fewer corrupt members.`,
    );
  }
  if (survivors - corrupt < 2) {
    wrong(
      `Only ${survivors - corrupt} honest survivor(s) would be left: a sum needs two to hide anything. Allow fewer dropouts or fewer corrupt members.`,
    );
  }
  if (n <= COMPLETE_GRAPH_LIMIT) {
    const never = { log2Failure: -Infinity, log2Privacy: -Infinity };
    return { members: n, graph: 'complete', degree: n - 1, threshold: survivors, ...never };
  }
  return hararyGraph(demand);
}

function hararyGraph({ members, dropouts, corrupt }: GraphDemand): GraphParameters {
  const demand = { members, dropouts, corrupt };
  for (let degree = 2; degree <= Math.min(members - 1, MAX_DEGREE); degree += 2) {
    for (let threshold = 2; threshold <= degree; threshold++) {
      const log2Privacy = log2PrivacyFailure(demand, degree, threshold);
      if (log2Privacy > LOG2_PRIVACY_LIMIT) continue;
      // Privacy only gets better with t, and correctness only worse: the first t decides.
      const log2Failure = log2CorrectnessFailure(demand, degree, threshold);
      if (log2Failure > LOG2_FAILURE_LIMIT) break;
      return { members, graph: 'harary', degree, threshold, log2Failure, log2Privacy };
    }
  }
  wrong(
    `No graph of at most ${MAX_DEGREE} neighbours is safe for ${members} members, of whom ${dropouts} drop out and ${corrupt} are corrupt. Allow fewer of either.`,
  );
}

/** n · P(more than k − t of a member's k neighbours drop out): the event E₃ of Bell et al. 2020, definition 3.2. */
export function log2CorrectnessFailure(
  { members: n, dropouts }: GraphDemand,
  degree: number,
  threshold: number,
): number {
  return Math.log2(n) + log2Tail(n - 1, dropouts, degree, degree - threshold + 1);
}

/** E₁ or E₂ of the same definition failing: too many corrupt neighbours, or honest survivors apart. */
export function log2PrivacyFailure(demand: GraphDemand, degree: number, threshold: number): number {
  const { members: n, corrupt } = demand;
  const surrounded = Math.log2(n - corrupt) + log2Tail(n - 1, corrupt, degree, threshold);
  return log2Sum([surrounded, log2Disconnected(demand, degree)]);
}

/**
 * The honest survivors fall apart only if the circle is cut in two places, at each of which k/2 successive
 * members are corrupt or dropped: else every survivor has the next one among its neighbours. There are
 * n(n − k − 1)/2 pairs of places with a member between them on either side, and for each the chance is that of
 * finding k given members among those gone.
 */
function log2Disconnected({ members: n, dropouts, corrupt }: GraphDemand, degree: number): number {
  const pairs = (n * (n - degree - 1)) / 2;
  const gone = dropouts + corrupt;
  return Math.log2(pairs) + log2Tail(n, gone, degree, degree);
}

/**
 * log₂ P(X ≥ least) where X counts the marked among `drawn` of `population`, `marked` of which are marked.
 * Terms in logarithms, summed smallest first: exact to some 12 digits however small the tail.
 */
export function log2Tail(population: number, marked: number, drawn: number, least: number): number {
  const highest = Math.min(marked, drawn);
  const lowest = Math.max(least, 0, drawn - (population - marked));
  const all = log2Choose(population, drawn);
  const terms: number[] = [];
  for (let x = highest; x >= lowest; x--) {
    terms.push(log2Choose(marked, x) + log2Choose(population - marked, drawn - x) - all);
  }
  return Math.min(0, log2Sum(terms));
}

function log2Sum(terms: readonly number[]): number {
  const greatest = Math.max(...terms);
  if (terms.length === 0 || greatest === -Infinity) return -Infinity;
  return greatest + Math.log2(terms.reduce((sum, term) => sum + 2 ** (term - greatest), 0));
}

function log2Choose(n: number, k: number): number {
  return log2Factorial(n) - log2Factorial(k) - log2Factorial(n - k);
}

/** log₂ i! for i = 0, 1, 2, …, as far as it was asked for. */
const LOG2_FACTORIALS = [0];

function log2Factorial(n: number): number {
  for (let i = LOG2_FACTORIALS.length; i <= n; i++) {
    LOG2_FACTORIALS.push((LOG2_FACTORIALS[i - 1] ?? 0) + Math.log2(i));
  }
  return LOG2_FACTORIALS[n] ?? Number.NaN;
}

function checkCount(name: string, value: number, from: number, to: number): void {
  if (!Number.isInteger(value) || value < from || value > to) {
    wrong(`The number of ${name} must be an integer in ${from}…${to}, not ${value}.`);
  }
}

function wrong(message: string): never {
  throw new FedwardError('INVALID_ARGUMENT', message);
}
