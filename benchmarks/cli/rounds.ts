/** `fedward bench rounds`: how many secure rounds a second a consortium of processes makes on this machine. */
import type { CommandModule } from 'yargs';

interface RoundsArguments {
  hospitals: number;
  dimension: number;
  rounds: number;
  'warm-up': number;
  mode: 'distributed' | 'none';
  format: 'table' | 'json';
}

export const roundsBenchCommand: CommandModule<object, RoundsArguments> = {
  command: 'rounds',
  describe: 'Secure rounds per second over real gRPC and mutual TLS, without training',
  builder: (yargs) =>
    yargs
      .option('hospitals', { type: 'number', default: 10, describe: 'Processes, from 3 to 100' })
      .option('dimension', { type: 'number', default: 10_000, describe: 'Parameters of the model' })
      .option('rounds', { type: 'number', default: 50, describe: 'Rounds to measure' })
      .option('warm-up', { type: 'number', default: 50, describe: 'Rounds before those, not measured' })
      .option('mode', {
        choices: ['distributed', 'none'] as const,
        default: 'distributed' as const,
        describe: 'distributed draws and charges noise as a deployment does, none does not',
      })
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'table for people, json for one object',
      })
      .example('$0 bench rounds --format json', 'Ten hospitals, 10,000 parameters, for a script'),
  async handler({ format, 'warm-up': warmUp, hospitals, dimension, rounds, mode }) {
    const { runRoundsBench, sentenceOf } = await import('../rounds-bench.ts');
    const figures = await runRoundsBench({ hospitals, dimension, rounds, warmUp, mode });
    process.stdout.write(`${format === 'json' ? JSON.stringify(figures) : sentenceOf(figures)}\n`);
  },
};
