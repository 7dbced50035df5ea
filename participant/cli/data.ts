/** `fedward data …`: public data sets, and what is in a file of one's own. */
import { resolve } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { FedwardError } from '../../proto/errors.ts';
import { encodeCommand } from './encode.ts';
import { printable } from './printable.ts';

interface CommonArguments {
  format: 'table' | 'json';
  quiet: boolean;
}

interface DescribeArguments extends CommonArguments {
  path: string;
  rows: number | undefined;
  reader: string | undefined;
  mapping: string | undefined;
}

interface GetArguments extends CommonArguments {
  name: string;
  from: string | undefined;
  to: string;
  insecure: boolean;
  timeout: number;
}

function withCommon<T>(yargs: Argv<T>, quiet: string): Argv<T & CommonArguments> {
  return yargs
    .option('format', {
      choices: ['table', 'json'] as const,
      default: 'table' as const,
      describe: 'table for people, json for one object a line',
    })
    .option('quiet', { type: 'boolean', default: false, describe: quiet });
}

const listCommand: CommandModule<object, CommonArguments> = {
  command: 'list',
  describe: 'Public data sets: source, licence, hashes, labels, and whether they are here',
  builder: (yargs) =>
    withCommon(yargs, 'Names and presence only').epilogue(
      'They are looked for in the folder that FEDWARD_DATA names, by default ../shared/data.',
    ),
  async handler({ format, quiet }) {
    const [{ listPublicSets }, { dataFolder }] = await Promise.all([
      import('../data/list.ts'),
      import('../data/presence.ts'),
    ]);
    await listPublicSets({ folder: dataFolder(), format, quiet, ...terminal() }, write);
  },
};

const describeCommand: CommandModule<object, DescribeArguments> = {
  command: 'describe <path>',
  describe: 'What is in a log: format, columns, labels, quality, and which threats it fits',
  builder: (yargs) =>
    withCommon(yargs, 'No table of columns, no progress')
      .positional('path', {
        type: 'string',
        demandOption: true,
        describe: 'File, or folder with all below it',
      })
      .option('rows', { type: 'number', describe: 'Stop after so many rows' })
      .option('reader', {
        type: 'string',
        describe: 'How to read it, such as zeek  [default: by its content]',
      })
      .option('mapping', { type: 'string', describe: 'Mapping file for a table of your own' })
      .conflicts('reader', 'mapping')
      .example('$0 data describe conn.log.gz', 'A Zeek log')
      .example('$0 data describe export.csv --rows 10000', 'The beginning of any table'),
  async handler({ path, rows, reader, mapping, format, quiet }) {
    checkCount('--rows', rows);
    const [{ describeData }, { descriptionText }, { createProgress }] = await Promise.all([
      import('../data/describe.ts'),
      import('../data/describe-text.ts'),
      import('../data/progress.ts'),
    ]);
    const progress = createProgress(process.stderr, quiet);
    // yargs gives a lone "-" as an empty text.
    const description = await describeData(path === '' ? '-' : path, {
      rows,
      reader,
      mapping,
      progress,
    }).finally(() => progress.end());
    write(
      format === 'json'
        ? `${JSON.stringify(description)}\n`
        : descriptionText(description, { ...terminal(), quiet }),
    );
  },
};

const getCommand: CommandModule<object, GetArguments> = {
  command: 'get <name>',
  describe: 'Copy or download a public data set, verified against its published SHA-256',
  builder: (yargs) =>
    withCommon(yargs, 'No progress, and no line for each file')
      .positional('name', { type: 'string', demandOption: true, describe: 'As "fedward data list" has it' })
      .option('from', {
        type: 'string',
        describe: 'https address or path of its folder, or of one file  [default: FEDWARD_DATA]',
      })
      .option('to', { type: 'string', default: 'data', describe: 'Data folder to put it into' })
      .option('insecure', {
        type: 'boolean',
        default: false,
        describe: 'Plain http, too: the content is verified, but others see what you fetch',
      })
      .option('timeout', {
        type: 'number',
        default: 30_000,
        describe: 'Longest wait for an answer and for each next piece, in milliseconds',
      })
      .epilogue('What breaks off stays as <file>.part, and the next run goes on from there.'),
  async handler({ name, from, to, insecure, timeout, format, quiet }) {
    checkCount('--timeout', timeout);
    const [{ getPublicSet }, { dataFolder }, { createProgress }, { bytes }] = await Promise.all([
      import('../data/get.ts'),
      import('../data/presence.ts'),
      import('../data/progress.ts'),
      import('../data/text.ts'),
    ]);
    const progress = createProgress(process.stderr, quiet);
    const options = { from: from ?? dataFolder(), to, insecure, timeoutMs: timeout, progress };
    let files = 0;
    const set = await getPublicSet(name, options, (file) => {
      files++;
      if (format === 'json') write(`${JSON.stringify(file)}\n`);
      else if (!quiet)
        write(`${file.outcome.padEnd(13)}  ${bytes(file.bytes).padStart(9)}  ${printable(file.path)}\n`);
    }).finally(() => progress.end());
    if (format === 'json') return;
    if (set.folder === null) write(`${set.name} comes with Fedward: there is nothing to get.\n`);
    else {
      const of = `${files} of ${set.files.length} ${set.files.length === 1 ? 'file' : 'files'}`;
      write(`${of} of ${set.name}, each with its published SHA-256.\n`);
      if (resolve(to) !== dataFolder()) {
        write(`"fedward data list" and the benchmarks find them by FEDWARD_DATA=${printable(resolve(to))}\n`);
      }
    }
  },
};

export const dataCommand: CommandModule = {
  command: 'data',
  describe: 'Public data sets, and what is in a log of your own',
  builder: (yargs) =>
    yargs
      .command(listCommand)
      .command(describeCommand)
      .command(getCommand)
      .command(encodeCommand)
      .demandCommand(1, 'Say what to do with data: list, describe, get or encode.'),
  /** Never reached: a subcommand is demanded. */
  handler() {},
};

function write(text: string): void {
  process.stdout.write(text);
}

function terminal(): { readonly width: number; readonly colour: boolean } {
  const { columns = 100, isTTY } = process.stdout;
  return { width: Math.max(60, Math.min(columns, 160)), colour: isTTY === true && !process.env.NO_COLOR };
}

function checkCount(option: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return;
  throw new FedwardError('INVALID_ARGUMENT', `${option} must be a whole number from 1; got ${value}.`);
}
