/** `fedward bench audit`: does the training leak more than its accountant says? */
import type { CommandModule } from 'yargs';
import { epsilonList, seedList } from './lists.ts';

interface AuditArguments {
  epsilon: string;
  canaries: number;
  guesses: number | undefined;
  seeds: string;
  format: 'table' | 'json';
}

export const auditBenchCommand: CommandModule<object, AuditArguments> = {
  command: 'audit',
  describe: 'Audit the demo’s training on real mail with canaries, one training for each ε',
  builder: (yargs) =>
    yargs
      .option('epsilon', {
        type: 'string',
        default: '1,3,8,none',
        describe: 'Budgets ε at δ = 1e-5, comma-separated; none trains without noise',
      })
      .option('canaries', {
        type: 'number',
        default: 1000,
        describe: 'Crafted mails, each put in by a coin; at most 2,048',
      })
      .option('guesses', {
        type: 'number',
        describe: 'Canaries to guess about, fixed beforehand  [default: 15 % of them]',
      })
      .option('seeds', {
        type: 'string',
        default: '1',
        describe: 'Seeds of split and initial weights, comma-separated; never of coins, samples or noise',
      })
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'table for people, json for one object a line',
      })
      .example('$0 bench audit --epsilon 3 --seeds 1,2,3', 'Three audits at one budget'),
  async handler({ epsilon, canaries, guesses = Math.ceil(0.15 * canaries), seeds, format }) {
    const audits = { epsilons: epsilonList(epsilon, true), seeds: seedList(seeds), canaries, guesses };
    const { runAuditBench } = await import('../audit/audit-report.ts');
    await runAuditBench(audits, format);
  },
};
