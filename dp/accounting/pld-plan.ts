/** How to compute a composition: how far to tilt, how fine a mesh, which losses to call infinite. Any choice is valid. */
import {
  fftLength,
  infiniteMass,
  logHockeyStickFactor,
  logMoment,
  type Releases,
  tiltedWindow,
  widestRange,
} from './pld-compose.ts';
import { type Direction, type Mechanism, onCoarsePoints } from './pld-discretise.ts';

export interface Charge {
  readonly mechanism: Mechanism;
  readonly count: number;
}

/** What is asked of the composition: ε at a δ, or δ at an ε. */
export type Question = { readonly delta: number } | { readonly epsilon: number };

/** The share of δ that all releases together may have as infinite loss. Less would let rarer losses spoil the moments. */
const TAIL_SHARE = 1e-4;

const COARSE_CELLS = 1024;

/** How far apart the bounds on ε may be, up to ε = 10 and up to 0.2, as long as the mesh can be made so fine. */
const TOLERANCE = 2e-4;
const RELATIVE_TOLERANCE = 1e-3;

/** The transform has between 2^14 and 2^20 points, the discretised loss of one release up to 2^20 more. */
const LEAST_LENGTH = 2 ** 14;
export const MOST_LENGTH = 2 ** 20;

export interface Plan {
  readonly direction: Direction;
  /** What of each release's mass counts as infinite loss. */
  readonly tail: number;
  readonly coarse: readonly Releases[];
  readonly tilt: number;
  /** Chernoff's upper bound on what is asked. */
  readonly bound: number;
  /** Largest mesh that brings the bounds close enough together. */
  readonly fine: number;
}

/** The δ asked about, or else a bound on it, so that the tail can be a share of it. */
export function planFor(charges: readonly Charge[], direction: Direction, question: Question): Plan {
  if ('delta' in question) return planWithTail(charges, direction, question, question.delta * TAIL_SHARE);
  let plan = planWithTail(charges, direction, question, TAIL_SHARE);
  for (let known = 1; plan.bound < known / 2 && plan.bound > 1e-290; ) {
    known = plan.bound;
    plan = planWithTail(charges, direction, question, known * TAIL_SHARE);
  }
  return plan;
}

/** The tilt at which Chernoff's bound answers the question best, from a coarse but valid discretisation. */
function planWithTail(
  charges: readonly Charge[],
  direction: Direction,
  question: Question,
  total: number,
): Plan {
  const tail = total / releaseCount(charges);
  const coarse = charges.map(({ mechanism, count }) => ({
    loss: onCoarsePoints(mechanism, direction, COARSE_CELLS, tail),
    count,
  }));
  const infinite = infiniteMass(coarse);
  const objective = (tilt: number): number => {
    const log = logMoment(coarse, tilt) + logHockeyStickFactor(tilt);
    if ('epsilon' in question) return log - tilt * question.epsilon;
    return (log - Math.log(question.delta - infinite)) / tilt;
  };
  const tilt = minimise(objective, mostTilt(coarse));
  const least = objective(tilt);
  const bound = 'epsilon' in question ? Math.min(1, Math.exp(least) + infinite) : Math.max(0, least);
  // The lower bound on ε is too low by about 4·v·(−d log δ/dε), v = N·h²/3, and that slope is about the tilt.
  const tolerance = toleranceAt(Math.max('epsilon' in question ? question.epsilon : bound, 1 / tilt));
  const fine = Math.sqrt((3 * tolerance) / (4 * tilt * releaseCount(charges)));
  return { direction, tail, coarse, tilt, bound, fine };
}

/** The tilt that suits ε best, with the mesh that is wanted there. */
export function planAround(plan: Plan, epsilon: number, fine: number): Plan {
  const { coarse } = plan;
  const objective = (tilt: number) => logMoment(coarse, tilt) + logHockeyStickFactor(tilt) - tilt * epsilon;
  return { ...plan, tilt: minimise(objective, mostTilt(coarse)), fine };
}

/** Where δ is an atom's mass, the best tilt is near 1/δ; beyond e^200 from end to end nothing is gained. */
function mostTilt(releases: readonly Releases[]): number {
  return 200 / widestRange(releases);
}

/** The wanted mesh, as far as there is room, and then as fine as the transform's length, a power of two, can hold. */
export function chooseMesh({ coarse, tilt, fine }: Plan): number {
  const { low, high } = tiltedWindow(coarse, tilt);
  const length = Math.min(MOST_LENGTH, Math.max(LEAST_LENGTH, fftLength({ low, high }, fine)));
  return Math.max(((high - low) * 1.01) / (length - 8), widestRange(coarse) / MOST_LENGTH);
}

/** The upper bound alone is about sixteen times closer to the truth. */
export function toleranceAt(epsilon: number): number {
  return Math.min(TOLERANCE * Math.max(1, epsilon / 10), RELATIVE_TOLERANCE * epsilon);
}

export function releaseCount(charges: readonly Charge[]): number {
  return charges.reduce((sum, { count }) => sum + count, 0);
}

/** Argument of the least value of a function with one valley on (0, most]: by powers of two, then golden section. */
function minimise(f: (x: number) => number, most: number): number {
  let middle = Math.min(1, most);
  let least = f(middle);
  for (const factor of [2, 0.5]) {
    for (let x = middle * factor, value = f(x); value < least && x <= most; x *= factor, value = f(x)) {
      middle = x;
      least = value;
    }
  }
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(middle / 2);
  let high = Math.log(Math.min(most, middle * 2));
  while (high - low > 1e-3) {
    const a = high - golden * (high - low);
    const b = low + golden * (high - low);
    if (f(Math.exp(a)) < f(Math.exp(b))) high = b;
    else low = a;
  }
  return Math.exp((low + high) / 2);
}
