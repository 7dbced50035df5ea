/** `fedward bench reidentification`: what is provable, what attacks achieve, what use is kept. */
import type { CommandModule } from 'yargs';
import { epsilonList } from './lists.ts';

interface ReidentificationArguments {
  epsilon: string;
  shadows: number;
  seed: number;
  format: 'table' | 'json';
}

export const reidentificationBenchCommand: CommandModule<object, ReidentificationArguments> = {
  command: 'reidentification',
  describe: 'Re-identification on the demo’s plan: provable, and measured by membership attacks',
  builder: (yargs) =>
    yargs
      .option('epsilon', {
        type: 'string',
        default: '1,3',
        describe: 'Budgets ε at δ = 1e-5, comma-separated',
      })
      .option('shadows', {
        type: 'number',
        default: 10,
        describe: 'Shadow models of the likelihood-ratio attack for each ε: 10, 15, 20 …',
      })
      .option('seed', { type: 'number', default: 1, describe: 'Seed of split and initial weights' })
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'table for people, json for one object a line',
      }),
  async handler({ epsilon, shadows, seed, format }) {
    const epsilons = epsilonList(epsilon, false).filter((value) => value !== null);
    const { runReidentificationBench } = await import('../audit/reidentification-report.ts');
    await runReidentificationBench({ epsilons, shadows, seed }, format);
  },
};
