import { expect, test } from 'vitest';
import { suricataReader } from '../../../participant/readers/suricata.ts';
import { zeekReader } from '../../../participant/readers/zeek.ts';
import { collect, fixture, readText, samples, temporaryFolder, troubles, written } from './sources.ts';

const header = (...lines: string[]) => ['#separator \\x09', ...lines].join('\n');
const conn = header(
  '#path\tconn',
  '#fields\tts\tuid\torig_bytes\tservice\tlocal',
  '#types\ttime\tstring\tcount\tstring\tbool',
);

test('a Zeek row is typed by its header; unset, empty and escaped values are told apart', async () => {
  const rows = [
    '1.5\tC1\t7\t-\tT',
    '2.5\tC2\t-\t(empty)\tF',
    '3.5\tC3\t0\ta\\x09b\\xc3\\xa4\\q\t-',
    '#close\t2024',
  ];
  const items = await readText(zeekReader, [conn, ...rows].join('\n'));
  expect(samples(items).map(({ fields }) => fields)).toEqual([
    { orig_bytes: 7, service: null, local: 1 },
    { orig_bytes: null, service: '', local: 0 },
    { orig_bytes: 0, service: 'a\tbä\\q', local: null },
  ]);
  expect(samples(items)[0]).toMatchObject({ format: 'zeek/conn', context: { ts: 1.5, uid: 'C1' } });
});

test('the header may name its own marks, and change in mid-file as after a restart', async () => {
  const text = [
    '#separator ;',
    '#unset_field;NIL',
    '#empty_field;EMPTY',
    '#path;dns',
    '#fields;query;rcode',
    '#types;string;count',
    'NIL;3',
    'EMPTY;NIL',
    '#fields;rcode;query',
    '#types;count;string',
    '4;a',
  ].join('\n');
  const items = await readText(zeekReader, text);
  expect(samples(items)).toMatchObject([
    { format: 'zeek/dns', fields: { query: null, rcode: 3 } },
    { format: 'zeek/dns', fields: { query: '', rcode: null } },
    { format: 'zeek/dns', fields: { query: 'a', rcode: 4 } },
  ]);
});

test('bad Zeek rows are refused one by one, with line and column', async () => {
  const rows = ['1\tC\t7\t-', '1\tC\tseven\t-\tT', '1\tC\t7\t-\tyes', '\tC\t7\t-\tT', '1\tC\t8\t-\tT'];
  const items = await readText(zeekReader, [conn, ...rows, ''].join('\n'));
  expect(troubles(items)).toEqual([
    '5 The row has 4 values; #fields names 5.',
    '6:3 Column 3 (orig_bytes) is not of the type that #types gives.',
    '7:5 Column 5 (local) is not of the type that #types gives.',
    '8:1 Column 1 (ts) is not of the type that #types gives.',
  ]);
  expect(samples(items)).toHaveLength(1);
});

test.each([
  ['no header', 'a,b\n', '1 It is no Zeek log: it begins with neither a header line (#fields) nor JSON.'],
  [
    'types that do not fit',
    header('#fields\ta\tb', '#types\tcount\n'),
    '3 #types names 1 columns and #fields 2.',
  ],
  ['a name twice', header('#fields\ta\ta\n'), '2 #fields names a column twice.'],
  [
    'a prototype',
    header('#fields\ta\t__proto__\n'),
    '2 #fields has no names, or one that cannot be meant. Check #separator.',
  ],
  ['two characters', '#separator \\x09\\x09\n', '1 #separator is not one character, such as \\x09.'],
])('a Zeek header with %s is refused', async (_, text, trouble) => {
  expect(troubles(await readText(zeekReader, text))).toEqual([trouble]);
});

test('Zeek JSON: nested or dotted, ISO times, and its kind by columns or by name', async () => {
  const folder = temporaryFolder();
  const path = written(
    folder,
    'weird.10:00:00-11:00:00.log',
    [
      '{"ts":"1970-01-01T00:00:02.5Z","uid":"C1","id":{"orig_h":"10.0.0.1","orig_p":5},"conn_state":"SF","local_orig":true}',
      '{"ts":3,"name":"odd","notice":false,"list":["a","b"]}',
      '{"ts":4,"name":',
    ].join('\n'),
  );
  const items = await collect(zeekReader.read(path));
  expect(samples(items)).toEqual([
    {
      format: 'zeek/conn',
      fields: { 'id.orig_h': '10.0.0.1', 'id.orig_p': 5, conn_state: 'SF', local_orig: 1 },
      labels: {},
      context: { ts: 2.5, uid: 'C1' },
    },
    { format: 'zeek/weird', fields: { name: 'odd', notice: 0, list: 'a,b' }, labels: {}, context: { ts: 3 } },
  ]);
  expect(items[2]).toMatchObject({ kind: 'refused', position: 3 });
});

test('Suricata EVE: flat rows by event type, bad lines located', async () => {
  const items = await collect(suricataReader.read(fixture('eve.ndjson')));
  const [flow, alert, dns] = samples(items);
  expect(flow).toMatchObject({
    format: 'suricata/flow',
    fields: { src_port: 51234, proto: 'TCP', 'flow.bytes_toserver': 1520, 'flow.age': 58, 'tcp.syn': 1 },
    context: { flow_id: 1234567890123456, 'flow.start': '2024-03-01T09:59:00.000001+0000' },
  });
  expect(alert).toMatchObject({
    format: 'suricata/alert',
    fields: { 'alert.severity': 1, 'alert.metadata.attack_target': 'Server,SMB_Server' },
  });
  expect(dns?.fields).toMatchObject({ 'dns.version': 2, 'dns.answers.1.rdata': '10.0.0.2' });
  expect(Object.getPrototypeOf(dns?.fields)).toBe(Object.prototype);
  expect(items.at(-1)).toMatchObject({ kind: 'record', note: expect.stringContaining('__proto__') });
  const lines = items.flatMap((item) => (item.kind === 'refused' ? [`${item.position} ${item.reason}`] : []));
  expect(lines).toEqual([
    '3 It is not JSON, or JSON that is cut off.',
    '4 The event has no event_type: it is not from an EVE log.',
    '5 It is JSON, but no object.',
  ]);
});
