/** Logs of any length for the readers' benchmark, the same in every run. */
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cicFlowMeter } from '../../participant/readers/table-cicflowmeter.ts';
import type { TableFormat } from '../../participant/readers/table-format.ts';
import { nslKdd } from '../../participant/readers/table-nsl-kdd.ts';
import { unswNb15 } from '../../participant/readers/table-unsw-nb15.ts';

export interface GeneratedLog {
  /** Id of the reader that reads it. */
  readonly reader: string;
  readonly describe: string;
  readonly header: string;
  /** The text of row `i`. */
  row(i: number): string;
}

/** Spreads the row's number over 32 bits, so that neighbours differ in every digit. */
function spread(i: number, salt: number): number {
  return Math.imul(i + salt, 2_246_822_519) >>> 0;
}

const CONN = `ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes
conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes
tunnel_parents label detailed-label`.split(/\s+/);
const CONN_TYPES = `time string addr port addr port enum string interval count count string bool bool count
string count count count count set[string] string string`.split(/\s+/);

/** One connection in eight is a scan: short, unanswered, to any port. The columns behind are Stratosphere's. */
function connRow(i: number): string {
  const a = spread(i, 1);
  const b = spread(i, 7);
  const isScan = (b & 7) === 0;
  const address = `10.${a & 255}.${(a >> 8) & 255}.${b & 255}`;
  const head = [`${1_700_000_000 + i / 1000}`, `C${a.toString(36)}${b.toString(36)}`, address, a % 65_536];
  const scan = [
    '192.168.7.9',
    a % 10_000,
    'tcp',
    '-',
    (b % 1000) / 1e6,
    0,
    0,
    'S0',
    'F',
    'T',
    0,
    'S',
    1,
    60,
    0,
    0,
  ];
  const [sent, received] = [a % 100_000, b % 1_000_000];
  const web = [
    '192.168.7.9',
    443,
    'tcp',
    'ssl',
    (b % 1e7) / 1e6,
    sent,
    received,
    'SF',
    'T',
    'F',
    0,
    'ShADadFf',
  ];
  const volumes = [a % 100, sent + 9000, b % 100, received + 9000];
  const tail = isScan ? ['-', 'malicious', 'scan'] : ['-', 'benign', '-'];
  return [...head, ...(isScan ? scan : [...web, ...volumes]), ...tail].join('\t');
}

/** @param mark what stands around text. */
function tableRow({ columns }: TableFormat, i: number, mark: string): string {
  const cells = columns.map(({ name, kind, range }, column) => {
    if (name === 'id') return i + 1;
    if (name === 'label' && kind === 'number') return i & 1;
    if (kind === 'text') return `${mark}${['tcp', 'udp', 'FIN', '-'][spread(i, column) & 3]}${mark}`;
    const value = spread(i, column);
    if (range !== undefined) return ((value % 101) / 100).toFixed(2);
    return column % 3 === 0 ? value / 1e6 : value % 1000;
  });
  return cells.join();
}

function tableLog(format: TableFormat, describe: string, mark = ''): GeneratedLog {
  return {
    reader: format.id,
    describe,
    header: format.header === 'none' ? '' : `${format.columns.map(({ name }) => name).join()}\n`,
    row: (i) => tableRow(format, i, mark),
  };
}

export const LOGS: Readonly<Record<string, GeneratedLog>> = {
  zeek: {
    reader: 'zeek',
    describe: 'Zeek conn, TSV',
    header: `#separator \\x09\n#path\tconn\n#fields\t${CONN.join('\t')}\n#types\t${CONN_TYPES.join('\t')}\n`,
    row: connRow,
  },
  unsw: tableLog(unswNb15, 'UNSW-NB15 flows, CSV'),
  'unsw-quoted': tableLog(unswNb15, 'the same, text quoted', '"'),
  cic: tableLog(cicFlowMeter, 'CICFlowMeter flows, CSV'),
  nsl: tableLog(nslKdd, 'NSL-KDD connections, CSV'),
};

/** Rows between two looks at the size. */
const ROWS_AT_ONCE = 500;

function* text({ header, row }: GeneratedLog, bytes: number): Generator<string> {
  yield header;
  for (let from = 0, size = 0; size < bytes; from += ROWS_AT_ONCE) {
    let block = '';
    for (let i = from; i < from + ROWS_AT_ONCE; i++) block += `${row(i)}\n`;
    size += block.length;
    yield block;
  }
}

/** Writes at least `bytes`, in whole rows; returns the size. */
export async function writeLog(log: GeneratedLog, path: string, bytes: number): Promise<number> {
  await pipeline(Readable.from(text(log, bytes)), createWriteStream(path));
  return (await stat(path)).size;
}
