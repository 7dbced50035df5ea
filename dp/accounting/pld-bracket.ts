/**
 * ε and δ of composed releases between two bounds.
 *
 * Upper bound: the discretised losses are never too small (`pld-discretise.ts`), and whatever the transform could get
 * wrong is added to δ (`pld-compose.ts`).
 *
 * Lower bound, from the same curve. Rounding a loss to the mesh h multiplies the likelihood ratio by a factor of mean
 * 1 within e^±h that depends on where in its cell the loss was. In convex order all such factors lie below one M that
 * does not depend on it: log M has density e^(−x/2)/(4·sinh(h/2)) on [−h, h], because the worst cell's
 * E[(M − K)₊] = (e^(h/2) − √K)²/(e^h − 1). So what was computed is dominated by the true releases together with N
 * independent releases of ratio M. Those have E[M^s] = shc((s − ½)h)/shc(h/2) with shc(x) = sinh(x)/x, at most
 * e^(s(s − 1)v/2) altogether for v = N·h²/3: nearly nothing, and `withoutMeshNoise` takes it off again.
 */
import { invalid } from './arguments.ts';
import { bisect } from './bisection.ts';
import {
  chernoffSteps,
  composeOnMesh,
  type HockeyStick,
  infiniteMass,
  outsideMass,
  type Releases,
  tiltedWindow,
  widestRange,
} from './pld-compose.ts';
import { type Direction, onMesh } from './pld-discretise.ts';
import {
  type Charge,
  chooseMesh,
  MOST_LENGTH,
  type Plan,
  planAround,
  planFor,
  type Question,
  releaseCount,
  toleranceAt,
} from './pld-plan.ts';

export interface Bounds {
  /** Optimistic: the truth is not below. */
  readonly lower: number;
  /** Pessimistic: the truth is not above. */
  readonly upper: number;
}

/** How often a first answer may be improved on, and how much wider than wanted it must be for that. */
const REFINEMENTS = 2;
const ACCEPTED_EXCESS = 5;

/** Bounds in the worse of the two directions. */
export function bracket(charges: readonly Charge[], question: Question, meshSize?: number): Bounds {
  const plans = directionsOf(charges)
    .map((direction) => planFor(charges, direction, question))
    .sort((a, b) => b.bound - a.bound);
  let worst: Bounds = { lower: 0, upper: 0 };
  for (const plan of plans) {
    // The coarse bound holds too: a direction that it puts below the other's needs no closer look.
    if (plan.bound <= worst.upper) continue;
    const bounds = refined(charges, plan, question, meshSize);
    worst = { lower: Math.max(worst.lower, bounds.lower), upper: Math.max(worst.upper, bounds.upper) };
  }
  return worst;
}

/**
 * Chernoff's tilt and slope can be far off, where rare large losses rule the moments and many small ones δ. Then a first
 * answer says what they should have been.
 */
function refined(charges: readonly Charge[], first: Plan, question: Question, meshSize?: number): Bounds {
  let plan = first;
  let mesh = meshSize ?? chooseMesh(plan);
  let best = answer(charges, plan, question, mesh);
  for (let pass = 0; pass < REFINEMENTS && meshSize === undefined; pass++) {
    const excess = widthOf(best, question) / toleranceAt(best.epsilon);
    if (!(excess > ACCEPTED_EXCESS && Number.isFinite(best.epsilon))) break;
    // The width goes with the square of the mesh.
    plan = planAround(plan, best.epsilon, mesh / Math.sqrt(1.5 * excess));
    const finer = chooseMesh(plan);
    if (finer > 0.8 * mesh) break;
    mesh = finer;
    const again = answer(charges, plan, question, mesh);
    best = {
      ...again,
      lower: Math.max(best.lower, again.lower),
      upper: Math.min(best.upper, again.upper),
    };
  }
  return best;
}

/** In units of ε. */
function widthOf({ lower, upper, slope }: Answer, question: Question): number {
  return 'epsilon' in question ? (upper - lower) / (upper * slope) : upper - lower;
}

interface Answer extends Bounds {
  /** Where, and −d log δ/dε there. */
  readonly epsilon: number;
  readonly slope: number;
}

interface Composed {
  readonly releases: readonly Releases[];
  readonly curve: HockeyStick;
  /** Upper bound on δ(ε), valid at every ε and close to it where the plan tilts to. */
  readonly upper: (epsilon: number) => number;
}

function composed(charges: readonly Charge[], plan: Plan, mesh: number): Composed {
  requireRoom(plan, mesh);
  const releases = charges.map(({ mechanism, count }) => ({
    loss: onMesh(mechanism, plan.direction, mesh, plan.tail),
    count,
  }));
  const window = tiltedWindow(releases, plan.tilt, chernoffSteps(plan.coarse, plan.tilt));
  const curve = composeOnMesh(releases, mesh, plan.tilt, window);
  const infinite = infiniteMass(releases);
  const upper = (epsilon: number) =>
    Math.min(1, Math.max(0, curve.finite(epsilon)) + curve.charge(epsilon) + infinite);
  return { releases, curve, upper };
}

/** The δ at which `deltaCurve` looks closely; between two of them the better one serves. */
const CURVE_DELTAS = [0.2, 1e-3, 1e-6] as const;

