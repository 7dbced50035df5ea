/** What `fedward detect` writes: rows for people as they come, JSON lines for programs. */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { LoadedModel } from '../../threats/model-files.ts';
import type { Detection } from '../detect.ts';
import type { LogDetection } from '../detect-logs.ts';
import { formatWhereabouts, type Refused } from '../readers/reader.ts';
import { contextLine } from '../row-context.ts';
import { printable, shortened } from './printable.ts';

export interface DetectSummary {
  /** Mails or records that were scored. */
  readonly scored: number;
  readonly detected: number;
  readonly skipped: number;
  /** Rows of formats that the threat does not take, by format; of mail none. */
  readonly passedOver: Readonly<Record<string, number>>;
}

export interface DetectOutput<Item> {
  item(item: Item | Refused): void;
  summary(counts: DetectSummary): void;
}

type Write = (text: string) => void;

export function mailJson(write: Write, loaded: LoadedModel, threshold: number): DetectOutput<Detection> {
  return jsonOutput(write, loaded, threshold, 'mails', ({ subject, score, detected, words, note }) => ({
    type: 'mail',
    ...{ subject: printable(subject), score, detected, words, note },
  }));
}

/** @param quiet leaves out what is benign: of a log most is. */
export function logJson(
  write: Write,
  loaded: LoadedModel,
  threshold: number,
  quiet: boolean,
): DetectOutput<LogDetection> {
  const facts = ({ entity, about, context, score, detected, class: name, reasons }: LogDetection) => ({
    type: 'record',
    ...{ entity: named(entity), about: named(about), context, score, detected, class: name, reasons },
  });
  return onlyNotable(jsonOutput(write, loaded, threshold, 'records', facts), quiet);
}

function jsonOutput<Item extends Detection | LogDetection>(
  write: Write,
  { threat, createdBy }: LoadedModel,
  threshold: number,
  counted: 'mails' | 'records',
  facts: (item: Item) => { readonly type: string },
): DetectOutput<Item> {
  const line = (value: object) => write(`${JSON.stringify(value)}\n`);
  return {
    item(item) {
      const { position } = item;
      const source = printable(item.source);
      if (item.kind === 'refused') {
        line({ type: 'skipped', source, position, reason: printable(item.reason) });
        return;
      }
      const { type, ...rest } = facts(item);
      line({ type, source, position, ...rest });
    },
    summary({ scored, detected, skipped, passedOver }) {
      const more = counted === 'records' ? { passedOver } : {};
      const about = { threshold, threat: threat.id, encoder: threat.encoder.id, createdBy };
      line({ type: 'summary', [counted]: scored, detected, skipped, ...more, ...about });
    },
  };
}

function named(text: string | null): string | null {
  return text === null ? null : printable(text);
}

export function mailTable(write: Write, threshold: number): DetectOutput<Detection> {
  const heads = ['mail', 'subject', 'score', 'verdict', 'words that speak for it'];
  return tableOutput(write, threshold, heads, 'mails', ({ subject, detected, words, note }) => [
    subject || '(no subject)',
    detected ? 'malicious' : 'benign',
    note ?? (detected ? words.map(({ token }) => token).join(', ') : ''),
  ]);
}

/** @param quiet leaves out what is benign: of a log most is. */
export function logTable(write: Write, threshold: number, quiet: boolean): DetectOutput<LogDetection> {
  const heads = ['record', 'about', 'score', 'verdict', 'fields that speak for it'];
  const output = tableOutput<LogDetection>(write, threshold, heads, 'records', (item) => [
    [item.about ?? item.entity ?? '', contextLine(item.context)].filter((text) => text !== '').join(', '),
    item.class,
    item.reasons.map(({ field, logit }) => `${field} +${logit.toFixed(1)}`).join(', '),
  ]);
  return onlyNotable(output, quiet);
}

function onlyNotable(output: DetectOutput<LogDetection>, quiet: boolean): DetectOutput<LogDetection> {
  return {
    ...output,
    item(item) {
      if (!quiet || item.kind === 'refused' || item.detected) output.item(item);
    },
  };
}

/** Wide enough for a file's name and a line; more where there is room. */
const WHERE = { narrow: 20, wide: 28 };
const SCORE = 8;
const VERDICT = 11;
const LEAST_ABOUT = 7;

/** @param isEmpty nothing is known of what the records are about: the reasons get the room. */
function columnWidths(width: number, isEmpty: boolean): number[] {
  const isNarrow = width < 100;
  const where = isNarrow ? WHERE.narrow : WHERE.wide;
  const rest = width - where - SCORE - VERDICT;
  // At 120 columns two IPv4 addresses and a port fit.
  const about = isEmpty ? LEAST_ABOUT : Math.floor(rest * (isNarrow ? 0.48 : 0.57));
  return [where, about, SCORE, VERDICT, rest - about];
}

/** Rows as they come: widths are fixed by the first, so that a large folder need not be held to measure it. */
function tableOutput<Item extends Detection | LogDetection>(
  write: Write,
  threshold: number,
  heads: readonly string[],
  counted: 'mails' | 'records',
  texts: (item: Item) => readonly [about: string, verdict: string, why: string],
): DetectOutput<Item> {
  const width = Math.max(80, Math.min(process.stdout.columns ?? 120, 160));
  const painted = process.stdout.isTTY && !process.env.NO_COLOR;
  const row = (colWidths: number[], cells: readonly string[], alarm = false) => {
    const table = new Table({ colWidths, chars: NO_BORDERS, style: { head: [], border: [], compact: true } });
    const fitted = cells.map((cell, i) => shortened(cell, (colWidths[i] ?? 0) - 2));
    table.push(alarm && painted ? fitted.map((cell) => styleText('red', cell)) : fitted);
    write(`${table.toString().trimEnd()}\n`);
  };
  let widths: number[] | null = null;
  return {
    item(item) {
      const [first = 0] = widths ?? columnWidths(width, false);
      const where = lastPart(formatWhereabouts(item), first - 2);
      if (item.kind === 'refused') {
        row([first, width - first], [where, `skipped: ${item.reason}`]);
        return;
      }
      const [about, verdict, why] = texts(item);
      if (widths === null) {
        widths = columnWidths(width, about === '');
        row(widths, heads);
      }
      row(widths, [where, about, item.score.toFixed(4), verdict, why], item.detected);
    },
    summary({ scored, detected, skipped, passedOver }) {
      const left = skipped > 0 ? `, ${skipped} skipped` : '';
      const foreign = Object.keys(passedOver).length > 0 ? `; ${passedOverText(passedOver)}` : '';
      const what = scored === 1 ? counted.slice(0, -1) : counted;
      write(`${scored} ${what}, ${detected} detected at threshold ${threshold}${left}${foreign}\n`);
    },
  };
}

/** `33 rows of zeek/dns were passed over`. */
export function passedOverText(passedOver: DetectSummary['passedOver']): string {
  const counts = Object.entries(passedOver);
  const texts = counts.map(([format, n]) => `${n} ${n === 1 ? 'row' : 'rows'} of ${printable(format)}`);
  const total = counts.reduce((sum, [, n]) => sum + n, 0);
  return `${texts.join(', ')} ${total === 1 ? 'was' : 'were'} passed over`;
}

const NO_BORDERS = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
);

/** Of a long path the end tells more. */
function lastPart(path: string, width: number): string {
  const text = printable(path);
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}
