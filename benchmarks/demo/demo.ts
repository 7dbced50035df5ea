/**
 * `fedward demo`: one coordinator and five hospitals as processes of this machine train on real mail; the
 * result is compared with what each hospital, and all data in one place, would reach without privacy.
 */
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { FedwardError } from '../../proto/errors.ts';
import { hospitalId } from '../../proto/vocabulary.ts';
import { maliciousEmail } from '../../threats/malicious-email/index.ts';
import { encodeMails, loadMailCorpus } from '../mail-corpus.ts';
import { writeMailShare } from '../mail-share.ts';
import { partition, splitTest } from '../partition.ts';
import type { DemoArguments } from './cli.ts';
import { createDisplay, type Display } from './display.ts';
import { parseFault } from './fault.ts';
import { errorOf, JobRun, type JobRunResult } from './job-run.ts';
import { type DemoJob, demoJob, sitePolicy, TIMINGS } from './plan.ts';
import { provision } from './provision.ts';
import { closeRun, openRun, publish, type Run } from './publish.ts';
import { compileReport, type DemoMember } from './report-compile.ts';
import type { RoundRecord } from './report-data.ts';
import { SumVerification } from './verification.ts';

const DIRICHLET_ALPHA = 1;
/** With fewer, ten hospitals can hardly be dealt the 200 mails that each needs. */
const LEAST_MAILS = 3000;

/** @throws FedwardError whose exit code the command ends with. */
export async function runDemo(given: DemoArguments): Promise<void> {
  const settings = check(given);
  const display = createDisplay({
    format: given.format,
    quiet: given.quiet,
    stream: process.stdout,
    isTty: process.stdout.isTTY === true,
  });
  const run = await openRun(given.out, runId());
  const stop = interruption();
  try {
    await Promise.race([conduct(given, settings, display, run, stop), stop.interrupted]);
  } catch (error) {
    for (const kill of stop.onStop) kill();
    // An interrupted run is worth nothing; a failed one keeps its logs.
    if (error instanceof Interrupted) await rm(run.folder, { recursive: true, force: true });
    else await closeRun(run);
    display.fail(error);
    throw error;
  }
}

interface Settings {
  readonly hospitals: readonly ReturnType<typeof hospitalId>[];
  readonly job: DemoJob;
}

/** @throws FedwardError `INVALID_ARGUMENT` that names the option. */
function check({ hospitals, seed, mode, epsilon, rounds, mails }: DemoArguments): Settings {
  const refuse = (what: string): never => {
    throw new FedwardError('INVALID_ARGUMENT', what);
  };
  if (!Number.isInteger(hospitals) || hospitals < 5 || hospitals > 10)
    refuse(`--hospitals must be a whole number from 5 to 10; got ${hospitals}.`);
  if (!Number.isInteger(seed)) refuse(`--seed must be a whole number; got ${seed}.`);
  if (!(epsilon > 0 && epsilon <= 1000))
    refuse(`--epsilon must be above 0 and at most 1000; got ${epsilon}.`);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 5000))
    refuse(`--rounds must be a whole number from 1 to 5000; got ${rounds}.`);
  if (mails !== undefined && !(Number.isInteger(mails) && mails >= LEAST_MAILS))
    refuse(`--mails must be a whole number, at least ${LEAST_MAILS}; got ${mails}.`);
  return {
    hospitals: Array.from({ length: hospitals }, (_, i) => hospitalId(`hospital-${i + 1}`)),
    job: demoJob({ mode, epsilon: mode === 'none' ? null : epsilon, hospitals, rounds, seed }),
  };
}

