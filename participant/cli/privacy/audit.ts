/** `fedward privacy audit`: what the guesses of a one-run audit prove (Steinke, Nasr, Jagielski 2023). */
import type { CommandModule } from 'yargs';
import { oneRunEpsilon } from '../../../dp/audit/one-run.ts';
import { DELTA, type Format } from './options.ts';
import { FORMAT_OPTION, plain, print } from './output.ts';
import { checkCount, checkDelta, checkShare } from './question.ts';

interface Arguments {
  canaries: number;
  guesses: number;
  correct: number;
  delta: number;
  confidence: number;
  format: Format;
}

export const auditCommand: CommandModule<object, Arguments> = {
  command: 'audit',
  describe: 'Lower bound on ε from the guesses of an audit in one training run',
  builder: (yargs) =>
    yargs
      .options({
        canaries: {
          type: 'number',
          demandOption: true,
          describe: 'Records of which each was included by a fair coin',
        },
        guesses: { type: 'number', demandOption: true, describe: 'Canaries on which the auditor guessed' },
        correct: { type: 'number', demandOption: true, describe: 'Guesses that were right' },
        delta: DELTA,
        confidence: { type: 'number', default: 0.95, describe: 'Confidence of the bound' },
        format: FORMAT_OPTION,
      })
      .example('$0 privacy audit --canaries 1000 --guesses 100 --correct 90', 'ε is at least 1.6'),
  handler(given) {
    const canaries = checkCount('--canaries', given.canaries, 1, 1e7);
    const guesses = checkCount('--guesses', given.guesses, 1, canaries);
    const correct = checkCount('--correct', given.correct, 0, guesses);
    const delta = checkDelta(given.delta);
    const confidence = checkShare('--confidence', given.confidence);
    const epsilon = oneRunEpsilon({ canaries, guesses, correct, delta, confidence });
    print(given.format, { epsilon }, () => [
      `ε ≥ ${plain(epsilon, 5)} at δ = ${plain(delta)}, with ${plain(100 * confidence)}% confidence`,
      epsilon === 0
        ? 'These guesses prove nothing: chance alone explains them.'
        : 'A mechanism that claims a smaller ε is refuted.',
    ]);
  },
};
