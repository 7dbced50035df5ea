/** Every threat that Fedward knows, by id. A new one is a line here; the contract suite tests it then. */
import { FedwardError } from '../proto/errors.ts';
import { unsupervised } from './autoencoder.ts';
import { ehrAccess } from './ehr-access/index.ts';
import type { LogThreat } from './log-threat.ts';
import { maliciousEmail } from './malicious-email/index.ts';
import { medicalDevice } from './medical-device/index.ts';
import { networkFlows } from './network-intrusion/network-flows.ts';
import { networkIntrusion } from './network-intrusion/nsl-kdd.ts';
import { networkIntrusionUnsw } from './network-intrusion/unsw-nb15.ts';
import { phishingWebsite } from './phishing-website/index.ts';
import { telemedicineSession } from './telemedicine-session/index.ts';
import { vulnerabilityExploitation } from './vulnerability-exploitation/index.ts';

/** Those whose records are rows of a log. */
export const LOG_THREATS: readonly LogThreat[] = [
  networkIntrusion,
  networkIntrusionUnsw,
  networkFlows,
  phishingWebsite,
  ehrAccess,
  telemedicineSession,
  medicalDevice,
  vulnerabilityExploitation,
];

/** The same for sites without labels; models of them are released, and detect, like any other. */
export const UNSUPERVISED_THREATS: readonly LogThreat[] = LOG_THREATS.map(unsupervised);

export type KnownThreat = typeof maliciousEmail | LogThreat;
export const THREATS: readonly KnownThreat[] = [maliciousEmail, ...LOG_THREATS];

export function isLogThreat(threat: KnownThreat): threat is LogThreat {
  return 'prepare' in threat;
}

/**
 * The threat, or its variant without labels.
 *
 * @throws FedwardError `INVALID_ARGUMENT` that lists the ids known.
 */
export function threatById(id: string): KnownThreat {
  const threat = [...THREATS, ...UNSUPERVISED_THREATS].find((entry) => entry.id === id);
  if (threat === undefined) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `There is no threat ${JSON.stringify(id.slice(0, 80))}. Known: ${THREATS.map((entry) => entry.id).join(', ')}; of logs also with -unsupervised, for sites without labels.`,
    );
  }
  return threat;
}
