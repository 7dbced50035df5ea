/** The end of a demo run on the terminal: one table, and the sentences that say what it means. */
import Table from 'cli-table3';
import { comparison } from '../report/findings.ts';
import { auroc, bytes, duration, epsilon, hospitals, list, percent, small } from '../report/format.ts';
import { describeDrop } from './job-view.ts';
import type { Published } from './publish.ts';
import { betterAlone, type DemoReport, type Score, summaryOf } from './report-data.ts';
import type { Style } from './terminal.ts';

/** What the reader can do with the result. */
export interface Outcome {
  readonly published: Published;
  /** A whole command line to type next. */
  readonly tryNext: string;
}

export function resultLines(report: DemoReport, { published, tryNext }: Outcome, style: Style): string[] {
  const summary = summaryOf(report);
  const label = (text: string) => style.dim(text.padEnd(9));
  const block = (name: string, lines: readonly string[]) =>
    lines.map((line, i) => `  ${label(i === 0 ? name : '')}${line}`);
  const seconds = summary.secondsPerRound * summary.rounds;
  return [
    '',
    ...table(report, style),
    '',
    ...comparison(report).map((line) => `  ${line}`),
    ...rivals(report).map((line) => `  ${style.yellow(line)}`),
    '',
    ...block('Privacy', privacy(report, style)),
    ...block('Cost', [
      `${duration(summary.secondsPerRound)} and ${bytes(summary.bytesPerHospitalPerRound)} per hospital a round, ${summary.rounds} rounds in ${duration(seconds)}, ${summary.engine}`,
    ]),
    ...block('Sums', sums(report, style)),
    ...block(
      'Dropped',
      report.dropped.length === 0 ? ['none'] : report.dropped.map((drop) => style.red(describeDrop(drop))),
    ),
    ...block('Files', files(published)),
    '',
    `  ${label('Try next')}${style.bold(tryNext)}`,
    '',
  ];
}

function table(report: DemoReport, style: Style): string[] {
  const { alone, aloneMean, pooledNoDp } = report.baselines;
  const grid = new Table({
    head: ['Model', 'Accuracy', 'AUROC', 'ε'].map((text) => style.dim(text)),
    colAligns: ['left', 'right', 'right', 'right'],
    // Its own colours ignore NO_COLOR; ours do not. One rule under the head is frame enough.
    style: { head: [], border: [], 'padding-left': 2, 'padding-right': 1 },
    chars: { ...NO_FRAME, mid: '' },
  });
  const row = (name: string, score: Score, e: string) => [
    name,
    percent(score.accuracy),
    auroc(score.auroc),
    e,
  ];
  const spent = report.privacy === null ? 'none' : epsilon(report.privacy.epsilon);
  const ours = report.mode === 'none' ? 'Federated (none: no privacy)' : `Federated (${report.mode})`;
  grid.push(
    row(ours, report.metrics, spent).map((cell) => style.bold(style.cyan(cell))),
    ...alone.map((each) => row(`${each.hospital} alone`, each, 'none')),
    row('Mean of the hospitals alone', aloneMean, 'none'),
    row('All data in one place, without DP', pooledNoDp, 'none'),
  );
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

const NO_FRAME = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

/** A hospital that is better off alone has a right to read it here, not only in the report. */
function rivals(report: DemoReport): string[] {
  const better = betterAlone(report, 'accuracy');
  if (better.length === 0) return [];
  const names = list(better.map((each) => `${each.hospital} (${percent(each.accuracy)})`));
  return [
    `${names} ${better.length === 1 ? 'is' : 'are'} more accurate alone${report.mode === 'none' ? '' : ', without differential privacy'}.`,
  ];
}

function privacy({ mode, privacy: spent, plan }: DemoReport, style: Style): string[] {
  if (spent === null) return [style.red('none: mode none adds no noise, no ε protects any record')];
  const e = `ε ${epsilon(spent.epsilon)} at δ = ${small(plan.delta)}`;
  if (mode === 'local') return [`${e}, whoever colludes: each hospital adds all of the noise itself`];
  const allies = plan.colluders === 0 ? '' : ` and up to ${hospitals(plan.colluders)}`;
  return [
    `${e} against the coordinator${allies}`,
    `ε ${epsilon(spent.epsilonIfOthersCollude)} if everyone else colludes (only its own noise protects a hospital)`,
  ];
}

function files({ reportHtml, reportJson, model, movedAside }: Published): string[] {
  const aside = movedAside === null ? [] : [`${movedAside} (the directory that stood in the model's place)`];
  return [reportHtml, reportJson, model, ...aside];
}

function sums({ sumsVerified }: DemoReport, style: Style): string[] {
  if (sumsVerified === null) return ['not compared in this run'];
  const { checked, exact } = sumsVerified;
  return exact === checked
    ? [`${exact} of ${checked} checked sums exact`, ...looks(sumsVerified.chiSquare)]
    : [style.red(`${checked - exact} of ${checked} checked sums are WRONG: a defect, please report it`)];
}

function looks(chiSquare: NonNullable<DemoReport['sumsVerified']>['chiSquare']): string[] {
  if (chiSquare.length === 0) return [];
  const most = (of: 'received' | 'unmasked') => Math.max(...chiSquare.map((each) => each[of])).toFixed(0);
  return [
    `bytes the coordinator got: χ² at most ${most('received')} (uniform: 255 ± 23; unmasked they would have ${most('unmasked')})`,
  ];
}
