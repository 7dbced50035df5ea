/**
 * Threats whose records come from logs: how rows of a log become the samples that an encoder takes.
 *
 * Where a sample is drawn from several rows (a user's hour, a session), every row goes into exactly one sample, and
 * nothing of other samples does unless the threat's page says so: a record is the unit of privacy, and a row that
 * reached into a neighbour's features would be protected less than its ε claims.
 */
import { FedwardError } from '../proto/errors.ts';
import type { FieldSample } from './features.ts';
import type { Cell, RowSample } from './record.ts';
import type { Threat } from './threat.ts';

export type Prepared =
  | {
      readonly kind: 'sample';
      readonly sample: FieldSample;
      /** Class index; null where the log says nothing of it. */
      readonly label: number | null;
      /** What the label is about, finer than its class: an attack's name. For evaluation only. */
      readonly detail: string | null;
      /** Whom the sample is about; null where the log does not say. For people: training protects records so far. */
      readonly entity: string | null;
      /** Which record it is, for people, where several rows make one: a user's hour, a CVE. Null where a row is one. */
      readonly about: string | null;
    }
  | {
      readonly kind: 'refused';
      /** One sentence, without the cell's content. */
      readonly reason: string;
    };

/** Takes the rows of one reading, which may span files, in the reader's order. */
export interface Preparer {
  /** Samples that are complete with this row; none while one is still being gathered. */
  push(row: RowSample): readonly Prepared[];
  /** Those that were still being gathered. */
  end(): readonly Prepared[];
}

export interface LogThreat extends Threat<FieldSample> {
  /** Formats of rows that it takes. */
  readonly formats: readonly string[];
  /** Fields of those rows that it reads; absent where that differs by format. */
  readonly fields?: readonly string[];
  /**
   * Several rows make one record. Then a row that stands in the log twice makes no second record, and rows that are
   * equal may be two events: they are kept.
   */
  readonly gathers?: true;
  /** A new preparer for each reading. */
  prepare(): Preparer;
}

export interface RowRule {
  /** Cells that go to the encoder; those it does not declare are dropped, so a wider row does no harm. */
  readonly fields: readonly string[];
  /** @throws FedwardError `DATA_INVALID` for a label that is not known. */
  label(labels: RowSample['labels']): number | null;
  detail?(labels: RowSample['labels']): string | null;
  entity?(context: RowSample['context']): string | null;
}

/** A preparer that makes one sample of each row. */
export function rowByRow(rule: RowRule): () => Preparer {
  const one = (row: RowSample): Prepared => {
    try {
      const fields: Record<string, Cell> = {};
      for (const field of rule.fields) fields[field] = row.fields[field] ?? null;
      const label = rule.label(row.labels);
      return {
        kind: 'sample',
        sample: { fields },
        label,
        detail: rule.detail?.(row.labels) ?? null,
        entity: rule.entity?.(row.context) ?? null,
        about: null,
      };
    } catch (error) {
      if (error instanceof FedwardError) return { kind: 'refused', reason: error.message };
      throw error;
    }
  };
  return () => ({ push: (row) => [one(row)], end: () => [] });
}

/** A label cell as text: an absent or unset one is no label. */
export function labelText(labels: RowSample['labels'], column: string): string | null {
  const cell = labels[column] ?? null;
  return cell === null ? null : String(cell);
}

/**
 * The row as one that nobody has judged, for detection and for training without labels: a label that is none of
 * those known must not keep a record from being scored.
 */
export function unjudged(row: RowSample): RowSample {
  return { ...row, labels: {} };
}
