#!/usr/bin/env node
/** The one executable: wires the rooms' command modules together and turns errors into exit codes. */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { benchCommand } from './benchmarks/cli/bench.ts';
import { demoCommand } from './benchmarks/demo/cli.ts';
import { secaggPlanCommand } from './coordinator/cli/secagg-plan.ts';
import { startCommand as coordinatorStart } from './coordinator/cli/start.ts';
import { checkArguments, type DeclaredOptions, withDashes } from './participant/cli/arguments.ts';
import { dataCommand } from './participant/cli/data.ts';
import { detectCommand } from './participant/cli/detect.ts';
import { privacyCommand } from './participant/cli/privacy.ts';
import { startCommand as hospitalStart } from './participant/cli/start.ts';
import { EXIT_CODES, FedwardError } from './proto/errors.ts';
import { softwareVersion } from './proto/wire.ts';

const args = withDashes(hideBin(process.argv));
const cli = yargs(args)
  .scriptName('fedward')
  .usage('$0 <command>\n\nHospitals train threat detectors together; only sums are ever read.')
  .command(demoCommand)
  .command('coordinator', "The consortium's side", (group) =>
    group.command(coordinatorStart).demandCommand(1, 'Say what the coordinator should do: start.'),
  )
  .command('hospital', "The hospital's side", (group) =>
    group.command(hospitalStart).demandCommand(1, 'Say what the hospital should do: start.'),
  )
  .command(detectCommand)
  .command(privacyCommand)
  .command(dataCommand)
  .command('secagg', 'Secure aggregation: what a consortium needs', (group) =>
    group.command(secaggPlanCommand).demandCommand(1, 'Say what to work out: plan.'),
  )
  .command(benchCommand)
  .demandCommand(1, 'Say what to do, for example: fedward demo.')
  .strict()
  .recommendCommands()
  // Not typed as what it is: the options of the command in hand.
  .check((_, declared: unknown) => {
    checkArguments(args, declared as DeclaredOptions);
    return true;
  })
  .version(softwareVersion())
  .help()
  .wrap(Math.min(100, process.stdout.columns ?? 100))
  .epilogue(
    'Exit codes: 0 done, 1 unexpected, 2 usage or configuration, 3 site policy, 4 privacy budget,\n5 quorum lost, 6 audit log broken, 7 coordinator unreachable, 8 not authorised, 10 threat detected.',
  )
  .exitProcess(false)
  .fail((message, error) => {
    throw error ?? new FedwardError('INVALID_ARGUMENT', message);
  });

// `fedward … | head` closes the pipe when it has seen enough: that is no error, and nobody is left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await cli.parseAsync();
} catch (error) {
  if (error instanceof FedwardError) {
    process.stderr.write(`fedward: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`fedward: an unexpected error; please report it with these lines.\n${text}\n`);
    process.exitCode = EXIT_CODES.UNEXPECTED;
  }
}
