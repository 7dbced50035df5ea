/** `fedward privacy reidentification`: what the best possible attacker can gain. */
import type { CommandModule } from 'yargs';
import { reidentificationBound } from '../../../dp/audit/reidentification.ts';
import { type AccountantName, curveOf } from './accountants.ts';
import { ACCOUNTANT, TRAINING, type TrainingArguments, trainingOf } from './options.ts';
import { downwards, grid, plain, print, upwards } from './output.ts';
import { checkShare } from './question.ts';

interface Arguments extends TrainingArguments {
  prior: number;
}

const PRIORS = [0.5, 0.1, 0.01, 0.001, 1e-4] as const;

export const reidentificationCommand: CommandModule<object, Arguments> = {
  command: 'reidentification',
  describe: 'Bound on any attack that tells whether a record took part',
  builder: (yargs) =>
    yargs
      .options({
        ...TRAINING,
        // The most powerful test is what the question is about, so the tight accountant answers by default.
        accountant: { ...ACCOUNTANT, default: 'pld' as AccountantName },
        prior: {
          type: 'number',
          demandOption: true,
          describe:
            'κ: the attacker’s chance before the release, which is also the false-positive rate allowed',
        },
      })
      .epilogue(
        'power: the most powerful test’s chance to recognise a record at false-positive rate κ.\nadvantage: (power − κ) / (1 − κ), 0 for guessing and 1 for certainty. reduction: 1 − advantage.',
      ),
  handler(given) {
    const curve = curveOf(given.accountant, trainingOf(given));
    const prior = checkShare('--prior', given.prior);
    const bound = reidentificationBound(curve, prior);
    const { power, advantage, reduction } = bound;
    print(given.format, { power, advantage, reduction }, () => {
      const priors = [...new Set([prior, ...PRIORS])].sort((a, b) => b - a);
      const bounds = priors.map((each) => reidentificationBound(curve, each));
      return [
        `An attacker who starts at ${share(prior)} gets to at most ${share(power, upwards)}: advantage ${share(advantage, upwards)}, reduction ${share(reduction, downwards)}`,
        '',
        ...grid([
          ['prior', ...priors.map((each) => share(each))],
          ['power ≤', ...bounds.map((each) => share(each.power, upwards))],
          ['advantage ≤', ...bounds.map((each) => share(each.advantage, upwards))],
          ['reduction ≥', ...bounds.map((each) => share(each.reduction, downwards))],
        ]),
      ];
    });
  },
};

function share(value: number, rounded = plain): string {
  return `${rounded(100 * value, 3)}%`;
}
