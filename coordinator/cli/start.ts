/** `fedward coordinator start`: runs the configured job and exits as it ended. */
import type { CommandModule } from 'yargs';
import { type ConfigArguments, configOptions, readConfig } from '../../proto/config-options.ts';
import { FedwardError } from '../../proto/errors.ts';
import type { JobEvent } from '../progress.ts';

interface Arguments extends ConfigArguments {
  format: 'text' | 'json';
}

export const startCommand: CommandModule<object, Arguments> = {
  command: 'start',
  describe: 'Run the configured training job with the hospitals that connect',
  builder: (yargs) =>
    configOptions(yargs, 'job.rounds=50').option('format', {
      choices: ['text', 'json'] as const,
      default: 'text' as const,
      describe: 'text for people, json for one event a line',
    }),
  async handler(given) {
    const { format } = given;
    const { coordinatorConfigSchema } = await import('../config.ts');
    const { runCoordinator } = await import('../coordinator.ts');
    const { config, folder } = await readConfig(coordinatorConfigSchema, given);
    const print = (line: string) => process.stdout.write(`${line}\n`);
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const { failure } = await runCoordinator({
      config,
      folder,
      announce: (event) => {
        const line = format === 'json' ? JSON.stringify(event) : lineOf(event);
        if (line !== null) print(line);
      },
      listening: (port) => {
        const { host } = config.listen;
        print(
          format === 'json'
            ? JSON.stringify({ type: 'listening', host, port })
            : `Listening on ${host}:${port} (mutual TLS 1.3); waiting for ${Object.keys(config.members).length} hospitals.`,
        );
      },
      signal: stop.signal,
    });
    if (failure !== null) throw new FedwardError(failure.code, failure.reason);
  },
};

/** What a person watching the terminal or the log wants to know; null for the rest. */
function lineOf(event: JobEvent): string | null {
  switch (event.type) {
    case 'job-started':
      return `Job ${event.job}: ${event.rounds} rounds, ${event.hospitals.length} hospitals, mode ${event.mode}, threshold ${event.threshold}.`;
    case 'dropped':
      return `Round ${event.round}: lost ${event.hospital} in ${event.stage}: ${event.reason}.`;
    case 'round-aborted':
      return `Round ${event.round}, attempt ${event.attempt}, is given up: ${event.reason}`;
    case 'round-committed': {
      const { round, contributors, metrics, privacy, seconds } = event;
      const parts = [
        `${contributors.length} hospitals`,
        ...(metrics === null
          ? []
          : [
              `loss ${metrics.loss.toFixed(4)}`,
              `accuracy ${metrics.accuracy.toFixed(4)}`,
              `AUROC ${metrics.auroc.toFixed(4)}`,
            ]),
        ...(privacy === null ? [] : [`ε ${privacy.epsilon.toFixed(3)}`]),
        `${seconds.toFixed(2)} s`,
      ];
      return `Round ${round}: ${parts.join(', ')}.`;
    }
    case 'job-ended':
      return `Job ${event.outcome} after ${event.roundsCommitted} rounds.`;
    case 'round-started':
    case 'stage-started':
    case 'answered':
      return null;
    default:
      return event satisfies never;
  }
}
