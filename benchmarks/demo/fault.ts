/** `--kill hospital-3@R2[:ROUND]`: which hospital ends itself by SIGKILL, in which stage of which round. */
import { FedwardError } from '../../proto/errors.ts';
import { type HospitalId, hospitalId, type Stage } from '../../proto/vocabulary.ts';

export const KILL_STAGES = ['R0', 'R1', 'R2', 'R3', 'R4'] as const satisfies readonly Stage[];

export interface Fault {
  readonly hospital: HospitalId;
  readonly stage: (typeof KILL_STAGES)[number];
  readonly round: number;
}

const PATTERN = /^([^@]+)@(R\d)(?::(\d+))?$/;

/**
 * @param rounds of the job; the default round is half of it, rounded up.
 * @throws FedwardError `INVALID_ARGUMENT` that says how to write it.
 */
export function parseFault(text: string, hospitals: readonly HospitalId[], rounds: number): Fault {
  const refuse = (why: string): never => {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--kill ${JSON.stringify(text)}: ${why}. Write hospital-3@R2 or hospital-3@R2:40 (stages ${KILL_STAGES.join(', ')}).`,
    );
  };
  const [, name = '', stageName, roundText] =
    PATTERN.exec(text) ?? refuse('it is not HOSPITAL@STAGE[:ROUND]');
  const stage = KILL_STAGES.find((known) => known === stageName) ?? refuse(`there is no stage ${stageName}`);
  const hospital = hospitalId(name);
  if (!hospitals.includes(hospital)) refuse(`there is no "${name}"; there are ${hospitals.join(', ')}`);
  const round = roundText === undefined ? Math.ceil(rounds / 2) : Number(roundText);
  if (round < 1 || round > rounds) refuse(`the job has rounds 1 to ${rounds}`);
  return { hospital, stage, round };
}
