/**
 * Time and chance of a simulated history. Everything that happens is scheduled here, and everything random is
 * drawn here: one seed, one history.
 */
import { seededUniform, type Uniform } from '../../benchmarks/seeded.ts';
import type { Clock } from '../../coordinator/driver.ts';

interface Entry {
  readonly due: number;
  readonly sequence: number;
  readonly action: () => void;
}

export class World implements Clock {
  readonly #uniform: Uniform;
  readonly #entries = new Set<Entry>();
  #time = 0;
  #sequence = 0;
  /** What happened, in words; the same for the same seed. */
  readonly trace: string[] = [];

  constructor(seed: number) {
    this.#uniform = seededUniform(seed);
  }

  now(): number {
    return this.#time;
  }

  after(ms: number, action: () => void): () => void {
    const entry = { due: this.#time + ms, sequence: this.#sequence++, action };
    this.#entries.add(entry);
    return () => this.#entries.delete(entry);
  }

  /** A whole number of `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.#uniform() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.#uniform() < probability;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.between(0, items.length - 1)] ?? items[0];
  }

  int32(): number {
    return (this.#uniform() * 2 ** 32) | 0;
  }

  note(what: string): void {
    this.trace.push(`${String(this.#time).padStart(7)} ${what}`);
  }

  /** Lets happen what comes next; false when nothing ever will. */
  advance(): boolean {
    let next: Entry | undefined;
    for (const entry of this.#entries) {
      if (next === undefined || entry.due < next.due) next = entry;
    }
    if (next === undefined) return false;
    this.#entries.delete(next);
    this.#time = next.due;
    next.action();
    return true;
  }
}
