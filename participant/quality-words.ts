/** A quality report in plain words. */
import type { QualityReport } from './quality-report.ts';

export function amount(count: number): string {
  return count.toLocaleString('en-GB');
}

/** `0.1 %`; what is more than nothing never shows as nothing, nor what is less than all as all. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return 'under 0.1 %';
  if (share < 1 && share > 0.999) return 'over 99.9 %';
  return `${(100 * share).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
}

const LISTED = 5;

/** The first few, and how many more there are. */
export function listed(names: readonly string[], most = LISTED): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/**
 * What there is, a line each; what is not there gives none.
 * @param refusalsSaid A finding has said already what is refused, and where.
 */
export function qualityFacts(report: QualityReport, refusalsSaid: boolean): string[] {
  return [
    reading(report, refusalsSaid),
    ...repetition(report),
    ...labelling(report, refusalsSaid),
    ...columns(report),
    ...timing(report),
    ...movement(report),
  ];
}

function reading({ records, refused, notes }: QualityReport, refusalsSaid: boolean): string {
  const parts = [plural(records, 'row was read', 'rows were read')];
  const where = refusalsSaid ? '' : `, the first at ${refused.first[0]}`;
  if (refused.count > 0) parts.push(`${amount(refused.count)} refused${where}`);
  if (notes.count > 0) parts.push(`${amount(notes.count)} read only in part, the first at ${notes.first[0]}`);
  const text = parts.join('; ');
  return text.endsWith('.') ? text : `${text}.`;
}

function repetition({ records, repeated: { count, exact } }: QualityReport): string[] {
  if (count === 0) return exact ? [] : ['No row repeats another, as far as could be kept in mind.'];
  const rows = plural(count, 'row repeats', 'rows repeat');
  return [`${exact ? '' : 'At least '}${rows} another in every cell (${percent(count / records)}).`];
}

function labelling({ labels }: QualityReport, refusalsSaid: boolean): string[] {
  if (labels === null) return [];
  const { classes, unlabelled, refused } = labels;
  const total = Object.values(classes).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(classes).map(
    ([name, count]) => `${name} ${amount(count)} (${percent(count / Math.max(1, total))})`,
  );
  const lines = [`Labels: ${parts.join(', ')}; ${amount(unlabelled)} without one.`];
  if (refused.count > 0 && !refusalsSaid) {
    lines.push(`${amount(refused.count)} records are no use to the threat, the first at ${refused.first[0]}`);
  }
  return lines;
}

function columns({ fields, fieldsLeftOut }: QualityReport): string[] {
  const lines: string[] = [];
  const constant = fields.filter((field) => field.constant).map(({ name }) => name);
  if (constant.length > 0) {
    lines.push(
      `${plural(constant.length, 'field never changes', 'fields never change')}: ${listed(constant)}.`,
    );
  }
  const mixed = fields.filter(({ clashes }) => clashes > 0).map(({ name }) => name);
  if (mixed.length > 0) {
    lines.push(
      `${plural(mixed.length, 'field holds', 'fields hold')} both numbers and text: ${listed(mixed)}.`,
    );
  }
  if (fieldsLeftOut > 0) {
    lines.push(`Fields beyond the first ${amount(fields.length)} are not looked at: the log has too many.`);
  }
  return lines;
}

function plural(count: number, one: string, many: string): string {
  return `${amount(count)} ${count === 1 ? one : many}`;
}

/** Shorter pauses are a hospital's night. */
const LONG_GAP = 86_400;

function timing({ time }: QualityReport): string[] {
  if (time === null) return [];
  const lines = [`By ${time.field} the log runs from ${day(time.from)} to ${day(time.to)}.`];
  if (time.backwards > 0) {
    lines.push(`${percent(time.backwards / time.steps)} of its steps go back in time.`);
  }
  if (time.largestGap >= LONG_GAP && time.largestGapAt !== null) {
    lines.push(`It pauses for ${duration(time.largestGap)} before ${time.largestGapAt}.`);
  }
  return lines;
}

/** `2026-11-22 09:41`; a time that no calendar has stays a number. */
function day(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds}` : date.toISOString().slice(0, 16).replace('T', ' ');
}

function movement({ drift }: QualityReport): string[] {
  const [most] = drift?.fields ?? [];
  if (drift === null || most === undefined) return [];
  const than = `the last run's ${amount(drift.lastRecords)} rows`;
  return [`Against ${than}, ${most.field} has moved most (PSI ${most.psi.toFixed(2)}).`];
}
