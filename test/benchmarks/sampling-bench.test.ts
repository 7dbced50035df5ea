import { expect, it } from 'vitest';
import {
  measureSampling,
  RUNS,
  type SamplingCase,
  samplingCases,
  tableOf,
} from '../../benchmarks/sampling-bench.ts';
import { BitSource, osEntropy } from '../../dp/sampling/entropy.ts';

it('measures after one run to warm up, and reports median, slowest and fastest', () => {
  let now = 0;
  let calls = 0;
  const seconds = [99, 4, 1, 2, 5, 3];
  const item: SamplingCase = {
    sampler: 'clockwork',
    parameter: 'n = 1',
    draws: 6_000_000,
    draw(count) {
      expect(count).toBe(6_000_000);
      now += seconds[calls++] ?? 0;
    },
  };
  const started: string[] = [];
  const figures = measureSampling(
    [item],
    () => now,
    (done, next) => started.push(`${done} ${next.sampler}`),
  );
  expect(calls).toBe(1 + RUNS);
  expect(started).toEqual(['0 clockwork']);
  expect(figures).toEqual([
    {
      ...{ sampler: 'clockwork', parameter: 'n = 1', draws: 6_000_000 },
      drawsPerSecond: { median: 2_000_000, min: 1_200_000, max: 6_000_000 },
    },
  ]);
  expect(tableOf(figures)).toMatch(/clockwork │ n = 1 +│ 2\.00 M\/s │ 1\.20 M\/s │ 6\.00 M\/s/);
});

it('covers every sampler, each of which draws', () => {
  const cases = samplingCases(new BitSource(osEntropy()));
  for (const item of cases) item.draw(3);
  expect(cases.map(({ sampler, parameter }) => `${sampler} ${parameter}`)).toEqual([
    'discrete Gaussian, rational σ = 0.5',
    'discrete Gaussian σ = 3',
    'discrete Gaussian σ = 64',
    'discrete Gaussian σ = 1000',
    'discrete Gaussian σ = 300000',
    'discrete Gaussian, wide σ = 67108864',
    'discrete Laplace scale 1',
    'discrete Laplace scale 1000',
    'Skellam μ = 10',
    'Skellam μ = 1000000',
  ]);
});
