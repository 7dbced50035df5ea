/** Puts together what a demo run found: history, baselines, privacy, examples. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { loadEngine } from '../../threats/engine.ts';
import { maliciousEmail } from '../../threats/malicious-email/index.ts';
import { loadModel } from '../../threats/model-files.ts';
import { scoreDataset } from '../../threats/scoring.ts';
import { trainBaselines } from '../baselines.ts';
import { type CorpusMail, encodeMails } from '../mail-corpus.ts';
import type { JobRunResult } from './job-run.ts';
import type { DemoJob } from './plan.ts';
import type { Run } from './publish.ts';
import {
  type DemoReport,
  meanScore,
  parseDemoReport,
  REPORT_FORMAT,
  type RoundRecord,
} from './report-data.ts';

/** A hospital of the demo and its share of the corpus. */
export interface DemoMember {
  readonly id: HospitalId;
  readonly mails: readonly CorpusMail[];
}

export interface Findings {
  readonly run: Run;
  readonly date: Date;
  readonly seed: number;
  readonly alpha: number;
  readonly members: readonly DemoMember[];
  readonly test: readonly CorpusMail[];
  readonly job: DemoJob;
  readonly result: JobRunResult;
  readonly history: readonly RoundRecord[];
  readonly sumsVerified: DemoReport['sumsVerified'];
}

const EXAMPLES_PER_CLASS = 5;

/** Trains the baselines, scores the examples and gives the whole report. */
export async function compileReport(findings: Findings): Promise<DemoReport> {
  const { run, date, seed, alpha, members, test, result, history, sumsVerified } = findings;
  const engine = await loadEngine();
  const { network } = maliciousEmail;
  const shares = members.map(({ mails }) => encodeMails(mails));
  const { alone, pooled } = await trainBaselines(engine, network, shares, encodeMails(test), seed);
  const plan = jobPlan(findings);
  const { metrics, privacy, outcome, dropped } = result.end;
  return parseDemoReport({
    format: REPORT_FORMAT,
    run: run.id,
    date: date.toISOString(),
    ...{ seed, outcome, metrics, history, sumsVerified, dropped },
    mode: findings.job.mode,
    engine: { name: engine.name, reason: engine.reason },
    node: process.version,
    hospitals: members.map(({ id, mails }) => ({
      id,
      records: mails.length,
      malicious: mails.filter((mail) => mail.label > 0).length,
    })),
    dirichletAlpha: alpha,
    testRecords: test.length,
    plan,
    privacy: privacy === null ? null : worstCase(privacy, result),
    baselines: {
      alone: alone.map((score, i) => ({
        hospital: members[i]?.id,
        ...score,
        records: members[i]?.mails.length,
      })),
      aloneMean: meanScore(alone),
      pooledNoDp: pooled,
    },
    examples: await examplesOf(run, test),
  });
}

/** The plan's figures as the coordinator worked them out; the noise multiplier is calibrated there. */
function jobPlan({ job, members, result }: Findings): DemoReport['plan'] {
  const { started } = result;
  const { threshold } = started;
  const colluders = job.maxColluders ?? 0;
  return {
    rounds: started.rounds,
    dimension: started.dimension,
    sampleRate: job.sampleRate,
    clip: job.clip,
    noiseMultiplier: started.noiseMultiplier,
    delta: started.delta,
    epsilonBudget: started.epsilonBudget,
    hospitals: members.length,
    ...{ threshold, colluders, honest: threshold - colluders },
  };
}

/** The largest figure that any hospital's own ledger holds, or the coordinator's own count if that is more. */
function worstCase(
  counted: NonNullable<DemoReport['privacy']>,
  { ledgers }: JobRunResult,
): DemoReport['privacy'] {
  const summaries = [...ledgers.values()];
  return {
    epsilon: Math.max(counted.epsilon, ...summaries.map((ledger) => ledger.epsilon)),
    epsilonIfOthersCollude: Math.max(
      counted.epsilonIfOthersCollude,
      ...summaries.map((ledger) => ledger.epsilonIfOthersCollude),
    ),
  };
}

/** Writes test mails beside the report, for `fedward detect`, with the scores that it will give. */
async function examplesOf(run: Run, test: readonly CorpusMail[]): Promise<DemoReport['examples']> {
  const folder = join(run.folder, 'examples');
  await mkdir(folder);
  const chosen = maliciousEmail.classes.flatMap((_, label) =>
    test.filter((mail) => mail.label === label).slice(0, EXAMPLES_PER_CLASS),
  );
  const engine = await loadEngine();
  const { model } = await loadModel(engine, run.model);
  const scores = scoreDataset(engine, model, encodeMails(chosen));
  model.dispose();
  const examples: DemoReport['examples'] = [];
  for (const [i, mail] of chosen.entries()) {
    const file = `${mail.id.replace(/[^\w.-]+/g, '-').replace(/\.txt$/, '')}.eml`;
    await writeFile(join(folder, file), mail.raw);
    const label = mail.label > 0 ? 'malicious' : 'benign';
    examples.push({ file, subject: mail.sample.subject, label, score: scores[i] ?? 0 });
  }
  return examples;
}
