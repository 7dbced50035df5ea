/** What is in a file or a folder: its format, columns, labels and quality, and which threats have a use for it. */
import { LOG_THREATS, UNSUPERVISED_THREATS } from '../../threats/catalogue.ts';
import type { LogThreat, Prepared, Preparer } from '../../threats/log-threat.ts';
import type { Cells } from '../../threats/record.ts';
import { createProfile, describeQuality, type QualityReport } from '../quality.ts';
import { amount } from '../quality-words.ts';
import { takesRowsOf } from '../readers/choose.ts';
import { headerKey } from '../readers/table-format.ts';
import type { RowItem } from '../readers/table-row.ts';
import { type DescribedReader, type ReaderNamed, readerToDescribe } from './described-reader.ts';
import type { Progress } from './progress.ts';

export interface DescribeOptions extends ReaderNamed {
  /** Rows after which to stop. */
  readonly rows?: number | undefined;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

export interface DescribedColumn {
  readonly role: 'feature' | 'label' | 'context';
  readonly field: QualityReport['fields'][number];
}

export interface ThreatFit {
  readonly threat: string;
  /** Samples by class name. */
  readonly classes: Readonly<Record<string, number>>;
  readonly unlabelled: number;
  readonly refused: number;
  /** The threat for the same records without labels. */
  readonly unsupervised: string | null;
  /** Fields that it reads and no row has. */
  readonly lacking: readonly string[];
}

export interface Description {
  readonly path: string;
  readonly reader: string;
  readonly title: string;
  readonly kind: DescribedReader['kind'];
  readonly why: string;
  /** False when it was stopped before the end. */
  readonly whole: boolean;
  /** Rows by format: a folder may hold several. */
  readonly formats: Readonly<Record<string, number>>;
  readonly columns: readonly DescribedColumn[];
  readonly fits: readonly ThreatFit[];
  /** Threats that would find most of their fields in an unknown table by name. */
  readonly mappable: readonly { readonly threat: string; readonly found: number; readonly of: number }[];
  readonly words: readonly string[];
  readonly report: QualityReport;
}

/** @throws FedwardError `DATA_INVALID` when `path` cannot be opened, or nothing at it is known. */
export async function describeData(path: string, options: DescribeOptions): Promise<Description> {
  const { reader, why, kind, doubts } = await readerToDescribe(path, options);
  const accounts = LOG_THREATS.filter((threat) => kind === 'log' && takesRowsOf(threat, reader)).map(account);
  const [main] = accounts;
  const profile = createProfile({ expected: main?.threat.fields ?? [], classes: main?.threat.classes ?? [] });
  // Labels and context are described the same way, each as if they were fields.
  const labels = createProfile({ expected: [], classes: [] });
  const context = createProfile({ expected: [], classes: [] });
  const most = options.rows ?? Number.POSITIVE_INFINITY;
  const formats = new Map<string, number>();
  let rows = 0;

  const take = (item: RowItem): void => {
    rows++;
    const isRepeated = profile.item(item);
    if (item.kind === 'refused') return;
    const { format } = item.sample;
    if (formats.has(format) || formats.size < MOST_FORMATS)
      formats.set(format, (formats.get(format) ?? 0) + 1);
    labels.item(withFields(item, item.sample.labels));
    context.item(withFields(item, item.sample.context));
    if (isRepeated) return;
    for (const each of accounts) {
      if (!each.threat.formats.includes(item.sample.format)) continue;
      for (const prepared of each.preparer.push(item.sample)) tally(each, prepared);
    }
  };
  const tally = (each: Account, prepared: Prepared): void => {
    each.add(prepared);
    if (each === main) profile.prepared(prepared);
  };

  const read = reader.readBatches(path, options.signal === undefined ? {} : { signal: options.signal });
  for await (const batch of read) {
    for (const item of batch) if (rows < most) take(item);
    options.progress.show(() => `${amount(rows)} rows`);
    if (rows >= most) break;
  }
  for (const each of accounts) for (const prepared of each.preparer.end()) tally(each, prepared);
  options.progress.end();

  const report = profile.report();
  return {
    ...{ path, reader: reader.id, title: reader.title, kind, why, whole: rows < most, report },
    formats: Object.fromEntries(formats),
    columns: [
      ...report.fields.map((field) => ({ role: 'feature', field }) as const),
      ...labels.report().fields.map((field) => ({ role: 'label', field }) as const),
      ...context.report().fields.map((field) => ({ role: 'context', field }) as const),
    ],
    fits: accounts.filter((each) => each.isUsed()).map((each) => each.fit(report)),
    mappable: kind === 'table' ? mappable(report) : [],
    words: [...doubts, ...describeQuality(report)],
  };
}

/** A file that names a format in each line must not fill the memory. */
const MOST_FORMATS = 100;

function withFields(item: Extract<RowItem, { kind: 'record' }>, fields: Cells): RowItem {
  return { ...item, note: null, sample: { format: item.sample.format, fields, labels: {}, context: {} } };
}

interface Account {
  readonly threat: LogThreat;
  readonly preparer: Preparer;
  add(prepared: Prepared): void;
  isUsed(): boolean;
  fit(report: QualityReport): ThreatFit;
}

function account(threat: LogThreat): Account {
  const counts = threat.classes.map(() => 0);
  let unlabelled = 0;
  let refused = 0;
  let isUsed = false;
  return {
    threat,
    preparer: threat.prepare(),
    add(prepared) {
      isUsed = true;
      if (prepared.kind === 'refused') refused++;
      else if (prepared.label === null) unlabelled++;
      else counts[prepared.label] = (counts[prepared.label] ?? 0) + 1;
    },
    isUsed: () => isUsed,
    fit(report) {
      const set = new Set(report.fields.filter(({ kind }) => kind !== 'unset').map(({ name }) => name));
      return {
        ...{ threat: threat.id, unlabelled, refused },
        unsupervised: UNSUPERVISED_THREATS.find(({ id }) => id === `${threat.id}-unsupervised`)?.id ?? null,
        classes: Object.fromEntries(threat.classes.map((name, i) => [name, counts[i] ?? 0])),
        lacking: (threat.fields ?? []).filter((field) => !set.has(field)),
      };
    },
  };
}

/** Least share of a threat's fields that must be there by name. */
const MAPPABLE = 0.5;

function mappable({ fields }: QualityReport): Description['mappable'] {
  const names = new Set(fields.map(({ name }) => headerKey(name)));
  return LOG_THREATS.flatMap(({ id, fields: declared, encoder }) => {
    // An encoder names the fields of its samples: those of the rows, where each row makes one.
    const wanted = declared ?? (encoder.spans ?? []).map(({ field }) => field);
    const found = wanted.filter((field) => names.has(headerKey(field))).length;
    return found > 0 && found >= MAPPABLE * wanted.length ? [{ threat: id, found, of: wanted.length }] : [];
  });
}
