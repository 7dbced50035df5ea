/** Objective perturbation adds what it says to an objective and its gradient. */
import { describe, expect, it } from 'vitest';
import { type Objective, Vector } from '../../../dp/diffprivlib-ts/mechanisms/vector.ts';

describe('Vector', () => {
  const quadratic: Objective = (point) => [Number(point[0]) ** 2, [2 * Number(point[0]), 0]];
  const at = (objective: Objective, point: number[]) => {
    const result = objective(point);
    if (typeof result === 'number') throw new Error('a gradient was expected');
    return { value: result[0], gradient: Array.from(result[1]) };
  };

  it('adds the same linear term to value and gradient at every point, and a new one to every objective', () => {
    const mechanism = new Vector({ epsilon: 3, functionSensitivity: 0.25, dimension: 2, alpha: 5 });
    const one = mechanism.randomise(quadratic);
    const slope = at(one, [0, 0]).gradient;
    const { value, gradient } = at(one, [3, -2]);
    expect(value).toBeCloseTo(9 + 3 * (slope[0] ?? 0) - 2 * (slope[1] ?? 0), 10);
    expect(gradient).toEqual([6 + (slope[0] ?? 0), slope[1]]);
    expect(at(mechanism.randomise(quadratic), [0, 0]).gradient).not.toEqual(slope);
    expect(mechanism.randomise(() => 7)([0, 0])).toBe(7);
    expect(() => one([1])).toThrow(/point must have 2 coordinates/);
  });

  it('adds the ridge that ε lacks, for a mean divided by n', () => {
    // cR² = 2.25·4 = 9 against e^(ε/4) − 1: the exponent's deficit becomes a ridge of 9/(e^(1/4) − 1) − 0.5.
    const ridge = 9 / (Math.exp(0.25) - 1) - 0.5;
    for (const n of [1, 8]) {
      const options = {
        epsilon: 1,
        functionSensitivity: 2.25,
        dataSensitivity: 2,
        dimension: 2,
        alpha: 0.5,
        n,
      };
      const objective = new Vector(options).randomise(() => [0, [0, 0]]);
      const [here, there] = [at(objective, [0, 0]), at(objective, [1, 0])];
      expect((there.gradient[0] ?? 0) - (here.gradient[0] ?? 0)).toBeCloseTo(ridge / n, 9);
      expect(there.value - here.value).toBeCloseTo((here.gradient[0] ?? 0) + ridge / n / 2, 9);
    }
  });

  it('adds no noise where no record can have an influence', () => {
    const options = { epsilon: 1, functionSensitivity: 1, dataSensitivity: 0, dimension: 2, alpha: 1 };
    expect(at(new Vector(options).randomise(quadratic), [4, 1])).toEqual({ value: 16, gradient: [8, 0] });
  });
});
