/** A trainer without TensorFlow.js: seven inputs and one output with a bias, eight parameters. */
import type { Trainer } from '../../participant/trainer.ts';

export const STUB_DIMENSION = 8;

/** Record i has i in every input and the delta 1/2. `onTrain` is called whenever records are touched. */
export function stubTrainer(onTrain: () => void = () => {}): Trainer {
  return {
    records: 40,
    layerFactors(_, rows) {
      onTrain();
      const inputs = Float32Array.from({ length: rows.length * 7 }, (_, i) => rows[Math.floor(i / 7)] ?? 0);
      const deltas = new Float32Array(rows.length).fill(0.5);
      return [{ rows: rows.length, fanIn: 7, fanOut: 1, inputs, deltas }];
    },
    dispose() {},
  };
}
