/** `fedward privacy analytic-gaussian`: exact noise of one Gaussian release (Balle and Wang 2018). */
import type { CommandModule } from 'yargs';
import { analyticGaussianSigma } from '../../../dp/accounting/analytic-gaussian.ts';
import { DELTA, EPSILON, type Format } from './options.ts';
import { FORMAT_OPTION, grid, plain, print, upwards } from './output.ts';
import { check, checkDelta, checkEpsilon } from './question.ts';

interface Arguments {
  epsilon: number;
  delta: number;
  sensitivity: number;
  format: Format;
}

const FACTORS = [0.25, 0.5, 1, 2, 4] as const;

export const analyticGaussianCommand: CommandModule<object, Arguments> = {
  command: 'analytic-gaussian',
  describe: 'Smallest σ with which one Gaussian release is (ε, δ)-private',
  builder: (yargs) =>
    yargs.options({
      epsilon: EPSILON,
      delta: DELTA,
      sensitivity: { type: 'number', default: 1, describe: 'L2 sensitivity of what is released' },
      format: FORMAT_OPTION,
    }),
  handler(given) {
    const epsilon = checkEpsilon(given.epsilon);
    const delta = checkDelta(given.delta);
    const { sensitivity } = given;
    check('--sensitivity', sensitivity, sensitivity > 0 && Number.isFinite(sensitivity), 'a positive number');
    const sigmaOf = (e: number) => analyticGaussianSigma(e, delta, sensitivity);
    const sigma = sigmaOf(epsilon);
    print(given.format, { sigma }, () => [
      `σ = ${upwards(sigma, 6)} for ε = ${plain(epsilon)}, δ = ${plain(delta)} and sensitivity ${plain(sensitivity)}`,
      '',
      ...grid([
        ['ε', ...FACTORS.map((factor) => plain(epsilon * factor))],
        ['σ', ...FACTORS.map((factor) => upwards(sigmaOf(epsilon * factor)))],
      ]),
    ]);
  },
};
