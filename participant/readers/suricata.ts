/**
 * Suricata's EVE log: one JSON object a line, of many event types
 * (https://docs.suricata.io/en/latest/output/eve/eve-json-format.html). Each becomes one flat row whose
 * format is `suricata/<event type>`; `flow` and `alert` are what threats use.
 */
import type { Cell } from '../../threats/record.ts';
import { flattened, parseObject } from './lines-json.ts';
import { type LineParser, readByLines } from './lines-source.ts';
import { type RowItem, refused, rowReader } from './table-row.ts';

export const suricataReader = rowReader(
  { id: 'suricata', title: 'Suricata EVE (NDJSON)', threat: 'network-flows' },
  (path, options) => readByLines(path, options, { open: createEveParser, closesItself: () => true }),
);

/** They name the record or the sensor, or tell when it was. */
const CONTEXT = new Set([
  ...['timestamp', 'flow_id', 'pcap_cnt', 'pcap_filename', 'community_id', 'tx_id', 'parent_id', 'host'],
  ...['in_iface', 'flow.start', 'flow.end', 'netflow.start', 'netflow.end'],
]);
/** An event type becomes part of the format's name. */
const EVENT_TYPE = /^[a-z0-9_-]{1,64}$/;

function createEveParser(source: string): LineParser {
  return {
    push(text, line, into) {
      if (text !== '') into.push(readEvent(source, text, line));
    },
    interrupt() {},
  };
}

function readEvent(source: string, text: string, line: number): RowItem {
  const parsed = parseObject(text);
  if (parsed.kind === 'refused') return refused(source, line, parsed.reason, parsed.column);
  const { event_type: type, ...event } = parsed.object;
  if (typeof type !== 'string' || !EVENT_TYPE.test(type)) {
    return refused(source, line, 'The event has no event_type: it is not from an EVE log.');
  }
  const { fields: flat, note } = flattened(event);
  const fields: Record<string, Cell> = {};
  const context: Record<string, Cell> = {};
  for (const [name, value] of Object.entries(flat)) (CONTEXT.has(name) ? context : fields)[name] = value;
  const sample = { format: `suricata/${type}`, fields, labels: {}, context };
  return { kind: 'record', source, position: line, sample, note };
}
