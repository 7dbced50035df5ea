/**
 * Canaries for a one-run audit of the mail training, and the white-box score of each.
 *
 * A canary is a mail of one word whose label is drawn by a coin, crafted to be as loud as clipping lets it: a single
 * feature, of thrice the norm that the encoder gives a mail, so that nine tenths of its clipped gradient's square
 * lie there and not on the bias, which every record moves. Each canary has a feature of its own, one that real mails
 * use little: canaries do not disturb each other, and nothing but noise hides them.
 */

import type { GradientSource } from '../../dp/dp-sgd.ts';
import type { LayerFactors } from '../../dp/sgd.ts';
import { FedwardError } from '../../proto/errors.ts';
import { GRID_SENSITIVITY, type RoundPlan } from '../../proto/plan.ts';
import type { Dataset } from '../../threats/threat.ts';
import { seededUniform } from '../seeded.ts';
import type { RoundView } from './training.ts';

/** Larger ones are no louder, since clipping bounds them, and are learnt and fall silent sooner. */
const NORM = 3;

/**
 * `count` canaries for a training on `data`.
 *
 * @param seed of the labels.
 * @throws FedwardError `INVALID_ARGUMENT` when there are more canaries than features.
 */
export function canaryRows(data: Dataset, count: number, seed: number): Dataset {
  const { width } = data;
  if (!Number.isInteger(count) || count < 2 || count > width) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `canaries must be a whole number from 2 to the encoder's ${width} features; got ${count}.`,
    );
  }
  const uniform = seededUniform(seed);
  const features = new Float32Array(count * width);
  leastUsed(data)
    .slice(0, count)
    .forEach((feature, i) => {
      features[i * width + feature] = NORM;
    });
  const labels = Uint8Array.from({ length: count }, () => (uniform() < 0.5 ? 1 : 0));
  return { rows: count, width, features, labels };
}

/** All features, those with the least sum of squares first. */
function leastUsed({ width, features }: Dataset): number[] {
  const squares = new Float64Array(width);
  features.forEach((value, i) => {
    squares[i % width] = (squares[i % width] ?? 0) + value * value;
  });
  return Array.from(squares.keys()).sort((a, b) => (squares[a] ?? 0) - (squares[b] ?? 0));
}

export interface CanaryScorer {
  /** Takes in one round. */
  readonly observe: (view: RoundView) => void;
  /** One for each canary, above 0 where it looks as if it was trained on. */
  readonly scores: Float64Array;
}

/**
 * The white-box score of Steinke, Nasr and Jagielski 2023, section 6: the product of each round's released sum
 * with the clipped gradient that the canary would have added, summed over rounds; biases are left out. Half of what is
 * expected of a canary that is in is taken off, so that gradients that shrink count for less on either side.
 */
export function canaryScorer({ privacy }: RoundPlan, canaries: GradientSource): CanaryScorer {
  const { clip, sampleRate } = privacy;
  const rows = Int32Array.from({ length: canaries.records }, (_, i) => i);
  const scores = new Float64Array(rows.length);
  return {
    scores,
    observe({ weights, sum }) {
      const layers = canaries.layerFactors(weights, rows);
      for (const r of rows) {
        const { square, kernelSquare, product } = project(layers, r, sum);
        const scale = GRID_SENSITIVITY * Math.min(1 / clip, 1 / Math.sqrt(square));
        scores[r] = (scores[r] ?? 0) + scale * product - (sampleRate / 2) * scale * scale * kernelSquare;
      }
    },
  };
}

/** Of record r's gradient: its square norm, that of its kernels, and their product with `sum`. */
function project(layers: readonly LayerFactors[], r: number, sum: Int32Array) {
  let [square, kernelSquare, product, offset] = [0, 0, 0, 0];
  for (const { fanIn, fanOut, inputs, deltas } of layers) {
    const delta = deltas.subarray(r * fanOut, (r + 1) * fanOut);
    const deltaSquare = delta.reduce((total, d) => total + d * d, 0);
    square += deltaSquare;
    for (let i = 0; i < fanIn; i++) {
      const input = inputs[r * fanIn + i] ?? 0;
      if (input === 0) continue;
      square += input * input * deltaSquare;
      kernelSquare += input * input * deltaSquare;
      for (let j = 0; j < fanOut; j++) {
        product += input * (delta[j] ?? 0) * (sum[offset + i * fanOut + j] ?? 0);
      }
    }
    offset += (fanIn + 1) * fanOut;
  }
  return { square, kernelSquare, product };
}
