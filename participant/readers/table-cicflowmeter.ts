/**
 * CICFlowMeter's columns as CIC-IDS2017, CSE-CIC-IDS2018 and version 4 of the tool spell them
 * (Lashkari et al. 2017; https://www.unb.ca/cic/datasets/ids-2018.html). The first two spellings stand here
 * side by side; `headerKey` forgives case, blanks in front and punctuation.
 */
import { repairC1 } from '../../threats/malicious-email/windows-1252.ts';
import type { ColumnSpec, TableFormat } from './table-format.ts';

/** field = 2017's spelling | 2018's | version 4's. Where only the first is given all agree. */
const MEASURES = `
protocol = Protocol
destination_port = Destination Port | Dst Port
flow_duration = Flow Duration
total_fwd_packets = Total Fwd Packets | Tot Fwd Pkts | Total Fwd Packet
total_bwd_packets = Total Backward Packets | Tot Bwd Pkts | Total Bwd packets
fwd_bytes = Total Length of Fwd Packets | TotLen Fwd Pkts | Total Length of Fwd Packet
bwd_bytes = Total Length of Bwd Packets | TotLen Bwd Pkts | Total Length of Bwd Packet
fwd_packet_length_max = Fwd Packet Length Max | Fwd Pkt Len Max
fwd_packet_length_min = Fwd Packet Length Min | Fwd Pkt Len Min
fwd_packet_length_mean = Fwd Packet Length Mean | Fwd Pkt Len Mean
fwd_packet_length_std = Fwd Packet Length Std | Fwd Pkt Len Std
bwd_packet_length_max = Bwd Packet Length Max | Bwd Pkt Len Max
bwd_packet_length_min = Bwd Packet Length Min | Bwd Pkt Len Min
bwd_packet_length_mean = Bwd Packet Length Mean | Bwd Pkt Len Mean
bwd_packet_length_std = Bwd Packet Length Std | Bwd Pkt Len Std
flow_bytes_per_second = Flow Bytes/s | Flow Byts/s
flow_packets_per_second = Flow Packets/s | Flow Pkts/s
flow_iat_mean = Flow IAT Mean
flow_iat_std = Flow IAT Std
flow_iat_max = Flow IAT Max
flow_iat_min = Flow IAT Min
fwd_iat_total = Fwd IAT Total | Fwd IAT Tot
fwd_iat_mean = Fwd IAT Mean
fwd_iat_std = Fwd IAT Std
fwd_iat_max = Fwd IAT Max
fwd_iat_min = Fwd IAT Min
bwd_iat_total = Bwd IAT Total | Bwd IAT Tot
bwd_iat_mean = Bwd IAT Mean
bwd_iat_std = Bwd IAT Std
bwd_iat_max = Bwd IAT Max
bwd_iat_min = Bwd IAT Min
fwd_psh_flags = Fwd PSH Flags
bwd_psh_flags = Bwd PSH Flags
fwd_urg_flags = Fwd URG Flags
bwd_urg_flags = Bwd URG Flags
fwd_header_length = Fwd Header Length | Fwd Header Len
bwd_header_length = Bwd Header Length | Bwd Header Len
fwd_packets_per_second = Fwd Packets/s | Fwd Pkts/s
bwd_packets_per_second = Bwd Packets/s | Bwd Pkts/s
packet_length_min = Min Packet Length | Pkt Len Min | Packet Length Min
packet_length_max = Max Packet Length | Pkt Len Max | Packet Length Max
packet_length_mean = Packet Length Mean | Pkt Len Mean
packet_length_std = Packet Length Std | Pkt Len Std
packet_length_variance = Packet Length Variance | Pkt Len Var
fin_flags = FIN Flag Count | FIN Flag Cnt
syn_flags = SYN Flag Count | SYN Flag Cnt
rst_flags = RST Flag Count | RST Flag Cnt
psh_flags = PSH Flag Count | PSH Flag Cnt
ack_flags = ACK Flag Count | ACK Flag Cnt
urg_flags = URG Flag Count | URG Flag Cnt
cwr_flags = CWE Flag Count | CWE Flag Cnt | CWR Flag Count
ece_flags = ECE Flag Count | ECE Flag Cnt
down_up_ratio = Down/Up Ratio
packet_size_mean = Average Packet Size | Pkt Size Avg
fwd_segment_size_mean = Avg Fwd Segment Size | Fwd Seg Size Avg | Fwd Segment Size Avg
bwd_segment_size_mean = Avg Bwd Segment Size | Bwd Seg Size Avg | Bwd Segment Size Avg
fwd_bulk_bytes_mean = Fwd Avg Bytes/Bulk | Fwd Byts/b Avg | Fwd Bytes/Bulk Avg
fwd_bulk_packets_mean = Fwd Avg Packets/Bulk | Fwd Pkts/b Avg | Fwd Packet/Bulk Avg
fwd_bulk_rate_mean = Fwd Avg Bulk Rate | Fwd Blk Rate Avg | Fwd Bulk Rate Avg
bwd_bulk_bytes_mean = Bwd Avg Bytes/Bulk | Bwd Byts/b Avg | Bwd Bytes/Bulk Avg
bwd_bulk_packets_mean = Bwd Avg Packets/Bulk | Bwd Pkts/b Avg | Bwd Packet/Bulk Avg
bwd_bulk_rate_mean = Bwd Avg Bulk Rate | Bwd Blk Rate Avg | Bwd Bulk Rate Avg
subflow_fwd_packets = Subflow Fwd Packets | Subflow Fwd Pkts
subflow_fwd_bytes = Subflow Fwd Bytes | Subflow Fwd Byts
subflow_bwd_packets = Subflow Bwd Packets | Subflow Bwd Pkts
subflow_bwd_bytes = Subflow Bwd Bytes | Subflow Bwd Byts
init_window_fwd = Init_Win_bytes_forward | Init Fwd Win Byts | FWD Init Win Bytes
init_window_bwd = Init_Win_bytes_backward | Init Bwd Win Byts | Bwd Init Win Bytes
fwd_data_packets = act_data_pkt_fwd | Fwd Act Data Pkts
fwd_segment_size_min = min_seg_size_forward | Fwd Seg Size Min
active_mean = Active Mean
active_std = Active Std
active_max = Active Max
active_min = Active Min
idle_mean = Idle Mean
idle_std = Idle Std
idle_max = Idle Max
idle_min = Idle Min`;

