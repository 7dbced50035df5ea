/**
 * The whole federation in one process, on a fake clock and a fake network that delays, drops and reconnects,
 * with hospitals that crash, refuse and repeat themselves. A failing history names its seed, and that seed is
 * the same history again: `FEDWARD_SIMULATION_SEED=17 npx vitest run test/simulation`.
 */
import { describe, expect, it } from 'vitest';
import { type History, simulate } from './federation.ts';
import type { Sabotage } from './hospital.ts';

const HISTORIES = Number(process.env.FEDWARD_SIMULATION_HISTORIES ?? 260);
const BATCH = 65;
const only = process.env.FEDWARD_SIMULATION_SEED;

const seeds = Array.from({ length: HISTORIES }, (_, i) => i + 1);
const batches = Array.from({ length: HISTORIES / BATCH }, (_, i) => seeds.slice(i * BATCH, (i + 1) * BATCH));

describe.runIf(only === undefined)('every history keeps the invariants', () => {
  const histories: History[] = [];

  it.each(batches)('from seed %i on', async (...batch) => {
    for (const seed of batch) histories.push(await simulate(seed));
  });

  it('and together they reach what they are meant to try', () => {
    const count = (of: (history: History) => boolean) => histories.filter(of).length;
    for (const outcome of ['completed', 'stopped-early', 'failed'] as const) {
      expect(
        count((history) => history.outcome.outcome === outcome),
        outcome,
      ).toBeGreaterThan(5);
    }
    for (const stage of ['R0', 'R1', 'R2', 'R3', 'R4']) {
      expect(
        count(({ drops }) => drops.has(stage)),
        `drops in ${stage}`,
      ).toBeGreaterThan(5);
    }
    for (const what of ['sums', 'carried', 'repeated', 'abortedAfterR2'] as const) {
      expect(
        count(({ tally }) => tally[what] > 0),
        what,
      ).toBeGreaterThan(5);
    }
  });
});

describe.runIf(only !== undefined)('one history', () => {
  it(`seed ${only}`, async () => {
    const { outcome, trace } = await simulate(Number(only));
    process.stdout.write(`${trace.join('\n')}\n`);
    expect(outcome.outcome).toBeTypeOf('string');
  });
});

it('one seed is one history', async () => {
  const [first, second, other] = [await simulate(11), await simulate(11), await simulate(12)];
  expect(second).toEqual(first);
  expect(other.trace).not.toEqual(first.trace);
});

it.each<[Sabotage, RegExp]>([
  ['commits too late', /Seed 1: .* is committed before it leaves/],
  ['uses an update twice', /Seed 1: .* leaves twice/],
  ['falsifies its vector', /Seed 1: .* is that of its contributors/],
])('a hospital that %s is found out', async (sabotage, what) => {
  await expect(simulate(1, sabotage)).rejects.toThrowError(what);
});
