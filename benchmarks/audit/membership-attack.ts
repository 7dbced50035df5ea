/**
 * Membership inference against the demo's released model, measured: loss threshold and LiRA with shadow models.
 *
 * The attacker holds all 5,915 mails, knows plan and initial weights, and asks of each mail whether it was in the
 * demo's training split. Shadow models are trained by the very same rounds, on other fifths left out. A real
 * attacker seldom has so much; the provable bound allows more still: every round's sum.
 */
import {
  type AttackReport,
  assessAttack,
  liraScores,
  logitConfidence,
  lossThresholdScores,
} from '../../dp/audit/membership.ts';
import type { BitSource } from '../../dp/sampling/entropy.ts';
import { FedwardError } from '../../proto/errors.ts';
import type { Engine } from '../../threats/engine.ts';
import { initialWeights } from '../../threats/initial-weights.ts';
import { maliciousEmail } from '../../threats/malicious-email/index.ts';
import { buildNetwork } from '../../threats/networks.ts';
import { scoreDataset } from '../../threats/scoring.ts';
import type { Dataset } from '../../threats/threat.ts';
import { setFlatWeights } from '../../threats/weights.ts';
import { seededUniform, shuffled } from '../seeded.ts';
import { deal, type MailData, mailTrainer } from './mail-data.ts';
import { type AuditedJob, HOSPITALS, train } from './training.ts';

/** The demo's test share: a shadow model leaves out as much as the target did. */
const FOLDS = 5;

export interface MembershipAttack {
  readonly lossThreshold: AttackReport;
  readonly lira: AttackReport;
}

export interface AttackOptions {
  readonly job: AuditedJob;
  /** How many hospitals' noise the attacked model and its shadows carry in each round. */
  readonly noisy: number;
  /** A multiple of 5, at least 10: in each five every mail is left out once. */
  readonly shadows: number;
  readonly seed: number;
  readonly bits: BitSource;
  /** Told before each training how many are done. */
  readonly progress: (done: number) => void;
}

/** @throws FedwardError `INVALID_ARGUMENT` when the number of shadow models does not fit. */
export async function attackMembership(
  engine: Engine,
  data: MailData,
  { job, noisy, shadows, seed, bits, progress }: AttackOptions,
): Promise<MembershipAttack> {
  const confidencesAfter = async (rows: readonly number[]) =>
    confidencesOf(engine, data.all, await trainOn(engine, data, rows, { job, noisy, seed, bits }));
  const splits = shadowSplits(data.all.rows, shadows, seed);
  progress(0);
  const target = await confidencesAfter(data.train);
  const models = [];
  for (const [i, rows] of splits.entries()) {
    progress(i + 1);
    const members = new Uint8Array(data.all.rows);
    for (const row of rows) members[row] = 1;
    models.push({ confidences: await confidencesAfter(rows), members });
  }
  const assess = (scores: Float64Array) => {
    const at = (rows: readonly number[]) => rows.map((row) => scores[row] ?? 0);
    return assessAttack(at(data.train), at(data.test));
  };
  // φ = log(p/(1 − p)) gives the loss −log p back.
  const losses = target.map((confidence) => Math.log1p(Math.exp(-confidence)));
  return {
    lossThreshold: assess(lossThresholdScores(losses)),
    lira: assess(liraScores(target, models)),
  };
}

/** The demo's training on the mails at `rows`. @returns The weights that are released. */
export function trainOn(
  engine: Engine,
  { all }: MailData,
  rows: readonly number[],
  { job, noisy, seed, bits }: Pick<AttackOptions, 'job' | 'noisy' | 'seed' | 'bits'>,
): Promise<Float32Array> {
  return train({
    ...{ job, noisy, bits },
    hospitals: deal(rows, HOSPITALS).map((own) => mailTrainer(engine, all, own)),
    initial: initialWeights(maliciousEmail.network, seed),
  });
}

/** What each shadow model is trained on: all but one of five parts, in turn, of ever new partitions. */
export function shadowSplits(records: number, shadows: number, seed: number): number[][] {
  if (!Number.isInteger(shadows) || shadows < 2 * FOLDS || shadows % FOLDS !== 0) {
    throw new FedwardError('INVALID_ARGUMENT', `shadows must be 10, 15, 20 or so on; got ${shadows}.`);
  }
  // The target's own split comes from the same seed, by another road.
  const uniform = seededUniform(seed + 0x5ad0);
  return Array.from({ length: shadows / FOLDS }, () =>
    deal(shuffled(Array(records).keys(), uniform), FOLDS),
  ).flatMap((parts) => parts.map((left) => parts.filter((part) => part !== left).flat()));
}

function confidencesOf(engine: Engine, all: Dataset, weights: Float32Array): Float64Array {
  const model = buildNetwork(engine, maliciousEmail.network);
  setFlatWeights(engine, model, weights);
  const scores = scoreDataset(engine, model, all);
  model.dispose();
  return Float64Array.from(scores, (p, i) => logitConfidence((all.labels[i] ?? 0) > 0 ? p : 1 - p));
}
