/** The random graph of Bell et al. 2020 and what its parameters are worth. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neighboursOf } from '../../secagg/graph.ts';
import {
  type GraphDemand,
  log2CorrectnessFailure,
  log2PrivacyFailure,
  log2Tail,
  membersIn,
  planGraph,
} from '../../secagg/graph-parameters.ts';
import { expectRefused, nth } from './support.ts';

const sidOf = (number: number) => createHash('sha256').update(`graph ${number}`).digest();

describe('neighboursOf', () => {
  it('joins each member with as many others, none twice, none with itself, each in both directions', () => {
    for (const [n, degree] of [
      [5, 4],
      [12, 2],
      [101, 34],
    ] as const) {
      const graph = neighboursOf(sidOf(n), n, degree);
      expect(graph.length).toBe(n);
      graph.forEach((neighbours, i) => {
        expect(new Set(neighbours).size).toBe(degree);
        expect(neighbours.length).toBe(degree);
        expect(neighbours).not.toContain(i + 1);
        for (const other of neighbours) expect(nth(graph, other - 1)).toContain(i + 1);
      });
    }
  });

  it('is a Harary graph: whoever is next on the circle shares all neighbours but the farthest', () => {
    const [n, degree] = [40, 6];
    const graph = neighboursOf(sidOf(1), n, degree);
    // On the circle two members at distance 1 have degree − 2 neighbours in common, at distance 2 one less.
    const common = (a: number, b: number) =>
      nth(graph, a - 1).filter((other) => nth(graph, b - 1).includes(other)).length;
    for (let a = 1; a <= n; a++) {
      const counts = nth(graph, a - 1).map((b) => common(a, b));
      expect(counts.sort((x, y) => x - y)).toEqual([2, 2, 3, 3, 4, 4]);
    }
  });

  it('is the same for the same session and another for another', () => {
    expect(neighboursOf(sidOf(1), 60, 10)).toEqual(neighboursOf(sidOf(1), 60, 10));
    expect(neighboursOf(sidOf(1), 60, 10)).not.toEqual(neighboursOf(sidOf(2), 60, 10));
  });

  it('makes every pair neighbours as often as any other', () => {
    const [n, degree, draws] = [9, 4, 4000];
    const times = Array.from({ length: n * n }, () => 0);
    for (let i = 0; i < draws; i++) {
      neighboursOf(sidOf(i), n, degree).forEach((list, a) => {
        for (const b of list) times[a * n + b - 1] = (times[a * n + b - 1] ?? 0) + 1;
      });
    }
    const expected = (draws * degree) / (n - 1);
    const spread = Math.sqrt(draws * (degree / (n - 1)) * (1 - degree / (n - 1)));
    for (let a = 0; a < n; a++) {
      for (let b = 0; b < n; b++) {
        if (a !== b) expect(Math.abs((times[a * n + b] ?? 0) - expected)).toBeLessThan(4.5 * spread);
      }
    }
  });
});

interface TailVectors {
  readonly cases: readonly {
    readonly population: number;
    readonly marked: number;
    readonly drawn: number;
    readonly least: number;
    readonly log2: number | null;
  }[];
}

describe('log2Tail', () => {
  const url = new URL('../vectors/secagg/hypergeometric.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(url, 'utf8')) as TailVectors;

  it.each(cases)('gives what scipy gives: $marked of $population marked, $drawn drawn, ≥ $least', (tail) => {
    const value = log2Tail(tail.population, tail.marked, tail.drawn, tail.least);
    if (tail.log2 === null) expect(value).toBe(-Infinity);
    else expect(value).toBeCloseTo(tail.log2, 9);
  });

  it('gives the quotient of exact integers', () => {
    const number = fc.integer({ min: 0, max: 300 });
    fc.assert(
      fc.property(number, number, number, number, (a, b, c, least) => {
        const population = Math.max(a, b, c);
        const [marked, drawn] = [Math.min(a, b), Math.min(b, c)];
        expect(log2Tail(population, marked, drawn, least)).toBeCloseTo(
          exactTail(population, marked, drawn, least),
          9,
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('the bounds', () => {
  // A small circle on which every outcome can be tried.
  const [n, degree] = [11, 4];
  const graph = neighboursOf(sidOf(3), n, degree);

  it('hold every set of dropouts to the number that leaves some member too few neighbours', () => {
    for (const [dropouts, threshold] of [
      [2, 3],
      [3, 3],
      [4, 2],
      [5, 1],
    ] as const) {
      const sets = subsets(n, dropouts);
      const starved = (gone: readonly number[], member: number) =>
        nth(graph, member - 1).filter((other) => !gone.includes(other)).length < threshold;
      const everyone = graph.map((_, i) => i + 1);
      const failing = sets.filter((gone) => everyone.some((member) => starved(gone, member)));
      const bound = 2 ** log2CorrectnessFailure({ members: n, dropouts, corrupt: 0 }, degree, threshold);
      expect(failing.length / sets.length).toBeLessThanOrEqual(bound);
      // For one member that stays, the tail is not a bound but the very share of sets.
      const staying = sets.filter((gone) => !gone.includes(1));
      const share = staying.filter((gone) => starved(gone, 1)).length / staying.length;
      expect(n * share).toBeCloseTo(bound, 10);
    }
  });

  it('hold every set of corrupt and dropped members to the number that breaks privacy', () => {
    for (const [corrupt, dropouts, threshold] of [
      [2, 3, 2],
      [3, 2, 3],
      [3, 3, 3],
      [2, 2, 2],
    ] as const) {
      let all = 0;
      let broken = 0;
      for (const liars of subsets(n, corrupt)) {
        const honest = graph.map((_, i) => i + 1).filter((id) => !liars.includes(id));
        const surrounded = honest.some(
          (id) => nth(graph, id - 1).filter((other) => liars.includes(other)).length >= threshold,
        );
        for (const places of subsets(honest.length, dropouts)) {
          const survivors = honest.filter((_, i) => !places.includes(i + 1));
          all++;
          if (surrounded || !connected(survivors, graph)) broken++;
        }
      }
      const bound = 2 ** log2PrivacyFailure({ members: n, dropouts, corrupt }, degree, threshold);
      expect(broken).toBeGreaterThan(0);
      expect(broken / all).toBeLessThanOrEqual(bound);
    }
  });

  it('hold for random graphs and one set of dropouts as well, for which they are meant', () => {
    const [draws, dropouts, threshold] = [2000, 5, 9];
    let failures = 0;
    for (let i = 0; i < draws; i++) {
      const lists = neighboursOf(sidOf(i), 40, 12);
      if (lists.some((list) => list.filter((other) => other > dropouts).length < threshold)) failures++;
    }
    // A union bound over overlapping neighbourhoods: above the truth, and not by orders of magnitude.
    const bound = 2 ** log2CorrectnessFailure({ members: 40, dropouts, corrupt: 0 }, 12, threshold);
    expect(failures / draws).toBeLessThan(bound);
    expect(failures / draws).toBeGreaterThan(bound / 10);
  });

  it('know that a circle with fewer gone than neighbours stays in one piece', () => {
    expect(log2PrivacyFailure({ members: n, dropouts: 2, corrupt: 1 }, degree, 2)).toBe(-Infinity);
  });
});

describe('planGraph', () => {
  it('takes the complete graph up to 100 members, with all but the dropouts as threshold', () => {
    expect(planGraph({ members: 100, dropouts: 30, corrupt: 10 })).toEqual({
      members: 100,
      graph: 'complete',
      degree: 99,
      threshold: 70,
      log2Failure: -Infinity,
      log2Privacy: -Infinity,
    });
  });

  it.each<GraphDemand>([
    { members: 101, dropouts: 30, corrupt: 10 },
    { members: 200, dropouts: 60, corrupt: 20 },
    { members: 500, dropouts: 150, corrupt: 50 },
    { members: 1000, dropouts: 50, corrupt: 330 },
  ])('finds the smallest even degree and the smallest threshold for $members members', (demand) => {
    const plan = planGraph(demand);
    const good = (degree: number, threshold: number) =>
      log2CorrectnessFailure(demand, degree, threshold) <= -20 &&
      log2PrivacyFailure(demand, degree, threshold) <= -40;
    expect(plan.graph).toBe('harary');
    expect(plan.degree % 2).toBe(0);
    expect(good(plan.degree, plan.threshold)).toBe(true);
    expect(plan.log2Failure).toBe(log2CorrectnessFailure(demand, plan.degree, plan.threshold));
    expect(plan.log2Privacy).toBe(log2PrivacyFailure(demand, plan.degree, plan.threshold));
    for (let threshold = 2; threshold < plan.threshold; threshold++) {
      expect(good(plan.degree, threshold)).toBe(false);
    }
    for (let threshold = 2; threshold <= plan.degree - 2; threshold++) {
      expect(good(plan.degree - 2, threshold)).toBe(false);
    }
  });

  // google/federated-compute, graph_parameter_finder_test.cc, semi-honest: its tails are taken over n instead
  // of n − 1 members and its budget is halved between the two events, so that it may need a little more.
  it.each([
    { corrupt: 50, dropouts: 330, degree: 72, threshold: 24 },
    { corrupt: 330, dropouts: 50, degree: 78, threshold: 60 },
  ])('needs no more than the authors’ own finder for 1000 members, $corrupt corrupt', (published) => {
    const { degree, threshold } = planGraph({ members: 1000, ...published });
    expect(degree).toBeLessThanOrEqual(published.degree);
    expect(degree).toBeGreaterThanOrEqual(published.degree - 2);
    expect(threshold).toBeLessThanOrEqual(published.threshold);
  });

  it('refuses what no graph makes safe', () => {
    const refuses = (demand: GraphDemand, what: RegExp) =>
      expectRefused(() => planGraph(demand), what, 'INVALID_ARGUMENT');
    refuses({ members: 10, dropouts: 5, corrupt: 0 }, /2t > n \+ c/);
    refuses({ members: 500, dropouts: 225, corrupt: 50 }, /2t > n \+ c/);
    refuses({ members: 3, dropouts: 0, corrupt: 2 }, /honest survivor/);
    refuses({ members: 1000, dropouts: 330, corrupt: 330 }, /No graph/);
    refuses({ members: 2, dropouts: 0, corrupt: 0 }, /members must be an integer in 3…1000/);
    refuses({ members: 1001, dropouts: 0, corrupt: 0 }, /members/);
    refuses({ members: 10, dropouts: 2.5, corrupt: 0 }, /dropouts/);
    refuses({ members: 10, dropouts: 0, corrupt: -1 }, /corrupt/);
  });
});

it('membersIn counts what the share says and not what binary makes of it', () => {
  expect(membersIn(0.29, 100, 'dropout')).toBe(29);
  expect(membersIn(0.3, 10, 'dropout')).toBe(3);
  expect(membersIn(0.35, 10, 'dropout')).toBe(3);
  for (const share of [-0.1, 1, Number.NaN]) {
    expectRefused(() => membersIn(share, 10, 'dropout'), /"dropout"/, 'INVALID_ARGUMENT');
  }
});

/** log₂ of a sum of products of binomials over another, each an exact integer. */
function exactTail(population: number, marked: number, drawn: number, least: number): number {
  let favourable = 0n;
  for (let x = least; x <= drawn; x++) {
    favourable += choose(marked, x) * choose(population - marked, drawn - x);
  }
  // 700 bits behind the point, so that even the smallest tail keeps 64.
  const digits = 700n;
  const quotient = (favourable << digits) / choose(population, drawn);
  const excess = BigInt(Math.max(0, quotient.toString(2).length - 64));
  return Math.log2(Number(quotient >> excess)) + Number(excess - digits);
}

function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  let value = 1n;
  for (let i = 1; i <= k; i++) value = (value * BigInt(n - k + i)) / BigInt(i);
  return value;
}

/** Every set of `size` of the numbers 1…n. */
function subsets(n: number, size: number, from = 1): number[][] {
  if (size === 0) return [[]];
  const sets: number[][] = [];
  for (let first = from; first <= n - size + 1; first++) {
    for (const rest of subsets(n, size - 1, first + 1)) sets.push([first, ...rest]);
  }
  return sets;
}

function connected(members: readonly number[], graph: readonly (readonly number[])[]): boolean {
  const reached = new Set(members.slice(0, 1));
  for (const id of reached) {
    for (const other of nth(graph, id - 1)) if (members.includes(other)) reached.add(other);
  }
  return reached.size === members.length;
}
