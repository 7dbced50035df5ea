import type { DpEvent } from '../../accounting/events.ts';
import type { BitSource } from '../../sampling/entropy.ts';
import { drawGeometric } from '../../sampling/exact.ts';
import { addOnLattice, gaussianOnLattice, latticeExponent } from '../../sampling/lattice.ts';
import { checkEpsilon, checkInteger, checkNumber, checkSensitivity, invalid, kindOf } from '../validation.ts';
import { fractionOf } from './fraction.ts';
import { Mechanism, type MechanismOptions } from './mechanism.ts';

/** A convex objective at a point of `dimension` coordinates: its value, or its value and its gradient there. */
export type Objective<Rest extends readonly unknown[] = readonly unknown[]> = (
  point: ArrayLike<number>,
  ...rest: Rest
) => number | readonly [value: number, gradient: ArrayLike<number>];

export interface VectorOptions extends MechanismOptions {
  /** ε > 0. */
  readonly epsilon: number;
  /** c ≥ 0: bound on the loss's second derivative in the margin; 1/4 for logistic loss. */
  readonly functionSensitivity: number;
  /** R ≥ 0: bound on a record's Euclidean norm, by default 1. */
  readonly dataSensitivity?: number;
  /** Length of the point, at least 1. */
  readonly dimension: number;
  /** n·Λ > 0: n times the coefficient of ½|point|² in the objective, by default 0.01. */
  readonly alpha?: number;
  /** Records over which the objective is a mean, by default 1: for a sum. */
  readonly n?: number;
}

/**
 * Objective perturbation (Chaudhuri, Monteleoni, Sarwate 2011, algorithm 2): a random linear term, and where ε is
 * too small for the regularisation a quadratic one, are added to a strongly convex objective, whose exact minimiser
 * is then ε-DP.
 *
 * No accountant here charges it: the proof is about exact minimisers over the reals, and says nothing of what an
 * iterative solver returns in floating point.
 */
export class Vector extends Mechanism<VectorOptions, Objective, Objective> {
  readonly functionSensitivity: number;
  readonly dataSensitivity: number;
  readonly dimension: number;
  readonly alpha: number;
  readonly n: number;

  /** @throws FedwardError `INVALID_ARGUMENT` for an option of the wrong kind or value. */
  constructor(options: VectorOptions) {
    const { dataSensitivity = 1, alpha = 0.01, n = 1 } = options;
    super(options, { epsilon: checkEpsilon(options.epsilon), delta: 0 });
    this.functionSensitivity = checkSensitivity(options.functionSensitivity, 'functionSensitivity');
    this.dataSensitivity = checkSensitivity(dataSensitivity, 'dataSensitivity');
    this.dimension = checkInteger('dimension', options.dimension, 1);
    this.alpha = checkNumber('alpha', alpha);
    if (this.alpha <= 0) throw invalid(`alpha must be above 0; got ${this.alpha}.`);
    this.n = checkInteger('n', n, 1);
    Object.freeze(this);
  }

  /** The perturbed objective: the same noise at every call of it, fresh noise for every `randomise`. */
  override randomise(value: Objective): Objective {
    if (typeof value !== 'function')
      throw invalid(`value must be a function of a point; got ${kindOf(value)}.`);
    const { scale, ridge } = this.#perturbation();
    const slope = drawSlope(this.dimension, scale, this.bits).map((x) => x / this.n);
    const curvature = ridge / this.n;
    return (point, ...rest) => {
      if (point.length !== slope.length) {
        throw invalid(`point must have ${slope.length} coordinates, as dimension says; got ${point.length}.`);
      }
      const result = value(point, ...rest);
      const coordinates = Float64Array.from(point);
      const added = coordinates.reduce((sum, x, i) => sum + x * (slope[i] ?? 0) + (curvature / 2) * x * x, 0);
      if (typeof result === 'number') return result + added;
      const [plain, gradient] = result;
      return [plain + added, coordinates.map((x, i) => (gradient[i] ?? 0) + (slope[i] ?? 0) + curvature * x)];
    };
  }

  override get event(): DpEvent {
    return {
      type: 'unsupported',
      reason: 'Vector is ε-DP for the exact minimiser over the reals only, which no solver returns.',
    };
  }

  override copy(): Vector {
    return new Vector(this.options);
  }

  /** Scale of the noise's norm, and n times the extra ridge. */
  #perturbation(): { readonly scale: number; readonly ridge: number } {
    // A record's Hessian has the one eigenvalue c·R², by which neighbours' Jacobians differ.
    const curvature = this.functionSensitivity * this.dataSensitivity ** 2;
    const left = this.epsilon - 2 * Math.log1p(curvature / this.alpha);
    if (left > 0) return { scale: (2 * this.dataSensitivity) / left, ridge: 0 };
    const ridge = curvature / Math.expm1(this.epsilon / 4) - this.alpha;
    return { scale: (4 * this.dataSensitivity) / this.epsilon, ridge };
  }
}

/** A vector of density ∝ exp(−|b|/scale): its norm is a sum of exponentials, one a dimension, its direction uniform. */
function drawSlope(dimension: number, scale: number, bits: BitSource): Float64Array {
  if (scale === 0) return new Float64Array(dimension);
  const exponent = latticeExponent(scale);
  const { num, den } = fractionOf('scale', scale, -exponent);
  let norm = 0n;
  for (let i = 0; i < dimension; i++) norm += drawGeometric(num, den, bits);
  const direction = Float64Array.from({ length: dimension }, () => {
    const { noise, exponent: unit } = gaussianOnLattice(1, bits);
    return addOnLattice(0, noise, unit);
  });
  const length = Math.sqrt(direction.reduce((sum, x) => sum + x * x, 0));
  return direction.map((x) => (x / length) * addOnLattice(0, norm, exponent));
}
