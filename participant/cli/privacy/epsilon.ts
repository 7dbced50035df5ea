/** `fedward privacy epsilon`: what a training run costs. */
import type { CommandModule } from 'yargs';
import { type AccountantName, accountantOf } from './accountants.ts';
import { DELTA, type Format, TRAINING, type TrainingArguments, trainingOf } from './options.ts';
import { grid, plain, print, upwards } from './output.ts';
import { checkDelta, type Training } from './question.ts';

interface Arguments extends TrainingArguments {
  delta: number;
  accountant: AccountantName;
  format: Format;
}

export const epsilonCommand: CommandModule<object, Arguments> = {
  command: 'epsilon',
  describe: 'ε of a training run at a given δ',
  builder: (yargs) =>
    yargs
      .options({ ...TRAINING, delta: DELTA })
      .example(
        '$0 privacy epsilon --noise-multiplier 1.1 --sample-rate 0.01 --steps 6000',
        'What 6,000 steps cost',
      ),
  handler(given) {
    const training = trainingOf(given);
    const delta = checkDelta(given.delta);
    const epsilonOf = (changed: Partial<Training> = {}) =>
      accountantOf(given.accountant, { ...training, ...changed }).epsilon(delta);
    const epsilon = epsilonOf();
    print(given.format, { epsilon }, () => [
      `ε = ${upwards(epsilon, 5)} at δ = ${plain(delta)}, by the ${given.accountant} accountant`,
      '',
      ...bySteps(training.steps, (steps) => epsilonOf({ steps })),
      '',
      ...byNoise(training.noiseMultiplier, (noiseMultiplier) => epsilonOf({ noiseMultiplier })),
    ]);
  },
};

const FACTORS = [0.25, 0.5, 1, 2, 4] as const;

function bySteps(steps: number, epsilonOf: (steps: number) => number): string[] {
  const around = [...new Set(FACTORS.map((factor) => Math.max(1, Math.round(steps * factor))))];
  return grid([
    ['steps', ...around.map((count) => count.toLocaleString('en-US'))],
    ['ε', ...around.map((count) => upwards(epsilonOf(count)))],
  ]);
}

const NOISE_FACTORS = [0.5, 0.75, 1, 1.5, 2] as const;

/** ε for noise multipliers around the given one, as two lines. */
export function byNoise(noiseMultiplier: number, epsilonOf: (noiseMultiplier: number) => number): string[] {
  const around = NOISE_FACTORS.map((factor) => noiseMultiplier * factor);
  return grid([
    ['noise', ...around.map((noise) => plain(noise))],
    ['ε', ...around.map((noise) => upwards(epsilonOf(noise)))],
  ]);
}
