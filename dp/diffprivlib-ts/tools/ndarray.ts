/** Arrays of numbers of any rank, cut into the lanes over which a tool reduces. */
import { checkInteger, invalid, kindOf } from '../validation.ts';

/** Nested arrays, as a tool returns them. */
export type Nested = (number | Nested)[];

type NestedInput<Element> = readonly (Element | NestedInput<Element>)[];
type TypedArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** Row-major data and its shape. */
export interface NdArray {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** Nested arrays of equal lengths, a typed array for one dimension, or row-major data and its shape. */
export type ArrayInput<Element = number> = NestedInput<Element> | TypedArray | NdArray;

/** Over which axes to reduce; negative ones count from the last. Without any, over all. */
export type Axis = number | readonly number[] | null | undefined;

/** Turns an element into a number; null if it is of another kind. */
export type ReadElement = (element: unknown) => number | null;

export interface Dense {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

export interface Lanes {
  /** For each output, in row-major order, the elements that go into it. */
  readonly lanes: readonly Float64Array[];
  /** Shape of the output. */
  readonly shape: readonly number[];
}

export function readNumber(element: unknown): number | null {
  return typeof element === 'number' ? element : null;
}

/**
 * Copies the input, so that nothing can change it between a check and its use.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when it is empty, ragged or holds something of another kind.
 */
export function dense(field: string, input: unknown, read: ReadElement = readNumber): Dense {
  const array = isNdArray(input) ? fromShape(field, input, read) : fromNested(field, input, read);
  if (array.data.length === 0) throw invalid(`${field} must have at least one element; it has none.`);
  return array;
}

/** @throws FedwardError `INVALID_ARGUMENT` for an axis that the array does not have or that comes twice. */
export function cutLanes({ data, shape }: Dense, axis: Axis, keepdims: boolean): Lanes {
  const reduced = axesOf(axis, shape.length);
  const laneShape = shape.map((size, i) => (reduced.has(i) ? 1 : size));
  const count = product(laneShape);
  const lanes = Array.from({ length: count }, () => new Float64Array(data.length / count));
  const filled = new Int32Array(count);
  for (let i = 0; i < data.length; i++) {
    let rest = i;
    let lane = 0;
    let stride = 1;
    for (let d = shape.length - 1; d >= 0; d--) {
      const size = shape[d] ?? 1;
      if (!reduced.has(d)) {
        lane += (rest % size) * stride;
        stride *= size;
      }
      rest = Math.floor(rest / size);
    }
    const at = filled[lane] ?? 0;
    const target = lanes[lane];
    if (target !== undefined) target[at] = data[i] ?? 0;
    filled[lane] = at + 1;
  }
  return { lanes, shape: keepdims ? laneShape : shape.filter((_, i) => !reduced.has(i)) };
}

/** Row-major values as nested arrays; the one value itself where the shape has no dimension. */
export function nest(values: readonly number[], shape: readonly number[]): number | Nested {
  const [size, ...inner] = shape;
  if (size === undefined) return values[0] ?? 0;
  const width = values.length / size;
  return Array.from({ length: size }, (_, i) => nest(values.slice(i * width, (i + 1) * width), inner));
}

function axesOf(axis: Axis, rank: number): ReadonlySet<number> {
  if (axis === undefined || axis === null) return new Set(Array.from({ length: rank }, (_, i) => i));
  const given = typeof axis === 'number' ? [axis] : axis;
  if (!Array.isArray(given))
    throw invalid(`axis must be an integer or an array of them; got ${kindOf(axis)}.`);
  const axes = given.map((one: unknown) => {
    const value = checkInteger('axis', one);
    if (value >= -rank && value < rank) return value < 0 ? value + rank : value;
    throw invalid(
      `axis must be from ${-rank} to ${rank - 1} for an array of ${rank} dimensions; got ${value}.`,
    );
  });
  const distinct = new Set(axes);
  if (distinct.size === axes.length) return distinct;
  throw invalid(`axis must not name a dimension twice; got ${axes.join(', ')}.`);
}

function isNdArray(input: unknown): input is { data: unknown; shape: unknown } {
  return typeof input === 'object' && input !== null && 'data' in input && 'shape' in input;
}

function fromShape(
  field: string,
  { data, shape }: { data: unknown; shape: unknown },
  read: ReadElement,
): Dense {
  if (!Array.isArray(shape)) throw invalid(`${field}.shape must be an array of sizes; got ${kindOf(shape)}.`);
  const sizes = shape.map((size: unknown, i) => checkInteger(`${field}.shape[${i}]`, size, 0));
  const flat = fromNested(`${field}.data`, data, read);
  if (flat.shape.length === 1 && flat.data.length === product(sizes))
    return { data: flat.data, shape: sizes };
  throw invalid(`${field}.data must be flat and have as many elements as its shape, ${product(sizes)}.`);
}

function fromNested(field: string, input: unknown, read: ReadElement): Dense {
  if (!isSequence(input)) {
    throw invalid(
      `${field} must be an array of numbers, a typed array or { data, shape }; got ${kindOf(input)}.`,
    );
  }
  const shape = shapeOf(input);
  const data = new Float64Array(product(shape));
  let next = 0;
  const copy = (level: unknown, depth: number): void => {
    if (depth === shape.length) {
      const element = isSequence(level) ? null : read(level);
      // The kind is a matter of the schema; the value is a record's and must not be told.
      if (element === null)
        throw invalid(`${field} must not hold ${kindOf(level)} where numbers are expected.`);
      data[next++] = element;
      return;
    }
    if (!isSequence(level) || level.length !== shape[depth]) {
      throw invalid(`${field} must not be ragged: the arrays at depth ${depth} must have one length.`);
    }
    for (let i = 0; i < level.length; i++) copy(level[i], depth + 1);
  };
  copy(input, 0);
  return { data, shape };
}

function shapeOf(input: ArrayLike<unknown>): number[] {
  const shape: number[] = [];
  for (let level: unknown = input; isSequence(level); level = level[0]) shape.push(level.length);
  return shape;
}

function isSequence(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
