/** `fedward privacy delta`: the other side of the trade, δ at a given ε. */
import type { CommandModule } from 'yargs';
import { accountantOf } from './accountants.ts';
import { EPSILON, TRAINING, type TrainingArguments, trainingOf } from './options.ts';
import { grid, plain, print, upwards } from './output.ts';
import { checkEpsilon } from './question.ts';

interface Arguments extends TrainingArguments {
  epsilon: number;
}

const FACTORS = [0.5, 0.75, 1, 1.5, 2] as const;

export const deltaCommand: CommandModule<object, Arguments> = {
  command: 'delta',
  describe: 'δ of a training run at a given ε',
  builder: (yargs) =>
    yargs
      .options({ ...TRAINING, epsilon: EPSILON })
      .example(
        '$0 privacy delta --epsilon 3 --noise-multiplier 1.1 --sample-rate 0.01 --steps 6000',
        'Chance that ε = 3 does not hold',
      ),
  handler(given) {
    const accountant = accountantOf(given.accountant, trainingOf(given));
    const epsilon = checkEpsilon(given.epsilon);
    const delta = accountant.delta(epsilon);
    print(given.format, { delta }, () => [
      `δ = ${upwards(delta, 5)} at ε = ${plain(epsilon)}, by the ${given.accountant} accountant`,
      '',
      ...grid([
        ['ε', ...FACTORS.map((factor) => plain(epsilon * factor))],
        ['δ', ...FACTORS.map((factor) => upwards(accountant.delta(epsilon * factor)))],
      ]),
    ]);
  },
};
