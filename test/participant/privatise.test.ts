/** The only exit: what it returns is charged and noised, and it draws nothing that it may not spend. */
import { describe, expect, it } from 'vitest';
import { type Ledger, openLedger } from '../../dp/ledger.ts';
import { sampleDiscreteGaussian } from '../../dp/sampling/discrete-gaussian.ts';
import { BitSource } from '../../dp/sampling/entropy.ts';
import { poissonSample } from '../../dp/sampling/poisson.ts';
import { addNoise } from '../../dp/sgd.ts';
import { gradientSum, localDelta } from '../../participant/local-training.ts';
import { privatise } from '../../participant/privatise.ts';
import { attemptOf, noiseShare, type RoundPlan } from '../../proto/plan.ts';
import { hospitalId } from '../../proto/vocabulary.ts';
import { MemoryLedgerStore } from '../dp/memory-ledger-store.ts';
import { expectRefused, type PlanOverrides, seededEntropy, testPlan } from '../secagg/support.ts';
import { STUB_DIMENSION, stubTrainer } from './stub-trainer.ts';

const weights = new Float32Array(STUB_DIMENSION);

function ledgerOf(calls: string[] = [], maxEpsilon = 3): Ledger {
  const store = new MemoryLedgerStore();
  const transact: MemoryLedgerStore['transact'] = (work) => {
    calls.push('ledger');
    return store.transact(work);
  };
  const terms = {
    ...{ hospital: hospitalId('north'), dataset: 'mail', unit: 'record' as const },
    ...{ delta: 1e-5, maxEpsilon, maxEpsilonIfOthersCollude: null },
  };
  return openLedger({ transact }, terms);
}

const MODES: readonly [string, PlanOverrides][] = [
  ['distributed', { privacy: { noiseMultiplier: 4 } }],
  ['local', { privacy: { mode: 'local', noiseMultiplier: 4 }, training: { localSteps: 2 } }],
  ['none', { privacy: { mode: 'none', noiseMultiplier: 0, epsilon: null } }],
];

describe.each(MODES)('in mode %s', (mode, overrides) => {
  const plan = testPlan(5, overrides);
  const bits = () => new BitSource(seededEntropy('privatise'));

  it('charges the ledger, then draws, then trains', () => {
    const calls: string[] = [];
    const entropy = seededEntropy('order');
    const watched = new BitSource((bytes) => {
      calls.push('draw');
      return entropy(bytes);
    });
    const ledger = ledgerOf(calls);
    calls.length = 0;
    privatise(
      plan,
      weights,
      stubTrainer(() => calls.push('train')),
      ledger,
      watched,
    );
    const order = calls.filter((call, i) => call !== calls[i - 1]);
    expect(order).toEqual(['ledger', 'draw', 'train']);
  });

  it('draws nothing and trains nothing when the ledger refuses', () => {
    const calls: string[] = [];
    const never = new BitSource(() => expect.fail('entropy was drawn'));
    const ledger = ledgerOf();
    ledger.reserve({ attempt: { ...attemptOf(plan), attempt: 2 }, event: null, eventIfOthersCollude: null });
    expectRefused(
      () =>
        privatise(
          plan,
          weights,
          stubTrainer(() => calls.push('train')),
          ledger,
          never,
        ),
      /./,
      'ALREADY_SPENT',
    );
    if (mode !== 'none') {
      const poor = ledgerOf([], 1e-6);
      expectRefused(
        () =>
          privatise(
            plan,
            weights,
            stubTrainer(() => calls.push('train')),
            poor,
            never,
          ),
        /./,
        'BUDGET_EXHAUSTED',
      );
    }
    expect(calls).toEqual([]);
  });

  it('names the reservation that is to be committed when the update leaves', () => {
    const ledger = ledgerOf();
    const { reservation } = privatise(plan, weights, stubTrainer(), ledger, bits());
    expect(ledger.summary()).toMatchObject({ reserved: 1, committed: 0 });
    ledger.commit(reservation);
    expect(ledger.summary()).toMatchObject({ reserved: 1, committed: 1 });
  });

  it('releases the sum with all the noise that the plan asks of one hospital', () => {
    const { vector } = privatise(plan, weights, stubTrainer(), ledgerOf(), bits());
    expect(vector).toEqual(expected(plan, bits()));
    expect(vector).toHaveLength(STUB_DIMENSION);
  });

  /** The same by its parts, in the order in which they draw. */
  function expected(of: RoundPlan, source: BitSource): Int32Array {
    const trainer = stubTrainer();
    if (of.privacy.mode === 'local') return localDelta(of, trainer, weights, source).quantised;
    const noise =
      of.privacy.mode === 'none' ? null : sampleDiscreteGaussian(noiseShare(of), STUB_DIMENSION, source);
    const sum = gradientSum(
      of,
      trainer,
      weights,
      poissonSample(trainer.records, of.privacy.sampleRate, source),
    );
    if (noise !== null) {
      expect(noise.some((value) => Math.abs(value) > 65_536)).toBe(true);
      addNoise(sum, noise);
    }
    return sum;
  }
});
