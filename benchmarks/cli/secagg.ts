/** `fedward bench secagg`: how fast secure aggregation is on this machine. */
import type { CommandModule } from 'yargs';

interface SecaggArguments {
  members: number;
  dimension: number | undefined;
  dropout: number;
  repeat: number;
  growth: boolean;
  format: 'table' | 'json';
}

export const secaggBenchCommand: CommandModule<object, SecaggArguments> = {
  command: 'secagg',
  describe: 'Masking, sharing and unmasking of whole sessions, and what they cost in bytes',
  builder: (yargs) =>
    yargs
      .option('members', { type: 'number', default: 100, describe: 'Hospitals on the roster, 5 to 1000' })
      .option('dimension', {
        type: 'number',
        defaultDescription: '1000000, with --growth 100000',
        describe: 'Parameters of the model',
      })
      .option('dropout', {
        type: 'number',
        default: 0.3,
        describe: 'Share of the members that drop out after sharing their keys',
      })
      .option('repeat', { type: 'number', default: 5, describe: 'Sessions, of which the medians are shown' })
      .option('growth', {
        type: 'boolean',
        default: false,
        describe: 'A table from 10 to 500 members instead, with the fitted exponents',
      })
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'table for people, json for one object',
      })
      .example('$0 bench secagg --members 100 --dimension 1000000 --dropout 0.3', 'Medians of five sessions')
      .example('$0 bench secagg --growth', 'How the times grow with the consortium'),
  async handler({ members, dimension, dropout, repeat, growth, format }) {
    const terminal = await import('../demo/terminal.ts');
    const isTty = process.stderr.isTTY === true;
    const style = terminal.styleOf(process.env, isTty);
    const block = isTty && process.env.TERM !== 'dumb' ? terminal.liveBlock(process.stderr) : undefined;
    const report = (done: number, what: string) =>
      block?.paint([style.text(`${terminal.bar(done, 20, style, style.cyan)} ${what}`)]);
    const run = async (): Promise<string> => {
      if (growth) {
        const { GROWTH_MEMBERS, growthText, measureGrowth } = await import('../secagg-growth.ts');
        const setting = { dimension: dimension ?? 100_000, dropout };
        const figures = await measureGrowth(GROWTH_MEMBERS, setting, repeat, report);
        return format === 'json' ? JSON.stringify(figures) : growthText(figures, repeat);
      }
      const { figuresText, measureSecagg } = await import('../secagg-bench.ts');
      const setting = { members, dimension: dimension ?? 1_000_000, dropout };
      const figures = await measureSecagg(setting, repeat, report);
      return format === 'json' ? JSON.stringify(figures) : figuresText(figures, repeat);
    };
    const text = await run().finally(() => block?.paint([]));
    process.stdout.write(`${text}\n`);
  },
};
