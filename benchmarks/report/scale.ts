/** The arithmetic of a legible chart: round axes, and labels that do not lie on each other. */

export interface Axis {
  readonly min: number;
  readonly max: number;
  /** Distance between two grid lines. */
  readonly interval: number;
}

/** From `low` to `high` or a little beyond, in at most `steps` intervals of 1, 2, 2.5 or 5 times a power of ten. */
export function niceAxis(low: number, high: number, steps = 5): Axis {
  const rough = Math.max(high - low, 1e-9) / steps;
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const factor of [1, 2, 2.5, 5, 10, 20]) {
    const interval = factor * power;
    const min = Math.floor(low / interval + 1e-9);
    const max = Math.ceil(high / interval - 1e-9);
    if (max - min <= steps) return { min: tidy(min * interval), max: tidy(max * interval), interval };
  }
  return { min: low, max: high, interval: rough };
}

/** 3 · 0.05 is 0.15000000000000002. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/**
 * Moves labels apart: each keeps its order, lies at least `gap` from the next, inside [top, bottom] where
 * they fit, and as near to where it belongs as the others let it.
 *
 * @param wanted Positions in pixels.
 * @returns Positions in the same order as `wanted`.
 */
export function spread(wanted: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const placed = [...wanted];
  let ceiling = top;
  for (const i of order) {
    placed[i] = Math.max(wanted[i] ?? 0, ceiling);
    ceiling = (placed[i] ?? 0) + gap;
  }
  let floor = bottom;
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i] ?? 0, floor);
    floor = (placed[i] ?? 0) - gap;
  }
  return placed;
}
