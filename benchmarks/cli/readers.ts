/** `fedward bench readers`: how fast logs are read and trained on, and in how much memory. */
import type { CommandModule } from 'yargs';
import { FedwardError } from '../../proto/errors.ts';

interface ReadersArguments {
  log: string;
  megabytes: number;
  repeat: number;
  train: boolean;
  steps: number;
  'sample-rate': number;
  format: 'table' | 'json';
}

export const readersBenchCommand: CommandModule<object, ReadersArguments> = {
  command: 'readers',
  describe: 'Rows per second and memory of the log readers, and of training on a log larger than memory',
  builder: (yargs) =>
    yargs
      .option('log', {
        type: 'string',
        default: 'zeek,unsw,unsw-quoted,cic,nsl',
        describe: 'Logs to generate and read, comma-separated',
      })
      .option('megabytes', { type: 'number', default: 100, describe: 'Size of each log' })
      .option('repeat', { type: 'number', default: 5, describe: 'Readings of each; medians count' })
      .option('train', {
        type: 'boolean',
        default: false,
        describe: 'Prepares the records of a Zeek log as a hospital does, and trains on them',
      })
      .option('steps', { type: 'number', default: 20, describe: 'With --train: steps of DP-SGD' })
      .option('sample-rate', { type: 'number', default: 0.001, describe: 'With --train: q of a step' })
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'table for people, json for one object a line',
      })
      .example('$0 bench readers --train --megabytes 2000', 'Training on 2 GB of connections'),
  async handler({ log, megabytes, repeat, train, steps, 'sample-rate': sampleRate, format }) {
    const range = (option: string, value: number, least: number, most: number) => {
      if (value >= least && value <= most) return;
      const wrong = `--${option} must be from ${least} to ${most}; got ${value}.`;
      throw new FedwardError('INVALID_ARGUMENT', wrong);
    };
    range('megabytes', megabytes, 1, 1_000_000);
    range('repeat', repeat, 1, 100);
    range('steps', steps, 1, 100_000);
    range('sample-rate', sampleRate, 1e-9, 1);
    const { runReadersBench, runTrainingBench } = await import('../readers/bench.ts');
    if (train) {
      await runTrainingBench({ megabytes, steps, sampleRate }, format);
      return;
    }
    const { LOGS } = await import('../readers/logs.ts');
    const logs = log.split(',').map((name) => name.trim());
    const unknown = logs.find((name) => LOGS[name] === undefined);
    if (unknown !== undefined) {
      const known = Object.keys(LOGS).join(', ');
      throw new FedwardError(
        'INVALID_ARGUMENT',
        `--log must list some of ${known}; got "${unknown.slice(0, 40)}".`,
      );
    }
    await runReadersBench({ logs, megabytes, repeat }, format);
  },
};
