/** `fedward demo`: a whole consortium on this machine, on real e-mail. */
import type { CommandModule } from 'yargs';
import { PRIVACY_MODES, type PrivacyMode } from '../../proto/plan.ts';

export interface DemoArguments {
  out: string;
  seed: number;
  mode: PrivacyMode;
  epsilon: number;
  hospitals: number;
  rounds: number | undefined;
  mails: number | undefined;
  kill: string[];
  'verify-sums': boolean;
  format: 'table' | 'json';
  quiet: boolean;
}

export const demoCommand: CommandModule<object, DemoArguments> = {
  command: 'demo',
  describe: 'Five hospitals train a malicious-e-mail detector on this machine, privately',
  builder: (yargs) =>
    yargs
      .option('out', {
        type: 'string',
        default: 'fedward-demo',
        describe: 'Folder for model, report and runs',
      })
      .option('seed', {
        type: 'number',
        default: 1,
        describe: 'Seeds the data split and the initial weights, never noise, masks or sampling',
      })
      .option('mode', {
        choices: PRIVACY_MODES,
        default: 'distributed' as const,
        describe: 'Who adds noise: all together, each alone, or nobody (no privacy)',
      })
      .option('epsilon', {
        type: 'number',
        default: 3,
        describe: 'Privacy budget ε at δ = 1e-5 (modes with noise)',
      })
      .option('hospitals', { type: 'number', default: 5, describe: 'Hospital processes, 5 to 10' })
      .option('rounds', {
        type: 'number',
        describe: 'Rounds of training  [default: as tuned for mode and ε]',
      })
      .option('mails', {
        type: 'number',
        describe: 'Use only so many mails of the corpus, for a quick look  [default: all 6,046]',
      })
      .option('kill', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Kill a hospital in a stage: hospital-3@R2 or hospital-3@R2:40 (repeatable)',
      })
      .option('verify-sums', {
        type: 'boolean',
        default: false,
        describe: 'Compare each unmasked sum with the plain sum, bit for bit',
      })
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'table for people, json for one event a line and a summary',
      })
      .option('quiet', { type: 'boolean', default: false, describe: 'Only what is notable, and the result' })
      .example('$0 demo --epsilon 1', 'Spend a third of the default budget')
      .example('$0 demo --kill hospital-3@R2', 'Lose a hospital while it sends its masked update'),
  async handler(given) {
    const { runDemo } = await import('./demo.ts');
    await runDemo(given);
  },
};
