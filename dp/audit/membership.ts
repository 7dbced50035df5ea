/**
 * Membership inference: was this record trained on? Attacks as scores, higher for "yes", and what they achieve.
 *
 * Works on plain arrays; which model gave the losses or confidences is the caller's business. As Carlini et al.
 * 2022 argue ("Membership Inference Attacks From First Principles"), an average over records says little about
 * privacy: an attack that is sure of a few records is dangerous with an area under the curve of 0.5. So power is
 * given at low false-positive rates, with exact confidence bounds.
 */
import { FedwardError } from '../../proto/errors.ts';
import { clopperPearson, type Interval } from './binomial.ts';

/** Float32 knows no probability closer to 1 than 6e-8. */
const PROBABILITY_FLOOR = 1e-7;

/** Scores of the loss-threshold attack (Yeom et al. 2018): the smaller a record's loss, the more it looks trained on. */
export function lossThresholdScores(losses: ArrayLike<number>): Float64Array {
  return Float64Array.from(losses, (loss) => -loss);
}

/**
 * φ(p) = log(p/(1 − p)) of the probability that a model gives to the record's own class, about normally
 * distributed over models (Carlini et al. 2022, section 4.1). Clamped to ±16, which is all that float32 tells apart.
 */
export function logitConfidence(probability: number): number {
  const p = Math.min(1 - PROBABILITY_FLOOR, Math.max(PROBABILITY_FLOOR, probability));
  return Math.log(p) - Math.log1p(-p);
}

/** A model trained as the target was, on records that the attacker chose. */
export interface ShadowModel {
  /** `logitConfidence` of every record under this model. */
  readonly confidences: ArrayLike<number>;
  /** 1 for each record that this model was trained on, 0 for the others. */
  readonly members: ArrayLike<number>;
}

export interface LiraOptions {
  /** Online compares the two fits; offline measures the distance from the fit without the record. @default 'online' */
  readonly variant?: 'online' | 'offline';
  /**
   * Each record its own variances, or one variance for all (its mean within records), which is steadier from few
   * models: Carlini et al. find the latter better below 64 models. @default 'shared' below 64 models
   */
  readonly variance?: 'per-record' | 'shared';
}

const SHARED_BELOW = 64;

/**
 * LiRA (Carlini et al. 2022, algorithm 1): per record, how likely the target's confidence is under a Gaussian
 * fitted to models trained with the record, against one fitted to models trained without it.
 *
 * @param target confidences of the attacked model, one for each record.
 * @throws FedwardError `INVALID_ARGUMENT` when lengths differ or a record has too few models for its fits.
 */
export function liraScores(
  target: ArrayLike<number>,
  shadows: readonly ShadowModel[],
  options: LiraOptions = {},
): Float64Array {
  const { variant = 'online', variance = shadows.length < SHARED_BELOW ? 'shared' : 'per-record' } = options;
  const needed = variance === 'shared' ? 1 : 2;
  const outside = fitRecords(target.length, shadows, 0, needed);
  const outVariance = spread(outside, variance);
  if (variant === 'offline') {
    return Float64Array.from(target, (x, i) => (x - (outside.mean[i] ?? 0)) / Math.sqrt(outVariance(i)));
  }
  const inside = fitRecords(target.length, shadows, 1, needed);
  const inVariance = spread(inside, variance);
  return Float64Array.from(
    target,
    (x, i) =>
      logDensity(x, inside.mean[i] ?? 0, inVariance(i)) - logDensity(x, outside.mean[i] ?? 0, outVariance(i)),
  );
}

/** What the attack achieves at a false-positive rate. */
export interface OperatingPoint {
  /** The rate asked for. */
  readonly rate: number;
  /** Records not trained on that the attack names nevertheless; at most `rate` of them. */
  readonly falsePositives: number;
  /**
   * Clopper–Pearson interval of the true false-positive rate. Exact, although the threshold is taken from the same
   * records: the share above an order statistic is Beta-distributed as the bounds have it.
   */
  readonly falsePositiveInterval: Interval;
  /** Share of the records trained on that the attack names. */
  readonly power: number;
  /** Clopper–Pearson interval of the power at this threshold, two-sided. */
  readonly powerInterval: Interval;
}

export interface AttackReport {
  readonly members: number;
  readonly nonMembers: number;
  /** Chance that a member scores above a non-member, ties counted half: ½ for guessing. */
  readonly auroc: number;
  readonly points: readonly OperatingPoint[];
}

export interface AssessmentOptions {
  /** False-positive rates. @default [0.01, 0.001] */
  readonly rates?: readonly number[];
  /** @default 0.95 */
  readonly confidence?: number;
}

/**
 * How well scores tell members from non-members.
 *
 * Thresholds are set by the non-members alone, so the members' count above one is binomial and its
 * interval exact. A tie with the threshold counts as not named.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when a side is empty, a score is not a number or a rate out of range.
 */
