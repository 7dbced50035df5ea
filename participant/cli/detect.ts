/** `fedward detect`: scores mail or logs with a released model; its exit code tells a script the outcome. */
import type { CommandModule } from 'yargs';
import { FedwardError } from '../../proto/errors.ts';
import { isLogThreat } from '../../threats/catalogue.ts';
import { type Engine, loadEngine } from '../../threats/engine.ts';
import { type LoadedModel, loadModel } from '../../threats/model-files.ts';
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
        describe: 'goes on with what is appended to a log, over rotation, until interrupted',
      })
      .option('all', { type: 'boolean', default: false, describe: 'lists benign records of a log too' })
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'output',
      })
      .epilogue('Exit code: 0 nothing detected, 10 at least one detected, 2 nothing could be read.'),
  handler: async (argv) => {
    const until = new AbortController();
    if (argv.follow === true) process.once('SIGINT', () => until.abort());
    const { detected } = await runDetect(argv, (text) => process.stdout.write(text), until.signal);
    if (detected > 0) process.exitCode = EXIT_DETECTED;
  },
};

/**
 * @param until ends the following of a log.
 * @throws FedwardError `INVALID_ARGUMENT` for bad options, `DATA_INVALID` for a bad model and when nothing of the
 * input could be read: a scan that saw nothing must not look like one that found nothing.
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
  if (isLogThreat(threat)) {
    const chosen = await rowReaderFor(threat, input, { format: reader, mapping });
    const items = detectLogs(engine, { ...loaded, threat }, chosen, input, {
      threshold: limit,
      ...(follow === true ? { follow: { until } } : {}),
    });
    const output = format === 'json' ? logJson(write, loaded, limit) : logTable(write, limit, all !== true);
    return consume(items, output, input);
  }
  if (reader !== undefined || mapping !== undefined || follow === true) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--reader, --mapping and --follow are for logs; this model detects "${threat.id}", which reads mail.`,
    );
  }
  const items = detect(engine, { ...loaded, threat }, mailReader, input, { threshold: limit });
  const output = format === 'json' ? mailJson(write, loaded, limit) : mailTable(write, limit);
  return consume(items, output, input);
}

async function consume<Item extends Detection | LogDetection>(
  items: AsyncIterable<Item | Refused>,
  output: DetectOutput<Item>,
  input: string,
): Promise<DetectSummary> {
  const counts = { scored: 0, detected: 0, skipped: 0 };
  let firstSkipped: Refused | undefined;
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
  output.summary(counts);
  if (counts.scored === 0 && firstSkipped !== undefined) {
    throw new FedwardError(
      'DATA_INVALID',
      `Nothing at ${printable(input)} could be read. ${printable(formatWhereabouts(firstSkipped))}: ${firstSkipped.reason}`,
    );
  }
  return counts;
}
