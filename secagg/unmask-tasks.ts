/**
 * What unmasking has to take from the sum (Bonawitz et al. 2017, figure 4, "Unmasking"), as a list, so that
 * whoever has threads can share it out. Working the list off is nearly all that a coordinator computes in a
 * round: one keystream for each survivor and one for each pair of a survivor and a dropped neighbour of its.
 */
import type { HospitalId } from '../proto/vocabulary.ts';
import type { CollectingUnmaskings } from './gatherer-state.ts';
import { applyMasks, type MaskTask } from './keystream.ts';
import { pairMaskKey, pairMaskTask, removalOf, selfMaskKey, selfMaskTask } from './masks.ts';
import type { Secret } from './secret.ts';
import { importAgreementKey, importPeerKey } from './x25519.ts';

/**
 * Works out Σ sign · keystream(key) over `dimension` words, in pieces of any length that follow one another.
 * The keys stay the caller's, to be erased once the promise has settled.
 */
export type MaskExecutor = (tasks: readonly MaskTask[], dimension: number) => Promise<readonly Int32Array[]>;

/** On the caller's own thread. */
export const executeHere: MaskExecutor = async (tasks, dimension) => {
  const words = new Int32Array(dimension);
  applyMasks(words, tasks);
  return [words];
};

/**
 * The masks left in the sum, to be removed.
 * @param secrets what `recover` gave back for each member of U2: its seed if it is in U3, else its mask key.
 */
export function unmaskTasks(
  { context, u1, u3 }: CollectingUnmaskings,
  secrets: ReadonlyMap<HospitalId, Secret>,
): MaskTask[] {
  const { sid, topology } = context;
  const survivors = u3.flatMap((id) => {
    const entry = u1.get(id);
    return entry === undefined ? [] : [{ id, maskKey: importPeerKey(entry.maskKey, id) }];
  });
  const alive = new Set(u3);
  return [...secrets].flatMap(([member, secret]) => {
    if (alive.has(member)) return removalOf(selfMaskTask(selfMaskKey(secret.expose(), sid, member)));
    const privateKey = importAgreementKey(secret);
    return survivors
      .filter(({ id }) => topology.areNeighbours(member, id))
      .map(({ id, maskKey }) =>
        removalOf(pairMaskTask(pairMaskKey(privateKey, maskKey, sid, member, id), id, member)),
      );
  });
}
