/** Options that several questions share. */
import type { Options } from 'yargs';
import { ACCOUNTANT_HELP, ACCOUNTANTS, type AccountantName } from './accountants.ts';
import { FORMAT_OPTION, type Format } from './output.ts';
import { checkTraining, type Training } from './question.ts';

export type { Format } from './output.ts';

export const ACCOUNTANT = {
  choices: ACCOUNTANTS,
  default: 'rdp' as AccountantName,
  describe: ACCOUNTANT_HELP,
} satisfies Options;

export const DELTA = {
  type: 'number',
  default: 1e-5,
  describe: 'δ: chance that the bound fails; well below one over the number of records',
} satisfies Options;

export const EPSILON = { type: 'number', demandOption: true, describe: 'Privacy budget ε' } satisfies Options;

const NOISE_MULTIPLIER = {
  type: 'number',
  demandOption: true,
  describe: 'σ of the Gaussian noise over the clipping norm',
} satisfies Options;

export const SCHEDULE = {
  'sample-rate': {
    type: 'number',
    demandOption: true,
    describe: 'q: chance of each record to take part in a step',
  },
  steps: { type: 'number', demandOption: true, describe: 'Noisy steps in all' },
  accountant: ACCOUNTANT,
  format: FORMAT_OPTION,
} satisfies Record<string, Options>;

export const TRAINING = { 'noise-multiplier': NOISE_MULTIPLIER, ...SCHEDULE } satisfies Record<
  string,
  Options
>;

export interface ScheduleArguments {
  'sample-rate': number;
  steps: number;
  accountant: AccountantName;
  format: Format;
}

export interface TrainingArguments extends ScheduleArguments {
  'noise-multiplier': number;
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option. */
export function trainingOf(given: TrainingArguments): Training {
  return checkTraining({
    noiseMultiplier: given['noise-multiplier'],
    sampleRate: given['sample-rate'],
    steps: given.steps,
  });
}
