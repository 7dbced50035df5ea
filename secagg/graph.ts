/**
 * The random k-regular graph of Bell et al. 2020 (§3.1): a Harary graph, where each vertex of a circle is
 * joined to the k/2 next on either side, under a random permutation of the members. The permutation is derived
 * from the session id, so that everybody works out the same graph and no message is needed for it.
 */
import { createHash } from 'node:crypto';
import { domain, lengthPrefixed } from './transcript.ts';

/**
 * For each position 1…n (at index position − 1) the positions of its `degree` neighbours, in ascending order.
 * @param degree even, below n.
 */
export function neighboursOf(sid: Uint8Array, n: number, degree: number): readonly (readonly number[])[] {
  const ranked = Array.from({ length: n }, (_, i) => ({ position: i + 1, hash: rank(sid, i + 1) }));
  const circle = ranked.sort((a, b) => Buffer.compare(a.hash, b.hash)).map(({ position }) => position);
  const neighbours: number[][] = circle.map(() => []);
  circle.forEach((position, at) => {
    for (let step = 1; step <= degree / 2; step++) {
      const other = circle[(at + step) % n] ?? 0;
      neighbours[position - 1]?.push(other);
      neighbours[other - 1]?.push(position);
    }
  });
  return neighbours.map((list) => list.sort((a, b) => a - b));
}

/** Sorting by independent hashes is a uniform permutation, ties aside. */
function rank(sid: Uint8Array, position: number): Uint8Array {
  return createHash('sha256')
    .update(lengthPrefixed(domain('graph'), sid, String(position)))
    .digest();
}
