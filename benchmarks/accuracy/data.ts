/** Public labelled data sets as the accuracy benchmark takes them: samples, labels, and how they are split. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FedwardError } from '../../proto/errors.ts';
import type { Cell, FieldSample, FieldSpec } from '../../threats/features.ts';
import type { Dataset, Encoder } from '../../threats/threat.ts';

export interface Records {
  readonly samples: readonly FieldSample[];
  /** Class index of each. */
  readonly labels: Uint8Array;
}

/** The one file of `folder` whose name ends like this, and its lines. */
export async function readLines(folder: string, ending: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new FedwardError('DATA_INVALID', `The folder ${folder} cannot be read. Name one with --data.`, {
      cause,
    });
  });
  const name = names.find((entry) => entry.endsWith(ending) || entry.endsWith(`${ending}.gz`));
  if (name === undefined) {
    throw new FedwardError('DATA_INVALID', `There is no file *${ending} or *${ending}.gz in ${folder}.`);
  }
  const bytes = await readFile(join(folder, name));
  const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text.split(/\r?\n/).filter((line) => line !== '');
}

/** A row of the file: the fields that `specs` declare, and every cell by its column's name. */
export interface Row {
  readonly sample: FieldSample;
  readonly cell: (column: string) => string;
}

/**
 * Rows of unquoted comma-separated lines.
 *
 * @throws FedwardError `DATA_INVALID` when a line does not have the columns, or a number is none.
 */
export function parseRows(
  lines: readonly string[],
  columns: readonly string[],
  specs: readonly FieldSpec[],
): Row[] {
  const plan = specs.map((spec) => ({
    field: spec.field,
    index: columns.indexOf(spec.field),
    text: spec.kind === 'oneOf' && typeof spec.values[0] === 'string',
  }));
  const missing = plan.find(({ index }) => index < 0);
  if (missing !== undefined) throw new FedwardError('DATA_INVALID', `There is no column "${missing.field}".`);
  return lines.map((line, at) => {
    const cells = line.split(',');
    if (cells.length !== columns.length) {
      throw new FedwardError(
        'DATA_INVALID',
        `Row ${at + 1} has ${cells.length} values; ${columns.length} are expected.`,
      );
    }
    const fields: Record<string, Cell> = {};
    for (const { field, index, text } of plan) {
      const value = cells[index] ?? '';
      fields[field] = text ? value : Number(value);
      if (!text && Number.isNaN(fields[field])) {
        throw new FedwardError('DATA_INVALID', `Row ${at + 1}: ${field} must be a number.`);
      }
    }
    return { sample: { fields }, cell: (column) => cells[columns.indexOf(column)] ?? '' };
  });
}

export function labelled(rows: readonly Row[], label: (row: Row) => number): Records {
  return { samples: rows.map(({ sample }) => sample), labels: Uint8Array.from(rows, label) };
}

/**
 * Equal records of one label once. Records that carry two labels stay in, once with each: a hospital's own are left
 * out (`participant/dataset.ts`), but a test set without them would flatter.
 */
export function deduplicated({ samples, labels }: Records): Records {
  const first = new Map<string, number>();
  for (const [i, { fields }] of samples.entries()) {
    const key = JSON.stringify([labels[i], ...Object.values(fields)]);
    if (!first.has(key)) first.set(key, i);
  }
  return pick({ samples, labels }, [...first.values()]);
}

export function pick({ samples, labels }: Records, indices: readonly number[]): Records {
  return {
    samples: indices.flatMap((i) => samples[i] ?? []),
    labels: Uint8Array.from(indices, (i) => labels[i] ?? 0),
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
