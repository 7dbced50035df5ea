/** Detection by class and training, as an SVG file that stands alone. */
import type { Tone } from '../report/charts.ts';
import { drawDots, type Mark } from '../report/dot-chart.ts';
import type { Run, Setting } from './bench.ts';
import { nameOf, summariesOf, type TrainingSummary } from './report.ts';

const WIDTH = 680;
const TITLE_HEIGHT = 34;

/** Colours of the demo's report, for light and dark. */
const STYLE = `<style>
svg { background: #ffffff; font-family: system-ui, sans-serif; --ink: #1b2530; --muted: #5f6b78; --rule: #e3e5e3;
  --federated: #0b7285; --pooled: #a8660b; --mean: #5f6b78; --alone: #b3bcc5; --limit: #b3392f; }
</style>`;

/** Mean over the seeds of the share of each class that raises an alarm; of the first class, false alarms. */
export async function alarmPlot(setting: Setting, runs: readonly Run[]): Promise<string> {
  const title = `${setting.subject.model.title}: share of each class that raises an alarm`;
  return alarmDrawing(title, setting.families, summariesOf(setting, runs));
}

type Alarms = Pick<TrainingSummary, 'training' | 'epsilon' | 'alarms'>;

export async function alarmDrawing(
  title: string,
  families: readonly string[],
  summaries: readonly Alarms[],
): Promise<string> {
  const budgets = summaries.filter(({ training }) => training === 'federated-dp');
  const series = summaries.map((one) => ({
    name: short(one),
    ...lookOf(one, budgets.indexOf(one)),
    values: families.map((family) => one.alarms[family] ?? null),
  }));
  const svg = await drawDots({ title, rows: families, series }, WIDTH);
  return standAlone(svg, title);
}

function short(one: Alarms): string {
  return one.epsilon === null ? nameOf(one).replace(', no DP', '') : `ε = ${one.epsilon}`;
}

/** @param budget the place of this ε among those of the run. */
function lookOf({ training }: Alarms, budget: number): { readonly tone: Tone; readonly mark: Mark } {
  switch (training) {
    case 'federated-dp':
      return { tone: 'federated', mark: budget % 2 === 0 ? 'circle' : 'emptyCircle' };
    case 'federated':
      return { tone: 'mean', mark: 'diamond' };
    case 'pooled':
      return { tone: 'pooled', mark: 'triangle' };
    case 'alone':
      return { tone: 'alone', mark: 'rect' };
    case 'rule':
      return { tone: 'limit', mark: 'emptyRect' };
    default:
      return training satisfies never;
  }
}

/** The drawing is made for a page, which gives it size, colours and a caption. */
function standAlone(svg: string, title: string): string {
  const [, width = '', height = ''] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  const whole = Number(height) + TITLE_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${whole}" viewBox="0 0 ${width} ${whole}">`,
    `<title>${title}</title>`,
    STYLE,
    `<text x="12" y="22" font-size="14" font-weight="600" fill="var(--ink)">${title}</text>`,
    `<svg aria-hidden="true" y="${TITLE_HEIGHT}" width="${width}" height="${height}"${svg.slice('<svg'.length)}`,
    '</svg>\n',
  ].join('\n');
}
