/** What the accuracy benchmark can be run on: a threat, its public data, and the training that suits both. */
import { FedwardError } from '../../proto/errors.ts';
import type { FieldSample } from '../../threats/features.ts';
import type { Threat } from '../../threats/threat.ts';
import type { Records } from './data.ts';
import type { ThresholdRule } from './judge.ts';
import { nslKddSubject, unswNb15Subject } from './network-intrusion.ts';
import { phishingWebsiteSubject } from './phishing-website.ts';

/** Public constants of the training; none depends on data, and none on ε but the noise. */
export interface TrainingConstants {
  readonly rounds: number;
  /** Poisson sampling rate q, per round. */
  readonly sampleRate: number;
  /** L2 bound of one record's gradient, with DP. */
  readonly clip: number;
  /** Nothing is clipped by this: what features and loss can reach at most. */
  readonly clipWithoutDp: number;
  readonly delta: number;
  /** Of the server's Adam. */
  readonly learningRate: number;
}

export interface Subject {
  /** What `--threat` says. */
  readonly threat: string;
  /** Ending of the file that tells this data set from others of the threat, gzip or not. */
  readonly file: string;
  readonly model: Threat<FieldSample>;
  readonly training: TrainingConstants;
  readonly threshold: ThresholdRule;
  /** `test` is null where the data set has no official one: then a fifth is split off. */
  load(folder: string): Promise<{ readonly train: Records; readonly test: Records | null }>;
}

export const SUBJECTS: readonly Subject[] = [nslKddSubject, unswNb15Subject, phishingWebsiteSubject];

/**
 * The subject for a threat and the names of the files there are.
 *
 * @throws FedwardError `INVALID_ARGUMENT` for an unknown threat, `DATA_INVALID` when none of its data is there.
 */
export function subjectFor(threat: string, files: readonly string[]): Subject {
  const candidates = SUBJECTS.filter((subject) => subject.threat === threat);
  if (candidates.length === 0) {
    const known = [...new Set(SUBJECTS.map((subject) => subject.threat))].join(', ');
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--threat must be one of ${known}; got ${JSON.stringify(threat.slice(0, 80))}.`,
    );
  }
  const found = candidates.find(({ file }) =>
    files.some((name) => name.endsWith(file) || name.endsWith(`${file}.gz`)),
  );
  if (found !== undefined) return found;
  throw new FedwardError(
    'DATA_INVALID',
    `--data must be a folder with ${candidates.map(({ file }) => `*${file}.gz`).join(' or ')} for the threat "${threat}".`,
  );
}
