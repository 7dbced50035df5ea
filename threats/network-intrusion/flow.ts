/**
 * What Zeek, Suricata, CICFlowMeter and Argus (UNSW-NB15) all say of a flow, in one vocabulary: the same flow has
 * the same fields whichever sensor saw it. Where they count differently, the adapters (`flow-*.ts`) convert.
 */
import { type FieldSpec, sampleSchema } from '../features.ts';
import type { Cell, Cells } from '../record.ts';

/** One flow. The source is the side that began it. Null is what the sensor does not say. */
export interface Flow {
  /** In lower case: `tcp`, `udp`, `icmp`, or any other. */
  readonly protocol: string | null;
  /** What the sensor recognised, in lower case and its own words; several with commas between. Null for nothing. */
  readonly service: string | null;
  /** Of the destination; counts for TCP and UDP only. */
  readonly port: number | null;
  readonly seconds: number | null;
  /** Which of TCP's flags that end a connection was seen from either side; a FIN goes before a reset. */
  readonly end: 'fin' | 'reset' | 'none' | null;
  /** Of IP packets with their headers, without the frames around them. */
  readonly sourceBytes: number | null;
  readonly destinationBytes: number | null;
  readonly sourcePackets: number | null;
  readonly destinationPackets: number | null;
}

/** name: what sensors call it / ports it is known by. Those below the blank line are a hospital's own. */
const SERVICES = `
dns: dns mdns llmnr / 53 5353 5355
http: http http2 / 80 8000 8080
tls: tls ssl quic / 443 8443
ssh: ssh / 22
telnet: telnet / 23
ftp: ftp / 21
ftp-data: ftp-data / 20
tftp: tftp / 69
smtp: smtp / 25 465 587
imap: imap / 143 993
pop3: pop3 / 110 995
smb: smb ntlm / 139 445
dcerpc: dcerpc dce_rpc / 135
kerberos: krb5 krb krb_tcp kerberos / 88
ldap: ldap ldap_tcp ldap_udp / 389 636
radius: radius / 1812 1813
rdp: rdp / 3389
vnc: rfb vnc / 5900
sql: mysql pgsql postgresql tds / 1433 3306 5432
nfs: nfs / 2049
dhcp: dhcp / 67 68
ntp: ntp / 123
snmp: snmp / 161 162
sip: sip / 5060 5061
irc: irc / 6667

dicom: dicom / 104 11112
hl7: hl7 mllp / 2575
mqtt: mqtt / 1883 8883
modbus: modbus / 502
dnp3: dnp3 / 20000`
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const [name = '', rest = ''] = line.split(': ');
    const [words = '', ports = ''] = rest.split(' / ');
    return { name, words: words.split(' '), ports: ports.split(' ').map(Number) };
  });

const BY_WORD = new Map(SERVICES.flatMap(({ name, words }) => words.map((word) => [word, name])));
const BY_PORT = new Map(SERVICES.flatMap(({ name, ports }) => ports.map((port) => [port, name])));
const NO_SERVICE = 'none';

const STATES = ['unanswered', 'answered', 'open', 'closed', 'reset'] as const;
const PORT_CLASSES = ['well-known', 'registered', 'dynamic'] as const;

const BINS = 8;
const log = (field: string, most: number, unit: number): FieldSpec => ({
  ...{ kind: 'knots', field, scale: { type: 'log', most, unit }, bins: BINS },
});

export const FLOW_FIELDS: readonly FieldSpec[] = [
  // Not a list of all that IP carries: the testbed of UNSW-NB15 sent attacks over 130 protocols that nobody uses.
  { kind: 'oneOf', field: 'protocol', values: ['tcp', 'udp', 'icmp'], other: true },
  { kind: 'oneOf', field: 'service', values: [...SERVICES.map(({ name }) => name), NO_SERVICE], other: true },
  { kind: 'oneOf', field: 'state', values: STATES },
  { kind: 'oneOf', field: 'port_class', values: PORT_CLASSES },
  // Up to a day, told apart from a millisecond on.
  log('seconds', 86_400, 0.001),
  ...['source_bytes', 'destination_bytes'].map((field) => log(field, 2 ** 31, 1)),
  ...['source_packets', 'destination_packets'].map((field) => log(field, 2 ** 20, 1)),
  // Bytes per packet: most lie between a bare header and an Ethernet frame.
  ...['source_packet_size', 'destination_packet_size'].map((field) => log(field, 1500, 40)),
  log('packets_per_second', 1e6, 1),
  { kind: 'knots', field: 'source_share', scale: { type: 'linear', least: 0, most: 1 }, bins: BINS },
];

export const flowSampleSchema = sampleSchema(FLOW_FIELDS);

/** The cells that `FLOW_FIELDS` declares. */
export function flowCells(flow: Flow): Cells {
  const { protocol, seconds, sourceBytes, destinationBytes, sourcePackets, destinationPackets } = flow;
  const hasPorts = protocol === null || protocol === 'tcp' || protocol === 'udp';
  const port = hasPorts ? flow.port : null;
  return {
    protocol,
    service: serviceOf(flow.service, port),
    state: stateOf(flow),
    port_class: port === null ? null : portClass(port),
    seconds,
    source_bytes: sourceBytes,
    destination_bytes: destinationBytes,
    source_packets: sourcePackets,
    destination_packets: destinationPackets,
    source_packet_size: ratio(sourceBytes, sourcePackets),
    destination_packet_size: ratio(destinationBytes, destinationPackets),
    packets_per_second: ratio(sum(sourcePackets, destinationPackets), seconds),
    source_share: ratio(sourceBytes, sum(sourceBytes, destinationBytes)),
  };
}

/** What the sensor recognised; else what the port is known for, since a refused connection says nothing itself. */
function serviceOf(words: string | null, port: number | null): string {
  if (words === null) return (port === null ? undefined : BY_PORT.get(port)) ?? NO_SERVICE;
  const name = BY_WORD.get(words);
  if (name !== undefined || !words.includes(',')) return name ?? words;
  const known = new Set(words.split(',').map((word) => BY_WORD.get(word)));
  return SERVICES.find((service) => known.has(service.name))?.name ?? words;
}

/** All four can tell whether an answer came, and which flags of TCP went by; finer states have no common meaning. */
function stateOf({ protocol, end, destinationPackets }: Flow): (typeof STATES)[number] | null {
  if (destinationPackets === 0) return 'unanswered';
  if (protocol === null || destinationPackets === null) return null;
  if (protocol !== 'tcp') return 'answered';
  switch (end) {
    case 'fin':
      return 'closed';
    case 'reset':
      return 'reset';
    case 'none':
      return 'open';
    case null:
      return null;
    default:
      return end satisfies never;
  }
}

/** RFC 6335, section 6. */
function portClass(port: number): (typeof PORT_CLASSES)[number] {
  if (port < 1024) return 'well-known';
  return port < 49_152 ? 'registered' : 'dynamic';
}

function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole;
}

function sum(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

/** A cell as a count or a measure: what is no number from 0 on is not known. */
export function measured(cell: Cell | undefined): number | null {
  return typeof cell === 'number' && cell >= 0 && cell < Number.POSITIVE_INFINITY ? cell : null;
}

/** A cell as a word in lower case; null where it is unset, or a mark for "nothing". */
export function word(cell: Cell | undefined): string | null {
  if (typeof cell !== 'string' || cell === '' || cell === '-') return null;
  return cell.toLowerCase();
}
