/**
 * A hospital's logs as records to train on: read once, row by row, in bounded memory, into a file that is kept until
 * the logs change. What is read is judged on the way (`quality.ts`); nothing is left out without being counted.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FedwardError } from '../proto/errors.ts';
import { writeWhole } from '../proto/files.ts';
import { softwareVersion } from '../proto/wire.ts';
import { type LogThreat, type Prepared, unjudged } from '../threats/log-threat.ts';
import { createProfile, type QualityProfile, type QualityReport } from './quality.ts';
import { qualityProfileSchema } from './quality-report.ts';
import { filesIn } from './readers/log-files.ts';
import type { RowReader } from './readers/table-row.ts';
import { createRecordWriter, openRecordFile, type RecordFiles, type RecordWriter } from './record-file.ts';
import { inMemory, type RecordSource } from './record-source.ts';

export interface LogDatasetOptions {
  readonly threat: LogThreat;
  readonly reader: RowReader;
  /** A file, or a folder with all below it. */
  readonly path: string;
  /** Text of the mapping file, where there is one: other columns are other records. */
  readonly mapping?: string | undefined;
  /** Folder of this data set alone, for its prepared records and what it was like; made if it is not there. */
  readonly store: string;
  readonly signal?: AbortSignal | undefined;
  /** Records of at most this size, dense, are held in memory. @default 64 MiB */
  readonly memoryBytes?: number;
  /** Told now and then how many rows have been read. */
  readonly progress?: (rows: number) => void;
}

export interface LogDataset {
  readonly source: RecordSource;
  readonly quality: QualityReport;
  /** Samples that the threat refused, those without a label among them. */
  readonly unusable: number;
  /** Rows of formats that are not the threat's: DNS lines among Zeek's connections. */
  readonly foreign: number;
  /** The logs were those of an earlier run, and not read again. */
  readonly reused: boolean;
}

const MEMORY_BYTES = 2 ** 26;
/** Only the hospital's own user reads what is kept. */
const PRIVATE = 0o600;
/** What the data set was like when it was last trained on, to compare with. */
const ACCEPTED = 'quality.json';
/** Rows between two reports of progress. */
const PROGRESS_ROWS = 100_000;

/**
 * @throws FedwardError `DATA_INVALID` when `path` cannot be opened or holds no record that can be trained on; an
 * abort error when the signal says so.
 */
export async function loadLogs(options: LogDatasetOptions): Promise<LogDataset> {
  const { threat, store, path } = options;
  await mkdir(store, { recursive: true, mode: 0o700 });
  const name = await fingerprint(options);
  const kept = await readKept(store, name);
  const { quality, unusable, foreign, ...shape } = kept ?? (await prepare(options, name));
  if (shape.rows === 0) {
    throw new FedwardError(
      'DATA_INVALID',
      `${path} holds no record that "${threat.id}" can be trained on. Run "fedward data describe ${path}" to see what is in it.`,
    );
  }
  const source = openRecordFile(filesOf(store, name), { ...shape, width: threat.encoder.width });
  return {
    source: intoMemory(source, options.memoryBytes ?? MEMORY_BYTES),
    quality,
    unusable,
    foreign,
    reused: kept !== null,
  };
}

function intoMemory(source: RecordSource, most: number): RecordSource {
  const { rows, width } = source;
  if (rows * width * 4 > most) return source;
  const { features, labels } = source.gather(Int32Array.from({ length: rows }, (_, row) => row));
  source.dispose();
  return inMemory({ rows, width, features, labels });
}

interface Kept {
  readonly rows: number;
  readonly classCounts: readonly number[];
  readonly unusable: number;
  readonly foreign: number;
  readonly quality: QualityReport;
}

async function prepare(options: LogDatasetOptions, name: string): Promise<Kept> {
  const { threat, store } = options;
  const partial = filesOf(store, `${name}.${randomBytes(6).toString('hex')}.partial`);
  const writer = await createRecordWriter(partial, threat.encoder.width);
  try {
    const read = await streamInto(writer, options);
    const kept: Kept = { ...(await writer.close()), ...read };
    await removeOthers(store, [partial.data, partial.index]);
    const whole = filesOf(store, name);
    await rename(partial.data, whole.data);
    await rename(partial.index, whole.index);
    // Last, so that what it describes is there.
    await writeWhole(whole.about, JSON.stringify(kept), PRIVATE);
    return kept;
  } catch (error) {
    await writer.abandon().catch(() => {});
    await Promise.all([partial.data, partial.index].map((file) => rm(file, { force: true })));
    throw error;
  }
}

