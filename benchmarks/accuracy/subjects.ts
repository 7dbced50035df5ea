/** Every subject of the accuracy benchmark. A new one is a line here. */
import { readdir } from 'node:fs/promises';
import { FedwardError } from '../../proto/errors.ts';
import { ehrAccessSubject } from './ehr-access.ts';
import { medicalDeviceSubject } from './medical-device.ts';
import { networkFlowsSubject, nslKddSubject, unswNb15Subject } from './network-intrusion.ts';
import { phishingWebsiteSubject } from './phishing-website.ts';
import type { Subject } from './subject.ts';
import { telemedicineSessionSubject } from './telemedicine-session.ts';
import { vulnerabilityExploitationSubject } from './vulnerability-exploitation.ts';

export const SUBJECTS: readonly Subject[] = [
  nslKddSubject,
  unswNb15Subject,
  networkFlowsSubject,
  phishingWebsiteSubject,
  ehrAccessSubject,
  telemedicineSessionSubject,
  medicalDeviceSubject,
  vulnerabilityExploitationSubject,
];

export const BENCHED_THREATS: readonly string[] = [...new Set(SUBJECTS.map(({ threat }) => threat))];

/**
 * The subject of a threat that fits the folder's files.
 *
 * @param folder null where `--data` was not given: suits threats with a generator.
 * @throws FedwardError `INVALID_ARGUMENT` for an unknown threat, `DATA_INVALID` when none of its data is there.
 */
export async function subjectFor(threat: string, folder: string | null): Promise<Subject> {
  const candidates = SUBJECTS.filter((subject) => subject.threat === threat);
  if (candidates.length === 0) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--threat must be one of ${BENCHED_THREATS.join(', ')}; got ${JSON.stringify(threat.slice(0, 80))}.`,
    );
  }
  const generated = candidates.find(({ source }) => source === 'generated');
  const wanted = candidates.flatMap((each) => (each.source === 'files' ? [each] : []));
  const names = wanted.map(({ file }) => `*${file}.gz`).join(' or ');
  if (folder === null || wanted.length === 0) {
    if (generated !== undefined) return generated;
    throw new FedwardError('INVALID_ARGUMENT', `--data is needed for "${threat}": a folder with ${names}.`);
  }
  const files = await readdir(folder).catch((cause: unknown) => {
    const what = `The folder ${folder} cannot be read. Name one with --data.`;
    throw new FedwardError('DATA_INVALID', what, { cause });
  });
  const found = wanted.find(({ file }) =>
    files.some((name) => name.endsWith(file) || name.endsWith(`${file}.gz`)),
  );
  if (found !== undefined) return found;
  throw new FedwardError('DATA_INVALID', `--data must be a folder with ${names} for the threat "${threat}".`);
}
