/**
 * The quality gate: what is wrong with the hospital's records, how bad it is and what to do, before any of them trains a
 * model. Reports and profiles are the hospital's own and never leave it.
 */
import { z } from 'zod';
import { FedwardError } from '../proto/errors.ts';
import { chanceIndex } from './quality-drift.ts';
import type { QualityReport } from './quality-report.ts';
import { amount, listed, percent, qualityFacts } from './quality-words.ts';

export { createProfile } from './quality-profile.ts';
export type { QualityProfile, QualityReport } from './quality-report.ts';

const share = z.number().min(0).max(1);

/** `data.quality` of the hospital's configuration. */
export const qualityLimitsSchema = z.strictObject({
  /** Records with a label that there must be. */
  minRecords: z.int().min(1).default(200),
  /** Share of lines, and of samples, that may be refused. */
  maxRefusedShare: share.default(0.05),
  /** Sources whose rest may be lost because they break off: files still being copied, a gzip that is cut. */
  maxBrokenOff: z.int().min(0).default(0),
  /** Share of records that may lack a field which the threat reads. */
  maxMissingShare: share.default(0.5),
  /** There must be benign records and others. */
  requireBothClasses: z.boolean().default(true),
  /** Population stability index against the last run that a field may have. */
  maxPsi: z.number().min(0).default(0.25),
  /** Whether a field beyond `maxPsi` stops the training or is only pointed out: hospitals change with the season. */
  onDrift: z.enum(['warn', 'refuse']).default('warn'),
});

export type QualityLimits = z.output<typeof qualityLimitsSchema>;

export interface Finding {
  readonly limit: keyof QualityLimits;
  readonly verdict: 'refuse' | 'warn';
  /** What is wrong, how bad, what to do. */
  readonly sentence: string;
}

/** What exceeds a limit, in the order in which to put it right. */
export function qualityGate(report: QualityReport, limits: QualityLimits): Finding[] {
  return [
    ...refusals(report, limits),
    ...missing(report, limits),
    ...counts(report, limits),
    ...drift(report, limits),
  ];
}

/**
 * @throws FedwardError `DATA_INVALID` that names each finding which the site's limits refuse, and the limit's key.
 */
export function enforceQuality(report: QualityReport, limits: QualityLimits): void {
  const refused = qualityGate(report, limits).filter(({ verdict }) => verdict === 'refuse');
  if (refused.length === 0) return;
  const sentences = refused.map(({ sentence, limit }) => `${sentence} (quality.${limit}: ${limits[limit]})`);
  throw new FedwardError('DATA_INVALID', `The records are not fit to train on. ${sentences.join(' ')}`, {
    details: { limits: refused.map(({ limit }) => limit) },
  });
}

/** A line each: findings first, then what there is. Names fields and files, never a value. */
export function describeQuality(
  report: QualityReport,
  limits: QualityLimits = qualityLimitsSchema.parse({}),
): string[] {
  const findings = qualityGate(report, limits);
  const refusalsSaid = findings.some(({ limit }) => limit === 'maxRefusedShare');
  return [...findings.map(({ sentence }) => sentence), ...qualityFacts(report, refusalsSaid)];
}

function refuse(limit: keyof QualityLimits, sentence: string): Finding {
  return { limit, verdict: 'refuse', sentence };
}

function refusals(
  { records, refused, brokenOff, labels }: QualityReport,
  { maxRefusedShare, maxBrokenOff }: QualityLimits,
): Finding[] {
  const found: Finding[] = [];
  if (brokenOff.count > maxBrokenOff) {
    const what = `${amount(brokenOff.count)} ${brokenOff.count === 1 ? 'file breaks' : 'files break'} off, and what stands behind is lost`;
    found.push(
      refuse('maxBrokenOff', `${what}; the first is ${brokenOff.first[0] ?? 'unknown'} Copy it anew.`),
    );
  }
  const lines = refused.count / Math.max(1, records + refused.count);
  if (lines > maxRefusedShare) {
    const what = `${amount(refused.count)} of ${amount(records + refused.count)} lines (${percent(lines)}) cannot be read`;
    const how = 'Look at the first places, and mend the export or name its format.';
    found.push(refuse('maxRefusedShare', `${what}; the first is ${refused.first[0] ?? 'unknown'} ${how}`));
  }
  if (labels === null) return found;
  const samples = labels.refused.count + samplesOf(labels) + labels.unlabelled;
  const unusable = labels.refused.count / Math.max(1, samples);
  if (unusable > maxRefusedShare) {
    const what = `${amount(labels.refused.count)} of ${amount(samples)} records (${percent(unusable)}) are no use to the threat`;
    found.push(refuse('maxRefusedShare', `${what}; the first is ${labels.refused.first[0] ?? 'unknown'}`));
  }
  return found;
}

