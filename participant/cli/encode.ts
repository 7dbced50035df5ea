/** `fedward data encode`: a public test set as the coordinator takes it (`testSet` of its configuration). */
import { open, rename } from 'node:fs/promises';
import type { CommandModule } from 'yargs';
import { FedwardError } from '../../proto/errors.ts';
import { isLogThreat, type KnownThreat, threatById } from '../../threats/catalogue.ts';
import { encodeDataset } from '../../threats/dataset-file.ts';
import type { LogThreat, Prepared } from '../../threats/log-threat.ts';
import type { Dataset } from '../../threats/threat.ts';
import { loadDataset } from '../dataset.ts';
import { rowReaderFor } from '../readers/choose.ts';
import { mailReader } from '../readers/mail.ts';
import { formatPlace } from '../readers/table-row.ts';

interface EncodeArguments {
  path: string;
  threat: string;
  output: string;
  reader: string | undefined;
  mapping: string | undefined;
  format: 'table' | 'json';
}

export const encodeCommand: CommandModule<object, EncodeArguments> = {
  command: 'encode <path>',
  describe: 'Encode a PUBLIC labelled test set for the coordinator',
  builder: (yargs) =>
    yargs
      .positional('path', {
        type: 'string',
        demandOption: true,
        describe: 'A log, or a folder of logs or mail',
      })
      .option('threat', { type: 'string', demandOption: true, describe: 'What is to be detected' })
      .option('output', { type: 'string', demandOption: true, describe: 'File to write' })
      .option('reader', { type: 'string', describe: 'How to read a log  [default: by its content]' })
      .option('mapping', { type: 'string', describe: 'Mapping file for a table of your own' })
      .option('format', {
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'table for people, json for one object',
      })
      .epilogue(
        'The coordinator reads this file as it is. It has no privacy of any kind: encode nothing that is not public.',
      )
      .example(
        '$0 data encode KDDTest+.txt.gz --threat network-intrusion --output test-set.bin',
        'The official test set of NSL-KDD',
      ),
  async handler({ path, threat: id, output, reader, mapping, format }) {
    const threat = threatById(id);
    const { dataset, skipped } = await encode(threat, path, { format: reader, mapping });
    await writeWhole(output, encodeDataset(threat.encoder.id, dataset));
    const classes = Object.fromEntries(
      threat.classes.map((name, label) => [name, dataset.labels.filter((own) => own === label).length]),
    );
    if (format === 'json') {
      const about = { threat: threat.id, encoder: threat.encoder.id, output };
      process.stdout.write(`${JSON.stringify({ ...about, records: dataset.rows, skipped, classes })}\n`);
      return;
    }
    const counts = Object.entries(classes).map(([name, count]) => `${name} ${count}`);
    const left = skipped === 0 ? '' : `; ${skipped} rows could not be used`;
    process.stdout.write(`${output}: ${dataset.rows} records (${counts.join(', ')})${left}.\n`);
  },
};

interface Encoded {
  readonly dataset: Dataset;
  /** Rows that could not be read, samples without a label; of mail repetitions too. */
  readonly skipped: number;
}

/** @throws FedwardError `DATA_INVALID` when nothing can be used; those of `rowReaderFor`. */
export async function encode(
  threat: KnownThreat,
  path: string,
  choice: Parameters<typeof rowReaderFor>[2],
): Promise<Encoded> {
  if (isLogThreat(threat)) return encodeLog(threat, path, choice);
  const { dataset, report } = await loadDataset(threat, mailReader, path);
  return { dataset, skipped: report.skippedCount + report.duplicates + report.contradictions };
}

/** A test set is held in memory by the coordinator too, so there is nothing to gain from a file here. */
async function encodeLog(
  threat: LogThreat,
  path: string,
  choice: Parameters<typeof rowReaderFor>[2],
): Promise<Encoded> {
  const { encoder, formats } = threat;
  const reader = await rowReaderFor(threat, path, choice);
  const preparer = threat.prepare();
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  let skipped = 0;
  let first: string | null = null;
  const skip = (why: string) => {
    skipped++;
    first ??= why;
  };
  const take = (prepared: Prepared, place: string) => {
    if (prepared.kind === 'refused') skip(`${place}: ${prepared.reason}`);
    else if (prepared.label === null) skip(`${place}: the record has no label.`);
    else {
      const row = new Float32Array(encoder.width);
      encoder.encode(prepared.sample, row, 0);
      rows.push(row);
      labels.push(prepared.label);
    }
  };
  for await (const item of reader.read(path)) {
    const place = formatPlace(item);
    if (item.kind === 'refused') skip(`${place}: ${item.reason}`);
    else if (formats.includes(item.sample.format)) {
      for (const prepared of preparer.push(item.sample)) take(prepared, place);
    }
  }
  for (const prepared of preparer.end()) take(prepared, path);
  if (rows.length === 0) {
    const why = first === null ? '' : ` First problem: ${first}`;
    throw new FedwardError('DATA_INVALID', `${path} holds no labelled record for "${threat.id}".${why}`);
  }
  const features = new Float32Array(rows.length * encoder.width);
  rows.forEach((row, i) => {
    features.set(row, i * encoder.width);
  });
  const dataset = { rows: rows.length, width: encoder.width, features, labels: Uint8Array.from(labels) };
  return { dataset, skipped };
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.partial`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