export function assessAttack(
  members: ArrayLike<number>,
  nonMembers: ArrayLike<number>,
  { rates = [0.01, 0.001], confidence = 0.95 }: AssessmentOptions = {},
): AttackReport {
  const yes = descending(members, 'members');
  const no = descending(nonMembers, 'nonMembers');
  const points = rates.map((rate): OperatingPoint => {
    if (!(rate >= 0 && rate < 1)) throw wrong(`rates must be from 0 to below 1; got ${rate}`);
    const threshold = no[Math.floor(rate * no.length)] ?? Number.NEGATIVE_INFINITY;
    const named = countAbove(yes, threshold);
    const falsePositives = countAbove(no, threshold);
    const interval = (successes: number, trials: number) =>
      clopperPearson({ successes, trials, confidence, side: 'two-sided' });
    return {
      ...{ rate, falsePositives },
      falsePositiveInterval: interval(falsePositives, no.length),
      power: named / yes.length,
      powerInterval: interval(named, yes.length),
    };
  });
  return { members: yes.length, nonMembers: no.length, auroc: auroc(rocCurve(yes, no)), points };
}

export interface RocPoint {
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

/** The receiver operating characteristic from (0, 0) to (1, 1): one point for each different score. */
export function rocCurve(members: ArrayLike<number>, nonMembers: ArrayLike<number>): RocPoint[] {
  const yes = descending(members, 'members');
  const no = descending(nonMembers, 'nonMembers');
  const curve: RocPoint[] = [{ falsePositiveRate: 0, truePositiveRate: 0 }];
  for (let y = 0, n = 0; y < yes.length || n < no.length; ) {
    const score = Math.max(yes[y] ?? Number.NEGATIVE_INFINITY, no[n] ?? Number.NEGATIVE_INFINITY);
    while (y < yes.length && yes[y] === score) y++;
    while (n < no.length && no[n] === score) n++;
    curve.push({ falsePositiveRate: n / no.length, truePositiveRate: y / yes.length });
  }
  return curve;
}

/** Area under a receiver operating characteristic, by trapezoids. */
export function auroc(curve: readonly RocPoint[]): number {
  let area = 0;
  curve.forEach(({ falsePositiveRate: x, truePositiveRate: y }, i) => {
    const before = curve[i - 1];
    if (before !== undefined) area += ((x - before.falsePositiveRate) * (y + before.truePositiveRate)) / 2;
  });
  return area;
}

interface Fit {
  readonly count: Float64Array;
  readonly mean: Float64Array;
  /** Sum of squared distances from the mean. */
  readonly squares: Float64Array;
}

/** Per record, mean and squares over the models whose membership is `side` (Welford 1962). */
function fitRecords(records: number, shadows: readonly ShadowModel[], side: 0 | 1, needed: number): Fit {
  const [count, mean, squares] = [0, 0, 0].map(() => new Float64Array(records)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const { confidences, members } of shadows) {
    if (confidences.length !== records || members.length !== records) {
      throw wrong(
        `every shadow model must have confidences and memberships of the target's ${records} records`,
      );
    }
    for (let i = 0; i < records; i++) {
      if ((members[i] ?? 0) !== side) continue;
      const x = confidences[i] ?? 0;
      const k = (count[i] ?? 0) + 1;
      const step = x - (mean[i] ?? 0);
      count[i] = k;
      mean[i] = (mean[i] ?? 0) + step / k;
      squares[i] = (squares[i] ?? 0) + step * (x - (mean[i] ?? 0));
    }
  }
  if (count.some((k) => k < needed)) {
    throw wrong(
      `every record needs ${needed} shadow models or more trained ${side === 1 ? 'with' : 'without'} it`,
    );
  }
  return { count, mean, squares };
}

/** A floor under variances: models that agree on a record exactly still say nothing with certainty. */
const LEAST_VARIANCE = 1e-12;

function spread({ count, squares }: Fit, variance: 'per-record' | 'shared'): (i: number) => number {
  if (variance === 'per-record') {
    return (i) => Math.max(LEAST_VARIANCE, (squares[i] ?? 0) / ((count[i] ?? 0) - 1));
  }
  const freedom = count.reduce((sum, k) => sum + k - 1, 0);
  if (freedom === 0) throw wrong('a variance needs at least one record with two models on the same side');
  const shared = Math.max(LEAST_VARIANCE, squares.reduce((sum, s) => sum + s, 0) / freedom);
  return () => shared;
}

/** Without the constant −½·log 2π, which cancels. */
function logDensity(x: number, mean: number, variance: number): number {
  return -0.5 * Math.log(variance) - (x - mean) ** 2 / (2 * variance);
}

function descending(scores: ArrayLike<number>, name: string): Float64Array {
  const sorted = Float64Array.from(scores).sort().reverse();
  if (sorted.length === 0) throw wrong(`${name} must hold at least one score`);
  if (sorted.some(Number.isNaN)) throw wrong(`${name} must hold numbers; one score is NaN`);
  return sorted;
}

/** How many of descending scores are above the threshold. */
function countAbove(sorted: Float64Array, threshold: number): number {
  const first = sorted.findIndex((score) => score <= threshold);
  return first === -1 ? sorted.length : first;
}

function wrong(sentence: string): FedwardError {
  return new FedwardError('INVALID_ARGUMENT', `Membership attack: ${sentence}.`);
}
