/**
 * The charts of a report, drawn by ECharts on the server into SVG text: lines over rounds with
 * reference lines, and horizontal bars. No script, no legend: every mark carries its name beside it.
 *
 * Colours are CSS variables of the page, so that the same drawing serves light and dark.
 */
import type { EChartsCoreOption } from 'echarts/core';
import { type Axis, niceAxis, spread } from './scale.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a mark stands for; the page's style sheet gives each a colour. */
export type Tone = 'federated' | 'pooled' | 'alone' | 'mean' | 'limit';

export interface LineChart {
  /** What the picture shows, for those who cannot see it. */
  readonly title: string;
  readonly rounds: number;
  readonly axis: Axis;
  readonly format: (value: number) => string;
  readonly lines: readonly {
    readonly name: string;
    readonly tone: Tone;
    readonly points: readonly (readonly [round: number, value: number])[];
  }[];
  /** Level lines, dashed. */
  readonly references: readonly { readonly name: string; readonly tone: Tone; readonly value: number }[];
}

export interface BarChart {
  readonly title: string;
  /** From top to bottom; bars begin at zero. */
  readonly bars: readonly { readonly name: string; readonly tone: Tone; readonly value: number }[];
  readonly format: (value: number) => string;
}

export const FONT = { fontSize: 12, lineHeight: 15, fontFamily: 'inherit' } as const;
const MARGIN = { left: 44, right: 118, top: 12, bottom: 46 } as const;
/** Labels have two lines: name and value. */
const LABEL_GAP = 34;
const BAR_STEP = 30;

export function drawLines(chart: LineChart, size: Size): Promise<string> {
  const { axis, rounds, format } = chart;
  const series = [
    ...chart.lines.map((line) => ({ ...line, dashed: false })),
    ...chart.references.map(({ value, ...reference }) => ({
      ...reference,
      points: [[0, value] as const, [rounds, value] as const],
      dashed: true,
    })),
  ];
  const plotHeight = size.height - MARGIN.top - MARGIN.bottom;
  const heightOf = (value: number) =>
    MARGIN.top + plotHeight * (1 - (value - axis.min) / (axis.max - axis.min));
  const wanted = series.map((line) => heightOf(line.points.at(-1)?.[1] ?? axis.min));
  const placed = spread(wanted, LABEL_GAP, MARGIN.top + 8, size.height - MARGIN.bottom - 8);
  const step = Math.max(1, niceAxis(0, rounds, size.width < 400 ? 4 : 6).interval);
  return draw(chart.title, size, {
    grid: { ...MARGIN },
    xAxis: {
      ...axisStyle,
      type: 'value',
      min: 0,
      max: rounds,
      interval: step,
      // The end is labelled where it falls on a step; elsewhere its label would crowd the one before.
      axisLabel: { ...FONT, color: 'var(--muted)', showMaxLabel: rounds % step === 0 },
      splitLine: { show: false },
      name: 'round',
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: { ...FONT, color: 'var(--muted)' },
    },
    yAxis: {
      ...axisStyle,
      type: 'value',
      ...axis,
      axisLine: { show: false },
      axisLabel: { ...FONT, color: 'var(--muted)', formatter: format },
    },
    series: series.map((line, i) => {
      const last = line.points.at(-1)?.[1] ?? 0;
      return {
        ...seriesStyle,
        type: 'line',
        data: line.points.map((point) => [...point]),
        // A single point has no line.
        showSymbol: line.points.length < 2,
        itemStyle: { color: colour(line.tone) },
        lineStyle: {
          color: colour(line.tone),
          width: line.dashed ? 1.5 : 2.5,
          type: line.dashed ? [4, 4] : 'solid',
        },
        endLabel: {
          show: true,
          ...FONT,
          color: colour(line.tone),
          formatter: `${line.name}\n${format(last)}`,
          distance: 8,
          offset: [0, (placed[i] ?? 0) - (wanted[i] ?? 0)],
        },
      };
    }),
  });
}

export function barsHeight(chart: BarChart): number {
  return chart.bars.length * BAR_STEP + 8;
}

export function drawBars(chart: BarChart, width: number): Promise<string> {
  const size = { width, height: barsHeight(chart) };
  return draw(chart.title, size, {
    grid: { left: 116, right: 52, top: 2, bottom: 6 },
    xAxis: { type: 'value', show: false, min: 0, max: Math.max(1, ...chart.bars.map((bar) => bar.value)) },
    yAxis: {
      ...axisStyle,
      type: 'category',
      inverse: true,
      data: chart.bars.map((bar) => bar.name),
      axisLabel: { ...FONT, color: 'var(--ink)', interval: 0, width: 106, overflow: 'truncate' },
    },
    series: [
      {
        ...seriesStyle,
        type: 'bar',
        barWidth: 16,
        data: chart.bars.map((bar) => ({
          value: bar.value,
          itemStyle: { color: colour(bar.tone), borderRadius: [0, 2, 2, 0] },
          label: { formatter: chart.format(bar.value) },
        })),
        label: { show: true, position: 'right', ...FONT, color: 'var(--ink)' },
      },
    ],
  });
}

export const axisStyle = {
  axisLine: { lineStyle: { color: 'var(--rule)' } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: 'var(--rule)' } },
} as const;

export const seriesStyle = { silent: true, animation: false, emphasis: { disabled: true } } as const;

export function colour(tone: Tone): string {
  return `var(--${tone})`;
}

export async function draw(title: string, size: Size, option: EChartsCoreOption): Promise<string> {
  const { init } = await echarts();
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ animation: false, ...option });
    return inline(chart.renderToSVGString(), title);
  } finally {
    chart.dispose();
  }
}

/** Loaded at the first chart: 0.35 s that a command without one should not pay (TOOLCHAIN.md). */
async function echarts() {
  const [core, charts, components, renderers] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ]);
  core.use([charts.LineChart, charts.BarChart, charts.ScatterChart]);
  core.use([components.GridComponent, components.LegendComponent, renderers.SVGRenderer]);
  return core;
}

/**
 * ECharts writes a stand-alone document with hover styles; in a page it needs none, scales with its box and
 * says what it shows. Clip paths are dropped with it: their ids would clash between charts, and no axis here
 * cuts its data.
 */
function inline(svg: string, title: string): string {
  const label = title.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  return (
    svg
      .replace(/<(style|defs)\b[\s\S]*?<\/\1>/g, '')
      .replace(/ (?:class|clip-path|pointer-events|xmlns:xlink|baseProfile|ecmeta_\w+)="[^"]*"/g, '')
      // Boxes for the mouse, without stroke or fill.
      .replace(/<(path|rect)(?: (?:d|transform|width|height|x|y)="[^"]*")* fill="none"><\/\1>/g, '')
      .replace(/^<svg width="[^"]*" height="[^"]*"/, `<svg role="img" aria-label="${label}"`)
      .replace(/\n+/g, '\n')
      .trim()
  );
}
