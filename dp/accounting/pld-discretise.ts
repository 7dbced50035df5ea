/**
 * Privacy losses on finitely many points, never too small: "connecting the dots" (Doroshenko, Ghazi, Kamath, Kumar and
 * Manurangsi 2022, section 3).
 *
 * What falls between two neighbouring points is moved to them so that its mass under P and its mass under Q both stay
 * what they are. That makes the likelihood ratio more variable and nothing else, so every δ(ε) can only rise, in either
 * direction and after any composition (Blackwell). Rounding up instead would move every loss by half a cell.
 *
 * The masses come from the pair's own tails, cell by cell, never as second differences of δ(ε): those have an absolute
 * error near 1e-16 over the cell's width, which a thousand compositions turn into a wrong first digit.
 */
import { type DominatingPair, type LossLaw, logMass } from './pld-pairs.ts';

/** Who is whose neighbour: the data set that the loss is taken under has the record, or has it not. */
export type Direction = 'remove' | 'add';

/** One release: `pair` on a Poisson sample of `rate`, 1 for none. */
export interface Mechanism {
  readonly pair: DominatingPair;
  readonly rate: number;
}

/** Mass `masses[i]` at loss `losses[i]`, in ascending order, and `infinite` at an infinite loss. */
export interface LossMasses {
  readonly losses: Float64Array;
  readonly masses: Float64Array;
  readonly infinite: number;
  /** Mass that was not between two points. */
  readonly outside: number;
}

/** Losses on an even mesh; those beyond a range that leaves out no more than `tail` count as infinite. */
export function onMesh(mechanism: Mechanism, direction: Direction, mesh: number, tail: number): LossMasses {
  const [low, high] = lossRange(mechanism, direction, tail);
  // One cell more at either end: rounding must not put an atom at the end of the range outside.
  const first = Math.floor(low / mesh) - 1;
  const count = Math.ceil(high / mesh) - first + 2;
  return connectTheDots(
    mechanism,
    direction,
    Float64Array.from({ length: count }, (_, i) => (first + i) * mesh),
  );
}

/** Losses on about `cells` points that are even in the loss without sampling, however small the rate. */
export function onCoarsePoints(
  mechanism: Mechanism,
  direction: Direction,
  cells: number,
  tail: number,
): LossMasses {
  const [low, high] = unsampledRange(mechanism, direction, tail);
  const step = (high - low) / cells;
  const points: number[] = [];
  for (let i = -1; i <= cells + 1; i++) {
    const loss = sampledLoss(mechanism.rate, low + i * step);
    if (loss > (points.at(-1) ?? Number.NEGATIVE_INFINITY)) points.push(loss);
  }
  return connectTheDots(mechanism, direction, Float64Array.from(points));
}

/** Least and greatest loss log dP/dQ of the sampled mechanism, tails aside. */
function lossRange(mechanism: Mechanism, direction: Direction, tail: number): readonly [number, number] {
  const [low, high] = unsampledRange(mechanism, direction, tail);
  return [sampledLoss(mechanism.rate, low), sampledLoss(mechanism.rate, high)];
}

/** The sample with the record is (1 − q)·Q + q·P, without it Q: Zhu, Dong and Wang 2022, theorem 11. */
function connectTheDots({ pair, rate }: Mechanism, direction: Direction, points: Float64Array): LossMasses {
  const last = points.length - 1;
  const edges = points.map((loss) => unsampledLoss(rate, loss));
  const logP = logMasses(pair.p, edges);
  const logQ = logMasses(pair.q, edges);
  const withRecord = takenWithRecord(rate, direction);
  const massOf = (cell: number) => {
    const q = Math.exp(logQ[cell] ?? 0);
    return withRecord ? (1 - rate) * q + rate * Math.exp(logP[cell] ?? 0) : q;
  };
  const masses = new Float64Array(points.length);
  for (let i = 0; i < last; i++) {
    const mass = massOf(i + 1);
    const left = points[i] ?? 0;
    const width = (points[i + 1] ?? 0) - left;
    const edge = edges[i] ?? 0;
    const q = logQ[i + 1] ?? 0;
    // P − z·Q of the cell, z the ratio at its left end. Sampling maps all ratios affinely, so that the unsampled pair
    // has the same shares, without cancelling at small rates.
    const below =
      edge > Number.NEGATIVE_INFINITY ? Math.exp(edge + q) : unsampledRatio(rate, left) * Math.exp(q);
    const excess = rate * (Math.exp(logP[i + 1] ?? 0) - below);
    const up = withRecord ? excess / -Math.expm1(-width) : (excess * Math.exp(-left)) / Math.expm1(width);
    const moved = Math.min(mass, Math.max(0, up));
    masses[i] = (masses[i] ?? 0) + (mass - moved);
    masses[i + 1] = (masses[i + 1] ?? 0) + moved;
  }
  // A ratio beyond the outermost points is a mixture of theirs and of 0 or infinity: the mass at the dangerous end
  // becomes infinite, that at the harmless end rises to the point.
  const bottom = massOf(0);
  const top = massOf(points.length);
  const outside = bottom + top;
  if (withRecord) {
    masses[0] = (masses[0] ?? 0) + bottom;
    return { losses: points, masses, infinite: top, outside };
  }
  masses[last] = (masses[last] ?? 0) + top;
  return {
    losses: points.map((loss) => -loss).reverse(),
    masses: masses.reverse(),
    infinite: bottom,
    outside,
  };
}

/** log-masses below the first edge, between neighbouring ones and above the last. */
function logMasses(law: LossLaw, edges: Float64Array): Float64Array {
  const masses = new Float64Array(edges.length + 1);
  let a = Number.NEGATIVE_INFINITY;
  let tailA = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < edges.length; i++) {
    const b = edges[i] ?? 0;
    const tailB = law.logTail(b);
    masses[i] = logMass(law, a, tailA, b, tailB);
    a = b;
    tailA = tailB;
  }
  masses[edges.length] = logMass(law, a, tailA, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  return masses;
}

/** Without sampling the pair is symmetric, and both directions are one. */
function takenWithRecord(rate: number, direction: Direction): boolean {
  return direction === 'remove' || rate === 1;
}

/** Where the loss lies but for `tail`, under the distribution that the direction takes it under. */
function unsampledRange(
  { pair, rate }: Mechanism,
  direction: Direction,
  tail: number,
): readonly [number, number] {
  const withRecord = takenWithRecord(rate, direction);
  const [low] = (rate === 1 ? pair.p : pair.q).range(tail);
  const [, high] = (withRecord ? pair.p : pair.q).range(tail);
  return [low, high];
}

/** log(1 + q(e^l − 1)) of an unsampled loss l. */
function sampledLoss(rate: number, loss: number): number {
  if (rate === 1) return loss;
  if (loss < 1) return Math.log1p(rate * Math.expm1(loss));
  return loss + Math.log(rate) + Math.log1p((Math.exp(-loss) * (1 - rate)) / rate);
}

/** 1 + (e^l − 1)/q of a sampled loss l; below 0 where no unsampled loss is so small. */
function unsampledRatio(rate: number, loss: number): number {
  return 1 + Math.expm1(loss) / rate;
}

/** log of `unsampledRatio`, −∞ where that is not positive. */
function unsampledLoss(rate: number, loss: number): number {
  if (rate === 1) return loss;
  if (loss > 1) return loss - Math.log(rate) + Math.log1p(-(1 - rate) * Math.exp(-loss));
  return Math.log1p(Math.max(-1, Math.expm1(loss) / rate));
}
