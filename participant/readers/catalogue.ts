/** Every log format that Fedward reads. A new one is a line here, and a fixture. */
import { FedwardError } from '../../proto/errors.ts';
import { mailReader } from './mail.ts';

export const READERS = [mailReader] as const;
export type KnownReader = (typeof READERS)[number];

/** @throws FedwardError `INVALID_ARGUMENT` when no reader makes this threat's samples. */
export function readerForThreat(threat: string): KnownReader {
  const reader = READERS.find((entry) => entry.threat === threat);
  if (reader === undefined) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `No reader gives records for the threat ${JSON.stringify(threat.slice(0, 80))}. There are readers for: ${READERS.map((entry) => entry.threat).join(', ')}.`,
    );
  }
  return reader;
}