async function streamInto(
  writer: RecordWriter,
  { threat, reader, path, store, signal, progress }: LogDatasetOptions,
): Promise<Pick<Kept, 'unusable' | 'foreign' | 'quality'>> {
  const { encoder, classes } = threat;
  const last = await readAccepted(store, { threat: threat.id, reader: reader.id });
  const profile = createProfile({
    expected: threat.fields ?? [],
    classes,
    ...(last === undefined ? {} : { last }),
  });
  const features = new Float32Array(encoder.width);
  const preparer = threat.prepare();
  let unusable = 0;
  let foreign = 0;
  let rows = 0;

  // An autoencoder reads no labels, so none is needed and none is looked at.
  const isUnsupervised = threat.network.task === 'reconstruct';

  const take = (made: Prepared): Promise<void> | undefined => {
    const prepared = isUnsupervised && made.kind === 'sample' ? { ...made, label: 0 } : made;
    profile.prepared(prepared);
    if (prepared.kind === 'refused' || prepared.label === null) {
      unusable++;
      return undefined;
    }
    features.fill(0);
    encoder.encode(prepared.sample, features, 0);
    return writer.append(features, prepared.label);
  };
  for await (const batch of reader.readBatches(path, signal === undefined ? {} : { signal })) {
    for (const item of batch) {
      if (++rows % PROGRESS_ROWS === 0) progress?.(rows);
      // A line that stands in the logs twice is one record: else its weight in training doubles, and its privacy loss.
      const isRepeated = profile.item(item) && threat.gathers !== true;
      if (item.kind === 'refused' || isRepeated) continue;
      if (!threat.formats.includes(item.sample.format)) {
        foreign++;
        continue;
      }
      for (const prepared of preparer.push(isUnsupervised ? unjudged(item.sample) : item.sample)) {
        const full = take(prepared);
        if (full !== undefined) await full;
      }
    }
  }
  for (const prepared of preparer.end()) await take(prepared);
  return { unusable, foreign, quality: profile.report() };
}

interface Files extends RecordFiles {
  readonly about: string;
}

function filesOf(store: string, name: string): Files {
  const file = (ending: string) => join(store, `${name}.${ending}`);
  return { data: file('records'), index: file('offsets'), about: file('json') };
}

const keptSchema = z.looseObject({
  rows: z.number().int().nonnegative(),
  classCounts: z.array(z.number().int().nonnegative()),
  unusable: z.number().int().nonnegative(),
  foreign: z.number().int().nonnegative(),
});

/** What an earlier run left; null when it left nothing, or not the whole of it. */
async function readKept(store: string, name: string): Promise<Kept | null> {
  const { about, data, index } = filesOf(store, name);
  try {
    const kept: unknown = JSON.parse(await readFile(about, 'utf8'));
    keptSchema.parse(kept);
    await Promise.all([stat(data), stat(index)]);
    return kept as Kept;
  } catch {
    return null;
  }
}

/** What a profile can be compared with: another threat or reader has other fields. */
interface ProfileOf {
  readonly threat: string;
  readonly reader: string;
}

const acceptedSchema = z.strictObject({
  threat: z.string(),
  reader: z.string(),
  profile: qualityProfileSchema,
});

/**
 * Keeps what the records were like, for the next time's comparison. To be called once they have passed the site's
 * limits: a refused log that became the yardstick would pass the next time.
 */
export async function acceptQuality(store: string, of: ProfileOf, { profile }: QualityReport): Promise<void> {
  await writeWhole(join(store, ACCEPTED), JSON.stringify({ ...of, profile }), PRIVATE);
}

/** Undefined when there is nothing to compare with: then there is no drift to tell. */
async function readAccepted(
  store: string,
  { threat, reader }: ProfileOf,
): Promise<QualityProfile | undefined> {
  try {
    const accepted = acceptedSchema.parse(JSON.parse(await readFile(join(store, ACCEPTED), 'utf8')));
    return accepted.threat === threat && accepted.reader === reader ? accepted.profile : undefined;
  } catch {
    return undefined;
  }
}

/** Records of logs as they no longer are, and what a killed run left behind. */
async function removeOthers(store: string, keep: readonly string[]): Promise<void> {
  for (const entry of await readdir(store)) {
    const file = join(store, entry);
    if (!/^[0-9a-f]{32}\./.test(entry) || keep.includes(file)) continue;
    await rm(file, { force: true });
  }
}

/** Equal as long as version, encoder, reader, mapping and the files' names, sizes and times are. */
async function fingerprint({ threat, reader, path, mapping }: LogDatasetOptions): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([softwareVersion(), threat.id, threat.encoder.id, reader.id, mapping ?? null]));
  for (const file of await filesIn(path)) {
    const found = await stat(file).catch(() => null);
    hash.update(JSON.stringify([file, found?.size, found?.mtimeMs]));
  }
  return hash.digest('hex').slice(0, 32);
}
