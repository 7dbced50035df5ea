/** Detection by class, one bar for each training, as an SVG file that stands alone. */
import { drawBars, type Tone } from '../report/charts.ts';
import { percent } from '../report/format.ts';
import type { Run, Setting } from './bench.ts';
import { nameOf, summariesOf, type TrainingSummary } from './report.ts';

const WIDTH = 560;
const TITLE_HEIGHT = 34;

/** Colours of the demo's report, for light and dark. */
const STYLE = `<style>
svg { background: #ffffff; font-family: system-ui, sans-serif; --ink: #1b2530; --muted: #5f6b78; --rule: #e3e5e3;
  --federated: #0b7285; --pooled: #a8660b; --mean: #5f6b78; --alone: #b3bcc5; --limit: #b3392f; }
</style>`;

/** Mean over the seeds of the share of each class that raises an alarm; of the first class, false alarms. */
export async function alarmPlot(setting: Setting, runs: readonly Run[]): Promise<string> {
  const summaries = summariesOf(setting, runs);
  const bars = setting.families.flatMap((family, k) =>
    summaries.flatMap((one) => {
      const value = one.alarms[family];
      if (value === null || value === undefined) return [];
      return [{ name: `${family}, ${short(one)}`, tone: k === 0 ? 'limit' : toneOf(one), value }];
    }),
  );
  const title = `${setting.subject.model.title}: share of each class that raises an alarm`;
  const svg = await drawBars({ title, bars, format: (value) => percent(value) }, WIDTH);
  return standAlone(svg, title);
}

function short(one: TrainingSummary): string {
  return one.epsilon === null ? nameOf(one).replace(', no DP', '') : `ε = ${one.epsilon}`;
}

function toneOf({ training }: TrainingSummary): Tone {
  switch (training) {
    case 'federated-dp':
      return 'federated';
    case 'federated':
      return 'mean';
    case 'pooled':
      return 'pooled';
    case 'alone':
    case 'rule':
      return 'alone';
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