/** Only some editions have them. */
const OPTIONAL = new Set(['protocol']);

const features = MEASURES.trim()
  .split('\n')
  .map((line): ColumnSpec => {
    const [name = '', spellings = ''] = line.split(' = ');
    return {
      name,
      kind: 'number',
      role: 'feature',
      spellings: [name, ...spellings.split(' | ')],
      optional: OPTIONAL.has(name),
    };
  });

function context(name: string, ...others: string[]): ColumnSpec {
  return { name, kind: 'text', role: 'context', spellings: [name, ...others], optional: true };
}

export const cicFlowMeter: TableFormat = {
  id: 'cicflowmeter',
  title: 'CICFlowMeter flows (CIC-IDS2017, CSE-CIC-IDS2018)',
  threat: 'network-flows',
  delimiter: ',',
  header: 'first line',
  columns: [
    context('flow_id', 'Flow ID'),
    context('source_ip', 'Source IP', 'Src IP'),
    context('source_port', 'Source Port', 'Src Port'),
    context('destination_ip', 'Destination IP', 'Dst IP'),
    // Attacks were staged by the hour.
    context('timestamp', 'Timestamp'),
    ...features,
    { name: 'label', kind: 'text', role: 'label', optional: true },
  ],
  unset: [],
  unknownColumns: 'point out',
  // CIC-IDS2017 writes "Web Attack – XSS" with windows-1252's dash.
  fallback: (bytes) => repairC1(Buffer.from(bytes).toString('latin1')),
};