function missing({ fields, records }: QualityReport, { maxMissingShare }: QualityLimits): Finding[] {
  if (records === 0) return [];
  const scarce = fields
    .filter((field) => field.expected && field.missing > maxMissingShare)
    .sort((a, b) => b.missing - a.missing);
  const lacking = scarce.filter(({ kind }) => kind === 'unset').map(({ name }) => name);
  const sparse = scarce.filter(({ kind }) => kind !== 'unset');
  const found: Finding[] = [];
  if (lacking.length > 0) {
    const how = 'Export them, or map the columns that hold them.';
    found.push(refuse('maxMissingShare', `No record has ${listed(lacking)}, which the threat reads. ${how}`));
  }
  if (sparse.length > 0) {
    const shares = sparse.map(({ name, missing: part }) => `${name} (${percent(part)})`);
    const how = 'Check the export; if the log is so by nature, raise the limit.';
    found.push(
      refuse('maxMissingShare', `Many records lack fields that the threat reads: ${listed(shares)}. ${how}`),
    );
  }
  return found;
}

function counts({ records, labels }: QualityReport, limits: QualityLimits): Finding[] {
  const usable = labels === null ? records : samplesOf(labels);
  const found: Finding[] = [];
  if (labels !== null && usable === 0 && labels.unlabelled > 0) {
    const what = `None of ${amount(labels.unlabelled)} records has a label; training needs ${amount(limits.minRecords)} that do.`;
    found.push(refuse('minRecords', `${what} Add the labels, or check the column that holds them.`));
  } else if (usable < limits.minRecords) {
    const what = `There are ${amount(usable)} records${labels === null ? '' : ' with a label'}; ${amount(limits.minRecords)} are needed`;
    found.push(refuse('minRecords', `${what}, since fewer teach little. Add more of the log.`));
  }
  if (labels === null || usable === 0 || !limits.requireBothClasses) return found;
  const [benign = 0, ...hostile] = Object.values(labels.classes);
  const names = Object.keys(labels.classes);
  if (benign === 0) {
    found.push(
      refuse('requireBothClasses', `No record is "${names[0]}": there is nothing to tell threats from.`),
    );
  } else if (hostile.every((count) => count === 0)) {
    const what = `Every record is "${names[0]}": there is no threat to learn from.`;
    found.push(refuse('requireBothClasses', `${what} Check the label column.`));
  }
  return found;
}

function drift({ drift: since, records }: QualityReport, { maxPsi, onDrift }: QualityLimits): Finding[] {
  if (since === null) return [];
  const moved = since.fields.filter(
    ({ psi, bins }) => psi > maxPsi + chanceIndex(bins, records, since.lastRecords),
  );
  if (moved.length === 0) return [];
  const named = moved.map(({ field, psi }) => `${field} (${psi.toFixed(2)})`);
  const what = `${amount(moved.length)} ${moved.length === 1 ? 'field has' : 'fields have'} moved far since the last run, by PSI: ${listed(named)}.`;
  const how = 'Make sure that this is how the hospital has changed, and not its export.';
  return [{ limit: 'maxPsi', verdict: onDrift, sentence: `${what} ${how}` }];
}

function samplesOf({ classes }: NonNullable<QualityReport['labels']>): number {
  return Object.values(classes).reduce((sum, count) => sum + count, 0);
}
