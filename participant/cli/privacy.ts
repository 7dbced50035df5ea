/** `fedward privacy …`: a calculator for everything that the accountants and audits can say. */
import type { Argv, CommandModule } from 'yargs';

const QUESTIONS = 'epsilon, delta, noise, analytic-gaussian, reidentification or audit';

export const privacyCommand: CommandModule = {
  command: 'privacy',
  describe: 'Privacy calculator',
  builder: async (yargs: Argv) => {
    // The accountants and their tables load only when they are asked for.
    const [epsilon, delta, noise, gaussian, reidentification, audit] = await Promise.all([
      import('./privacy/epsilon.ts'),
      import('./privacy/delta.ts'),
      import('./privacy/noise.ts'),
      import('./privacy/analytic-gaussian.ts'),
      import('./privacy/reidentification.ts'),
      import('./privacy/audit.ts'),
    ]);
    return yargs
      .command(epsilon.epsilonCommand)
      .command(delta.deltaCommand)
      .command(noise.noiseCommand)
      .command(gaussian.analyticGaussianCommand)
      .command(reidentification.reidentificationCommand)
      .command(audit.auditCommand)
      .demandCommand(1, `Say what to work out: ${QUESTIONS}.`);
  },
  handler: () => {},
};
