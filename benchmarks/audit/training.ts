/**
 * The demo's training, round by round and in one process, as its privacy accountant sees it.
 *
 * Same plan, same DP-SGD of each hospital, same server step as `fedward demo`; left out are the masks, which cancel,
 * and the network. Some hospitals may add no noise: those that dropped out after others had counted on them, and
 * those whose noise the adversary knows and takes off.
 */
import { setImmediate } from 'node:timers/promises';
import { coordinatorConfigSchema } from '../../coordinator/config.ts';
import { jobOf } from '../../coordinator/coordinator.ts';
import { planFor } from '../../coordinator/job.ts';
import { createStrategy } from '../../coordinator/strategies/catalogue.ts';
import { currentWeights, releasedWeights, type Strategy } from '../../coordinator/strategies/strategy.ts';
import type { BitSource } from '../../dp/sampling/entropy.ts';
import { poissonSample } from '../../dp/sampling/poisson.ts';
import { gradientSum, noisyShare } from '../../participant/local-training.ts';
import type { Trainer } from '../../participant/trainer.ts';
import type { RoundPlan } from '../../proto/plan.ts';
import { demoJob } from '../demo/plan.ts';

/** As many as `fedward demo` starts. */
export const HOSPITALS = 5;

export interface AuditedJob {
  readonly plan: RoundPlan;
  readonly strategy: Strategy;
}

/** The demo's job at budget `epsilon`; null is mode `none`. */
export function auditedJob(epsilon: number | null, seed: number): AuditedJob {
  const mode = epsilon === null ? 'none' : 'distributed';
  const key = (i: number) => Buffer.alloc(32, i + 1).toString('base64');
  const config = coordinatorConfigSchema.parse({
    listen: { port: 0 },
    tls: { ca: 'unused', certificate: 'unused', privateKey: 'unused' },
    members: Object.fromEntries(Array.from({ length: HOSPITALS }, (_, i) => [`hospital-${i + 1}`, key(i)])),
    testSet: 'unused',
    output: 'unused',
    job: demoJob({ mode, epsilon, hospitals: HOSPITALS, seed }),
  });
  const job = jobOf(config);
  return {
    plan: planFor(job, 1, 1, new Uint8Array(32)),
    strategy: createStrategy(job.strategy, job.mode, config.job.strategy.parameters),
  };
}

/** What the coordinator sees of one round. */
export interface RoundView {
  /** Weights that the round began with. */
  readonly weights: Float32Array;
  /** The sum over hospitals, in units of 1 / `gridScale(plan)`, noise included. */
  readonly sum: Int32Array;
}

export interface Training {
  readonly job: AuditedJob;
  /** One for each hospital of the plan. */
  readonly hospitals: readonly Trainer[];
  readonly initial: Float32Array;
  /** How many hospitals add their noise, the first ones: h is the worst that the plan allows. */
  readonly noisy: number;
  readonly bits: BitSource;
  readonly observe?: (view: RoundView) => void;
}

/** All rounds of the job; lets the event loop turn in between. @returns The weights that are released. */
export async function train(training: Training): Promise<Float32Array> {
  const { plan, strategy } = training.job;
  let state = strategy.initial(training.initial);
  while (state.steps < plan.training.rounds) {
    const weights = currentWeights(state);
    const sum = sumOverHospitals(training, weights);
    training.observe?.({ weights, sum });
    state = strategy.step(plan, state, { sum, contributors: training.hospitals.length });
    await setImmediate();
  }
  return releasedWeights(state);
}

function sumOverHospitals({ job, hospitals, noisy, bits }: Training, weights: Float32Array): Int32Array {
  const { plan } = job;
  const { mode, sampleRate } = plan.privacy;
  const total = new Int32Array(weights.length);
  hospitals.forEach((trainer, h) => {
    const share =
      mode === 'distributed' && h < noisy
        ? noisyShare(plan, trainer, weights, bits)
        : gradientSum(plan, trainer, weights, poissonSample(trainer.records, sampleRate, bits));
    share.forEach((units, i) => {
      total[i] = (total[i] ?? 0) + units;
    });
  });
  return total;
}
