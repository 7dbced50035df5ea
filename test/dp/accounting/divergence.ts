/** Numerical integration of Rényi moments: the road that the accountants do not take. */

/** A log-density. */
export type Density = (z: number) => number;

/** ∫ f over the joined pieces between `knots`, by Simpson's rule on each. */
export function integral(f: (z: number) => number, knots: readonly number[], steps = 4000): number {
  let total = 0;
  for (let k = 1; k < knots.length; k++) {
    const from = knots[k - 1] ?? 0;
    const h = ((knots[k] ?? 0) - from) / steps;
    for (let i = 0; i <= steps; i++) {
      const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
      total += (weight * f(from + i * h) * h) / 3;
    }
  }
  return total;
}

/** E_Q[(P/Q)^α] and E_P[(Q/P)^α] for P = (1 − q)·Q + q·Q(· − shift). */
export function mixtureMoments(
  log: Density,
  shift: number,
  q: number,
  order: number,
  knots: readonly number[],
): { forward: number; reverse: number } {
  const ratio = (z: number) => Math.log1p(q * Math.expm1(log(z - shift) - log(z)));
  return {
    forward: integral((z) => Math.exp(log(z) + order * ratio(z)), knots),
    reverse: integral((z) => Math.exp(log(z) + (1 - order) * ratio(z)), knots),
  };
}
