/**
 * A running job as its watcher sees it: a state that events move on, and the lines that show it. Pure.
 */
import type { Drop, JobEvent, Metrics, PrivacySpent } from '../../coordinator/progress.ts';
import type { Stage } from '../../proto/vocabulary.ts';
import { auroc, duration, epsilon, percent } from '../report/format.ts';
import { bar, oneLine, type Style } from './terminal.ts';

type Started = Extract<JobEvent, { type: 'job-started' }>;

export interface JobView {
  readonly job: Started;
  /** Under way, 1-based; 0 before the first. */
  readonly round: number;
  readonly attempt: number;
  readonly committed: number;
  /** The last that began; null before the first and after the job's end. */
  readonly stage: Stage | null;
  readonly waitingFor: ReadonlySet<string>;
  readonly answered: ReadonlySet<string>;
  readonly metrics: Metrics | null;
  /** Oldest first, at most `TREND` of them. */
  readonly recentMetrics: readonly Metrics[];
  readonly privacy: PrivacySpent | null;
  readonly recentSeconds: readonly number[];
  readonly dropped: readonly Drop[];
}

/** Evaluations that a trend looks back over, and rounds that the time left is reckoned from. */
const TREND = 10;
/** More hospitals than this are counted, not listed. */
const LISTED = 8;
const BAR_WIDTH = 24;

const STAGE_NAMES: Readonly<Record<Stage, string>> = {
  train: 'training',
  R0: 'R0 keys',
  R1: 'R1 key shares',
  R2: 'R2 masked updates',
  R3: 'R3 consistency',
  R4: 'R4 unmasking',
};

export function startView(job: Started): JobView {
  return {
    job,
    round: 0,
    attempt: 1,
    committed: 0,
    stage: null,
    waitingFor: new Set(),
    answered: new Set(),
    metrics: null,
    recentMetrics: [],
    privacy: null,
    recentSeconds: [],
    dropped: [],
  };
}

export function advance(view: JobView, event: JobEvent): JobView {
  switch (event.type) {
    case 'job-started':
      return startView(event);
    case 'round-started':
      return { ...view, round: event.round, attempt: event.attempt };
    case 'stage-started':
      return {
        ...view,
        round: event.round,
        stage: event.stage,
        waitingFor: new Set(event.waitingFor),
        answered: new Set(),
      };
    case 'answered':
      // A late answer to an earlier stage is not one to this.
      return event.stage === view.stage && event.round === view.round
        ? { ...view, answered: new Set([...view.answered, event.hospital]) }
        : view;
    case 'dropped': {
      const { type: _, ...drop } = event;
      return { ...view, dropped: [...view.dropped, drop] };
    }
    case 'round-aborted':
      return view;
    case 'round-committed':
      return {
        ...view,
        round: event.round,
        committed: view.committed + 1,
        metrics: event.metrics ?? view.metrics,
        recentMetrics:
          event.metrics === null ? view.recentMetrics : [...view.recentMetrics, event.metrics].slice(-TREND),
        privacy: event.privacy ?? view.privacy,
        recentSeconds: [...view.recentSeconds, event.seconds].slice(-TREND),
      };
    case 'job-ended':
      return {
        ...view,
        stage: null,
        metrics: event.metrics ?? view.metrics,
        privacy: event.privacy ?? view.privacy,
      };
    default:
      return event satisfies never;
  }
}

/** The block under the preparation steps; it fits 80 columns with a handful of hospitals. */
export function blockLines(view: JobView, style: Style): string[] {
  const { job } = view;
  const label = (text: string) => style.dim(text.padEnd(9));
  const share = view.committed / job.rounds;
  const attempt = view.attempt > 1 ? style.yellow(` attempt ${view.attempt}`) : '';
  return [
    '',
    `  ${label('Round')}${bar(share, BAR_WIDTH, style, style.cyan)}  ${style.bold(String(Math.max(view.round, 1)))} of ${job.rounds}${attempt}${style.dim(pace(view))}`,
    ...(view.stage === null
      ? []
      : [`  ${label('Stage')}${STAGE_NAMES[view.stage]}`, `  ${label('')}${roll(view, style)}`]),
    '',
    `  ${label('Model')}${quality(view, style)}`,
    ...privacyLines(view, style).map((line, i) => `  ${label(i === 0 ? 'Privacy' : '')}${line}`),
    ...view.dropped
      .slice(-3)
      .map((drop, i) => `  ${label(i === 0 ? 'Dropped' : '')}${style.red(describeDrop(drop))}`),
  ];
}