/**
 * Upper bound on δ at every ε, composed once. Closest between δ = 0.2 and 10^-6: it answers hundreds of questions in the
 * time in which `bracket` answers a few.
 */
export function deltaCurve(charges: readonly Charge[], meshSize?: number): (epsilon: number) => number {
  const uppers = directionsOf(charges).map((direction) =>
    CURVE_DELTAS.map((delta) => {
      const plan = planFor(charges, direction, { delta });
      return composed(charges, plan, meshSize ?? chooseMesh(plan)).upper;
    }),
  );
  return (epsilon) => Math.max(...uppers.map((each) => Math.min(...each.map((upper) => upper(epsilon)))));
}

function directionsOf(charges: readonly Charge[]): readonly Direction[] {
  return charges.some(({ mechanism }) => mechanism.rate < 1) ? ['remove', 'add'] : ['remove'];
}

function answer(charges: readonly Charge[], plan: Plan, question: Question, mesh: number): Answer {
  const { releases, curve, upper } = composed(charges, plan, mesh);
  const variance = (releaseCount(charges) * mesh * mesh) / 3;
  const lower = withoutMeshNoise(curve, upper, { variance, outside: outsideMass(releases) });
  const epsilon = 'epsilon' in question ? question.epsilon : leastEpsilon(upper, question.delta);
  const step = Math.sqrt(variance) + mesh;
  const slope = Math.log(upper(epsilon) / upper(epsilon + step)) / step;
  if ('epsilon' in question) return { epsilon, slope, lower: lower(epsilon), upper: upper(epsilon) };
  return { epsilon, slope, lower: greatestEpsilon(lower, question.delta, epsilon), upper: epsilon };
}

/** Memory for a mesh of one's own: @throws FedwardError `INVALID_ARGUMENT` when it is finer than any of ours. */
function requireRoom({ coarse, tilt }: Plan, mesh: number): void {
  const { low, high } = tiltedWindow(coarse, tilt);
  if (Math.max(high - low, widestRange(coarse)) > 2 * MOST_LENGTH * mesh)
    throw invalid(`meshSize ${mesh} is too fine for losses this far apart. Make it larger, or leave it out.`);
}

/** Where an upper bound on δ(ε) comes down to delta; infinite where it never does. */
function leastEpsilon(upper: (epsilon: number) => number, delta: number): number {
  if (upper(0) <= delta) return 0;
  return (
    bisect((epsilon) => upper(epsilon) <= delta, { low: 0, high: 1 }, 1e-12)?.high ?? Number.POSITIVE_INFINITY
  );
}

/**
 * Greatest ε found below `most` at which a lower bound on δ(ε) is still above delta. Far from the answer that bound is
 * empty, so the search widens from there.
 */
function greatestEpsilon(lower: (epsilon: number) => number, delta: number, most: number): number {
  if (!Number.isFinite(most)) return 0;
  for (let step = most * 1e-9; step < most; step *= 2) {
    const exceeds = (drop: number) => lower(most - drop) > delta;
    if (exceeds(step)) return most - (bisect(exceeds, { low: step / 2, high: step }, 1e-6)?.high ?? step);
  }
  return 0;
}

/**
 * Lower bound on the true δ(ε) =: D(z), z = e^ε, where the computed one is at most E[M·D(z/M)] for the mesh noise M.
 *
 * D is convex in z, so that around z it lies below two chords, from (z, D(z)) to upper bounds U of it at z·e^(∓a):
 * M·D(z/M) ≤ M·D(z) + (M − 1)₊·(U(z·e^−a) − D(z))/(1 − e^−a) + (1 − M)₊·(U(z·e^a) − D(z))/(e^a − 1) if |log M| ≤ a.
 * E[(M − 1)₊] = E[(1 − M)₊] ≤ g = √(e^v − 1)/2, and by convexity the two fractions add up to no less than 0, so that g
 * may stand for both. Beyond ±a, M·D(z/M) ≤ M has a mean of no more than s = e^(−(a − v/2)²/2v) on either side, and so
 * has what (1 − M)₊ lacks there. All that is solved for D(z). Where v is too large for chords, D decreases and so is at
 * least what was computed at z·e^a, but for s.
 */
function withoutMeshNoise(
  curve: HockeyStick,
  upper: (epsilon: number) => number,
  { variance, outside }: { variance: number; outside: number },
): (epsilon: number) => number {
  const spread = Math.sqrt(Math.expm1(variance)) / 2;
  return (epsilon) => {
    const computed = curve.finite(epsilon) - curve.charge(epsilon) - outside;
    if (!(computed > 0)) return 0;
    const beyond = computed / 2e4;
    const reach = variance / 2 + Math.sqrt(2 * variance * Math.log(1 / beyond));
    const left = spread / -Math.expm1(-reach);
    const right = spread / Math.expm1(reach);
    const chords = computed - left * upper(epsilon - reach) - right * upper(epsilon + reach) - 2 * beyond;
    const byChords = left + right < 1 ? chords / (1 - left - right + beyond / Math.expm1(reach)) : 0;
    const further = epsilon + reach;
    const byShift = curve.finite(further) - curve.charge(further) - outside - beyond;
    return Math.max(0, byChords, byShift);
  };
}
