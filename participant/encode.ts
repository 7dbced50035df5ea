/** A labelled, public test set as the coordinator takes it. */
import { FedwardError } from '../proto/errors.ts';
import { isLogThreat, type KnownThreat } from '../threats/catalogue.ts';
import type { LogThreat, Prepared } from '../threats/log-threat.ts';
import type { Dataset } from '../threats/threat.ts';
import { checkLookAhead } from './data/look-ahead.ts';
import { loadDataset } from './dataset.ts';
import { type ReaderChoice, rowReaderFor } from './readers/choose.ts';
import { mailReader } from './readers/mail.ts';
import { formatPlace } from './readers/table-row.ts';

export interface Encoded {
  readonly dataset: Dataset;
  /** Rows that could not be read, samples without a label; of mail repetitions too. */
  readonly skipped: number;
}

/**
 * @throws FedwardError `DATA_INVALID` when nothing can be used, or only benign records, or none: on those no ranking
 *   can be judged; `INVALID_ARGUMENT` for mail with a reader or a mapping; those of `rowReaderFor`.
 */
export async function encode(threat: KnownThreat, path: string, choice: ReaderChoice): Promise<Encoded> {
  const { format, mapping } = choice;
  if (isLogThreat(threat)) {
    await checkLookAhead(path, { reader: format, mapping });
    return encodeLog(threat, path, choice);
  }
  if (format !== undefined || mapping !== undefined) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--reader and --mapping are for logs; "${threat.id}" reads mail, from a folder for each class.`,
    );
  }
  const { dataset, report } = await loadDataset(threat, mailReader, path);
  return { dataset, skipped: report.skippedCount + report.duplicates + report.contradictions };
}

/** A test set is held in memory by the coordinator too, so there is nothing to gain from a file here. */
async function encodeLog(threat: LogThreat, path: string, choice: ReaderChoice): Promise<Encoded> {
  const { encoder, formats } = threat;
  const reader = await rowReaderFor(threat, path, choice);
  const preparer = threat.prepare();
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  let skipped = 0;
  let first: string | null = null;
  let passed: string | null = null;
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
    } else passed ??= `${place}: ${item.sample.format} is nothing that this threat takes.`;
  }
  for (const prepared of preparer.end()) take(prepared, path);
  checkBothSides(threat, path, labels, first ?? passed);
  const features = new Float32Array(rows.length * encoder.width);
  rows.forEach((row, i) => {
    features.set(row, i * encoder.width);
  });
  const dataset = { rows: rows.length, width: encoder.width, features, labels: Uint8Array.from(labels) };
  return { dataset, skipped };
}

function checkBothSides(
  { id, classes }: LogThreat,
  path: string,
  labels: readonly number[],
  first: string | null,
): void {
  const benign = labels.filter((label) => label === 0).length;
  if (benign > 0 && benign < labels.length) return;
  const why = first === null ? '' : ` First problem: ${first}`;
  const [name = '', ...others] = classes;
  const what =
    labels.length === 0
      ? `no labelled record for "${id}"`
      : benign === 0
        ? `no record of class "${name}" for "${id}", so that false alarms cannot be measured`
        : `only records of class "${name}" for "${id}", and none of ${others.join(', ')} to detect`;
  const where = path === '-' ? 'Standard input' : path;
  throw new FedwardError('DATA_INVALID', `${where} holds ${what}.${why}`);
}
