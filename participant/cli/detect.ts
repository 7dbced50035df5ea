/** `fedward detect`: scores mail from a file, a folder or a pipe; its exit code tells a script the outcome. */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { CommandModule } from 'yargs';
import { FedwardError } from '../../proto/errors.ts';
import { loadEngine } from '../../threats/engine.ts';
import { type LoadedModel, loadModel } from '../../threats/model-files.ts';
import { type Detection, detect } from '../detect.ts';
import { readerForThreat } from '../readers/catalogue.ts';
import { formatWhereabouts, type Refused } from '../readers/reader.ts';
import { printable, shortened } from './printable.ts';

/** At least one mail was detected; not an error, so not among the exit codes of `proto/errors.ts`. */
export const EXIT_DETECTED = 10;

interface DetectArguments {
  model: string;
  input: string;
  threshold: number | undefined;
  format: 'table' | 'json';
}

export const detectCommand: CommandModule<object, DetectArguments> = {
  command: 'detect',
  describe: 'score mail with a released model and say why',
  builder: (yargs) =>
    yargs
      .option('model', { type: 'string', demandOption: true, describe: 'folder with model.json' })
      .option('input', {
        type: 'string',
        demandOption: true,
        describe: '.eml, mbox, Maildir or folder of them; "-" reads standard input',
      })
      .option('threshold', {
        type: 'number',
        describe: "scores at or above it are detected, in (0, 1]  [default: the model's, normally 0.5]",
      })
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'output',
      })
      .epilogue('Exit code: 0 nothing detected, 10 at least one mail detected, 2 nothing could be read.'),
  handler: async ({ model, input, threshold, format }) => {
    const { detected } = await runDetect({ model, input, threshold, format }, (text) => {
      process.stdout.write(text);
    });
    if (detected > 0) process.exitCode = EXIT_DETECTED;
  },
};

export interface DetectSummary {
  readonly mails: number;
  readonly detected: number;
  readonly skipped: number;
}

/**
 * @throws FedwardError `INVALID_ARGUMENT` for a bad threshold, `DATA_INVALID` for a bad model and when
 * nothing of the input could be read: a scan that saw nothing must not look like one that found nothing.
 */
export async function runDetect(
  { model, input, threshold, format }: DetectArguments,
  write: (text: string) => void,
): Promise<DetectSummary> {
  if (threshold !== undefined && !(threshold > 0 && threshold <= 1)) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--threshold must be above 0 and at most 1; got ${threshold}.`,
    );
  }
  const engine = await loadEngine();
  const loaded = await loadModel(engine, model);
  const reader = readerForThreat(loaded.threat.id);
  const limit = threshold ?? loaded.threshold;
  const output = format === 'json' ? jsonOutput(write, loaded, limit) : tableOutput(write, limit);
  const counts = { mails: 0, detected: 0, skipped: 0 };
  let firstSkipped: Refused | undefined;
  for await (const item of detect(engine, loaded, reader, input, { threshold: limit })) {
    if (item.kind === 'refused') {
      counts.skipped++;
      firstSkipped ??= item;
    } else {
      counts.mails++;
      if (item.detected) counts.detected++;
    }
    output.item(item);
  }
  output.summary(counts);
  if (counts.mails === 0 && firstSkipped !== undefined) {
    throw new FedwardError(
      'DATA_INVALID',
      `Nothing at ${printable(input)} could be read. ${printable(formatWhereabouts(firstSkipped))}: ${firstSkipped.reason}`,
    );
  }
  return counts;
}

interface Output {
  item(item: Detection | Refused): void;
  summary(counts: DetectSummary): void;
}

function jsonOutput(write: (text: string) => void, loaded: LoadedModel, threshold: number): Output {
  const line = (value: object) => write(`${JSON.stringify(value)}\n`);
  return {
    item(item) {
      const { position } = item;
      const source = printable(item.source);
      if (item.kind === 'refused') {
        line({ type: 'skipped', source, position, reason: printable(item.reason) });
        return;
      }
      const { score, detected, words, note } = item;
      line({
        type: 'mail',
        source,
        position,
        subject: printable(item.subject),
        score,
        detected,
        words,
        note,
      });
    },
    summary(counts) {
      const { threat, createdBy } = loaded;
      line({
        type: 'summary',
        ...counts,
        threshold,
        threat: threat.id,
        encoder: threat.encoder.id,
        createdBy,
      });
    },
  };
}

const COLUMNS = { mail: 28, score: 8, verdict: 11 };

/** Rows as they come: widths are fixed, so that a large folder need not be held to measure it. */
function tableOutput(write: (text: string) => void, threshold: number): Output {
  const width = Math.max(80, Math.min(process.stdout.columns ?? 120, 160));
  const rest = width - COLUMNS.mail - COLUMNS.score - COLUMNS.verdict;
  const subject = Math.floor(rest * 0.55);
  const colWidths = [COLUMNS.mail, subject, COLUMNS.score, COLUMNS.verdict, rest - subject];
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
      if (empty) row(['mail', 'subject', 'score', 'verdict', 'words that speak for it']);
      empty = false;
      const mail = lastPart(formatWhereabouts(item), COLUMNS.mail - 2);
      if (item.kind === 'refused') {
        row([mail, item.reason, '–', 'skipped', '']);
        return;
      }
      const words = item.detected ? item.words.map(({ token }) => token).join(', ') : '';
      const verdict = item.detected ? 'malicious' : 'benign';
      row(
        [mail, item.subject || '(no subject)', item.score.toFixed(4), verdict, item.note ?? words],
        item.detected,
      );
    },
    summary({ mails, detected, skipped }) {
      const left = skipped > 0 ? `, ${skipped} skipped` : '';
      write(`${mails} mails, ${detected} detected at threshold ${threshold}${left}\n`);
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
