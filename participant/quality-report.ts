/** What is known of a reading's quality, as plain JSON. */
import { z } from 'zod';

export interface QualityReport {
  /** Rows that could be read, repeated ones among them. */
  readonly records: number;
  /** Rows equal to an earlier one in all their cells. `exact` is false once the table of those seen was full: then "at least". */
  readonly repeated: { readonly count: number; readonly exact: boolean };
  /** What could not be read: `conn.log:12:3 reason`, the first 100. */
  readonly refused: Listed;
  /** Sources that broke off after records had been read of them, such as a gzip that is cut: their rest is lost. */
  readonly brokenOff: Listed;
  /** What was read only in part. */
  readonly notes: Listed;
  /** Rows by the layout they came in. */
  readonly formats: Readonly<Record<string, number>>;
  readonly fields: readonly FieldReport[];
  /** Fields beyond the first 500, which are not looked at. */
  readonly fieldsLeftOut: number;
  /** Null when no row has a time that can be read. */
  readonly time: TimeReport | null;
  /** Null when nothing was prepared for a threat. */
  readonly labels: LabelReport | null;
  /** Null without an earlier profile. */
  readonly drift: DriftReport | null;
  /** To keep for the next run's comparison. */
  readonly profile: QualityProfile;
}

export interface Listed {
  readonly count: number;
  readonly first: readonly string[];
}

export interface FieldReport {
  readonly name: string;
  /** The threat's encoder reads it. */
  readonly expected: boolean;
  /** `unset` when no row has a value for it. */
  readonly kind: 'number' | 'text' | 'both' | 'unset';
  /** Share of rows without a value, among those of formats that have the field. */
  readonly missing: number;
  /** All values are the same one. */
  readonly constant: boolean;
  /** Values of the rarer type, where a field holds both. */
  readonly clashes: number;
  readonly range: { readonly least: number; readonly most: number; readonly mean: number } | null;
  /** Most frequent texts with their share of rows; a lower bound where the field has more than 200 different ones. */
  readonly top: readonly { readonly value: string; readonly share: number }[];
}

export interface TimeReport {
  readonly field: string;
  /** Seconds since 1970, the least and the greatest. */
  readonly from: number;
  readonly to: number;
  /** Steps from a row to the next of its file, and how many of them go back in time. */
  readonly steps: number;
  readonly backwards: number;
  /** Seconds of the largest step forward, and the row that it leads to. */
  readonly largestGap: number;
  readonly largestGapAt: string | null;
}

export interface LabelReport {
  /** Samples by class name. */
  readonly classes: Readonly<Record<string, number>>;
  readonly unlabelled: number;
  /** Samples that the threat could not be made of, such as for an unknown label. */
  readonly refused: Listed;
}

export interface DriftReport {
  /** Rows of the earlier run. */
  readonly lastRecords: number;
  /** Population stability index by field, the largest first. */
  readonly fields: readonly { readonly field: string; readonly psi: number; readonly bins: number }[];
}

const share = z.number().min(0).max(1);

export const qualityProfileSchema = z.strictObject({
  version: z.literal(1),
  records: z.int().min(0),
  fields: z.record(
    z.string(),
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('number'),
        /** Histogram buckets (`quality-histogram.ts`) at which a bin ends and the next begins, rising. */
        edges: z.array(z.int()).max(32),
        /** One for each bin, then those without a value. */
        shares: z.array(share).max(34),
      }),
      z.strictObject({
        kind: z.literal('text'),
        values: z.array(z.string()).max(20),
        /** One for each value, then all others, then those without a value. */
        shares: z.array(share).max(22),
      }),
    ]),
  ),
});

/** Shapes of a run's fields: what the next run is compared with. */
export type QualityProfile = z.output<typeof qualityProfileSchema>;
export type FieldProfile = QualityProfile['fields'][string];
