/**
 * How fast the log readers are, and how much memory they take: writes a generated log to a temporary file
 * and streams it.
 *
 *     npx tsx benchmarks/readers-bench.ts --format zeek --rows 15000000     # about 2 GB
 *
 * Prints one line of JSON: rows per second by the wall clock and by the processor, peak RSS of the whole
 * process, generation included.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { tableReader } from '../participant/readers/table.ts';
import { nslKdd } from '../participant/readers/table-nsl-kdd.ts';
import type { RowReader } from '../participant/readers/table-row.ts';
import { unswNb15 } from '../participant/readers/table-unsw-nb15.ts';
import { zeekReader } from '../participant/readers/zeek.ts';

interface GeneratedLog {
  readonly reader: RowReader;
  readonly header: string;
  /** The text of row `i`: the same in every run. */
  row(i: number): string;
}

/** Spreads the row's number over 32 bits, so that neighbours differ in every digit. */
function spread(i: number, salt: number): number {
  return Math.imul(i + salt, 2_246_822_519) >>> 0;
}

const CONN = `ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes
conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes
tunnel_parents`.split(/\s+/);
const CONN_TYPES = `time string addr port addr port enum string interval count count string bool bool count
string count count count count set[string]`.split(/\s+/);

function connRow(i: number): string {
  const a = spread(i, 1);
  const b = spread(i, 7);
  const address = `10.${a & 255}.${(a >> 8) & 255}.${b & 255}`;
  return [
    ...[`${1_700_000_000 + i / 1000}`, `C${a.toString(36)}${b.toString(36)}`, address, a % 65_536],
    ...['192.168.7.9', 443, 'tcp', 'ssl', (b % 1e7) / 1e6, a % 100_000, b % 1_000_000, 'SF', 'T', 'F'],
    ...[0, 'ShADadFf', a % 100, a % 9000, b % 100, b % 90_000, '-'],
  ].join('\t');
}

/** @param mark what stands around text. */
function unswRow(i: number, mark = ''): string {
  const cells = unswNb15.columns.map(({ name, kind }, column) => {
    if (name === 'id') return i + 1;
    if (name === 'label') return i & 1;
    if (kind === 'text') return `${mark}${['tcp', 'udp', 'FIN', '-'][spread(i, column) & 3]}${mark}`;
    const value = spread(i, column);
    return column % 3 === 0 ? value / 1e6 : value % 1000;
  });
  return cells.join();
}

function nslRow(i: number): string {
  const cells = nslKdd.columns.map(({ kind, range }, column) => {
    if (kind === 'text') return ['tcp', 'http', 'SF', 'normal'][spread(i, column) & 3];
    return range === undefined ? spread(i, column) % 500 : ((spread(i, column) % 101) / 100).toFixed(2);
  });
  return cells.join();
}

const UNSW_HEADER = `${unswNb15.columns.map(({ name }) => name).join()}\n`;

const LOGS: Readonly<Record<string, GeneratedLog>> = {
  zeek: {
    reader: zeekReader,
    header: `#separator \\x09\n#path\tconn\n#fields\t${CONN.join('\t')}\n#types\t${CONN_TYPES.join('\t')}\n`,
    row: connRow,
  },
  unsw: { reader: tableReader(unswNb15), header: UNSW_HEADER, row: (i) => unswRow(i) },
  'unsw-quoted': { reader: tableReader(unswNb15), header: UNSW_HEADER, row: (i) => unswRow(i, '"') },
  nsl: { reader: tableReader(nslKdd), header: '', row: nslRow },
};

const ROWS_AT_ONCE = 500;

function* text({ header, row }: GeneratedLog, rows: number): Generator<string> {
  yield header;
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    let block = '';
    for (let i = from; i < Math.min(rows, from + ROWS_AT_ONCE); i++) block += `${row(i)}\n`;
    yield block;
  }
}

async function run(format: string, rows: number): Promise<void> {
  const log = LOGS[format];
  if (log === undefined || !Number.isSafeInteger(rows) || rows < 1) {
    throw new RangeError(`--format is one of ${Object.keys(LOGS).join(', ')}; --rows a whole number from 1.`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'fedward-readers-'));
  try {
    const path = join(folder, `${format}.log`);
    await pipeline(Readable.from(text(log, rows)), createWriteStream(path));
    const { size } = await stat(path);
    const started = performance.now();
    const cpu = process.cpuUsage();
    let read = 0;
    let refused = 0;
    for await (const batch of log.reader.readBatches(path)) {
      for (const item of batch) {
        if (item.kind === 'record') read++;
        else refused++;
      }
    }
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const report = {
      ...{ format, rows: read, refused, bytes: size },
      rowsPerSecond: Math.round(read / seconds),
      rowsPerCpuSecond: Math.round((read / (user + system)) * 1e6),
      megabytesPerSecond: Math.round(size / seconds / 1e6),
      peakRssMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const { values } = parseArgs({
  options: { format: { type: 'string', default: 'zeek' }, rows: { type: 'string', default: '1500000' } },
});
await run(values.format, Number(values.rows));
