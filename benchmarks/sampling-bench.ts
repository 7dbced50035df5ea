/** `fedward bench sampling`: draws per second of the exact samplers, from the operating system's entropy. */
import { availableParallelism, cpus } from 'node:os';
import Table from 'cli-table3';
import { sampleDiscreteGaussian, sampleWideDiscreteGaussian } from '../dp/sampling/discrete-gaussian.ts';
import { sampleDiscreteLaplace } from '../dp/sampling/discrete-laplace.ts';
import { BitSource, osEntropy } from '../dp/sampling/entropy.ts';
import { drawDiscreteGaussian } from '../dp/sampling/exact.ts';
import { sampleSkellam, skellamTable } from '../dp/sampling/skellam.ts';
import { bar, liveBlock, styleOf } from './demo/terminal.ts';

/** One sampler at one scale. */
export interface SamplingCase {
  readonly sampler: string;
  readonly parameter: string;
  /** Draws of one timed run: enough for a few tenths of a second. */
  readonly draws: number;
  /** Makes `count` draws and keeps none. */
  draw(count: number): void;
}

export interface SamplingFigure {
  readonly sampler: string;
  readonly parameter: string;
  readonly draws: number;
  readonly drawsPerSecond: { readonly median: number; readonly min: number; readonly max: number };
}

/** Odd, so that the median is one of them. */
export const RUNS = 5;

/** Tables are built here, outside the time that is measured. */
export function samplingCases(bits: BitSource): SamplingCase[] {
  const gaussian = (sigma: number): SamplingCase => ({
    sampler: 'discrete Gaussian',
    parameter: `σ = ${sigma}`,
    draws: 1_000_000,
    draw: (count) => sampleDiscreteGaussian(sigma, count, bits),
  });
  const skellam = (mu: number): SamplingCase => {
    const table = skellamTable(mu);
    return {
      sampler: 'Skellam',
      parameter: `μ = ${mu}`,
      draws: 5_000_000,
      draw: (count) => sampleSkellam(table, count, bits),
    };
  };
  return [
    {
      sampler: 'discrete Gaussian, rational',
      parameter: 'σ = 0.5',
      draws: 300_000,
      draw(count) {
        for (let i = 0; i < count; i++) drawDiscreteGaussian(1n, 4n, bits);
      },
    },
    ...[3, 64, 1000, 300_000].map(gaussian),
    {
      sampler: 'discrete Gaussian, wide',
      parameter: `σ = ${2 ** 26}`,
      draws: 200_000,
      draw: (count) => sampleWideDiscreteGaussian(2n ** 26n, count, bits),
    },
    ...[1, 1000].map((scale) => ({
      sampler: 'discrete Laplace',
      parameter: `scale ${scale}`,
      draws: 1_000_000,
      draw: (count: number) => sampleDiscreteLaplace(scale, count, bits),
    })),
    ...[10, 1_000_000].map(skellam),
  ];
}

/**
 * Each case once to warm up, then `RUNS` times under the clock.
 *
 * @param clock Seconds, from any origin.
 * @param progress Told before each case how many are done.
 */
export function measureSampling(
  cases: readonly SamplingCase[],
  clock: () => number,
  progress: (done: number, next: SamplingCase) => void,
): SamplingFigure[] {
  return cases.map((item, done) => {
    progress(done, item);
    item.draw(item.draws);
    const rates = Array.from({ length: RUNS }, () => {
      const start = clock();
      item.draw(item.draws);
      return item.draws / (clock() - start);
    }).sort((a, b) => a - b);
    const at = (index: number) => Math.round(rates.at(index) ?? 0);
    const { sampler, parameter, draws } = item;
    return {
      ...{ sampler, parameter, draws },
      drawsPerSecond: { median: at((RUNS - 1) / 2), min: at(0), max: at(-1) },
    };
  });
}

/** Figures to standard output; while they are measured, a bar on standard error if that is a terminal. */
export function runSamplingBench(format: 'table' | 'json'): void {
  const bits = new BitSource(osEntropy());
  const cases = samplingCases(bits);
  const isTty = process.stderr.isTTY === true;
  const style = styleOf(process.env, isTty);
  const block = isTty && process.env.TERM !== 'dumb' ? liveBlock(process.stderr) : undefined;
  const figures = measureSampling(
    cases,
    () => performance.now() / 1000,
    (done, { sampler, parameter }) =>
      block?.paint([
        style.text(`${bar(done / cases.length, 20, style, style.cyan)} ${sampler}, ${parameter}`),
      ]),
  );
  block?.paint([]);
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  };
  process.stdout.write(
    format === 'json'
      ? `${JSON.stringify({ benchmark: 'sampling', ...machine, runs: RUNS, figures })}\n`
      : `${tableOf(figures)}\nDraws per second on one core: median of ${RUNS} runs. Node ${machine.node}, ${machine.cpu}.\n`,
  );
}

export function tableOf(figures: readonly SamplingFigure[]): string {
  const table = new Table({
    head: ['sampler', 'parameter', 'median', 'min', 'max'],
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { sampler, parameter, drawsPerSecond } of figures) {
    const { median, min, max } = drawsPerSecond;
    table.push([sampler, parameter, ...[median, min, max].map(rate)]);
  }
  return table.toString();
}

/** 4_390_000 → `4.39 M/s`. */
function rate(perSecond: number): string {
  return `${(perSecond / 1e6).toFixed(2)} M/s`;
}
