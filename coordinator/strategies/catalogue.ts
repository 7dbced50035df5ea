/**
 * All aggregation strategies. A new one is its file and one line here; the contract suite in
 * `test/coordinator/strategies.test.ts` runs over every entry.
 */
import { FedwardError } from '../../proto/errors.ts';
import type { PrivacyMode } from '../../proto/plan.ts';
import { dpAdam } from './dp-adam.ts';
import { dpSgd } from './dp-sgd.ts';
import { fedAvg } from './fedavg.ts';
import type { Strategy, StrategyEntry } from './strategy.ts';

export const STRATEGIES: readonly StrategyEntry[] = [dpSgd, dpAdam, fedAvg];

/**
 * The strategy `id` with a job's public constants (defaults for those left out), for jobs in `mode`.
 *
 * @throws FedwardError `CONFIG_INVALID` when there is no such strategy, when it does not serve the mode,
 *   or when a parameter is wrong; the message lists what would do.
 */
export function createStrategy(id: string, mode: PrivacyMode, parameters: unknown = {}): Strategy {
  const serving = STRATEGIES.filter((entry) => entry.modes.includes(mode)).map((entry) => entry.id);
  const entry = STRATEGIES.find((candidate) => candidate.id === id);
  if (entry === undefined) {
    throw new FedwardError(
      'CONFIG_INVALID',
      `There is no strategy ${JSON.stringify(id.slice(0, 80))}. Known strategies: ${STRATEGIES.map((known) => known.id).join(', ')}.`,
    );
  }
  if (!entry.modes.includes(mode)) {
    throw new FedwardError(
      'CONFIG_INVALID',
      `The strategy "${id}" does not serve privacy mode "${mode}" but ${entry.modes.join(', ')}. For "${mode}" choose ${serving.join(' or ')}.`,
    );
  }
  return entry.create(parameters);
}
