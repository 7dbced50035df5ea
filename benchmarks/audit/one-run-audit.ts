/**
 * A one-run audit of the demo's training (Steinke, Nasr and Jagielski 2023): the real mails, plan, DP-SGD and
 * server, canaries put in by coins, and the auditor in the coordinator's place.
 *
 * The auditor sees every round's sum with the noise of h hospitals only, the least that the plan leaves
 * between a record and a coordinator who colludes with c hospitals. This is what the ledger charges for, so the
 * accountant's ε is the figure that the audit must not exceed.
 */
import { privacySpent } from '../../coordinator/job.ts';
import { assessAttack } from '../../dp/audit/membership.ts';
import { correctGuesses, oneRunEpsilon } from '../../dp/audit/one-run.ts';
import { BitSource, type Entropy } from '../../dp/sampling/entropy.ts';
import { createTrainer } from '../../participant/trainer.ts';
import { cohortOf } from '../../proto/plan.ts';
import type { Engine } from '../../threats/engine.ts';
import { initialWeights } from '../../threats/initial-weights.ts';
import { maliciousEmail } from '../../threats/malicious-email/index.ts';
import { canaryRows, canaryScorer } from './canaries.ts';
import { append, deal, type MailData, mailTrainer, takeRows, testQuality } from './mail-data.ts';
import { auditedJob, HOSPITALS, train } from './training.ts';

export interface AuditOptions {
  /** Budget of the job at its δ; null is mode `none`, without noise. */
  readonly epsilon: number | null;
  readonly canaries: number;
  /** Canaries to guess about, fixed before anything is seen. */
  readonly guesses: number;
  /** Seeds initial weights and labels of canaries; never coins, samples or noise. */
  readonly seed: number;
  readonly entropy: Entropy;
}

export interface AuditResult {
  readonly seed: number;
  readonly epsilon: number | null;
  /** What the accountant charges for the rounds that were run; null without noise. */
  readonly accountantEpsilon: number | null;
  /** Lower bound on ε at the job's δ, with 95 % confidence. */
  readonly empiricalLower: number;
  readonly delta: number;
  readonly canaries: number;
  readonly guesses: number;
  readonly correct: number;
  /** Area under the curve of the auditor's scores: ½ for guessing. */
  readonly attackAuroc: number;
  /** Of the released model on the public test set. */
  readonly accuracy: number;
  readonly auroc: number;
}

const CONFIDENCE = 0.95;

export async function auditOneRun(
  engine: Engine,
  data: MailData,
  options: AuditOptions,
): Promise<AuditResult> {
  const { epsilon, guesses, seed } = options;
  const { network } = maliciousEmail;
  const bits = new BitSource(options.entropy);
  const job = auditedJob(epsilon, seed);
  const { honest } = cohortOf(job.plan);
  const mails = takeRows(data.all, data.train);
  const canaries = canaryRows(mails, options.canaries, seed);
  const coins = Uint8Array.from({ length: canaries.rows }, () => bits.below(2));
  const included = [...coins.keys()].filter((i) => coins[i] === 1).map((i) => mails.rows + i);
  // Only honest hospitals have secrets from the adversary, so the canaries are theirs.
  const ofHonest = deal(included, honest);
  const records = append(mails, canaries);
  const hospitals = deal([...mails.labels.keys()], HOSPITALS).map((rows, h) =>
    mailTrainer(engine, records, [...rows, ...(ofHonest[h] ?? [])]),
  );
  const scorer = canaryScorer(job.plan, createTrainer(engine, network, canaries));
  const weights = await train({
    ...{ job, hospitals, bits },
    initial: initialWeights(network, seed),
    noisy: honest,
    observe: scorer.observe,
  });
  const { delta } = job.plan.privacy;
  const correct = correctGuesses(scorer.scores, coins, guesses);
  const side = (coin: number) => scorer.scores.filter((_, i) => coins[i] === coin);
  return {
    ...{ seed, epsilon },
    accountantEpsilon: privacySpent(job.plan, job.plan.training.rounds)?.epsilon ?? null,
    empiricalLower: oneRunEpsilon({
      ...{ canaries: canaries.rows, guesses, correct, delta },
      confidence: CONFIDENCE,
    }),
    ...{ delta, canaries: canaries.rows, guesses, correct },
    attackAuroc: assessAttack(side(1), side(0)).auroc,
    ...testQuality(engine, data, weights),
  };
}
