/**
 * Connections with the 41 features of KDD Cup 1999 and NSL-KDD (Tavallaee, Bagheri, Lu and Ghorbani 2009).
 * `difficulty`, the 43rd column of the files, knows the label and is no feature.
 */
import { type FieldSpec, fieldEncoder, sampleSchema } from '../features.ts';
import { type LogThreat, labelText, rowByRow } from '../log-threat.ts';
import { KDD_FAMILIES, kddLabel } from './attacks.ts';

/** Any change of fields, scales or knots changes every feature: then this name changes too. */
const ENCODER_ID = 'nsl-kdd-flow/1';

/** Compared on attack types left out of training: docs/threats/network-intrusion.md. */
const BINS = 8;

/** The collector's 70 names; what it does not name shares one feature. */
const SERVICES =
  `aol auth bgp courier csnet_ns ctf daytime discard domain domain_u echo eco_i ecr_i efs exec finger
ftp ftp_data gopher harvest hostnames http http_2784 http_443 http_8001 imap4 IRC iso_tsap klogin kshell ldap link
login mtp name netbios_dgm netbios_ns netbios_ssn netstat nnsp nntp ntp_u other pm_dump pop_2 pop_3 printer private
red_i remote_job rje shell smtp sql_net ssh sunrpc supdup systat telnet tftp_u tim_i time urh_i urp_i uucp uucp_path
vmnet whois X11 Z39_50`.split(/\s+/);
const FLAGS = 'OTH REJ RSTO RSTOS0 RSTR S0 S1 S2 S3 SF SH'.split(' ');

const flag = (field: string): FieldSpec => ({ kind: 'flag', field });
const log = (field: string, most: number): FieldSpec => ({
  kind: 'knots',
  field,
  scale: { type: 'log', most },
  bins: BINS,
});
const share = (field: string): FieldSpec => ({
  kind: 'knots',
  field,
  scale: { type: 'linear', least: 0, most: 1 },
  bins: BINS,
});

export const NSL_KDD_FIELDS: readonly FieldSpec[] = [
  { kind: 'oneOf', field: 'protocol_type', values: ['tcp', 'udp', 'icmp'], other: true },
  { kind: 'oneOf', field: 'service', values: SERVICES, other: true },
  { kind: 'oneOf', field: 'flag', values: FLAGS, other: true },
  // Seconds up to a day; bytes up to 2 GiB; counts of the last two seconds and the last hundred connections.
  log('duration', 86_400),
  ...['src_bytes', 'dst_bytes'].map((field) => log(field, 2 ** 31)),
  ...['wrong_fragment', 'urgent', 'hot', 'num_failed_logins'].map((field) => log(field, 100)),
  ...['num_compromised', 'num_root'].map((field) => log(field, 10_000)),
  ...['num_file_creations', 'num_shells', 'num_access_files', 'num_outbound_cmds'].map((field) =>
    log(field, 100),
  ),
  ...['count', 'srv_count'].map((field) => log(field, 511)),
  ...['dst_host_count', 'dst_host_srv_count'].map((field) => log(field, 255)),
  ...['land', 'logged_in', 'root_shell', 'su_attempted', 'is_host_login', 'is_guest_login'].map(flag),
  ...['serror', 'srv_serror', 'rerror', 'srv_rerror', 'same_srv', 'diff_srv', 'srv_diff_host'].map((name) =>
    share(`${name}_rate`),
  ),
  ...['same_srv', 'diff_srv', 'same_src_port', 'srv_diff_host', 'serror', 'srv_serror', 'rerror'].map(
    (name) => share(`dst_host_${name}_rate`),
  ),
  share('dst_host_srv_rerror_rate'),
];

export const nslKddSampleSchema = sampleSchema(NSL_KDD_FIELDS);

const encoder = fieldEncoder(ENCODER_ID, NSL_KDD_FIELDS);

export const networkIntrusion: LogThreat = {
  id: 'network-intrusion',
  title: 'Network intrusion',
  encoder,
  // Softmax regression: convex, explained feature by feature, and few weights for the noise to fall on.
  network: {
    inputs: encoder.width,
    layers: [{ units: KDD_FAMILIES.length, activation: 'softmax' }],
  },
  classes: KDD_FAMILIES,
  formats: ['nsl-kdd'],
  fields: NSL_KDD_FIELDS.map(({ field }) => field),
  prepare: rowByRow({
    fields: NSL_KDD_FIELDS.map(({ field }) => field),
    label(labels) {
      const attack = labelText(labels, 'label');
      return attack === null ? null : kddLabel(attack);
    },
    detail: (labels) => labelText(labels, 'label'),
  }),
};
