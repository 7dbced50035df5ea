/** `fedward detect`: scores mail or logs with a released model; its exit code tells a script the outcome. */
import type { CommandModule } from 'yargs';
import { FedwardError } from '../../proto/errors.ts';
import { isLogThreat, type KnownThreat } from '../../threats/catalogue.ts';
import { type Engine, loadEngine } from '../../threats/engine.ts';
import { type LoadedModel, loadModel } from '../../threats/model-files.ts';
import { checkLookAhead, statOrNull } from '../data/look-ahead.ts';
import { type Detection, detect } from '../detect.ts';
import { detectLogs, type LogDetection } from '../detect-logs.ts';
import { rowReaderFor } from '../readers/choose.ts';
import { mailReader } from '../readers/mail.ts';
import { formatWhereabouts, type Refused } from '../readers/reader.ts';
import {
  type DetectOutput,
  type DetectSummary,
  logJson,
  logTable,
  mailJson,
  mailTable,
  passedOverText,
} from './detect-output.ts';
import { printable } from './printable.ts';

/** At least one record was detected; not an error, so not among the exit codes of `proto/errors.ts`. */
export const EXIT_DETECTED = 10;

interface DetectArguments {
  model: string;
  input: string;
  threshold?: number | undefined;
  reader?: string | undefined;
  mapping?: string | undefined;
  follow?: boolean;
  all?: boolean;
  format: 'table' | 'json';
}

export const detectCommand: CommandModule<object, DetectArguments> = {
  command: 'detect',
  describe: 'score mail or logs with a released model and say why',
  builder: (yargs) =>
    yargs
      .option('model', { type: 'string', demandOption: true, describe: 'folder with model.json' })
      .option('input', {
        type: 'string',
        demandOption: true,
        describe: '.eml, mbox, Maildir, a log, or a folder of them; "-" reads standard input',
      })
      .option('threshold', {
        type: 'number',
        describe: "scores at or above it are detected, in (0, 1]  [default: the model's, normally 0.5]",
      })
      .option('reader', {
        type: 'string',
        describe: 'how to read a log: zeek, suricata, nsl-kdd, …  [default: by its content]',
      })
      .option('mapping', { type: 'string', describe: 'mapping file for a CSV or Parquet file of your own' })
      .option('follow', {
        type: 'boolean',
        default: false,
        describe: 'reads a log from its top and goes on with what is appended, over rotation, until stopped',
      })
      .option('all', {
        type: 'boolean',
        default: false,
        describe: 'lists benign records of a log too, in both formats',
      })
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'output',
      })
      .epilogue('Exit code: 0 nothing detected, 10 at least one detected, 2 nothing could be scored.'),
  handler: async (argv) => {
    const until = new AbortController();
    if (argv.follow === true) {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => until.abort());
    }
    const { detected } = await runDetect(argv, (text) => process.stdout.write(text), until.signal);
    if (detected > 0) process.exitCode = EXIT_DETECTED;
  },
};

/**
 * @param until ends the following of a log.
 * @throws FedwardError `INVALID_ARGUMENT` for bad options, `DATA_INVALID` for a bad model and when nothing of the
 * input was scored: a scan that saw nothing must not look like one that found nothing.
 */
