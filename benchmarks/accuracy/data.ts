/** Labelled records as the accuracy benchmark takes them: what the hospitals' own readers and threats make of files. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowReader } from '../../participant/readers/table-row.ts';
import { formatPlace } from '../../participant/readers/table-row.ts';
import { FedwardError } from '../../proto/errors.ts';
import type { FieldSample } from '../../threats/features.ts';
import type { LogThreat, Prepared } from '../../threats/log-threat.ts';
import type { RowSample } from '../../threats/record.ts';
import type { Dataset, Encoder } from '../../threats/threat.ts';

export interface Records {
  readonly samples: readonly FieldSample[];
  /** Class index of each. */
  readonly labels: Uint8Array;
  /** What each one is, finer than its class, such as an attack's name; empty where there is no such thing. */
  readonly details: readonly string[];
}

/**
 * The one file of `folder` whose name ends like this, gzip or not.
 *
 * @throws FedwardError `DATA_INVALID` when there is none.
 */
export async function fileIn(folder: string, ending: string): Promise<string> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new FedwardError('DATA_INVALID', `The folder ${folder} cannot be read. Name one with --data.`, {
      cause,
    });
  });
  const name = names.find((entry) => entry.endsWith(ending) || entry.endsWith(`${ending}.gz`));
  if (name !== undefined) return join(folder, name);
  throw new FedwardError('DATA_INVALID', `There is no file *${ending} or *${ending}.gz in ${folder}.`);
}

/**
 * All labelled records of a file. Public data is expected to be whole: a row that cannot be read ends the benchmark.
 *
 * @throws FedwardError `DATA_INVALID` that names the place.
 */
export async function readRecords(threat: LogThreat, reader: RowReader, path: string): Promise<Records> {
  const gathered = gather();
  const preparer = threat.prepare();
  for await (const batch of reader.readBatches(path)) {
    for (const item of batch) {
      if (item.kind === 'refused') throw broken(`${formatPlace(item)}: ${item.reason}`);
      for (const prepared of preparer.push(item.sample)) gathered.take(prepared, formatPlace(item));
    }
  }
  for (const prepared of preparer.end()) gathered.take(prepared, path);
  return gathered.records();
}

function gather() {
  const samples: FieldSample[] = [];
  const labels: number[] = [];
  const details: string[] = [];
  return {
    take(prepared: Prepared, place: string): void {
      if (prepared.kind === 'refused') throw broken(`${place}: ${prepared.reason}`);
      if (prepared.label === null) throw broken(`${place}: the record has no label.`);
      samples.push(prepared.sample);
      labels.push(prepared.label);
      details.push(prepared.detail ?? '');
    },
    records: (): Records => ({ samples, labels: Uint8Array.from(labels), details }),
  };
}

function broken(what: string): FedwardError {
  return new FedwardError('DATA_INVALID', `The benchmark needs whole, labelled records. ${what}`);
}

/** Records that a threat makes of rows which are in memory already, such as a generator's. */
export function recordsOfRows(threat: LogThreat, rows: Iterable<RowSample>): Records {
  const gathered = gather();
  const preparer = threat.prepare();
  for (const row of rows) {
    for (const prepared of preparer.push(row)) gathered.take(prepared, 'A generated row');
  }
  for (const prepared of preparer.end()) gathered.take(prepared, 'A generated row');
  return gathered.records();
}

/**
 * Records of one label that are encoded alike once: none of the test set then stands in the training set too, not even
 * one that differs in what the encoder does not tell apart. Records that carry two labels stay in, once with each: a
 * test set without them would flatter.
 */
export function deduplicated(encoder: Encoder<FieldSample>, records: Records): Records {
  const row = new Float32Array(encoder.width);
  const first = new Map<string, number>();
  for (const [i, sample] of records.samples.entries()) {
    row.fill(0);
    encoder.encode(sample, row, 0);
    const key = `${records.labels[i]} ${createHash('sha256').update(row).digest('base64')}`;
    if (!first.has(key)) first.set(key, i);
  }
  return pick(records, [...first.values()]);
}

export function pick({ samples, labels, details }: Records, indices: readonly number[]): Records {
  return {
    samples: indices.flatMap((i) => samples[i] ?? []),
    labels: Uint8Array.from(indices, (i) => labels[i] ?? 0),
    details: indices.map((i) => details[i] ?? ''),
  };
}

/** Several files' records as one. */
export function joined(parts: readonly Records[]): Records {
  return {
    samples: parts.flatMap(({ samples }) => samples),
    labels: Uint8Array.from(parts.flatMap(({ labels }) => [...labels])),
    details: parts.flatMap(({ details }) => details),
  };
}

/** The records at `indices`, encoded in that order. */
export function encodeRecords(
  encoder: Encoder<FieldSample>,
  { samples, labels }: Records,
  indices: readonly number[],
): Dataset {
  const { width } = encoder;
  const features = new Float32Array(indices.length * width);
  indices.forEach((index, row) => {
    const sample = samples[index];
    if (sample !== undefined) encoder.encode(sample, features, row * width);
  });
  return {
    rows: indices.length,
    width,
    features,
    labels: Uint8Array.from(indices, (index) => labels[index] ?? 0),
  };
}

/** Rows from `start` to `end` − 1 without a copy: a benchmark's whole training set is hundreds of megabytes. */
export function rowsBetween({ width, features, labels }: Dataset, start: number, end: number): Dataset {
  return {
    rows: end - start,
    width,
    features: features.subarray(start * width, end * width),
    labels: labels.subarray(start, end),
  };
}
