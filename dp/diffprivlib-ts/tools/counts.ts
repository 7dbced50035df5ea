/** Counting with ε-differential privacy. `count_nonzero` is diffprivlib's name for `countNonzero`. */
import { GeometricTruncated } from '../mechanisms/geometric-truncated.ts';
import { type ArrayInput, cutLanes, dense, nest } from './ndarray.ts';
import {
  charge,
  checkFlag,
  checkOptions,
  REDUCTION_FIELDS,
  type Reduced,
  type Reduction,
  type ReductionOptions,
} from './reduction.ts';

export { countNonzero as count_nonzero };

/**
 * How many elements are not 0 and not false, from 0 to their number. As in NumPy, NaN counts. Geometric noise at the
 * sensitivity 1.
 */
export const countNonzero = ((input: ArrayInput<number | boolean>, options: ReductionOptions): Reduced => {
  checkOptions(options, REDUCTION_FIELDS);
  const array = dense('array', input, readTruth);
  const { lanes, shape } = cutLanes(array, options.axis, checkFlag('keepdims', options.keepdims));
  const { epsilon, entropy } = charge(options, lanes.length);
  const upper = array.data.length / lanes.length;
  const mechanism = new GeometricTruncated({ epsilon, sensitivity: 1, lower: 0, upper, entropy });
  const counts = lanes.map((lane) => mechanism.randomise(lane.reduce((count, truth) => count + truth, 0)));
  return nest(counts, shape);
}) as Reduction<ReductionOptions, number | boolean>;

function readTruth(element: unknown): number | null {
  if (typeof element === 'boolean') return Number(element);
  if (typeof element === 'number') return element === 0 ? 0 : 1;
  return null;
}
