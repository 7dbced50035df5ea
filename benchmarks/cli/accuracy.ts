/** `fedward bench accuracy`: detection on public data, with privacy and without. */
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CommandModule } from 'yargs';
import { checkOutput, writeFault } from '../../participant/cli/output-file.ts';
import { FedwardError } from '../../proto/errors.ts';
import { epsilonList } from './lists.ts';

interface AccuracyArguments {
  threat: string;
  data: string | undefined;
  hospitals: number;
  partition: string;
  epsilon: string;
  seeds: number;
  head: 'family' | 'binary' | 'unsupervised';
  quiet: boolean;
  plot: string | undefined;
  format: 'table' | 'json';
}

export const accuracyBenchCommand: CommandModule<object, AccuracyArguments> = {
  command: 'accuracy',
  describe: 'Accuracy on public data: federated with and without privacy, pooled, and alone',
  builder: (yargs) =>
    yargs
      .option('threat', {
        type: 'string',
        default: 'network-intrusion',
        describe:
          'What to detect: network-intrusion, network-flows, phishing-website, medical-device, ehr-access, telemedicine-session or vulnerability-exploitation',
      })
      .option('data', {
        type: 'string',
        describe: 'Folder of the data set; threats without public data generate theirs',
      })
      .option('hospitals', { type: 'number', default: 10, describe: 'Hospitals, from 3 to 100' })
      .option('partition', {
        type: 'string',
        default: 'dirichlet:0.5',
        describe: 'How records are dealt out: dirichlet:<α>, the smaller the more skewed, or iid',
      })
      .option('epsilon', {
        type: 'string',
        default: '3',
        describe: 'Budgets ε of the whole training, comma-separated',
      })
      .option('seeds', { type: 'number', default: 3, describe: 'How many seeds: 1, 2 … of split and shares' })
      .option('head', {
        choices: ['family', 'binary', 'unsupervised'] as const,
        default: 'family' as const,
        describe:
          'family tells attack families apart, binary only benign from malicious; unsupervised learns without labels what is usual',
      })
      .option('quiet', {
        type: 'boolean',
        default: false,
        describe: 'With --head unsupervised: nothing malicious among what is learnt from, as in a quiet week',
      })
      .option('plot', { type: 'string', describe: 'Draws the alarms by class into this SVG file' })
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'table for people, json for one object a line and a summary',
      })
      .example(
        '$0 bench accuracy --data ../shared/data/nsl-kdd --epsilon 1,3',
        'NSL-KDD over ten hospitals at two budgets',
      ),
  async handler({ threat, data, hospitals, partition, epsilon, seeds, head, quiet, plot, format }) {
    checkCount('--hospitals', hospitals, 3, 100);
    checkCount('--seeds', seeds, 1, 100);
    if (quiet && head !== 'unsupervised') {
      throw new FedwardError('INVALID_ARGUMENT', '--quiet is for --head unsupervised only.');
    }
    const options = {
      ...{ threat, data: data ?? null, hospitals, head, quiet, alpha: alphaOf(partition) },
      epsilons: epsilonList(epsilon, false).filter((value) => value !== null),
      seeds: Array.from({ length: seeds }, (_, i) => i + 1),
    };
    // Training takes minutes to hours: a drawing that cannot be written is refused before.
    if (plot !== undefined) await checkPlot(plot);
    const { runAccuracyBench } = await import('../accuracy/report.ts');
    await runAccuracyBench(options, format, plot ?? null);
  },
};

export async function checkPlot(path: string): Promise<void> {
  if (path === '') throw new FedwardError('INVALID_ARGUMENT', '--plot needs a value: an SVG file to write.');
  await checkOutput('--plot', path);
  try {
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw writeFault('--plot', path, error);
  }
}

function checkCount(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new FedwardError(
    'INVALID_ARGUMENT',
    `${option} must be a whole number from ${least} to ${most}; got ${value}.`,
  );
}

/** `dirichlet:0.5` → 0.5, `iid` → null. */
export function alphaOf(partition: string): number | null {
  if (partition === 'iid') return null;
  const alpha = Number(/^dirichlet:(\d*\.?\d+)$/.exec(partition)?.[1] ?? Number.NaN);
  if (alpha > 0) return alpha;
  throw new FedwardError(
    'INVALID_ARGUMENT',
    `--partition must be dirichlet:<α> with α above 0, as in dirichlet:0.5, or iid; got ${JSON.stringify(partition.slice(0, 40))}.`,
  );
}
