/** How far fields have moved since the last run: the population stability index. */
import { createField, type FieldState, sharesIn } from './quality-field.ts';
import type { DriftReport, QualityProfile } from './quality-report.ts';

/** A bin that one run has nothing in; without it the index would be infinite. */
const LEAST_SHARE = 1e-4;

/**
 * Σ (now − then) · ln(now / then) over bins: the symmetrised Kullback–Leibler divergence. Below 0.1 little has changed,
 * above 0.25 much (Siddiqi 2006, "Credit Risk Scorecards").
 */
export function populationStabilityIndex(then: readonly number[], now: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < then.length; i++) {
    const before = Math.max(LEAST_SHARE, then[i] ?? 0);
    const after = Math.max(LEAST_SHARE, now[i] ?? 0);
    sum += (after - before) * Math.log(after / before);
  }
  return sum;
}

/**
 * What the index reaches by chance alone in about one of a thousand fields that did not move: it is distributed as
 * χ²(bins − 1) · (1/n + 1/m) (Yurdakul, Naranjo 2020); the quantile by Wilson and Hilferty.
 */
export function chanceIndex(bins: number, n: number, m: number): number {
  const degrees = Math.max(1, bins - 1);
  const spread = 2 / (9 * degrees);
  const quantile = degrees * (1 - spread + 3.09 * Math.sqrt(spread)) ** 3;
  return quantile * (1 / Math.max(1, n) + 1 / Math.max(1, m));
}

/** A field of the last run that is gone has drifted too: all its rows are without a value. */
export function driftSince(last: QualityProfile, fields: ReadonlyMap<string, FieldState>): DriftReport {
  const moved = Object.entries(last.fields).map(([name, profile]) => {
    const now = sharesIn(fields.get(name) ?? createField(name, 0, profile), profile);
    return { field: name, psi: populationStabilityIndex(profile.shares, now), bins: now.length };
  });
  return { lastRecords: last.records, fields: moved.sort((a, b) => b.psi - a.psi) };
}
