/** Zeek's conn.log (https://docs.zeek.org/en/master/logs/conn.html) as flows. */
import { FedwardError } from '../../proto/errors.ts';
import { labelText } from '../log-threat.ts';
import type { Cells, RowSample } from '../record.ts';
import { type Flow, measured, word } from './flow.ts';

/** States that a FIN, or a reset, is part of. */
const CLOSED = new Set(['sf', 's2', 's3', 'sh', 'shr']);
const RESET = new Set(['rej', 'rsto', 'rstr', 'rstos0', 'rstrh']);

export function flowOfZeek({ fields }: RowSample): Flow {
  return {
    protocol: word(fields.proto),
    service: word(fields.service),
    // Of ICMP it is the code.
    port: measured(fields['id.resp_p']),
    // Unset for a single packet.
    seconds: measured(fields.duration) ?? 0,
    end: endOf(fields),
    sourceBytes: measured(fields.orig_ip_bytes),
    destinationBytes: measured(fields.resp_ip_bytes),
    sourcePackets: measured(fields.orig_pkts),
    destinationPackets: measured(fields.resp_pkts),
  };
}

/** `history` has every flag seen, a state only the one that settled it: RSTO may follow a FIN. */
function endOf({ history, conn_state }: Cells): Flow['end'] {
  const flags = word(history);
  const state = word(conn_state);
  if (flags?.includes('f') || (state !== null && CLOSED.has(state))) return 'fin';
  if (flags?.includes('r') || (state !== null && RESET.has(state))) return 'reset';
  return flags === null && state === null ? null : 'none';
}

/**
 * Of a column `label` that Zeek itself does not write: `benign` or `malicious`.
 *
 * @throws FedwardError `DATA_INVALID` for anything else.
 */
export function zeekLabel(labels: RowSample['labels']): 0 | 1 | null {
  const label = labelText(labels, 'label')?.trim().toLowerCase() ?? '';
  switch (label) {
    case '':
      return null;
    case 'benign':
      return 0;
    case 'malicious':
      return 1;
    default:
      throw new FedwardError(
        'DATA_INVALID',
        'The column label of a Zeek log must be benign, malicious or unset; this one is another text. Map it.',
      );
  }
}
