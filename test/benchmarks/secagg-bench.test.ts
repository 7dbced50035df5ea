import { describe, expect, it } from 'vitest';
import { figuresText, measureSecagg, median } from '../../benchmarks/secagg-bench.ts';
import { exponent, growthText, measureGrowth } from '../../benchmarks/secagg-growth.ts';
import { checkSetting, consortiumOf, isExact, vectorOf } from '../../benchmarks/secagg-setting.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { expectRefused, ringSum } from '../secagg/support.ts';

describe('the consortium', () => {
  it('drops as many members as its plan allows, spread over the roster', () => {
    const { plan, dropped } = consortiumOf({ members: 20, dimension: 1, dropout: 0.3 }, 1);
    expect(plan.cohort.maxDropouts).toBe(6);
    expect(plan.cohort.graph).toBeNull();
    expect([...dropped].map((id) => plan.cohort.roster.findIndex((entry) => entry.id === id))).toEqual([
      3, 6, 9, 13, 16, 19,
    ]);
    expect(consortiumOf({ members: 20, dimension: 1, dropout: 0 }, 1).dropped.size).toBe(0);
    // 2t > n + c leaves room for one colluder only.
    expect(consortiumOf({ members: 20, dimension: 1, dropout: 0.45 }, 1).plan.cohort.maxColluders).toBe(1);
  });

  it('has a random graph above 100 members', () => {
    const { plan } = consortiumOf({ members: 120, dimension: 1, dropout: 0.3 }, 1);
    expect(plan.cohort.graph).toEqual({ degree: 38, threshold: 13 });
  });

  it('is refused where no safe plan exists', () => {
    const refuses = (setting: Parameters<typeof checkSetting>[0], repeat: number, what: RegExp) =>
      expectRefused(
        () => {
          checkSetting(setting, repeat);
          consortiumOf(setting, 1);
        },
        what,
        'INVALID_ARGUMENT',
      );
    const setting = { members: 10, dimension: 10, dropout: 0.3 };
    refuses({ ...setting, members: 4 }, 1, /--members/);
    refuses({ ...setting, dimension: 0.5 }, 1, /--dimension/);
    refuses(setting, 0, /--repeat/);
    refuses({ ...setting, dropout: 0.5 }, 1, /2t > n \+ c/);
    refuses({ ...setting, dropout: 1 }, 1, /dropout/);
  });
});

it('knows the exact sum of the vectors from any other', () => {
  const ids = [...consortiumOf({ members: 6, dimension: 1, dropout: 0 }, 1).identities.keys()];
  const vectors = new Map(ids.map((id): [HospitalId, Int32Array] => [id, vectorOf(id, 3, 50)]));
  const sum = ringSum(vectors, ids);
  expect(isExact(sum, ids, 3)).toBe(true);
  expect(isExact(sum, ids.slice(1), 3)).toBe(false);
  expect(isExact(sum, ids, 4)).toBe(false);
  sum[49] = (sum[49] ?? 0) ^ 1;
  expect(isExact(sum, ids, 3)).toBe(false);
});

it('runs whole sessions against a process of members, and has no other figures than these', async () => {
  const progress: number[] = [];
  const figures = await measureSecagg({ members: 7, dimension: 100_001, dropout: 0.3 }, 2, (done) => {
    progress.push(done);
  });
  expect(Object.keys(figures)).toEqual([
    ...['members', 'dimension', 'dropped', 'exact', 'maskSeconds', 'shareSeconds', 'sumSeconds'],
    ...['unmaskSeconds', 'uploadBytesPerMember', 'peakRssMb'],
  ]);
  expect(figures).toMatchObject({ members: 7, dimension: 100_001, dropped: 2, exact: true });
  for (const value of Object.values(figures)) expect(Number(value)).toBeGreaterThan(0);
  // Six envelopes of 80 bytes and seven shares of 32, keys and signatures of 224, and what is around them.
  const beyond = figures.uploadBytesPerMember - 4 * figures.dimension;
  expect(beyond).toBeGreaterThan(6 * 80 + 7 * 32 + 224);
  expect(beyond).toBeLessThan(2000);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(figuresText(figures, 2)).toMatch(
    /7 members with 100001 parameters, of whom 2 drop out[\s\S]*Medians of 2 sessions, every sum exact/,
  );
});

it('fits the growth over several sizes', async () => {
  const growth = await measureGrowth([5, 10], { dimension: 50, dropout: 0.2 }, 1, () => {});
  expect(growth.rows.map(({ members, dropped, exact, degree }) => [members, dropped, exact, degree])).toEqual(
    [
      [5, 1, true, 4],
      [10, 2, true, 9],
    ],
  );
  expect(growthText(growth, 1)).toMatch(/10 │ complete │ +9 │ +2 │/);
});

it('exponent finds the power of a power law', () => {
  const points = [10, 20, 50, 100].map((x): [number, number] => [x, 3 * x ** 1.87]);
  expect(exponent(points)).toBe(1.87);
});

it('median takes the middle, or the mean of the two in the middle', () => {
  expect(median([5, 1, 100])).toBe(5);
  expect(median([4, 1, 100, 2])).toBe(3);
});
