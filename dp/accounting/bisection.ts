/** Where a monotone predicate turns true. */

export interface Bracket {
  /** Here it is false. */
  readonly low: number;
  /** Here it is true. */
  readonly high: number;
}

/**
 * Narrows a bracket around the point from which on `holds` is true, until its ends are `precision` apart, relative to
 * the upper one. `low` is taken to be false unseen; `high` is doubled until it is true.
 *
 * @returns null when no value up to 1e300 is true.
 */
export function bisect(
  holds: (x: number) => boolean,
  { low, high }: Bracket,
  precision = 1e-15,
): Bracket | null {
  let below = low;
  let above = high;
  for (; !holds(above); above *= 2) {
    if (above > 1e300) return null;
    below = above;
  }
  while (above - below > precision * above) {
    const middle = below + (above - below) / 2;
    if (middle <= below || middle >= above) break;
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return { low: below, high: above };
}