export async function runDetect(
  argv: DetectArguments,
  write: (text: string) => void,
  until: AbortSignal = new AbortController().signal,
): Promise<DetectSummary> {
  const { model, threshold } = argv;
  if (threshold !== undefined && !(threshold > 0 && threshold <= 1)) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--threshold must be above 0 and at most 1; got ${threshold}.`,
    );
  }
  const engine = await loadEngine();
  const loaded = await loadModel(engine, model);
  try {
    return await scan(engine, loaded, argv, write, until);
  } finally {
    loaded.model.dispose();
  }
}

async function scan(
  engine: Engine,
  loaded: LoadedModel,
  { input, threshold, reader, mapping, follow, all, format }: DetectArguments,
  write: (text: string) => void,
  until: AbortSignal,
): Promise<DetectSummary> {
  const { threat } = loaded;
  const limit = threshold ?? loaded.threshold;
  const following = follow === true;
  if (isLogThreat(threat)) {
    if (following) await checkFollowed(input, reader !== undefined || mapping !== undefined);
    await checkLookAhead(input, { reader, mapping });
    const chosen = await rowReaderFor(threat, input, { format: reader, mapping });
    const passedOver = new Map<string, number>();
    const items = detectLogs(engine, { ...loaded, threat }, chosen, input, {
      threshold: limit,
      onPassedOver: (format) => count(passedOver, format),
      ...(following ? { follow: { until } } : {}),
    });
    const quiet = all !== true;
    const output = format === 'json' ? logJson(write, loaded, limit, quiet) : logTable(write, limit, quiet);
    return consume(items, output, { threat, input, following, passedOver });
  }
  if (reader !== undefined || mapping !== undefined || following) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--reader, --mapping and --follow are for logs; this model detects "${threat.id}", which reads mail.`,
    );
  }
  const items = detect(engine, { ...loaded, threat }, mailReader, input, { threshold: limit });
  const output = format === 'json' ? mailJson(write, loaded, limit) : mailTable(write, limit);
  return consume(items, output, { threat, input, following, passedOver: new Map() });
}

/** A log has a handful; one that names a format in each line must not fill the memory. */
const MOST_FORMATS = 100;

function count(passedOver: Map<string, number>, format: string): void {
  const key = passedOver.has(format) || passedOver.size < MOST_FORMATS ? format : 'other formats';
  passedOver.set(key, (passedOver.get(key) ?? 0) + 1);
}

async function checkFollowed(input: string, isNamed: boolean): Promise<void> {
  if (input === '-') return;
  const found = await statOrNull(input);
  const path = printable(input);
  if (found?.isDirectory()) {
    throw new FedwardError('INVALID_ARGUMENT', `--follow is for one file; ${path} is a folder.`);
  }
  if (found !== null && !found.isFile()) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--follow is for a file that grows; ${path} is a pipe or a device. Leave --follow out and name --reader: it is read as it comes.`,
    );
  }
  if (!isNamed && (found === null || found.size === 0)) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `There is nothing at ${path} yet that tells its format: name --reader to wait for it.`,
    );
  }
}

interface Scan {
  readonly threat: KnownThreat;
  readonly input: string;
  readonly following: boolean;
  /** Counted while the items are taken. */
  readonly passedOver: ReadonlyMap<string, number>;
}

async function consume<Item extends Detection | LogDetection>(
  items: AsyncIterable<Item | Refused>,
  output: DetectOutput<Item>,
  scan: Scan,
): Promise<DetectSummary> {
  const counts = { scored: 0, detected: 0, skipped: 0 };
  let firstSkipped: Refused | null = null;
  for await (const item of items) {
    if (item.kind === 'refused') {
      counts.skipped++;
      firstSkipped ??= item;
    } else {
      counts.scored++;
      if (item.detected) counts.detected++;
    }
    output.item(item);
  }
  const summary = { ...counts, passedOver: Object.fromEntries(scan.passedOver) };
  output.summary(summary);
  // Who stops following a log in which nothing has happened yet has seen no fault.
  if (counts.scored > 0 || (scan.following && firstSkipped === null)) return summary;
  throw new FedwardError('DATA_INVALID', nothingScored(scan, summary, firstSkipped));
}

function nothingScored(
  { threat, input }: Scan,
  { passedOver }: DetectSummary,
  firstSkipped: Refused | null,
): string {
  const path = printable(input);
  const foreign =
    isLogThreat(threat) && Object.keys(passedOver).length > 0
      ? ` ${passedOverText(passedOver)}: "${threat.id}" takes ${threat.formats.join(', ')}.`
      : '';
  if (firstSkipped !== null) {
    const where = printable(formatWhereabouts(firstSkipped));
    return `Nothing at ${path} could be read. ${where}: ${printable(firstSkipped.reason)}${foreign}`;
  }
  return foreign === ''
    ? `Nothing at ${path} was scored: it holds no ${isLogThreat(threat) ? 'records' : 'mail'}.`
    : `Nothing at ${path} was scored.${foreign}`;
}
