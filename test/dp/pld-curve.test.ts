/** The curve composed once, against the brackets composed for each question. */
import { describe, expect, it } from 'vitest';
import type { DpEvent } from '../../dp/accounting/events.ts';
import { PldAccountant } from '../../dp/accounting/pld.ts';

const training: DpEvent = {
  type: 'poissonSampled',
  rate: 0.01,
  event: { type: 'gaussian', noiseMultiplier: 1.1 },
};

describe('the curve of a PldAccountant', () => {
  it('is an upper bound, and close to the one for a single question where δ is 0.2 to 10^-6', () => {
    const accountant = new PldAccountant()
      .compose(training, 2000)
      .compose({ type: 'laplace', noiseMultiplier: 5 });
    const curve = accountant.curve();
    for (const epsilon of [0.1, 0.5, 1, 2, 3]) {
      const { lower, upper } = accountant.deltaBracket(epsilon);
      expect(curve.delta(epsilon)).toBeGreaterThanOrEqual(lower);
      expect(curve.delta(epsilon)).toBeLessThanOrEqual(upper * 1.01);
    }
  });

  it('stays an upper bound far from where it is close', () => {
    const accountant = new PldAccountant().compose(training, 2000);
    const curve = accountant.curve();
    for (const epsilon of [0, 5, 8])
      expect(curve.delta(epsilon)).toBeGreaterThanOrEqual(accountant.deltaBracket(epsilon).lower);
    expect(curve.delta(64)).toBeLessThan(1e-9);
  });

  it('is 0 where nothing was composed, and what comes later is not in it', () => {
    const accountant = new PldAccountant();
    const curve = accountant.curve();
    accountant.compose(training, 10);
    expect(curve.delta(0)).toBe(0);
    expect(() => curve.delta(-1)).toThrow('epsilon');
  });
});
