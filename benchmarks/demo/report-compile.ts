/** Puts together what a demo run found: history, baselines, privacy, examples. */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { loadEngine } from '../../threats/engine.ts';
import { loadModel } from '../../threats/model-files.ts';
import { scoreDataset } from '../../threats/scoring.ts';
import { type CorpusMail, encodeMails } from '../mail-corpus.ts';
import { trainBaselines } from '../baselines.ts';
import type { JobRunResult } from './job-run.ts';
import type { DemoJob } from './plan.ts';
import type { Member } from './provision.ts';
import type { Run } from './publish.ts';
import { type DemoReport, meanScore, parseDemoReport, REPORT_FORMAT, type RoundRecord } from './report-data.ts';

export interface Findings {
  readonly run: Run;
  readonly date: Date;
  readonly seed: number;
  readonly alpha: number;
  readonly members: readonly Member[];
  readonly test: readonly CorpusMail[];
  readonly job: DemoJob;
  readonly result: JobRunResult;
  readonly history: readonly RoundRecord[];
  readonly sumsVerified: DemoReport['sumsVerified'];
}
