/** Rows and reports for the quality tests. */
import { expect } from 'vitest';
import {
  createProfile,
  type QualityProfile,
  type QualityReport,
  qualityLimitsSchema,
} from '../../../participant/quality.ts';
import { qualityProfileSchema } from '../../../participant/quality-report.ts';
import type { RowItem } from '../../../participant/readers/table-row.ts';
import type { Prepared } from '../../../threats/log-threat.ts';
import type { Cells } from '../../../threats/record.ts';

export const LIMITS = qualityLimitsSchema.parse({});

export function row(
  fields: Cells,
  more: { position?: number; context?: Cells; labels?: Cells; note?: string } = {},
): RowItem {
  const { position = 1, context = {}, labels = {}, note = null } = more;
  return {
    kind: 'record',
    source: 'a.log',
    position,
    note,
    sample: { format: 'f', fields, labels, context },
  };
}

export function labelled(label: number | null): Prepared {
  return { kind: 'sample', sample: { fields: {} }, label, detail: null, entity: null, about: null };
}

interface Given {
  readonly expected?: readonly string[];
  readonly last?: QualityProfile;
  /** Samples by class: benign, bad. */
  readonly samples?: readonly (number | null)[];
}

export function report(
  items: Iterable<RowItem>,
  { expected = [], last, samples = [] }: Given = {},
): QualityReport {
  const profile = createProfile({ expected, classes: ['benign', 'bad'], last });
  for (const item of items) profile.item(item);
  for (const label of samples) profile.prepared(labelled(label));
  const made = profile.report();
  // It is kept as JSON.
  expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  qualityProfileSchema.parse(made.profile);
  return made;
}

export const range = (count: number) => Array.from({ length: count }, (_, i) => i);
export const field = (made: QualityReport, name: string) => made.fields.find((each) => each.name === name);
/** Samples of either class. */
export const BOTH = [...range(150).map(() => 0), ...range(150).map(() => 1)];
