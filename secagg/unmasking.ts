/**
 * The end of a session: from shares back to masks, from the masked sum to the sum (Bonawitz et al. 2017,
 * figure 4, "Unmasking", the server's part).
 */
import { FedwardError } from '../proto/errors.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { sameBytes } from './context.ts';
import { type CollectingUnmaskings, settle } from './gatherer-state.ts';
import { applyMasks, type MaskTask } from './keystream.ts';
import { findLiars } from './liars.ts';
import type { Advertisement } from './messages.ts';
import { addInPlace } from './ring.ts';
import { Secret } from './secret.ts';
import { combine, type Share } from './shamir.ts';
import { seedCommitment } from './transcript.ts';
import { type MaskExecutor, unmaskTasks } from './unmask-tasks.ts';
import { publicKeyOf } from './x25519.ts';

/** What leaves secure aggregation, and all that does (DESIGN §1.1). */
export interface Aggregate {
  /** Σ over `contributors` of their vectors, mod 2^32 in centred reading. */
  readonly sum: Int32Array;
  /** U3, in ascending order. */
  readonly contributors: readonly HospitalId[];
}

/**
 * How many sets of t shares are tried per secret where there are too few spare shares to name the liars: enough for
 * every pattern of liars at n ≤ 12.
 */
const MAX_TRIALS = 1000;

/**
 * Reconstructs every survivor's seed and every dropped member's mask key, checks each against what was
 * advertised, and removes their masks. Throwing leaves the state as it was: it may accept further answers and
 * try again.
 * @throws FedwardError `QUORUM_LOST` as `settle`; `ROUND_ABORTED` that names every
 *   member whose secret no t shares give back; `ALREADY_SPENT` when the sum was released before.
 */
export function finish(state: CollectingUnmaskings): Aggregate {
  const tasks = masksLeft(state);
  const sum = state.sum.release();
  applyMasks(sum, tasks);
  erase(tasks);
  return { sum, contributors: state.u3 };
}

/**
 * `finish` with the keystreams worked out by `execute`, on other threads for example.
 * @throws FedwardError as `finish`; whatever `execute` rejects with, which leaves the state as it was too.
 */
export async function finishWith(state: CollectingUnmaskings, execute: MaskExecutor): Promise<Aggregate> {
  const tasks = masksLeft(state);
  try {
    const { dimension } = state.context.plan.model;
    const pieces = await execute(tasks, dimension);
    const words = pieces.reduce((total, { length }) => total + length, 0);
    if (words !== dimension) throw new RangeError(`The masks cover ${words} of ${dimension} words.`);
    const sum = state.sum.release();
    let from = 0;
    for (const piece of pieces) {
      addInPlace(sum.subarray(from, from + piece.length), piece);
      from += piece.length;
    }
    return { sum, contributors: state.u3 };
  } finally {
    erase(tasks);
  }
}

function masksLeft(state: CollectingUnmaskings): MaskTask[] {
  settle(state);
  const secrets = recoverAll(state);
  const tasks = unmaskTasks(state, secrets);
  for (const secret of secrets.values()) secret.erase();
  return tasks;
}

function erase(tasks: readonly MaskTask[]): void {
  for (const { key } of tasks) key.erase();
}

/** One secret for each member of U2: a seed if it survived, else a mask key. */
function recoverAll(state: CollectingUnmaskings): ReadonlyMap<HospitalId, Secret> {
  const { context, u1, u2, u3, received } = state;
  const sharesAbout = new Map<HospitalId, Share[]>(u2.map((id) => [id, []]));
  const { shareOf, threshold } = context.topology;
  for (const { from, shares } of received.values()) {
    for (const { peer, share } of shares) {
      const x = shareOf(peer, from);
      if (x !== null) sharesAbout.get(peer)?.push({ x, bytes: share });
    }
  }
  const secrets = new Map<HospitalId, Secret>();
  const failed: string[] = [];
  for (const [member, shares] of sharesAbout) {
    const { maskKey, seedCommitment: commitment } = advertised(u1, member);
    const fits = u3.includes(member)
      ? (secret: Uint8Array) => sameBytes(seedCommitment(context.sid, member, secret), commitment)
      : (secret: Uint8Array) => sameBytes(publicKeyOf(secret), maskKey);
    const secret = recover(shares, threshold, fits);
    if (secret !== null) secrets.set(member, secret);
    else failed.push(`"${member}" (${shares.length} shares)`);
  }
  if (failed.length > 0) {
    for (const secret of secrets.values()) secret.erase();
    throw new FedwardError(
      'ROUND_ABORTED',
      `No ${threshold} shares give back what these members advertised: ${failed.join(', ')}. Start another attempt, and look into them if it happens again.`,
      { details: { failed } },
    );
  }
  return secrets;
}

/**
 * The secret that `threshold` of the shares give and that `fits`, or null.
 *
 * The first t are right in all but a hostile round. Else liars are found as errors of a code word; where more than half
 * the spare shares lie, what the secret must fit still tells, and sets are tried.
 */
export function recover(
  shares: readonly Share[],
  threshold: number,
  fits: (secret: Uint8Array) => boolean,
): Secret | null {
  const attempt = (from: readonly Share[]): Secret | null => {
    if (from.length < threshold) return null;
    const secret = combine(from, threshold);
    return fits(secret) ? new Secret(secret) : null;
  };
  const atOnce = attempt(shares);
  if (atOnce !== null) return atOnce;
  const liars = findLiars(shares, threshold);
  const decoded = liars === null ? null : attempt(shares.filter(({ x }) => !liars.has(x)));
  return decoded ?? recoverByTrial(shares, threshold, fits);
}

/** All t-subsets of the first t shares, of the first t + 1, and so on: in the order of how many liars it takes. */
function recoverByTrial(
  shares: readonly Share[],
  threshold: number,
  fits: (secret: Uint8Array) => boolean,
): Secret | null {
  let trials = 0;
  for (let liars = 0; threshold + liars <= shares.length; liars++) {
    // The newest share is always in: subsets without it were tried before it.
    const newest = threshold + liars - 1;
    for (const out of combinations(newest, liars)) {
      if (++trials > MAX_TRIALS) return null;
      const chosen = shares.filter((_, i) => i <= newest && !out.includes(i));
      const secret = combine(chosen, threshold);
      if (fits(secret)) return new Secret(secret);
    }
  }
  return null;
}

/** Every set of `size` numbers below `n`, in lexicographic order. */
function* combinations(n: number, size: number, from = 0): Generator<readonly number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let first = from; first <= n - size; first++) {
    for (const rest of combinations(n, size - 1, first + 1)) yield [first, ...rest];
  }
}

function advertised(u1: ReadonlyMap<HospitalId, Advertisement>, id: HospitalId): Advertisement {
  const entry = u1.get(id);
  if (entry === undefined) throw new RangeError(`"${id}" is not in U1.`);
  return entry;
}
