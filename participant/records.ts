/** The hospital's records as its configuration describes them, read, judged and ready to train on. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { readNamedFile } from '../proto/files.ts';
import { isLogThreat, type KnownThreat } from '../threats/catalogue.ts';
import type { LogThreat } from '../threats/log-threat.ts';
import type { HospitalConfig } from './config.ts';
import { loadDataset } from './dataset.ts';
import { acceptQuality, loadLogs } from './log-dataset.ts';
import { describeQuality, enforceQuality, type QualityLimits } from './quality.ts';
import { rowReaderFor } from './readers/choose.ts';
import { mailReader } from './readers/mail.ts';
import { inMemory, type RecordSource } from './record-source.ts';

type DataConfig = HospitalConfig['data'];

/**
 * @param at resolves a configured path.
 * @param log the hospital's own: how many records of which class there are stays on this machine.
 * @throws FedwardError `DATA_INVALID` when the records cannot be read, or the site's limits on their quality are not
 * met; `CONFIG_INVALID` and `INVALID_ARGUMENT` for a reader or mapping that does not suit.
 */
export async function loadRecords(
  threat: KnownThreat,
  data: DataConfig,
  at: (path: string) => string,
  log: Logger,
  signal: AbortSignal,
): Promise<RecordSource> {
  if (isLogThreat(threat)) return loadFromLogs(threat, data, at, log, signal);
  const { dataset, report } = await loadDataset(threat, mailReader, at(data.folder));
  const { skipped, damaged } = report;
  log.info({ ...report, skipped: skipped.slice(0, 5), damaged: damaged.slice(0, 5) }, 'read the records');
  return inMemory(dataset);
}

async function loadFromLogs(
  threat: LogThreat,
  data: DataConfig,
  at: (path: string) => string,
  log: Logger,
  signal: AbortSignal,
): Promise<RecordSource> {
  const path = at(data.folder);
  const mapping = data.mapping === undefined ? undefined : at(data.mapping);
  const reader = await rowReaderFor(threat, path, { format: data.reader, mapping });
  const store = join(at(data.prepared), folderOf(data.name));
  const { source, quality, unusable, foreign, reused } = await loadLogs({
    ...{ threat, reader, path, store, signal },
    mapping: mapping === undefined ? undefined : String(await readNamedFile('The mapping file', mapping)),
    progress: (rows) => log.info({ rows }, 'reading the log'),
  });
  try {
    const limits = limitsFor(threat, data.quality);
    for (const line of describeQuality(quality, limits)) log.info(line);
    log.info({ records: source.rows, unusable, foreign, reused, reader: reader.id }, 'read the records');
    enforceQuality(quality, limits);
    await acceptQuality(store, { threat: threat.id, reader: reader.id }, quality);
    return source;
  } catch (error) {
    source.dispose();
    throw error;
  }
}

/** Without labels there is one class. */
function limitsFor({ network }: LogThreat, limits: QualityLimits): QualityLimits {
  return network.task === 'reconstruct' ? { ...limits, requireBothClasses: false } : limits;
}

/** A data set's name is free text, and two data sets must not share a folder. */
function folderOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}
