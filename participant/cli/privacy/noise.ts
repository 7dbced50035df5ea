/** `fedward privacy noise`: how much noise a budget needs. */
import type { CommandModule } from 'yargs';
import { noiseMultiplierWithin } from '../../../dp/accounting/calibrate.ts';
import { accountantOf } from './accountants.ts';
import { byNoise } from './epsilon.ts';
import { DELTA, EPSILON, SCHEDULE, type ScheduleArguments } from './options.ts';
import { plain, print, upwards } from './output.ts';
import { checkDelta, checkEpsilon, checkSampleRate, checkSteps } from './question.ts';

interface Arguments extends ScheduleArguments {
  epsilon: number;
  delta: number;
}

export const noiseCommand: CommandModule<object, Arguments> = {
  command: 'noise',
  describe: 'Smallest noise multiplier that keeps a training run within (ε, δ)',
  builder: (yargs) =>
    yargs
      .options({ ...SCHEDULE, epsilon: EPSILON, delta: DELTA })
      .example(
        '$0 privacy noise --epsilon 8 --sample-rate 0.04 --steps 2000 --accountant pld',
        'Least noise for ε = 8',
      ),
  handler(given) {
    const sampleRate = checkSampleRate(given['sample-rate']);
    const steps = checkSteps(given.steps);
    const epsilon = checkEpsilon(given.epsilon);
    const delta = checkDelta(given.delta);
    const epsilonOf = (noiseMultiplier: number) =>
      accountantOf(given.accountant, { noiseMultiplier, sampleRate, steps }).epsilon(delta);
    const noiseMultiplier = noiseMultiplierWithin(epsilon, epsilonOf);
    print(given.format, { noiseMultiplier }, () => [
      `noise multiplier ${upwards(noiseMultiplier, 5)} keeps ${steps.toLocaleString('en-US')} steps within ε = ${plain(epsilon)} at δ = ${plain(delta)}, by the ${given.accountant} accountant`,
      '',
      ...byNoise(noiseMultiplier, epsilonOf),
    ]);
  },
};
