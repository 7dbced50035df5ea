/**
 * DP-SGD by a server (Abadi et al. 2016, algorithm 1, with the sum taken over hospitals): one step along
 * the noisy mean gradient per round, heavy-ball momentum, a learning rate that falls linearly to zero over
 * the job, and the average of the later iterates as the released model.
 */
import { z } from 'zod';
import { advance, initialState, meanGradient, parseParameters, type StrategyEntry } from './strategy.ts';

const schema = z.strictObject({
  /** Learning rate of the first round. */
  learningRate: z.number().positive().finite().default(1),
  momentum: z.number().min(0).lt(1).default(0.9),
  /** Share of the job's rounds after which iterates are averaged; 1 turns averaging off. */
  averageFrom: z.number().min(0).max(1).default(0.5),
});

export type DpSgdParameters = z.input<typeof schema>;

export const dpSgd: StrategyEntry = {
  id: 'dp-sgd',
  title: 'Server SGD with momentum on the noisy gradient sum',
  modes: ['distributed', 'none'],
  create(parameters) {
    const { learningRate, momentum, averageFrom } = parseParameters('dp-sgd', schema, parameters);
    return {
      id: 'dp-sgd',
      initial: (weights) => initialState(weights, 1),
      step(plan, state, aggregate) {
        const gradient = meanGradient(plan, aggregate);
        const rate = learningRate * Math.max(0, 1 - state.steps / plan.training.rounds);
        const [before] = state.moments;
        const velocity = Float32Array.from(gradient, (g, i) => momentum * (before?.[i] ?? 0) + g);
        const weights = state.weights.map((w, i) => w - rate * (velocity[i] ?? 0));
        return advance(plan, state, { weights, moments: [velocity] }, averageFrom);
      },
    };
  },
};
