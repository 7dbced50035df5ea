/** Rows of UNSW-NB15 (Moustafa and Slay 2015), which come from Argus and Zeek and name no port, as flows. */
import { FedwardError } from '../../proto/errors.ts';
import { labelText } from '../log-threat.ts';
import type { RowSample } from '../record.ts';
import { unswLabel } from './attacks.ts';
import { type Flow, measured, word } from './flow.ts';

export function flowOfUnswNb15({ fields }: RowSample): Flow {
  return {
    protocol: word(fields.proto),
    service: word(fields.service),
    port: null,
    seconds: measured(fields.dur),
    end: endOf(word(fields.state)),
    // Without frames: an ARP request has 46, Ethernet's least payload.
    sourceBytes: measured(fields.sbytes),
    destinationBytes: measured(fields.dbytes),
    sourcePackets: measured(fields.spkts),
    destinationPackets: measured(fields.dpkts),
  };
}

/** Argus says FIN and CLO of connections that were closed, whatever came later; CON, ACC and REQ of others. */
function endOf(state: string | null): Flow['end'] {
  switch (state) {
    case null:
      return null;
    case 'fin':
    case 'clo':
      return 'fin';
    case 'rst':
      return 'reset';
    default:
      return 'none';
  }
}

/**
 * By the attack's category; by `label` where there is none.
 *
 * @throws FedwardError `DATA_INVALID` for a category that is not known, or a label that is neither 0 nor 1.
 */
export function unswBinaryLabel(labels: RowSample['labels']): 0 | 1 | null {
  const category = labelText(labels, 'attack_cat');
  if (category !== null) return unswLabel(category) === 0 ? 0 : 1;
  const label = labels.label ?? null;
  if (label === null || label === 0 || label === 1) return label;
  throw new FedwardError('DATA_INVALID', 'The label of an UNSW-NB15 row must be 0 or 1. Check the columns.');
}
