/** `fedward bench …`: what the parts achieve on this machine, measured anew each time. */
import type { CommandModule } from 'yargs';
import { accuracyBenchCommand } from './accuracy.ts';
import { auditBenchCommand } from './audit.ts';
import { readersBenchCommand } from './readers.ts';
import { reidentificationBenchCommand } from './reidentification.ts';
import { roundsBenchCommand } from './rounds.ts';
import { samplingBenchCommand } from './sampling.ts';
import { secaggBenchCommand } from './secagg.ts';

export const benchCommand: CommandModule = {
  command: 'bench',
  describe: 'Measure speed, accuracy and privacy on this machine',
  builder: (yargs) =>
    yargs
      .command(roundsBenchCommand)
      .command(secaggBenchCommand)
      .command(samplingBenchCommand)
      .command(accuracyBenchCommand)
      .command(readersBenchCommand)
      .command(auditBenchCommand)
      .command(reidentificationBenchCommand)
      .demandCommand(
        1,
        'Say what to measure: rounds, secagg, sampling, accuracy, readers, audit or reidentification.',
      ),
  /** Never reached: a subcommand is demanded. */
  handler() {},
};
