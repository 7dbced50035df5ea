/** One line for each class and on it a mark for each training (Cleveland 1984): what differs is seen side by side. */
import { axisStyle, colour, draw, FONT, seriesStyle, type Tone } from './charts.ts';
import { percent } from './format.ts';

export type Mark = 'circle' | 'emptyCircle' | 'diamond' | 'triangle' | 'rect' | 'emptyRect';

export interface DotChart {
  readonly title: string;
  /** From top to bottom. */
  readonly rows: readonly string[];
  readonly series: readonly {
    readonly name: string;
    readonly tone: Tone;
    readonly mark: Mark;
    /** A share for each row; null where there is none. */
    readonly values: readonly (number | null)[];
  }[];
}

const ROW_STEP = 40;
const TOP = 34;
const BOTTOM = 30;
/** Pixels from one mark to the next within a row, so that equal values stay apart. */
const JITTER = 5;
const CHARACTER = 7.2;

export function dotsHeight({ rows }: DotChart): number {
  return TOP + rows.length * ROW_STEP + BOTTOM;
}

export function drawDots(chart: DotChart, width: number): Promise<string> {
  const { rows, series } = chart;
  const left = Math.ceil(CHARACTER * Math.max(...rows.map((row) => row.length))) + 16;
  return draw(
    chart.title,
    { width, height: dotsHeight(chart) },
    {
      grid: { left, right: 24, top: TOP, bottom: BOTTOM },
      legend: {
        ...{ top: 0, left: 8, itemGap: 14, itemWidth: 12, itemHeight: 10, selectedMode: false },
        textStyle: { ...FONT, color: 'var(--ink)' },
      },
      xAxis: {
        ...axisStyle,
        ...{ type: 'value', min: 0, max: 1, interval: 0.25 },
        axisLabel: { ...FONT, color: 'var(--muted)', formatter: (value: number) => percent(value, 0) },
      },
      yAxis: {
        ...axisStyle,
        ...{ type: 'category', inverse: true, data: [...rows] },
        splitLine: { show: true, lineStyle: { color: 'var(--rule)' } },
        axisLabel: { ...FONT, color: 'var(--ink)', interval: 0 },
      },
      series: series.map(({ name, tone, mark, values }, i) => ({
        ...seriesStyle,
        ...{ type: 'scatter', name, symbol: mark, symbolSize: 9 },
        symbolOffset: [0, (i - (series.length - 1) / 2) * JITTER],
        itemStyle: { color: colour(tone) },
        data: values.flatMap((value, row) => (value === null ? [] : [[value, row]])),
      })),
    },
  );
}
