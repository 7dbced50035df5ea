/**
 * What was released, as data: mechanisms emit `DpEvent` values, accountants consume them and refuse what
 * they cannot bound (the shape of google/dp_accounting).
 *
 * Neighbouring data sets differ by adding or removing one record. An event says everything that its bound
 * rests on; it is stored in the ledger as canonical JSON and read back through the same parser.
 */
import { z } from 'zod';
import { FedwardError } from '../../proto/errors.ts';

export type DpEvent =
  | GaussianEvent
  | LaplaceEvent
  | PureDpEvent
  | DiscreteGaussianSumEvent
  | SkellamEvent
  | PoissonSampledEvent
  | SelfComposedEvent
  | ComposedEvent
  | NoneEvent
  | UnsupportedEvent;

/** The continuous Gaussian mechanism. */
export interface GaussianEvent {
  readonly type: 'gaussian';
  /** Standard deviation over L2 sensitivity. */
  readonly noiseMultiplier: number;
}

/** The continuous Laplace mechanism. */
export interface LaplaceEvent {
  readonly type: 'laplace';
  /** Scale b over L1 sensitivity; the standard deviation is b·√2. */
  readonly noiseMultiplier: number;
}

/** Any mechanism of which nothing is known but that it is ε-DP. */
export interface PureDpEvent {
  readonly type: 'pureDp';
  readonly epsilon: number;
}

/** An integer vector plus, per coordinate, the sum of `contributions` independent discrete Gaussians N_ℤ(0, sigma²). */
export interface DiscreteGaussianSumEvent {
  readonly type: 'discreteGaussianSum';
  /** Integer σᵢ of one contribution, in grid units. */
  readonly sigma: number;
  /** h: how many contributions the adversary does not know. */
  readonly contributions: number;
  /** Integer bound on the L2 norm by which one record moves the vector, in grid units. */
  readonly sensitivity: number;
  readonly dimension: number;
}

/** An integer vector plus, per coordinate, Skellam noise: the difference of two Poisson(mu/2) variables. */
export interface SkellamEvent {
  readonly type: 'skellam';
  /** μ: variance of the noise per coordinate, in grid units squared. */
  readonly mu: number;
  /** Δ₁: integer bound on the L1 norm by which one record moves the vector. */
  readonly sensitivityL1: number;
  /** Δ₂: bound on the L2 norm. */
  readonly sensitivityL2: number;
}

/** `event` on a batch into which each record came independently with probability `rate`. */
export interface PoissonSampledEvent {
  readonly type: 'poissonSampled';
  readonly rate: number;
  readonly event: DpEvent;
}

export interface SelfComposedEvent {
  readonly type: 'selfComposed';
  readonly count: number;
  readonly event: DpEvent;
}

export interface ComposedEvent {
  readonly type: 'composed';
  readonly events: readonly DpEvent[];
}

/** Nothing that depends on a record was released. */
export interface NoneEvent {
  readonly type: 'none';
}

/** A release that no accountant here can bound; charging it is always refused. */
export interface UnsupportedEvent {
  readonly type: 'unsupported';
  readonly reason: string;
}

const positive = z.number().positive().finite();
const count = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31);

const schema: z.ZodType<DpEvent> = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('gaussian'), noiseMultiplier: positive }),
    z.strictObject({ type: z.literal('laplace'), noiseMultiplier: positive }),
    z.strictObject({ type: z.literal('pureDp'), epsilon: positive }),
    z.strictObject({
      type: z.literal('skellam'),
      mu: positive,
      sensitivityL1: count,
      sensitivityL2: positive,
    }),
    z.strictObject({
      type: z.literal('discreteGaussianSum'),
      sigma: count,
      contributions: count,
      sensitivity: count,
      dimension: count,
    }),
    z.strictObject({ type: z.literal('poissonSampled'), rate: positive.max(1), event: schema }),
    z.strictObject({ type: z.literal('selfComposed'), count, event: schema }),
    z.strictObject({ type: z.literal('composed'), events: z.array(schema) }),
    z.strictObject({ type: z.literal('none') }),
    z.strictObject({ type: z.literal('unsupported'), reason: z.string() }),
  ]),
);

/** @throws FedwardError `INVALID_ARGUMENT` that names the first wrong field. */
export function parseDpEvent(value: unknown): DpEvent {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const first = result.error.issues[0];
  throw new FedwardError(
    'INVALID_ARGUMENT',
    `The privacy event is not valid at ${first?.path.join('.') || 'its root'}: ${first?.message}.`,
  );
}
