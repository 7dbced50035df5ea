import { describe, expect, test } from 'vitest';
import { networkFlowsSubject } from '../../../benchmarks/accuracy/network-intrusion.ts';
import { suricataReader } from '../../../participant/readers/suricata.ts';
import { tableReader } from '../../../participant/readers/table.ts';
import { cicFlowMeter } from '../../../participant/readers/table-cicflowmeter.ts';
import type { RowReader } from '../../../participant/readers/table-row.ts';
import { zeekReader } from '../../../participant/readers/zeek.ts';
import type { Prepared } from '../../../threats/log-threat.ts';
import { FLOW_FIELDS, flowSampleSchema } from '../../../threats/network-intrusion/flow.ts';
import { networkFlows } from '../../../threats/network-intrusion/network-flows.ts';
import type { Cells, RowSample } from '../../../threats/record.ts';
import { fixture, readText } from '../../participant/readers/sources.ts';
import { publicData } from '../public-data.ts';
import { aurocOf } from '../shuffled-labels.ts';

function prepare(format: string, fields: Cells, bags: Partial<RowSample> = {}): readonly Prepared[] {
  return networkFlows.prepare().push({ format, fields, labels: {}, context: {}, ...bags });
}

function only(prepared: readonly Prepared[]): Extract<Prepared, { kind: 'sample' }> {
  const [first] = prepared;
  if (prepared.length !== 1 || first?.kind !== 'sample') throw new Error('not one sample');
  return first;
}

function encoded({ sample }: Extract<Prepared, { kind: 'sample' }>): Float32Array {
  const row = new Float32Array(networkFlows.encoder.width);
  networkFlows.encoder.encode(flowSampleSchema.parse(sample), row, 0);
  return row;
}

/** Every flow that a file holds, and how many of its rows were none. */
async function flowsOf(reader: RowReader, path: string) {
  const preparer = networkFlows.prepare();
  const flows: Extract<Prepared, { kind: 'sample' }>[] = [];
  for await (const item of reader.read(path)) {
    if (item.kind === 'record') flows.push(...preparer.push(item.sample).map((one) => only([one])));
  }
  return flows;
}

interface Told {
  readonly zeek: Cells;
  readonly suricata: Cells;
  readonly cic: Cells;
  readonly state: string;
}

// One flow each, in the units and words of its sensor: 12 and 10 IP packets of 1352 and 8671 bytes, and so on.
const FLOWS: Readonly<Record<string, Told>> = {
  'a TLS connection that ends as it should': {
    zeek: {
      ...{ proto: 'tcp', service: 'ssl', 'id.resp_p': 443, duration: 58.25, conn_state: 'SF' },
      ...{ orig_pkts: 12, orig_ip_bytes: 1352, resp_pkts: 10, resp_ip_bytes: 8671, history: 'ShADadFf' },
    },
    suricata: {
      ...{ proto: 'TCP', app_proto: 'tls', dest_port: 443, 'tcp.tcp_flags': '1b', 'flow.age': 58 },
      ...{ 'flow.pkts_toserver': 12, 'flow.bytes_toserver': 1352 + 14 * 12 },
      ...{ 'flow.pkts_toclient': 10, 'flow.bytes_toclient': 8671 + 14 * 10 },
    },
    cic: {
      ...{ protocol: 6, destination_port: 443, flow_duration: 58_250_000, fin_flags: 1, rst_flags: 0 },
      ...{ total_fwd_packets: 12, fwd_bytes: 1352 - 12 * 20 - 12 * 32, fwd_header_length: 12 * 32 },
      ...{ total_bwd_packets: 10, bwd_bytes: 8671 - 10 * 20 - 10 * 32, bwd_header_length: 10 * 32 },
    },
    state: 'closed',
  },
  'a FIN that a reset answers': {
    zeek: {
      ...{ proto: 'tcp', service: null, 'id.resp_p': 80, duration: 58.25, conn_state: 'RSTR' },
      ...{ orig_pkts: 4, orig_ip_bytes: 200, resp_pkts: 3, resp_ip_bytes: 180, history: 'ShADdFar' },
    },
    suricata: {
      ...{ proto: 'TCP', app_proto: 'failed', dest_port: 80, 'tcp.tcp_flags': '1f' },
      ...{ 'flow.pkts_toserver': 4, 'flow.bytes_toserver': 256 },
      ...{ 'flow.pkts_toclient': 3, 'flow.bytes_toclient': 222 },
    },
    cic: {
      ...{ protocol: 6, destination_port: 80, flow_duration: 58_250_000, fin_flags: 1, rst_flags: 1 },
      ...{ total_fwd_packets: 4, fwd_bytes: 40, fwd_header_length: 80 },
      ...{ total_bwd_packets: 3, bwd_bytes: 60, bwd_header_length: 60 },
    },
    state: 'closed',
  },
  'a closed port': {
    zeek: {
      ...{ proto: 'tcp', 'id.resp_p': 3389, duration: 58.25, conn_state: 'REJ', history: 'Sr' },
      ...{ orig_pkts: 1, orig_ip_bytes: 60, resp_pkts: 1, resp_ip_bytes: 40 },
    },
    suricata: {
      ...{ proto: 'TCP', dest_port: 3389, 'tcp.tcp_flags': '16' },
      ...{ 'flow.pkts_toserver': 1, 'flow.bytes_toserver': 74 },
      ...{ 'flow.pkts_toclient': 1, 'flow.bytes_toclient': 54 },
    },
    cic: {
      ...{ init_window_fwd: 64_240, destination_port: 3389, flow_duration: 58_250_000 },
      ...{ fin_flags: 0, rst_flags: 1 },
      ...{ total_fwd_packets: 1, fwd_bytes: 0, fwd_header_length: 40 },
      ...{ total_bwd_packets: 1, bwd_bytes: 0, bwd_header_length: 20 },
    },
    state: 'reset',
  },
  'a question to a name server': {
    zeek: {
      ...{ proto: 'udp', service: 'dns', 'id.resp_p': 53, duration: 58.25, conn_state: 'SF', history: 'Dd' },
      ...{ orig_pkts: 1, orig_ip_bytes: 60, resp_pkts: 1, resp_ip_bytes: 92 },
    },
    suricata: {
      ...{ proto: 'UDP', app_proto: 'dns', dest_port: 53 },
      ...{ 'flow.pkts_toserver': 1, 'flow.bytes_toserver': 74 },
      ...{ 'flow.pkts_toclient': 1, 'flow.bytes_toclient': 106 },
    },
    cic: {
      ...{ init_window_fwd: -1, destination_port: 53, flow_duration: 58_250_000, fin_flags: 0, rst_flags: 0 },
      ...{ total_fwd_packets: 1, fwd_bytes: 32, fwd_header_length: 8 },
      ...{ total_bwd_packets: 1, bwd_bytes: 64, bwd_header_length: 8 },
    },
    state: 'answered',
  },
};