function pace(view: JobView): string {
  if (view.recentSeconds.length === 0) return '';
  const each = view.recentSeconds.reduce((sum, s) => sum + s, 0) / view.recentSeconds.length;
  const left = view.job.rounds - view.committed;
  return `   ${duration(each)} a round${left > 0 ? `, ${duration(Math.ceil(each * left))} left` : ''}`;
}

/** Who has answered in this stage, by name while names fit on a line. */
function roll(view: JobView, style: Style): string {
  const { done, failed, waiting } = style.glyphs;
  const gone = new Set(view.dropped.map((drop) => drop.hospital));
  const { hospitals } = view.job;
  if (hospitals.length > LISTED) {
    const missing = hospitals.filter(
      (id) => view.waitingFor.has(id) && !view.answered.has(id) && !gone.has(id),
    );
    const few =
      missing.length > 0 && missing.length <= 3 ? style.dim(`  waiting for ${missing.join(', ')}`) : '';
    return `${view.answered.size} of ${view.waitingFor.size} answered${few}`;
  }
  return hospitals
    .map((id) => {
      if (gone.has(id) && !view.answered.has(id)) return style.red(`${failed} ${id}`);
      if (view.answered.has(id)) return `${style.green(done)} ${id}`;
      return style.dim(`${waiting} ${id}`);
    })
    .join('  ');
}

function quality(view: JobView, style: Style): string {
  if (view.metrics === null) return style.dim('not evaluated yet');
  const { accuracy, auroc: ranking, loss } = view.metrics;
  return `accuracy ${style.bold(percent(accuracy))} ${trend(view, 'accuracy', style)}   AUROC ${style.bold(auroc(ranking))} ${trend(view, 'auroc', style)}   loss ${loss.toFixed(3)}`;
}

/** Against the oldest of the last few evaluations: a single noisy round says little. */
function trend(view: JobView, measure: 'accuracy' | 'auroc', style: Style): string {
  const change = (view.metrics?.[measure] ?? 0) - (view.recentMetrics[0]?.[measure] ?? 0);
  if (view.recentMetrics.length < 2) return ' ';
  if (Math.abs(change) < 0.0005) return style.dim(style.glyphs.level);
  return change > 0 ? style.green(style.glyphs.up) : style.yellow(style.glyphs.down);
}

function privacyLines({ job, privacy }: JobView, style: Style): string[] {
  if (job.epsilonBudget === null) return [style.red('none: no noise is added in this mode')];
  const spent = privacy?.epsilon ?? 0;
  const paint = spent > job.epsilonBudget ? style.red : style.cyan;
  const used = `${bar(spent / job.epsilonBudget, BAR_WIDTH, style, paint)}  ε ${style.bold(epsilon(spent))} of ${epsilon(job.epsilonBudget)}`;
  if (job.mode === 'local') return [used];
  const worst =
    privacy === null ? '' : `ε ${epsilon(privacy.epsilonIfOthersCollude)} if everyone else colludes`;
  return [used, style.dim(worst)];
}

export function describeDrop({ hospital, stage, round, reason }: Drop): string {
  return `${hospital} in round ${round}, ${STAGE_NAMES[stage]}: ${oneLine(reason)}`;
}

/** One line of plain progress: `round 30 of 150: accuracy 93.1%, AUROC 0.972, ε 1.41 of 3.00, 410 ms a round, …`. */
export function progressLine(view: JobView): string {
  const { job, metrics, privacy } = view;
  const parts = [
    ...(metrics === null ? [] : [`accuracy ${percent(metrics.accuracy)}`, `AUROC ${auroc(metrics.auroc)}`]),
    ...(privacy === null || job.epsilonBudget === null
      ? ['no privacy']
      : [`ε ${epsilon(privacy.epsilon)} of ${epsilon(job.epsilonBudget)}`]),
    pace(view).trim(),
  ];
  return `round ${view.committed} of ${job.rounds}: ${parts.join(', ')}`;
}

/** Worth a line of its own even where nobody watches: drops, aborts, an end that is none. */
export function notableLine(event: JobEvent, style: Style): string | null {
  switch (event.type) {
    case 'dropped':
      return style.red(`dropped ${describeDrop(event)}`);
    case 'round-aborted':
      return style.yellow(
        `round ${event.round}, attempt ${event.attempt}, aborted: ${oneLine(event.reason)} [${event.code}]`,
      );
    case 'job-ended':
      if (event.outcome === 'completed') return null;
      return style.yellow(
        `job ${event.outcome === 'failed' ? 'failed' : 'stopped early'} after ${event.roundsCommitted} rounds: ${oneLine(event.reason ?? 'no reason given')}${event.code ? ` [${event.code}]` : ''}`,
      );
    case 'job-started':
    case 'round-started':
    case 'stage-started':
    case 'answered':
    case 'round-committed':
      return null;
    default:
      return event satisfies never;
  }
}
