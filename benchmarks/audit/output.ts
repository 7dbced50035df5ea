/** How audits talk: results to standard output, what is under way to a terminal on standard error. */
import Table from 'cli-table3';
import { liveBlock, styleOf } from '../demo/terminal.ts';

export type Format = 'table' | 'json';

/** Lines for people; a terminal without UTF-8 gets what it can show. */
export function printLines(lines: readonly string[]): void {
  const style = styleOf(process.env, process.stdout.isTTY === true);
  for (const line of lines) process.stdout.write(`${style.text(line)}\n`);
}

export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Shows one sentence at a time; an empty one clears it. Silent unless standard error is a terminal. */
export function progressLine(): (sentence: string) => void {
  if (process.stderr.isTTY !== true) return () => {};
  const style = styleOf(process.env, true);
  const block = liveBlock(process.stderr);
  return (sentence) => block.paint(sentence === '' ? [] : [style.dim(style.text(sentence))]);
}

/** Names to the left, figures to the right. */
export function grid(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().split('\n');
}
