/**
 * Flows with the 42 features of UNSW-NB15 (Moustafa and Slay 2015), from Argus and Zeek. `id` is no feature: the
 * official files are sorted. Nor are `stcpb` and `dtcpb`, TCP's initial sequence numbers, which are random.
 */
import { type FieldSpec, fieldEncoder, sampleSchema } from '../features.ts';
import { type LogThreat, labelText, rowByRow } from '../log-threat.ts';
import { UNSW_FAMILIES, unswLabel } from './attacks.ts';

/** Any change of fields, scales or knots changes every feature: then this name changes too. */
const ENCODER_ID = 'unsw-nb15-flow/1';

const BINS = 8;

const knots = (field: string, scale: Extract<FieldSpec, { kind: 'knots' }>['scale']): FieldSpec => ({
  ...{ kind: 'knots', field, scale, bins: BINS },
});
const log = (most: number) => (field: string) => knots(field, { type: 'log', most });
const linear = (most: number) => (field: string) => knots(field, { type: 'linear', least: 0, most });
/** Seconds, told apart from a millisecond on. */
const seconds = (most: number) => (field: string) => knots(field, { type: 'log', most, unit: 0.001 });

const oneOf = (field: string, values: string): FieldSpec => ({
  ...{ kind: 'oneOf', field, values: values.split(' '), other: true },
});

export const UNSW_NB15_FIELDS: readonly FieldSpec[] = [
  // The testbed's traffic generator sent its attacks over 130 protocols that nobody uses: a list of them would be a
  // list of attacks.
  oneOf('proto', 'tcp udp icmp igmp arp ospf sctp'),
  oneOf('service', '- http dns smtp ftp ftp-data pop3 ssh ssl snmp dhcp radius irc'),
  oneOf('state', 'FIN INT CON REQ RST ACC CLO ECO PAR URN no'),
  seconds(3600)('dur'),
  ...['spkts', 'dpkts', 'sloss', 'dloss'].map(log(2 ** 20)),
  ...['sbytes', 'dbytes', 'response_body_len'].map(log(2 ** 31)),
  // Packets and bits per second; gaps between packets and jitter in milliseconds.
  log(1e6)('rate'),
  ...['sload', 'dload'].map(log(1e10)),
  ...['sinpkt', 'dinpkt', 'sjit', 'djit'].map(log(1e6)),
  ...['sttl', 'dttl', 'swin', 'dwin'].map(linear(255)),
  ...['tcprtt', 'synack', 'ackdat'].map(seconds(60)),
  ...['smean', 'dmean'].map(log(1504)),
  log(255)('trans_depth'),
  linear(6)('ct_state_ttl'),
  ...['ct_srv_src', 'ct_dst_ltm', 'ct_src_dport_ltm', 'ct_dst_sport_ltm', 'ct_dst_src_ltm', 'ct_src_ltm'].map(
    log(64),
  ),
  ...['ct_srv_dst', 'ct_ftp_cmd', 'ct_flw_http_mthd', 'is_ftp_login'].map(log(64)),
  { kind: 'flag', field: 'is_sm_ips_ports' },
];

export const unswNb15SampleSchema = sampleSchema(UNSW_NB15_FIELDS);

const encoder = fieldEncoder(ENCODER_ID, UNSW_NB15_FIELDS);

export const networkIntrusionUnsw: LogThreat = {
  id: 'network-intrusion-unsw',
  title: 'Network intrusion, UNSW-NB15 flows',
  encoder,
  network: {
    inputs: encoder.width,
    layers: [{ units: UNSW_FAMILIES.length, activation: 'softmax' }],
  },
  classes: UNSW_FAMILIES,
  formats: ['unsw-nb15'],
  fields: UNSW_NB15_FIELDS.map(({ field }) => field),
  prepare: rowByRow({
    fields: UNSW_NB15_FIELDS.map(({ field }) => field),
    label(labels) {
      const category = labelText(labels, 'attack_cat');
      return category === null ? null : unswLabel(category);
    },
  }),
};
