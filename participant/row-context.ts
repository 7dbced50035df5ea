/** What names a row of a log to the people whose log it is: when, which one, from where to where. Never for an encoder. */
import type { Cell, RowSample } from '../threats/record.ts';
import { shortened } from './cli/printable.ts';

/** By name; no cell is unset. */
export type RowContext = Readonly<Record<string, string | number>>;

/** Of Zeek, Suricata and CICFlowMeter, in this order of preference. */
const SOURCE = ['id.orig_h', 'src_ip', 'source_ip'];
const SOURCE_PORT = ['id.orig_p', 'src_port', 'source_port'];
const DESTINATION = ['id.resp_h', 'dest_ip', 'destination_ip'];
const DESTINATION_PORT = ['id.resp_p', 'dest_port', 'destination_port'];
const ENDPOINTS = [...SOURCE, ...SOURCE_PORT, ...DESTINATION, ...DESTINATION_PORT];
/** Characters of a cell; what is cut off shows as "…". */
const LONGEST = 64;

/** The row's context, and its endpoints where they are fields; every text is safe to print. */
export function contextOf({ context, fields }: RowSample): RowContext {
  const named: Record<string, string | number> = {};
  const add = (name: string, cell: Cell | undefined) => {
    if (cell === null || cell === undefined || cell === '') return;
    named[name] = typeof cell === 'string' ? shortened(cell, LONGEST) : cell;
  };
  for (const [name, cell] of Object.entries(context)) add(name, cell);
  for (const name of ENDPOINTS) add(name, fields[name]);
  return named;
}

/** `10.0.0.7 → 10.0.0.9:445, ts 1300475167.09, uid C9x`: endpoints first, since a line may be cut. */
export function contextLine(context: RowContext): string {
  const first = (names: readonly string[]) => names.find((name) => context[name] !== undefined);
  const cell = (name: string | undefined) => (name === undefined ? undefined : context[name]);
  const from = first(SOURCE);
  const to = first(DESTINATION);
  const port = first(DESTINATION_PORT);
  const isFlow = from !== undefined && to !== undefined;
  const shown = new Set(isFlow ? [from, to, port, first(SOURCE_PORT)] : []);
  const flow = `${cell(from)} → ${cell(to)}${port === undefined ? '' : `:${cell(port)}`}`;
  const rest = Object.entries(context).filter(([name]) => !shown.has(name));
  return [...(isFlow ? [flow] : []), ...rest.map(([name, value]) => `${name} ${value}`)].join(', ');
}
