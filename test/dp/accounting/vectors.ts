/** Known answers: test/vectors/dp/<topic>.json is { source, cases: [{ quantity, … }] }. */
import { readFileSync } from 'node:fs';

export function casesOf<T>(topic: string, quantity: string): readonly T[] {
  const file = new URL(`../../vectors/dp/${topic}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as {
    cases: readonly ({ quantity: string } & T)[];
  };
  const found = cases.filter((one) => one.quantity === quantity);
  if (found.length === 0) throw new Error(`No case of ${quantity} in ${topic}.`);
  return found;
}

/** |value/expected − 1|, or |value| where 0 is expected. */
export function relativeError(value: number, expected: number): number {
  return Math.abs(expected === 0 ? value : value / expected - 1);
}
