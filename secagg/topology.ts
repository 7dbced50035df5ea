/**
 * Who masks with whom, and who holds shares about whom: the complete graph of Bonawitz et al. 2017, or the
 * random Harary graph of Bell et al. 2020 when the plan has one. Everything else in the protocol is the same.
 *
 * On the complete graph each member holds a share of its own secrets too, so that any t of n give them back;
 * on a sparse one shares fall to the k neighbours alone (Bell et al. 2020, algorithm 2).
 */
import type { RoundPlan } from '../proto/plan.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { neighboursOf } from './graph.ts';

export interface Topology {
  /** Shares that each secret is split into. */
  readonly shares: number;
  /** Fewest of them that give it back: t, or t_k with a graph. */
  readonly threshold: number;
  /** True for two different hospitals that agree on a mask and send each other shares. */
  areNeighbours(a: HospitalId, b: HospitalId): boolean;
  /** `holder`'s x, in 1…shares, in the sharing of `owner`'s secrets; null where it holds no share of them. */
  shareOf(owner: HospitalId, holder: HospitalId): number | null;
}

/** @param threshold t of the plan. */
export function topologyOf(plan: RoundPlan, sid: Uint8Array, threshold: number): Topology {
  const { roster, graph } = plan.cohort;
  const positions = new Map(roster.map(({ id }, i) => [id, i + 1]));
  const positionOf = (id: HospitalId) => positions.get(id) ?? 0;
  if (graph === null) {
    return {
      shares: roster.length,
      threshold,
      areNeighbours: (a, b) => a !== b && positions.has(a) && positions.has(b),
      shareOf: (owner, holder) => (positions.has(owner) && positions.get(holder)) || null,
    };
  }
  // The x of a neighbour is its rank among the owner's neighbours: positions go beyond GF(2⁸), ranks do not.
  const ranks = neighboursOf(sid, roster.length, graph.degree).map(
    (list) => new Map([...list].sort((a, b) => a - b).map((position, i) => [position, i + 1])),
  );
  const shareOf = (owner: HospitalId, holder: HospitalId) =>
    ranks[positionOf(owner) - 1]?.get(positionOf(holder)) ?? null;
  return {
    shares: graph.degree,
    threshold: graph.threshold,
    areNeighbours: (a, b) => shareOf(a, b) !== null,
    shareOf,
  };
}
