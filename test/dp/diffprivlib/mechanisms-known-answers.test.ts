/** Values that diffprivlib 0.6.6 gives where it is right, and those of the tracker. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GaussianDiscrete } from '../../../dp/diffprivlib-ts/mechanisms/gaussian-discrete.ts';
import { Geometric } from '../../../dp/diffprivlib-ts/mechanisms/geometric.ts';
import { LaplaceBoundedDomain } from '../../../dp/diffprivlib-ts/mechanisms/laplace-bounded-domain.ts';
import { MECHANISMS } from './mechanisms.ts';

describe('published and computed values', () => {
  interface Vectors {
    readonly source: string;
    readonly cases: readonly {
      readonly mechanism: string;
      readonly options: object;
      readonly value: number;
      readonly bias?: number;
      readonly variance?: number;
      readonly mse?: number;
      readonly effectiveEpsilon?: number | null;
      readonly sigma?: number;
    }[];
  }
  const path = new URL('../../vectors/dp/diffprivlib-moments.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as Vectors;

  it.each(cases)(
    '$mechanism $options at $value',
    ({ mechanism: name, options, value, sigma, effectiveEpsilon, ...moments }) => {
      const mechanism = MECHANISMS.find((one) => one.name === name)?.make(options);
      for (const moment of ['bias', 'variance', 'mse'] as const) {
        const expected = moments[moment];
        if (expected !== undefined) expect(mechanism?.[moment](value)).toBeCloseTo(expected, 8);
      }
      if (mechanism instanceof LaplaceBoundedDomain) {
        if (typeof effectiveEpsilon === 'number') {
          expect(mechanism.effectiveEpsilon()).toBeCloseTo(effectiveEpsilon, 9);
        } else expect(mechanism.effectiveEpsilon()).toBeNull();
      }
      // diffprivlib's discrete σ comes from a search that ends at 1e-6 and may be too small by that.
      if (mechanism instanceof GaussianDiscrete && sigma !== undefined && sigma > 3) {
        expect(mechanism.variance(value) / sigma ** 2).toBeCloseTo(1, 5);
      }
    },
  );

  it('the values of the tracker', () => {
    expect(new Geometric({ epsilon: 1 }).variance(0)).toBeCloseTo(1.841347188416, 11);
  });
});
