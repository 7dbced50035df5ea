/** How the calculator answers: one line of JSON for programs, a sentence and small tables for people. */
import Table from 'cli-table3';
import type { Options } from 'yargs';

export type Format = 'table' | 'json';

export const FORMAT_OPTION = {
  choices: ['table', 'json'] as const,
  default: 'table' as const,
  describe: 'table for people, json for programs',
} satisfies Options;

/** A row of a grid: its name, then its cells. */
export type Row = readonly [name: string, ...cells: string[]];

export function print(format: Format, json: object, lines: () => readonly string[]): void {
  const text =
    format === 'json' ? [JSON.stringify(json)] : ['', ...lines().map((line) => `  ${line}`.trimEnd()), ''];
  process.stdout.write(`${text.join('\n')}\n`);
}

/** Rows of equal length, names to the left and numbers to the right, without a frame. */
export function grid(rows: readonly Row[]): string[] {
  const table = new Table({
    colAligns: ['left', ...(rows[0] ?? []).slice(1).map(() => 'right' as const)],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: Object.fromEntries(FRAME.map((part) => [part, ''])),
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

const FRAME = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
] as const;

/** Rounded up to `digits` significant ones: a privacy loss is never shown smaller than it is. */
export function upwards(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return '∞';
  if (value === 0) return '0';
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - digits + 1);
  return plain(Math.ceil(value / unit - 1e-9) * unit, digits);
}

/** Rounded down to `digits` significant ones: protection is never shown greater than it is. */
export function downwards(value: number, digits = 4): string {
  return value === 0 ? '0' : upwards(-value, digits).slice(1);
}

/** To `digits` significant ones, without trailing zeros. */
export function plain(value: number, digits = 4): string {
  const short = Number(value.toPrecision(digits));
  return Math.abs(short) >= 1e-3 && Math.abs(short) < 1e7 ? String(short) : short.toExponential();
}
