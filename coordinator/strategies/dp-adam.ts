/**
 * Adam by a server (Kingma and Ba 2015, algorithm 1) on the noisy mean gradient, with a learning rate that
 * falls linearly to zero over the job and the average of the later iterates as the released model.
 *
 * The moments are functions of sums already released, so they cost no privacy. Where noise outweighs the
 * gradient, the second moment is the noise's variance and Adam is SGD in units of that noise; where the gradient
 * stands out, as at the bias and at common words, Adam shortens the step. So one learning rate serves every
 * ε, and none at all, which plain SGD's does not.
 */
import { z } from 'zod';
import { advance, initialState, meanGradient, parseParameters, type StrategyEntry } from './strategy.ts';

const schema = z.strictObject({
  /** Learning rate of the first round: the most that one weight moves in a round. */
  learningRate: z.number().positive().finite().default(0.25),
  /** Decay of the first moment, β₁. */
  momentum: z.number().min(0).lt(1).default(0.9),
  /** Decay of the second moment, β₂. */
  secondMoment: z.number().min(0).lt(1).default(0.999),
  /** Share of the job's rounds after which iterates are averaged; 1 turns averaging off. */
  averageFrom: z.number().min(0).max(1).default(0.5),
});

export type DpAdamParameters = z.input<typeof schema>;

/** Keeps a coordinate that never had a gradient from dividing by zero. */
const STABILISER = 1e-8;

export const dpAdam: StrategyEntry = {
  id: 'dp-adam',
  title: 'Server Adam on the noisy gradient sum',
  modes: ['distributed', 'none'],
  create(parameters) {
    const constants = parseParameters('dp-adam', schema, parameters);
    const { learningRate, momentum, secondMoment, averageFrom } = constants;
    return {
      id: 'dp-adam',
      initial: (weights) => initialState(weights, 2),
      step(plan, state, aggregate) {
        const gradient = meanGradient(plan, aggregate);
        const rate = learningRate * Math.max(0, 1 - state.steps / plan.training.rounds);
        const [before1, before2] = state.moments;
        const first = Float32Array.from(
          gradient,
          (g, i) => momentum * (before1?.[i] ?? 0) + (1 - momentum) * g,
        );
        const second = Float32Array.from(
          gradient,
          (g, i) => secondMoment * (before2?.[i] ?? 0) + (1 - secondMoment) * g * g,
        );
        const corrected1 = 1 - momentum ** (state.steps + 1);
        const corrected2 = 1 - secondMoment ** (state.steps + 1);
        const weights = state.weights.map((w, i) => {
          const scale = Math.sqrt((second[i] ?? 0) / corrected2) + STABILISER;
          return w - (rate * (first[i] ?? 0)) / corrected1 / scale;
        });
        return advance(plan, state, { weights, moments: [first, second] }, averageFrom);
      },
    };
  },
};
