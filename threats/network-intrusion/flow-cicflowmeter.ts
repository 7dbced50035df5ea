/** Rows of CICFlowMeter (Lashkari et al. 2017), as CIC-IDS2017 and CSE-CIC-IDS2018 hold them, as flows. */
import { labelText } from '../log-threat.ts';
import type { Cells, RowSample } from '../record.ts';
import { type Flow, measured } from './flow.ts';

const MICROSECONDS = 1e6;
/** Of IPv4 without options. */
const IP_HEADER = 20;

const PROTOCOLS: ReadonlyMap<unknown, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [58, 'icmp'],
]);

export function flowOfCicFlowMeter({ fields }: RowSample): Flow {
  const sourcePackets = measured(fields.total_fwd_packets);
  const destinationPackets = measured(fields.total_bwd_packets);
  // A bug of the tool makes some durations negative.
  const duration = measured(fields.flow_duration);
  return {
    protocol: protocolOf(fields),
    service: null,
    port: measured(fields.destination_port),
    seconds: duration === null ? null : duration / MICROSECONDS,
    end: endOf(fields),
    sourceBytes: withHeaders(fields.fwd_bytes, fields.fwd_header_length, sourcePackets),
    destinationBytes: withHeaders(fields.bwd_bytes, fields.bwd_header_length, destinationPackets),
    sourcePackets,
    destinationPackets,
  };
}

/** Where the column is missing, as in CIC-IDS2017: the tool reads TCP and UDP, and gives UDP a window of −1. */
function protocolOf({ protocol, init_window_fwd: window }: Cells): string | null {
  if (typeof protocol === 'number') return PROTOCOLS.get(protocol) ?? `ip ${protocol}`;
  if (typeof window !== 'number') return null;
  return window < 0 ? 'udp' : 'tcp';
}

/** The tool counts payloads, and TCP's or UDP's headers apart from them. */
function withHeaders(payload: Cells[string] = null, headers: Cells[string] = null, packets: number | null) {
  const [data, transport] = [measured(payload), measured(headers)];
  return data === null || transport === null || packets === null
    ? null
    : data + transport + IP_HEADER * packets;
}

function endOf({ fin_flags: fin, rst_flags: reset }: Cells): Flow['end'] {
  if (typeof fin !== 'number' || typeof reset !== 'number') return null;
  if (fin > 0) return 'fin';
  return reset > 0 ? 'reset' : 'none';
}

/** Whatever is not called benign is an attack's name. */
export function cicLabel(labels: RowSample['labels']): 0 | 1 | null {
  const label = labelText(labels, 'label')?.trim().toLowerCase() ?? '';
  if (label === '') return null;
  return label === 'benign' ? 0 : 1;
}
