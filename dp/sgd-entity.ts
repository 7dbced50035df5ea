/**
 * Clipping whole entities (devices, accounts, patients): the gradients of all of an entity's records are summed
 * first and the sum is clipped as one, so that an entity with everything it ever did moves the result by at most
 * 2^16 in L2. Clipped one by one, its hundred records would move it by a hundred times that.
 *
 * The norm of a sum of outer products does not follow from the factors, so the sum is written out in float64,
 * one entity at a time. An entity's integer vector x has Σxᵢ² ≤ 2^32 always:
 *
 * - S, the sum as computed, may be rounded as it likes: what is bounded is S itself, and no other entity's
 *   record has touched it. Its terms are products of two float32, exact in float64 and multiples of 2^-298; then
 *   so are its partial sums, rounded or not. A coordinate is 0 or between 2^-298 and 2^31·2^256 in magnitude: no square
 *   over- or underflows.
 * - N̂, the float64 norm of S, is the root of a sum of at most 2^26 squares: N̂ ≥ ‖S‖·(1 − 2^-26).
 * - The scale is 2^16·(1 − 2^-20)·min(1/C, 1/N̂), so its product with ‖S‖ is below 2^16·(1 − 2^-20)(1 + 2^-25).
 * - Each coordinate is one further float64 product, off by a factor of at most 1 + 2^-53, or so small that it
 *   underflows and is truncated to 0. The vector's norm is now below 2^16·(1 − 2^-21).
 * - Truncation toward zero shrinks every coordinate.
 *
 * An entity of which any gradient is not finite counts as 0, for the reason given in `sgd.ts`.
 */
import { FedwardError } from '../proto/errors.ts';
import { GRID_SENSITIVITY } from '../proto/plan.ts';
import { checkShapes, type LayerFactors, SHRINK } from './sgd.ts';

/** Adds entities to an integer sum, one after the other, each from as many pieces as it comes in. */
export class EntityClipper {
  readonly #target: Float64Array;
  readonly #clip: number;
  /** The gradient sum of the entity at hand. */
  readonly #sum: Float64Array;

  /**
   * @param target length Σ (fanIn + 1)·fanOut, integers; exact for 2^37 entities.
   * @param clip L2 bound C of one entity's summed gradient.
   */
  constructor(target: Float64Array, clip: number) {
    this.#target = target;
    this.#clip = clip;
    this.#sum = new Float64Array(target.length);
  }

  /**
   * Adds the gradients of the records `from` to `to` − 1 of `layers` to the entity at hand.
   *
   * @throws FedwardError `INVALID_ARGUMENT` when the shapes do not fit together or the clip is not positive.
   */
  add(layers: readonly LayerFactors[], from: number, to: number): void {
    checkShapes(this.#target, layers, this.#clip);
    let offset = 0;
    for (const layer of layers) {
      for (let r = from; r < to; r++) addRecord(this.#sum, offset, layer, r);
      offset += (layer.fanIn + 1) * layer.fanOut;
    }
  }

  /** Ends the entity at hand: its sum is clipped, truncated to the grid, added to the target and erased. */
  close(): void {
    const sum = this.#sum;
    let square = 0;
    for (let i = 0; i < sum.length; i++) square += (sum[i] ?? 0) * (sum[i] ?? 0);
    const scale = GRID_SENSITIVITY * SHRINK * Math.min(1 / this.#clip, 1 / Math.sqrt(square));
    for (let i = 0; i < sum.length; i++) {
      this.#target[i] = (this.#target[i] ?? 0) + (((sum[i] ?? 0) * scale) | 0);
    }
    sum.fill(0);
  }
}

function addRecord(sum: Float64Array, offset: number, layer: LayerFactors, r: number): void {
  const { fanIn, fanOut, inputs, deltas } = layer;
  for (let i = 0; i <= fanIn; i++) {
    // The bias is one more input, which is always 1.
    const input = i < fanIn ? (inputs[r * fanIn + i] ?? 0) : 1;
    if (input === 0) continue;
    const row = offset + i * fanOut;
    for (let j = 0; j < fanOut; j++)
      sum[row + j] = (sum[row + j] ?? 0) + input * (deltas[r * fanOut + j] ?? 0);
  }
}

/** Records of a batch, those of one entity next to each other; entity k's end before index `ends[k]` of `rows`. */
export interface EntityBatch {
  readonly rows: Int32Array;
  readonly ends: Int32Array;
}

/**
 * One more than the largest entity index: how many coins sampling has to toss.
 *
 * @param entities for each record the index of its entity, from 0 and below the number of records.
 * @throws FedwardError `INVALID_ARGUMENT` for an index out of that range.
 */
export function entityCount(entities: Int32Array): number {
  let largest = -1;
  for (const entity of entities) {
    if (entity < 0 || entity >= entities.length) {
      throw new FedwardError(
        'INVALID_ARGUMENT',
        'entities must number the entities of the data set from 0, below the number of its records.',
      );
    }
    if (entity > largest) largest = entity;
  }
  return largest + 1;
}

/** The records of the chosen entities. `chosen` ascends; indices without records give nothing. */
export function gatherEntities(entities: Int32Array, chosen: Int32Array): EntityBatch {
  const sizes = new Int32Array(entities.length);
  for (const entity of entities) sizes[entity] = (sizes[entity] ?? 0) + 1;
  const present = chosen.filter((entity) => (sizes[entity] ?? 0) > 0);
  const ends = new Int32Array(present.length);
  /** Where an entity's next record goes; −1 where the entity was not chosen. */
  const slots = new Int32Array(entities.length).fill(-1);
  let end = 0;
  present.forEach((entity, k) => {
    slots[entity] = end;
    end += sizes[entity] ?? 0;
    ends[k] = end;
  });
  const rows = new Int32Array(end);
  entities.forEach((entity, row) => {
    const slot = slots[entity] ?? -1;
    if (slot < 0) return;
    rows[slot] = row;
    slots[entity] = slot + 1;
  });
  return { rows, ends };
}
