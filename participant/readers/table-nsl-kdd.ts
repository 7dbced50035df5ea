/**
 * NSL-KDD (Tavallaee, Bagheri, Lu, Ghorbani 2009): 41 features, label, difficulty; no header. The names are
 * those of the data set's field list. https://www.unb.ca/cic/datasets/nsl.html
 */
import type { ColumnSpec, TableFormat } from './table-format.ts';

const TEXT = new Set(['protocol_type', 'service', 'flag']);
const RATE = /_rate$/;

const FEATURES = `duration protocol_type service flag src_bytes dst_bytes land wrong_fragment urgent hot
num_failed_logins logged_in num_compromised root_shell su_attempted num_root num_file_creations num_shells
num_access_files num_outbound_cmds is_host_login is_guest_login count srv_count serror_rate srv_serror_rate
rerror_rate srv_rerror_rate same_srv_rate diff_srv_rate srv_diff_host_rate dst_host_count dst_host_srv_count
dst_host_same_srv_rate dst_host_diff_srv_rate dst_host_same_src_port_rate dst_host_srv_diff_host_rate
dst_host_serror_rate dst_host_srv_serror_rate dst_host_rerror_rate dst_host_srv_rerror_rate`.split(/\s+/);

function feature(name: string): ColumnSpec {
  const kind = TEXT.has(name) ? 'text' : 'number';
  return { name, kind, role: 'feature', ...(RATE.test(name) ? { range: [0, 1] as const } : {}) };
}

export const nslKdd: TableFormat = {
  id: 'nsl-kdd',
  title: 'NSL-KDD connections',
  threat: 'network-intrusion',
  delimiter: ',',
  header: 'none',
  columns: [
    ...FEATURES.map(feature),
    { name: 'label', kind: 'text', role: 'label' },
    // How many of 21 learners got the row right: it knows the label.
    { name: 'difficulty', kind: 'number', role: 'context' },
  ],
  unset: [],
  unknownColumns: 'point out',
};