async function conduct(
  given: DemoArguments,
  { hospitals, job }: Settings,
  display: Display,
  run: Run,
  stop: Interruption,
): Promise<void> {
  const faults = given.kill.map((text) => parseFault(text, hospitals, job.rounds));
  const date = new Date();
  const mails = await display.step(
    'Read the public mail corpus',
    loadMailCorpus(given.mails),
    (all) => `${all.length} mails`,
  );
  const labels = mails.map((mail) => mail.label);
  const split = splitTest(labels, given.seed);
  const pick = (indices: readonly number[]) => indices.flatMap((i) => mails[i] ?? []);
  const shares = partition(labels, split.train, {
    hospitals: hospitals.length,
    seed: given.seed,
    alpha: DIRICHLET_ALPHA,
  });
  const members: DemoMember[] = hospitals.map((id, i) => ({ id, mails: pick(shares[i] ?? []) }));
  const test = pick(split.test);

  const provisioned = await display.step(
    'Provision the consortium',
    provision({
      ...{ folder: run.folder, threat: maliciousEmail, dataset: 'demo-mail', test: encodeMails(test) },
      members: members.map((member) => ({
        id: member.id,
        writeRecords: (path) => writeMailShare(path, member.mails),
      })),
      ...{ job, timings: TIMINGS, policy: sitePolicy(job) },
    }),
    () => `certificates, keys and mail for ${hospitals.length} hospitals`,
  );
  const history: RoundRecord[] = [];
  const verification = given['verify-sums'] ? new SumVerification() : null;
  const jobRun = new JobRun({
    folder: run.folder,
    ...{ provisioned, hospitals, faults },
    verify: verification !== null,
    onEvent: (event) => {
      if (event.type === 'round-committed') history.push(recordOf(event));
      display.event(event);
    },
    onMessage: (message) => {
      if (message.type === 'update') verification?.update(message.attempt, message.hospital, message.vector);
      if (message.type === 'received') verification?.received(message.hospital, message.vector);
      if (message.type === 'sum') verification?.sum(message.attempt, message.contributors, message.sum);
    },
  });
  stop.onStop.push(() => jobRun.kill());
  let result: JobRunResult;
  try {
    const { finished } = await display.step('Start the coordinator and the hospitals', jobRun.start());
    result = await finished;
  } finally {
    jobRun.kill();
  }
  if (result.end.outcome === 'failed' || history.length === 0) throw errorOf(result.end);

  const report = await display.step(
    'Train the baselines without privacy',
    compileReport({
      ...{ run, date, members, test, job, result, history },
      seed: given.seed,
      alpha: DIRICHLET_ALPHA,
      sumsVerified: verification?.result() ?? null,
    }),
  );
  const { renderDemoReport } = await import('../report/demo-report.ts');
  await writeFile(join(run.folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(run.folder, 'report.html'), await renderDemoReport(report));
  const published = await publish(given.out, run);
  const sample = join(run.folder, 'examples');
  const tryNext = `${invocation()} detect --model ${published.model} --input ${sample}`;
  display.end(report, { published, tryNext });
  if (result.end.outcome === 'stopped-early') process.exitCode = errorOf(result.end).exitCode;
}

function recordOf(event: Extract<Parameters<Display['event']>[0], { type: 'round-committed' }>): RoundRecord {
  const { round, metrics, privacy, seconds, bytesPerHospital, contributors } = event;
  return {
    ...{ round, seconds },
    metrics: metrics === null ? null : { ...metrics },
    epsilon: privacy?.epsilon ?? null,
    epsilonIfOthersCollude: privacy?.epsilonIfOthersCollude ?? null,
    bytes: bytesPerHospital,
    contributors: [...contributors],
  };
}

/** How this program was called, as one would type it again. */
function invocation(): string {
  const script = process.argv[1] ?? '';
  return /\.[jt]s$/.test(script) ? `node ${relative('.', script)}` : 'fedward';
}

/** Sortable by time, and unique however many start in one second. */
function runId(): string {
  const time = new Date().toISOString().replace(/[-:]/g, '').slice(0, 15).toLowerCase();
  return `${time}-${randomBytes(3).toString('hex')}`;
}

class Interrupted extends FedwardError {
  constructor(signal: NodeJS.Signals) {
    super('ROUND_ABORTED', `Stopped by ${signal}: every process is ended and this run's folder removed.`);
  }
}

interface Interruption {
  readonly interrupted: Promise<never>;
  /** What to do at once when the demo stops before its end. */
  readonly onStop: (() => void)[];
}

function interruption(): Interruption {
  const onStop: (() => void)[] = [];
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        for (const stop of onStop) stop();
        reject(new Interrupted(signal));
      });
    }
  });
  interrupted.catch(() => {});
  return { interrupted, onStop };
}
