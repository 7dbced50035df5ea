/** UNSW-NB15, the training and testing partitions with header (Moustafa, Slay 2015). */
import type { ColumnSpec, TableFormat } from './table-format.ts';

const TEXT = new Set(['proto', 'service', 'state']);

const FEATURES = `dur proto service state spkts dpkts sbytes dbytes rate sttl dttl sload dload sloss dloss
sinpkt dinpkt sjit djit swin stcpb dtcpb dwin tcprtt synack ackdat smean dmean trans_depth response_body_len
ct_srv_src ct_state_ttl ct_dst_ltm ct_src_dport_ltm ct_dst_sport_ltm ct_dst_src_ltm is_ftp_login ct_ftp_cmd
ct_flw_http_mthd ct_src_ltm ct_srv_dst is_sm_ips_ports`.split(/\s+/);

export const unswNb15: TableFormat = {
  id: 'unsw-nb15',
  title: 'UNSW-NB15 flows',
  threat: 'network-intrusion-unsw',
  delimiter: ',',
  header: 'first line',
  columns: [
    // The official files are sorted: the number gives the label away.
    { name: 'id', kind: 'number', role: 'context', optional: true },
    ...FEATURES.map(
      (name): ColumnSpec => ({ name, kind: TEXT.has(name) ? 'text' : 'number', role: 'feature' }),
    ),
    { name: 'attack_cat', kind: 'text', role: 'label', optional: true },
    { name: 'label', kind: 'number', role: 'label', optional: true, range: [0, 1] },
  ],
  unset: [],
  unknownColumns: 'point out',
};
