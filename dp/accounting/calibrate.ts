/** How much noise a budget needs. */
import { FedwardError } from '../../proto/errors.ts';
import { epsilonOf, rdpCurve } from './rdp.ts';

export interface NoiseTarget {
  readonly epsilon: number;
  readonly delta: number;
  /** Poisson sampling rate q of records, per step. */
  readonly sampleRate: number;
  /** Releases in all: planned rounds, spare attempts included, times local steps. */
  readonly steps: number;
}

/** Relative width of the final bracket. */
const PRECISION = 1e-4;
const LEAST = 1e-2;
const MOST = 1e6;

/**
 * Smallest noise multiplier, up to 1e-4 relative and never below it, with which `steps` Poisson-sampled
 * Gaussian releases stay within (epsilon, delta) by the RDP accountant. It holds for integer noise as well: every
 * hospital rounds its share σᵢ up.
 *
 * @throws FedwardError `INVALID_ARGUMENT` when an argument is out of range or no noise up to 10^6 suffices.
 */
export function noiseMultiplierFor({ epsilon, delta, sampleRate, steps }: NoiseTarget): number {
  if (!(epsilon > 0 && Number.isFinite(epsilon))) {
    throw new FedwardError('INVALID_ARGUMENT', `epsilon must be a positive number; got ${epsilon}.`);
  }
  const suffices = (noiseMultiplier: number): boolean => {
    const step = {
      type: 'poissonSampled',
      rate: sampleRate,
      event: { type: 'gaussian', noiseMultiplier },
    } as const;
    return epsilonOf(rdpCurve({ type: 'selfComposed', count: steps, event: step }), delta) <= epsilon;
  };
  if (suffices(LEAST)) return LEAST;
  if (!suffices(MOST)) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `No noise multiplier up to ${MOST} keeps ${steps} steps within ε = ${epsilon} at δ = ${delta}. Allow a larger ε or δ.`,
    );
  }
  let low = LEAST;
  let high = MOST;
  while (high > low * (1 + PRECISION)) {
    const middle = Math.sqrt(low * high);
    if (suffices(middle)) high = middle;
    else low = middle;
  }
  return high;
}