const TIMES = {
  'flow.start': '2024-03-01T23:59:59.900001+0100',
  'flow.end': '2024-03-02T00:00:58.150001+0100',
};

test.each(Object.entries(FLOWS))(
  '%s is the same whichever sensor saw it',
  (_, { zeek, suricata, cic, state }) => {
    const first = only(prepare('zeek/conn', zeek));
    expect(first.sample.fields).toMatchObject({ state, seconds: 58.25 });
    for (const [format, fields] of [['suricata/flow', suricata] as const, ['cicflowmeter', cic] as const]) {
      const other = only(prepare(format, fields, { context: TIMES }));
      expect(other.sample.fields, format).toEqual(first.sample.fields);
      expect(encoded(other), format).toEqual(encoded(first));
    }
  },
);

test('UNSW-NB15 says the same of a flow but its port', () => {
  const zeek = FLOWS['a TLS connection that ends as it should']?.zeek ?? {};
  const unsw = { proto: 'tcp', service: 'ssl', state: 'FIN', dur: 58.25, spkts: 12, dpkts: 10 };
  const flow = only(prepare('unsw-nb15', { ...unsw, sbytes: 1352, dbytes: 8671 }));
  const { port_class, ...rest } = only(prepare('zeek/conn', zeek)).sample.fields;
  expect(port_class).toBe('well-known');
  expect(flow.sample.fields).toEqual({ ...rest, port_class: null });
});

test('one packet without an answer: no duration, no size of what never came', () => {
  const probe = { proto: 'tcp', 'id.resp_p': 50_000, duration: null, conn_state: 'S0', history: 'S' };
  const { fields } = only(
    prepare('zeek/conn', { ...probe, orig_pkts: 1, orig_ip_bytes: 40, resp_pkts: 0, resp_ip_bytes: 0 }),
  ).sample;
  expect(fields).toMatchObject({ state: 'unanswered', service: 'none', port_class: 'dynamic', seconds: 0 });
  expect(fields).toMatchObject({ destination_packet_size: null, packets_per_second: null, source_share: 1 });
});

test('services by their many names, by port where the sensor recognised none, never by a port of ICMP', () => {
  const service = (fields: Cells) =>
    only(prepare('zeek/conn', { proto: 'tcp', ...fields })).sample.fields.service;
  expect(service({ service: 'krb_tcp' })).toBe('kerberos');
  expect(service({ service: 'gssapi,smb,ntlm', 'id.resp_p': 80 })).toBe('smb');
  expect(service({ service: 'gssapi' })).toBe('gssapi');
  expect(service({ 'id.resp_p': 104 })).toBe('dicom');
  expect(service({ 'id.resp_p': 4242 })).toBe('none');
  expect(service({ 'id.resp_p': 3, proto: 'icmp' })).toBe('none');
  expect(only(prepare('zeek/conn', { proto: 'icmp', 'id.resp_p': 3 })).sample.fields.port_class).toBeNull();
});

