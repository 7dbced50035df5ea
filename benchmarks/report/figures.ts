/** The figures of a demo report: what is plotted, with its title and the sentence that says how to read it. */
import type { DemoReport, RoundRecord, Score } from '../demo/report-data.ts';
import { type BarChart, drawBars, drawLines, type LineChart, type Tone } from './charts.ts';
import { auroc, epsilon, hospitals, percent, small } from './format.ts';
import { html, type Markup, trusted } from './page.ts';
import { niceAxis } from './scale.ts';

/** Drawn twice, because text in a scaled drawing would shrink with it; the style sheet shows the one that fits. */
const WIDE = { width: 500, height: 310 } as const;
const NARROW = { width: 330, height: 270 } as const;
const ACROSS = { width: 620, height: 310 } as const;

export function qualityFigure(report: DemoReport, measure: keyof Score): Promise<Markup> {
  const { aloneMean, pooledNoDp } = report.baselines;
  const points = report.history.flatMap(({ round, metrics }) =>
    metrics === null ? [] : [[round, metrics[measure]] as const],
  );
  const values = [...points.map(([, value]) => value), aloneMean[measure], pooledNoDp[measure]];
  const name = measure === 'accuracy' ? 'Accuracy' : 'AUROC';
  return lineFigure(`${name} by round`, 'On the common test set of unseen mails', {
    title: `${name} of the federated model by round, against the two baselines`,
    rounds: lastRound(report),
    axis: niceAxis(Math.min(...values), Math.max(...values)),
    format: measure === 'accuracy' ? (value) => trim(percent(value)) : (value) => trim(auroc(value)),
    lines: [{ name: 'Federated', tone: 'federated', points }],
    references: [
      { name: 'Mean alone', tone: 'mean', value: aloneMean[measure] },
      { name: 'All in one place', tone: 'pooled', value: pooledNoDp[measure] },
    ],
  });
}

/** As wide as the page, its reading beside it; empty in mode `none`. */
export async function privacyFigure(report: DemoReport): Promise<Markup> {
  const { plan, privacy } = report;
  if (plan.epsilonBudget === null || privacy === null) return html``;
  const over = (field: 'epsilon' | 'epsilonIfOthersCollude') =>
    report.history.flatMap((round: RoundRecord) => {
      const value = round[field];
      return value === null ? [] : [[round.round, value] as const];
    });
  const local = report.mode === 'local';
  const lines: LineChart['lines'] = [
    { name: local ? 'Everyone' : 'Coordinator', tone: 'federated', points: over('epsilon') },
    ...(local
      ? []
      : [{ name: 'All others collude', tone: 'limit' as const, points: over('epsilonIfOthersCollude') }]),
  ];
  const chart: LineChart = {
    title: 'ε spent by round under both trust assumptions, against the budget',
    rounds: lastRound(report),
    axis: niceAxis(
      0,
      Math.max(plan.epsilonBudget, ...lines.flatMap((line) => line.points.map(([, e]) => e))),
    ),
    format: (value) => trim(epsilon(value)),
    lines,
    references: [{ name: 'Budget', tone: 'mean', value: plan.epsilonBudget }],
  };
  const worst = epsilon(privacy.epsilonIfOthersCollude);
  const reading = local
    ? html`<p><strong class="federated">Everyone.</strong> Each hospital adds all of the noise itself, so one ε holds whoever is looking.</p>`
    : html`<p><strong class="federated">Coordinator</strong> ${allies(report)}: this is what the budget limits. It ends at ${epsilon(privacy.epsilon)} of ${epsilon(plan.epsilonBudget)}.</p>
<p><strong class="limit">All others collude:</strong> then only a hospital’s own share of the noise protects it. It ends at ${worst}, which no budget of the job limits; a hospital’s site policy can.</p>`;
  return html`<figure class="card across"><div><h3>Privacy spent by round</h3>
<p class="note">ε at δ = ${small(plan.delta)}; less is more private</p>
${reading}</div>
<div>${sized(await drawLines(chart, ACROSS), await drawLines(chart, NARROW))}</div></figure>`;
}

/** Who, besides the coordinator, the headline ε holds against. */
export function allies(report: DemoReport): string {
  const { colluders } = report.plan;
  return colluders === 0 ? 'alone' : `and up to ${hospitals(colluders)} with it`;
}

async function lineFigure(title: string, note: string, chart: LineChart): Promise<Markup> {
  return figure(title, note, await drawLines(chart, WIDE), await drawLines(chart, NARROW));
}

/** Errors, not successes: their bars may begin at zero and still differ visibly. */
export function mistakesFigures(report: DemoReport): Promise<Markup>[] {
  const { alone, aloneMean, pooledNoDp } = report.baselines;
  const rows: readonly (readonly [string, Tone, Score])[] = [
    ['Federated', 'federated', report.metrics],
    ...alone.map((each) => [`${each.hospital} alone`, 'alone', each] as const),
    ['Mean alone', 'mean', aloneMean],
    ['All in one place', 'pooled', pooledNoDp],
  ];
  const barFigure = async (title: string, note: string, measure: keyof Score) => {
    const chart: BarChart = {
      title: `${title}: federated, each hospital alone, their mean, and all mail in one place`,
      bars: rows.map(([name, tone, score]) => ({ name, tone, value: 1000 * (1 - score[measure]) })),
      format: (value) => (value < 9.95 ? value.toFixed(1) : String(Math.round(value))),
    };
    return figure(title, note, await drawBars(chart, WIDE.width), await drawBars(chart, NARROW.width));
  };
  return [
    barFigure('Mistakes per 1,000 mails', 'From accuracy at threshold 0.5; shorter is better', 'accuracy'),
    barFigure(
      'Misranked pairs per 1,000',
      'Harmless above malicious (1 − AUROC); shorter is better',
      'auroc',
    ),
  ];
}

function figure(title: string, note: string, wide: string, narrow: string): Markup {
  return html`<figure class="card"><h3>${title}</h3><p class="note">${note}</p>
${sized(wide, narrow)}</figure>`;
}

function sized(wide: string, narrow: string): Markup {
  return html`<div class="wide">${trusted(wide)}</div><div class="narrow">${trusted(narrow)}</div>`;
}

function lastRound(report: DemoReport): number {
  return report.history.at(-1)?.round ?? 1;
}

/** `95.0%` → `95%`, `2.50` → `2.5`. */
function trim(text: string): string {
  return text.replace(/\.0+(?=%?$)|(?<=\.\d+)0+(?=%?$)/, '');
}
