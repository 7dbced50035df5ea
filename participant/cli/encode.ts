/** `fedward data encode`: a public test set as the coordinator takes it (`testSet` of its configuration). */
import type { CommandModule } from 'yargs';
import { checkOutput, writeOutput } from './output-file.ts';
import { printable } from './printable.ts';

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
        describe: 'A log, or a folder of logs or mail; "-" reads standard input',
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
    const { threatById } = await import('../../threats/catalogue.ts');
    const { encodeDataset } = await import('../../threats/dataset-file.ts');
    const { encode } = await import('../encode.ts');
    const threat = threatById(id);
    // Reading may take long: what cannot be written is said before.
    await checkOutput('--output', output);
    // yargs gives a lone "-" as an empty text.
    const from = path === '' ? '-' : path;
    const { dataset, skipped } = await encode(threat, from, { format: reader, mapping });
    await writeOutput('--output', output, encodeDataset(threat.encoder.id, dataset));
    const classes = Object.fromEntries(
      threat.classes.map((name, label) => [name, dataset.labels.filter((own) => own === label).length]),
    );
    if (format === 'json') {
      const about = { threat: threat.id, encoder: threat.encoder.id, output };
      process.stdout.write(`${JSON.stringify({ ...about, records: dataset.rows, skipped, classes })}\n`);
      return;
    }
    const counts = Object.entries(classes).map(([name, count]) => `${name} ${count}`);
    const left = skipped === 0 ? '' : `; ${skipped} ${skipped === 1 ? 'row' : 'rows'} could not be used`;
    process.stdout.write(`${printable(output)}: ${dataset.rows} records (${counts.join(', ')})${left}.\n`);
  },
};
