/** `fedward bench rounds` with its processes, their mutual TLS and their ledgers, on a small scale. */
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { runRoundsBench } from '../../benchmarks/rounds-bench.ts';

const folders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('fedward-bench-'));

it.each(['distributed', 'none'] as const)(
  'measures rounds whose sums are exact, mode %s, and leaves nothing behind',
  async (mode) => {
    const before = await folders();
    const options = { hospitals: 5, dimension: 1000, rounds: 3, warmUp: 2, mode } as const;
    const figures = await runRoundsBench(options);
    expect(Object.keys(figures).slice(0, 3)).toEqual(['roundsPerSecond', 'p50Ms', 'p99Ms']);
    expect(figures).toMatchObject({
      hospitals: 5,
      dimension: 1000,
      rounds: 3,
      warmUpRounds: 2,
      mode,
      exactSums: 2,
    });
    for (const figure of ['roundsPerSecond', 'p50Ms', 'coordinatorCpuMs', 'hospitalCpuMs'] as const) {
      expect(figures[figure], figure).toBeGreaterThan(0);
    }
    expect(figures.p99Ms).toBeGreaterThanOrEqual(figures.p50Ms);
    // The masked vector up and the model down are 4 bytes for each parameter and cannot be less.
    expect(figures.bytesPerHospital).toBeGreaterThan(8 * options.dimension);
    expect((await folders()).filter((name) => !before.includes(name))).toEqual([]);
  },
);
