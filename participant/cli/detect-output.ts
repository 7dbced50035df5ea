/** What `fedward detect` writes: rows for people as they come, JSON lines for programs. */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { LoadedModel } from '../../threats/model-files.ts';
import type { Detection } from '../detect.ts';
import type { LogDetection } from '../detect-logs.ts';
import { formatWhereabouts, type Refused } from '../readers/reader.ts';
import { printable, shortened } from './printable.ts';

export interface DetectSummary {
  /** Mails or records that were scored. */
  readonly scored: number;
  readonly detected: number;
  readonly skipped: number;
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

export function logJson(write: Write, loaded: LoadedModel, threshold: number): DetectOutput<LogDetection> {
  return jsonOutput(
    write,
    loaded,
    threshold,
    'records',
    ({ entity, score, detected, class: name, reasons }) => ({
      type: 'record',
      ...{ entity: entity === null ? null : printable(entity), score, detected, class: name, reasons },
    }),
  );
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
    summary({ scored, detected, skipped }) {
      const about = { threshold, threat: threat.id, encoder: threat.encoder.id, createdBy };
      line({ type: 'summary', [counted]: scored, detected, skipped, ...about });
    },
  };
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
    item.entity ?? '',
    item.class,
    item.reasons.map(({ field, logit }) => `${field} +${logit.toFixed(1)}`).join(', '),
  ]);
  return {
    ...output,
    item(item) {
      if (!quiet || item.kind === 'refused' || item.detected) output.item(item);
    },
  };
}

const COLUMNS = { where: 28, score: 8, verdict: 11 };

/** Rows as they come: widths are fixed, so that a large folder need not be held to measure it. */
function tableOutput<Item extends Detection | LogDetection>(
  write: Write,
  threshold: number,
  heads: readonly string[],
  counted: 'mails' | 'records',
  texts: (item: Item) => readonly [about: string, verdict: string, why: string],
): DetectOutput<Item> {
  const width = Math.max(80, Math.min(process.stdout.columns ?? 120, 160));
  const rest = width - COLUMNS.where - COLUMNS.score - COLUMNS.verdict;
  const subject = Math.floor(rest * 0.55);
  const colWidths = [COLUMNS.where, subject, COLUMNS.score, COLUMNS.verdict, rest - subject];
  const painted = process.stdout.isTTY && !process.env.NO_COLOR;
  const row = (cells: readonly string[], alarm = false) => {
    const table = new Table({ colWidths, chars: NO_BORDERS, style: { head: [], border: [], compact: true } });
    const fitted = cells.map((cell, i) => shortened(cell, (colWidths[i] ?? 0) - 2));
    table.push(alarm && painted ? fitted.map((cell) => styleText('red', cell)) : fitted);
    write(`${table.toString().trimEnd()}\n`);
  };
  let empty = true;
  return {
    item(item) {
      if (empty) row(heads);
      empty = false;
      const where = lastPart(formatWhereabouts(item), COLUMNS.where - 2);
      if (item.kind === 'refused') {
        row([where, item.reason, '–', 'skipped', '']);
        return;
      }
      const [about, verdict, why] = texts(item);
      row([where, about, item.score.toFixed(4), verdict, why], item.detected);
    },
    summary({ scored, detected, skipped }) {
      const left = skipped > 0 ? `, ${skipped} skipped` : '';
      write(`${scored} ${counted}, ${detected} detected at threshold ${threshold}${left}\n`);
    },
  };
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
