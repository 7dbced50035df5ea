import { BitSource } from '../../../dp/sampling/entropy.ts';
import { seededEntropy } from '../seeded-entropy.ts';

/** Its own reproducible stream for every label. */
export function bitsFor(label: string): BitSource {
  return new BitSource(seededEntropy(label));
}

export function repeat<T>(times: number, draw: () => T): T[] {
  return Array.from({ length: times }, draw);
}
