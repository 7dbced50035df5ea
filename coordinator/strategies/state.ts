/**
 * A strategy's state as JSON text and back, bit for bit: this is what the store keeps between rounds, so
 * that a restarted coordinator goes on where it stopped. Vectors are base64 of little-endian binary32.
 */
import { z } from 'zod';
import { FedwardError } from '../../proto/errors.ts';
import { weightsFromBytes, weightsToBytes } from '../../threats/weights.ts';
import type { StrategyState } from './strategy.ts';

const stateSchema = z.strictObject({
  steps: z.number().int().nonnegative(),
  weights: z.base64(),
  moments: z.array(z.base64()),
  average: z.base64(),
  averaged: z.number().int().nonnegative(),
});

export function stateToJson(state: StrategyState): string {
  return JSON.stringify({
    ...state,
    weights: encode(state.weights),
    moments: state.moments.map(encode),
    average: encode(state.average),
  });
}

/**
 * @param dimension the model's number of weights, which every vector of the state must have.
 * @throws FedwardError `DATA_INVALID` when `text` is not what `stateToJson` wrote.
 */
export function stateFromJson(text: string, dimension: number): StrategyState {
  const result = stateSchema.safeParse(parse(text));
  if (!result.success) {
    const first = result.error.issues[0];
    throw new FedwardError(
      'DATA_INVALID',
      `The stored strategy state is damaged at ${first?.path.join('.') || 'its root'}: ${first?.message}. Restore the coordinator's store from a backup or start a new job.`,
    );
  }
  const decode = (base64: string) => weightsFromBytes(Buffer.from(base64, 'base64'), dimension);
  const { weights, moments, average, ...counts } = result.data;
  return { ...counts, weights: decode(weights), moments: moments.map(decode), average: decode(average) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function encode(vector: Float32Array): string {
  return Buffer.from(weightsToBytes(vector)).toString('base64');
}
