/**
 * Federated averaging (McMahan et al. 2017, algorithm 1) for mode `local`: the model moves by the mean of
 * the hospitals' deltas. Hospitals count alike, whatever their size: a weight by records would be a
 * private count.
 */
import { z } from 'zod';
import { advance, initialState, meanDelta, parseParameters, type StrategyEntry } from './strategy.ts';

const schema = z.strictObject({
  /** Step along the mean delta; 1 is plain averaging. */
  serverLearningRate: z.number().positive().finite().default(1),
  /** Share of the job's rounds after which iterates are averaged; 1 turns averaging off. */
  averageFrom: z.number().min(0).max(1).default(0.5),
});

export type FedAvgParameters = z.input<typeof schema>;

export const fedAvg: StrategyEntry = {
  id: 'fedavg',
  title: 'Mean of the hospitals’ model deltas',
  modes: ['local'],
  create(parameters) {
    const { serverLearningRate, averageFrom } = parseParameters('fedavg', schema, parameters);
    return {
      id: 'fedavg',
      initial: (weights) => initialState(weights, 0),
      step(plan, state, aggregate) {
        const delta = meanDelta(plan, aggregate);
        const weights = state.weights.map((w, i) => w + serverLearningRate * (delta[i] ?? 0));
        return advance(plan, state, { weights, moments: [] }, averageFrom);
      },
    };
  },
};
