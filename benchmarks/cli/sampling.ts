/** `fedward bench sampling`: draws per second of the noise samplers. */
import type { CommandModule } from 'yargs';

interface SamplingArguments {
  format: 'table' | 'json';
}

export const samplingBenchCommand: CommandModule<object, SamplingArguments> = {
  command: 'sampling',
  describe: 'Draws per second of every exact noise sampler, on one core',
  builder: (yargs) =>
    yargs
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'table for people, json for one object',
      })
      .example('$0 bench sampling --format json', 'Medians of five runs, for a script'),
  async handler({ format }) {
    const { runSamplingBench } = await import('../sampling-bench.ts');
    runSamplingBench(format);
  },
};
