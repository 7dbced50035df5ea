/** The contract of every aggregation strategy, run over the whole catalogue. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createStrategy, STRATEGIES } from '../../coordinator/strategies/catalogue.ts';
import { stateFromJson, stateToJson } from '../../coordinator/strategies/state.ts';
import {
  type Aggregate,
  currentWeights,
  releasedWeights,
  type Strategy,
  type StrategyState,
} from '../../coordinator/strategies/strategy.ts';
import { gridScale, type RoundPlan } from '../../proto/plan.ts';
import { testPlan } from '../fixtures/plan.ts';

const DIMENSION = 7;
const vector = fc.int32Array({ minLength: DIMENSION, maxLength: DIMENSION });
const small = fc.int32Array({ minLength: DIMENSION, maxLength: DIMENSION, min: -1e6, max: 1e6 });
const weights = fc
  .array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: DIMENSION, maxLength: DIMENSION })
  // Adding 0 turns −0 into 0, which toEqual tells apart.
  .map((values) => Float32Array.from(values, (value) => Math.fround(value) + 0));

const served = STRATEGIES.flatMap((entry) => entry.modes.map((mode) => ({ id: entry.id, mode })));

describe.each(served)('$id in mode $mode', ({ id, mode }) => {
  const plan = testPlan({ mode, dimension: DIMENSION, rounds: 6 });
  const strategy = createStrategy(id, mode);
  const full = (sum: Int32Array): Aggregate => ({ sum, contributors: 5 });

  test('starts at the given weights, released as they are', () => {
    const start = Float32Array.from({ length: DIMENSION }, (_, i) => i / 8);
    const state = strategy.initial(start);
    expect(currentWeights(state)).toEqual(start);
    expect(releasedWeights(state)).toEqual(start);
    start[0] = 99;
    expect(currentWeights(state)[0]).toBe(0);
  });

  test('any sum gives finite weights of the same length, to the last round and past it', () => {
    fc.assert(
      fc.property(weights, fc.array(vector, { minLength: 1, maxLength: 9 }), (start, sums) => {
        const state = run(strategy, plan, start, sums.map(full));
        for (const w of [currentWeights(state), releasedWeights(state)]) {
          expect(w.length).toBe(DIMENSION);
          expect(w.every(Number.isFinite)).toBe(true);
        }
        expect(state.steps).toBe(sums.length);
      }),
    );
  });

  test('a zero sum leaves the weights where they are', () => {
    fc.assert(
      fc.property(weights, (start) => {
        const state = run(strategy, plan, start, [full(new Int32Array(DIMENSION))]);
        expect(currentWeights(state)).toEqual(start);
      }),
    );
  });

  test('the same mean from four or from five contributors moves the weights alike', () => {
    fc.assert(
      fc.property(weights, small, (start, share) => {
        const [four, five] = [4, 5].map((contributors) =>
          run(strategy, plan, start, [{ sum: share.map((x) => x * contributors), contributors }]),
        );
        currentWeights(four as StrategyState).forEach((w, i) => {
          expect(w).toBeCloseTo(currentWeights(five as StrategyState)[i] ?? Number.NaN, 4);
        });
      }),
    );
  });

  test('state survives JSON bit for bit, and the run goes on as if it had not stopped', () => {
    fc.assert(
      fc.property(weights, fc.array(small, { minLength: 2, maxLength: 6 }), fc.nat(), (start, sums, at) => {
        const cut = at % sums.length;
        const through = run(strategy, plan, start, sums.map(full));
        const first = run(strategy, plan, start, sums.slice(0, cut).map(full));
        const revived = stateFromJson(stateToJson(first), DIMENSION);
        expect(revived).toEqual(first);
        const resumed = sums.slice(cut).reduce((s, sum) => strategy.step(plan, s, full(sum)), revived);
        expect(resumed).toEqual(through);
      }),
    );
  });

  test('nothing but the sum and the number of contributors is read from the aggregate', () => {
    const asked = new Set<PropertyKey>();
    const aggregate = new Proxy<Aggregate>(full(new Int32Array(DIMENSION).fill(5)), {
      get(target, key, receiver) {
        asked.add(key);
        return Reflect.get(target, key, receiver);
      },
    });
    strategy.step(plan, strategy.initial(new Float32Array(DIMENSION)), aggregate);
    expect([...asked].sort()).toEqual(['contributors', 'sum']);
  });

  test('the same inputs give the same state, and none is changed', () => {
    const sum = Int32Array.from({ length: DIMENSION }, (_, i) => 1000 * i - 3000);
    const before = run(strategy, plan, new Float32Array(DIMENSION).fill(0.5), [full(sum)]);
    const snapshot = structuredClone(before);
    const after = strategy.step(plan, before, full(sum));
    expect(before).toEqual(snapshot);
    expect(sum[0]).toBe(-3000);
    expect(strategy.step(plan, before, full(sum))).toEqual(after);
  });

  test('refuses a sum of the wrong length and a number of contributors that the plan rules out', () => {
    const state = strategy.initial(new Float32Array(DIMENSION));
    const step = (aggregate: Aggregate) => () => strategy.step(plan, state, aggregate);
    expect(step(full(new Int32Array(DIMENSION + 1)))).toThrow(/7 coordinates, not 8/);
    for (const contributors of [3, 6, 4.5, Number.NaN]) {
      expect(step({ sum: new Int32Array(DIMENSION), contributors })).toThrow(/threshold 4 and 5/);
    }
  });

  test('refuses a parameter that it does not know', () => {
    expect(() => createStrategy(id, mode, { learningrate: 1 })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(/learningrate/) }),
    );
  });
});

// Adam's step has the length of the learning rate, whatever the sum.
const linear = served.filter(({ id }) => id !== 'dp-adam');

test.each(linear)('$id in mode $mode: the first step is linear in the sum', ({ id, mode }) => {
  const plan = testPlan({ mode, dimension: DIMENSION, rounds: 6 });
  const moved = (sum: Int32Array) =>
    currentWeights(
      run(createStrategy(id, mode), plan, new Float32Array(DIMENSION), [{ sum, contributors: 5 }]),
    );
  fc.assert(
    fc.property(small, small, (a, b) => {
      const [fa, fb] = [moved(a), moved(b)];
      const both = moved(a.map((x, i) => x + (b[i] ?? 0)));
      both.forEach((value, i) => {
        expect(value).toBeCloseTo((fa[i] ?? 0) + (fb[i] ?? 0), 3);
      });
    }),
  );
});

describe('dp-sgd', () => {
  test('one step against the textbook: −rate · sum / (grid scale · q·N)', () => {
    const plan = testPlan({ mode: 'distributed', dimension: 2, clip: 0.5, expectedBatch: 40, rounds: 10 });
    const strategy = createStrategy('dp-sgd', 'distributed', { learningRate: 2, momentum: 0.5 });
    const unit = gridScale(plan) * 40;
    const steps = [
      { sum: Int32Array.of(unit, -unit / 4), contributors: 5 },
      { sum: Int32Array.of(0, 0), contributors: 5 },
    ];
    const one = run(strategy, plan, Float32Array.of(0, 1), steps.slice(0, 1));
    expect([...currentWeights(one)]).toEqual([-2, 1.5]);
    // Then momentum alone, at nine tenths of the rate.
    const two = run(strategy, plan, Float32Array.of(0, 1), steps);
    expect(currentWeights(two)[0]).toBeCloseTo(-2 - 0.9 * 2 * 0.5, 6);
  });

  test('releases the mean of the later iterates', () => {
    const plan = testPlan({ mode: 'none', dimension: 1, rounds: 4, expectedBatch: 1 });
    const strategy = createStrategy('dp-sgd', 'none', { learningRate: 1, momentum: 0, averageFrom: 0.5 });
    const step = { sum: Int32Array.of(-(2 ** 16)), contributors: 5 };
    const states = [1, 2, 3, 4].map((k) => run(strategy, plan, Float32Array.of(0), Array(k).fill(step)));
    expect(states.map((s) => currentWeights(s)[0])).toEqual([1, 1.75, 2.25, 2.5]);
    expect(states.map((s) => releasedWeights(s)[0])).toEqual([1, 1.75, 2.25, 2.375]);
  });
});

describe('dp-adam', () => {
  const plan = testPlan({ mode: 'none', dimension: 3, rounds: 10, expectedBatch: 1 });
  const strategy = createStrategy('dp-adam', 'none', { learningRate: 0.5 });
  const step = (...sum: number[]) => ({ sum: Int32Array.from(sum), contributors: 5 });

  test('the first step has the length of the learning rate, whatever the size of the gradient', () => {
    const state = run(strategy, plan, new Float32Array(3), [step(2 ** 20, -50, 0)]);
    currentWeights(state).forEach((w, i) => {
      expect(w).toBeCloseTo([-0.5, 0.5, 0][i] ?? Number.NaN, 4);
    });
  });

  test('two steps against the paper’s algorithm', () => {
    const state = run(strategy, plan, new Float32Array(3), [step(2 ** 16, 0, 0), step(2 ** 15, 0, 0)]);
    const [g1, g2] = [1, 0.5];
    const m = (0.9 * 0.1 * g1 + 0.1 * g2) / (1 - 0.9 ** 2);
    const v = (0.999 * 0.001 * g1 ** 2 + 0.001 * g2 ** 2) / (1 - 0.999 ** 2);
    expect(currentWeights(state)[0]).toBeCloseTo(-0.5 - (0.9 * 0.5 * m) / Math.sqrt(v), 5);
  });
});

test('fedavg: the weights move by the mean delta', () => {
  const plan = testPlan({ mode: 'local', dimension: 2 });
  const strategy = createStrategy('fedavg', 'local');
  const aggregate = { sum: Int32Array.of(4 * 2 ** 20, -(2 ** 20)), contributors: 4 };
  const state = run(strategy, plan, Float32Array.of(0.5, 0.5), [aggregate]);
  expect([...currentWeights(state)]).toEqual([1.5, 0.25]);
});

describe('the catalogue', () => {
  test('ids are distinct and every mode is served', () => {
    expect(new Set(STRATEGIES.map((entry) => entry.id)).size).toBe(STRATEGIES.length);
    expect(new Set(served.map(({ mode }) => mode))).toEqual(new Set(['distributed', 'local', 'none']));
  });

  test('an unknown id is answered with the known ones', () => {
    expect(() => createStrategy('fedsgd', 'none')).toThrow(/"fedsgd".*dp-sgd, dp-adam, fedavg/);
  });

  test('a strategy for other modes is refused with one that serves', () => {
    expect(() => createStrategy('fedavg', 'distributed')).toThrow(/does not serve.*choose dp-sgd or dp-adam/);
  });
});

test('a damaged state is refused', () => {
  const good = stateToJson(createStrategy('dp-sgd', 'none').initial(Float32Array.of(1, 2)));
  const damage: [string, RegExp][] = [
    ['', /damaged at its root/],
    ['[]', /damaged/],
    [good.replace('"steps":0', '"steps":-1'), /damaged at steps/],
    [good.replace('AACAPwAAAEA=', 'AACAPw=='), /2 weights take 8 bytes; got 4/],
  ];
  for (const [text, message] of damage) expect(() => stateFromJson(text, 2)).toThrow(message);
  expect(() => stateFromJson(good, 3)).toThrow(/3 weights/);
  expect(stateFromJson(good, 2).weights).toEqual(Float32Array.of(1, 2));
});

function run(
  strategy: Strategy,
  plan: RoundPlan,
  start: Float32Array,
  aggregates: readonly Aggregate[],
): StrategyState {
  return aggregates.reduce<StrategyState>(
    (state, aggregate) => strategy.step(plan, state, aggregate),
    strategy.initial(start),
  );
}
