/** Every threat that Fedward knows, by id. A new one is a line here; the contract suite tests it then. */
import { FedwardError } from '../proto/errors.ts';
import { maliciousEmail } from './malicious-email/index.ts';

export const THREATS = [maliciousEmail] as const;
export type KnownThreat = (typeof THREATS)[number];

/** @throws FedwardError `INVALID_ARGUMENT` that lists the ids known. */
export function threatById(id: string): KnownThreat {
  const threat = THREATS.find((entry) => entry.id === id);
  if (threat === undefined) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `There is no threat ${JSON.stringify(id.slice(0, 80))}. Known: ${THREATS.map((entry) => entry.id).join(', ')}.`,
    );
  }
  return threat;
}
