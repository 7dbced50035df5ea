/**
 * The integer road of DP-SGD (Abadi et al. 2016): clip each record's gradient, put it on an integer grid, add
 * integers exactly, add integer noise. Floating-point summation, whose rounding depends on every other record,
 * never happens (DESIGN §6).
 *
 * A record's clipped gradient is truncated toward zero on a grid of C/2^16. Its integer vector x has
 * Σxᵢ² ≤ 2^32 always, so the sum has L2 sensitivity 2^16 to one record, exactly:
 *
 * - N̂, the float64 norm of the gradient g, is a root of sums of at most 2^27 non-negative terms, none of which
 *   over- or underflows since g is made of float32 factors: N̂ ≥ ‖g‖·(1 − 2^-26).
 * - The scale is 2^16·(1 − 2^-20)·min(1/C, 1/N̂), so its product with ‖g‖ is below 2^16·(1 − 2^-20)(1 + 2^-25).
 * - Each coordinate is two further float64 products, off by a factor of at most 1 + 2^-51 altogether (no
 *   underflow: every factor is above 2^-600). The vector's norm is now below 2^16·(1 − 2^-21).
 * - Truncation toward zero shrinks every coordinate.
 *
 * A record whose gradient is not finite counts as 0: then N̂ is NaN or ∞, each product NaN, 0 or ±∞·0 = NaN, and
 * NaN | 0 is 0. Nothing throws or branches out depending on data; the running time does depend on it (batch size,
 * zeros that are skipped), and must not be reported more finely than the round's deadlines already show.
 */
import { FedwardError } from '../proto/errors.ts';
import { GRID_SENSITIVITY } from '../proto/plan.ts';

/**
 * What back-propagation knows of one dense layer for a batch: the gradient of record r is the outer product
 * inputs[r] ⊗ deltas[r] for the kernel (fanIn × fanOut, row-major) and deltas[r] for the bias.
 */
export interface LayerFactors {
  readonly rows: number;
  readonly fanIn: number;
  readonly fanOut: number;
  /** rows × fanIn, row-major: what the layer was fed. */
  readonly inputs: Float32Array;
  /** rows × fanOut, row-major: derivative of the record's own loss by the pre-activation, not averaged. */
  readonly deltas: Float32Array;
}

/** Room for the rounding of norm, scale and products, which is below 2^-24 altogether. */
export const SHRINK = 1 - 2 ** -20;

/**
 * Adds every record's clipped integer gradient to `target`. Layers follow each other, kernel before bias.
 *
 * `target` is float64, in which integer sums are exact for 2^37 records; an Int32 could wrap from 2^15 records
 * on. Clamping in between instead would not be 1-Lipschitz: one record more shifts all later ones against the
 * clamps. So everything is summed first and clamped once, by `clampToInt32`.
 *
 * @param target length Σ (fanIn + 1)·fanOut, integers.
 * @param clip L2 bound C of one record's gradient.
 * @throws FedwardError `INVALID_ARGUMENT` when the shapes do not fit together or `clip` is not positive.
 */
export function addClippedGradients(
  target: Float64Array,
  layers: readonly LayerFactors[],
  clip: number,
): void {
  checkShapes(target, layers, clip);
  const scales = gradientScales(layers, clip);
  let offset = 0;
  for (const layer of layers) {
    addLayer(target, offset, layer, scales);
    offset += (layer.fanIn + 1) * layer.fanOut;
  }
}

/**
 * The sum with each coordinate brought into [−bound, bound]. Clamping is 1-Lipschitz in every coordinate: two
 * sums that differ by x differ by at most |xᵢ| in coordinate i afterwards, so the sensitivity is what it was.
 */
export function clampToInt32(sum: Float64Array, bound: number): Int32Array {
  if (!Number.isInteger(bound) || bound < 0 || bound >= 2 ** 31) {
    throw new FedwardError('INVALID_ARGUMENT', `bound must be an integer from 0 to 2^31 − 1; got ${bound}.`);
  }
  const clamped = new Int32Array(sum.length);
  for (let i = 0; i < sum.length; i++) clamped[i] = Math.max(-bound, Math.min(bound, sum[i] ?? 0));
  return clamped;
}

/** Adds integer noise to the vector in place, mod 2^32. */
export function addNoise(vector: Int32Array, noise: Int32Array): void {
  if (noise.length !== vector.length) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `noise must have the vector's ${vector.length} coordinates; it has ${noise.length}.`,
    );
  }
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) + (noise[i] ?? 0);
}

/** Per record, 2^16·(1 − 2^-20)·min(1/C, 1/‖g‖), where ‖g‖² = Σ over layers of (‖input‖² + 1)·‖delta‖². */
function gradientScales(layers: readonly LayerFactors[], clip: number): Float64Array {
  const scales = new Float64Array(layers[0]?.rows ?? 0);
  for (const { rows, fanIn, fanOut, inputs, deltas } of layers) {
    for (let r = 0; r < rows; r++) {
      const square = (sumOfSquares(inputs, r * fanIn, fanIn) + 1) * sumOfSquares(deltas, r * fanOut, fanOut);
      scales[r] = (scales[r] ?? 0) + square;
    }
  }
  for (let r = 0; r < scales.length; r++) {
    scales[r] = GRID_SENSITIVITY * SHRINK * Math.min(1 / clip, 1 / Math.sqrt(scales[r] ?? 0));
  }
  return scales;
}

function sumOfSquares(values: Float32Array, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) {
    const value = values[i] ?? 0;
    sum += value * value;
  }
  return sum;
}

function addLayer(target: Float64Array, offset: number, layer: LayerFactors, scales: Float64Array): void {
  const { rows, fanIn, fanOut, inputs, deltas } = layer;
  const scaled = new Float64Array(fanOut);
  for (let r = 0; r < rows; r++) {
    const scale = scales[r] ?? 0;
    for (let j = 0; j < fanOut; j++) scaled[j] = (deltas[r * fanOut + j] ?? 0) * scale;
    for (let i = 0; i <= fanIn; i++) {
      // The bias is one more input, which is always 1. Hashed features are mostly zero.
      const input = i < fanIn ? (inputs[r * fanIn + i] ?? 0) : 1;
      if (input !== 0) addRow(target, offset + i * fanOut, input, scaled);
    }
  }
}

function addRow(target: Float64Array, offset: number, input: number, scaled: Float64Array): void {
  for (let j = 0; j < scaled.length; j++) {
    target[offset + j] = (target[offset + j] ?? 0) + ((input * (scaled[j] ?? 0)) | 0);
  }
}

/** @throws FedwardError `INVALID_ARGUMENT` when the shapes do not fit together or `clip` is not positive. */
export function checkShapes(target: Float64Array, layers: readonly LayerFactors[], clip: number): void {
  const fail = (sentence: string): never => {
    throw new FedwardError('INVALID_ARGUMENT', sentence);
  };
  if (!(clip > 0 && Number.isFinite(clip))) fail(`clip must be a positive number; got ${clip}.`);
  let parameters = 0;
  layers.forEach(({ rows, fanIn, fanOut, inputs, deltas }, l) => {
    if (rows !== layers[0]?.rows) fail(`layers[${l}].rows differs from layers[0].rows.`);
    if (inputs.length !== rows * fanIn) fail(`layers[${l}].inputs must hold rows × fanIn numbers.`);
    if (deltas.length !== rows * fanOut) fail(`layers[${l}].deltas must hold rows × fanOut numbers.`);
    parameters += (fanIn + 1) * fanOut;
  });
  if (target.length !== parameters)
    fail(`target must have the layers' ${parameters} parameters; it has ${target.length}.`);
}