test('labels, where a format has them', () => {
  const label = (format: string, labels: Cells) => {
    const one = prepare(format, {}, { labels })[0];
    return one?.kind === 'sample' ? one.label : one?.reason;
  };
  expect(label('unsw-nb15', { attack_cat: 'Fuzzers', label: 1 })).toBe(1);
  expect(label('unsw-nb15', { attack_cat: 'Normal', label: 0 })).toBe(0);
  expect(label('unsw-nb15', { label: 1 })).toBe(1);
  expect(label('unsw-nb15', { label: 2 })).toMatch(/must be 0 or 1/);
  expect(['BENIGN', 'Benign', 'Bot', ''].map((text) => label('cicflowmeter', { label: text }))).toEqual([
    ...[0, 0, 1, null],
  ]);
  expect(['benign', 'Malicious', null].map((text) => label('zeek/conn', { label: text }))).toEqual([
    0,
    1,
    null,
  ]);
  expect(label('zeek/conn', { label: 'C&C to 10.1.2.3' })).toMatch(/must be benign, malicious or unset/);
  expect(label('suricata/flow', { label: 'malicious' })).toBeNull();
});

test('a label that was added to a Zeek log, TSV or JSON, is a label', async () => {
  const header = ['#path\tconn', '#fields\tproto\tlabel\tdetailed-label', '#types\tenum\tstring\tstring'];
  const tsv = await readText(zeekReader, [...header, 'tcp\tmalicious\tscan', 'tcp\t-\t-'].join('\n'));
  const json = await readText(zeekReader, '{"conn_state":"SF","proto":"tcp","label":"benign"}');
  const flows = [...tsv, ...json].map((item) => {
    if (item.kind !== 'record') throw new Error(item.reason);
    expect(Object.keys(item.sample.fields)).not.toContain('label');
    return only(networkFlows.prepare().push(item.sample));
  });
  expect(flows.map(({ label, detail }) => [label, detail])).toEqual([
    [1, 'scan'],
    [null, null],
    [0, null],
  ]);
});

test('neither addresses, nor times, nor labels are among what is encoded', () => {
  const fields = FLOW_FIELDS.map(({ field }) => field);
  for (const leak of [
    'label',
    'attack_cat',
    'id',
    'ts',
    'uid',
    'sttl',
    'ct_state_ttl',
    'port',
    'id.resp_h',
  ]) {
    expect(fields).not.toContain(leak);
  }
  // Only the difference of two times is looked at.
  const flow = FLOWS['a closed port']?.suricata ?? {};
  const context = {
    'flow.start': '2025-03-01T00:00:00.000000+0000',
    'flow.end': '2025-03-01T00:00:58.250000+0000',
  };
  expect(prepare('suricata/flow', flow, { context })).toEqual(
    prepare('suricata/flow', flow, { context: TIMES }),
  );
});

test.each([
  ['eve.ndjson', suricataReader, 1],
  ['cic-2017.csv', tableReader(cicFlowMeter), 3],
  ['cic-2018.csv', tableReader(cicFlowMeter), 2],
])('%s: its flows are taken and all else is let be', async (name, reader, count) => {
  const flows = await flowsOf(reader, fixture(name));
  expect(flows).toHaveLength(count);
  for (const flow of flows) expect(encoded(flow).every((value) => value >= 0 && value <= 1)).toBe(true);
});

const zeek = publicData('zeek');
test.skipIf(!zeek.present)(
  'all connections of real Zeek logs encode (skipped where they are not there)',
  async () => {
    const flows = await flowsOf(zeekReader, zeek.path);
    expect(flows).toHaveLength(413);
    for (const flow of flows) {
      const row = encoded(flow);
      expect(row.every((value) => value >= 0 && value <= 1)).toBe(true);
      // Protocol, service and state are said of each.
      expect(row.filter((value) => value === 1).length).toBeGreaterThanOrEqual(3);
    }
  },
);

const unsw = publicData('unsw-nb15');
describe.skipIf(!unsw.present)('UNSW-NB15 (skipped where the data is not there)', () => {
  test('shuffled labels teach nothing, true ones much', { timeout: 60_000 }, async () => {
    const { train } = await networkFlowsSubject.load(unsw.path);
    expect(train.labels.filter((label) => label === 1)).toHaveLength(10_869);
    const shuffledAuroc = await aurocOf(networkFlows, train, 8_000, true);
    expect(shuffledAuroc).toBeGreaterThanOrEqual(0.45);
    expect(shuffledAuroc).toBeLessThanOrEqual(0.55);
    expect(await aurocOf(networkFlows, train, 4_000, false)).toBeGreaterThan(0.9);
  });
});
