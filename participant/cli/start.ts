/** `fedward hospital start`: takes part in the coordinator's jobs until told to stop. */
import type { CommandModule } from 'yargs';
import { type ConfigArguments, configOptions, readConfig } from '../../proto/config-options.ts';
import { FedwardError } from '../../proto/errors.ts';

interface Arguments extends ConfigArguments {
  once: boolean;
  'log-level': string;
}

export const startCommand: CommandModule<object, Arguments> = {
  command: 'start',
  describe: 'Take part in training with the records of this hospital',
  builder: (yargs) =>
    configOptions(yargs, 'policy.maxEpsilon=1')
      .option('once', { type: 'boolean', default: false, describe: 'Leave when the first job is over' })
      .option('log-level', {
        choices: ['debug', 'info', 'warn', 'error'] as const,
        default: 'info',
        describe: 'How much to log (JSON lines on standard error)',
      }),
  async handler(given) {
    const { once, logLevel } = given;
    const { pino } = await import('pino');
    const { hospitalConfigSchema } = await import('../config.ts');
    const { runHospital } = await import('../hospital.ts');
    const { config, folder } = await readConfig(hospitalConfigSchema, given);
    const log = pino({ level: String(logLevel), base: { hospital: config.hospital } }, pino.destination(2));
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const { failure, ledger } = await runHospital({
      config,
      folder,
      ...{ log, once, signal: stop.signal },
    });
    const { epsilon, epsilonIfOthersCollude, delta, reserved, committed } = ledger;
    log.info(
      { epsilon, epsilonIfOthersCollude, delta, reserved, committed },
      'privacy spent by this data set',
    );
    if (failure !== null) throw new FedwardError(failure.code, failure.reason);
  },
};
