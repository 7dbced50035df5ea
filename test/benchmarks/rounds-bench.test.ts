import { describe, expect, it } from 'vitest';
import { pace, type RoundsFigures, runRoundsBench, sentenceOf } from '../../benchmarks/rounds-bench.ts';

const OPTIONS = { hospitals: 5, dimension: 10, rounds: 1, warmUp: 1, mode: 'distributed' } as const;

describe('the pace of rounds', () => {
  it('is counted from the last commit of the warm-up, quantiles by nearest rank', () => {
    const intervals = [40, 10, 20, 30];
    const committedAt = [1000];
    for (const interval of intervals) committedAt.push((committedAt.at(-1) ?? 0) + interval);
    expect(pace(committedAt)).toEqual({ roundsPerSecond: 40, p50Ms: 20, p99Ms: 40 });
  });

  it('of one round is that round', () => {
    expect(pace([5, 130])).toEqual({ roundsPerSecond: 8, p50Ms: 125, p99Ms: 125 });
  });
});

it.each([
  ['hospitals', { hospitals: 2 }],
  ['dimension', { dimension: 0 }],
  ['rounds', { rounds: 1.5 }],
  ['warm-up', { warmUp: 0 }],
])('--%s out of range is refused before anything starts', async (option, change) => {
  await expect(runRoundsBench({ ...OPTIONS, ...change })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(`--${option} must be a whole number`),
  });
});

it('tells a person what was measured and on what', () => {
  const figures: RoundsFigures = {
    ...{ roundsPerSecond: 9.5, p50Ms: 100, p99Ms: 180, hospitals: 10, dimension: 10_000, rounds: 50 },
    ...{ warmUpRounds: 20, mode: 'distributed', exactSums: 20, bytesPerHospital: 86_000, syncMs: 0.2 },
    ...{ coordinatorCpuMs: 30, hospitalCpuMs: 15, node: 'v20.20.2', cpu: 'a processor', cores: 2 },
  };
  expect(sentenceOf(figures)).toMatch(
    /^9\.5 secure rounds per second: .* 100 ms, 99 % at most 180 ms\.\n50 rounds of/,
  );
});
