/**
 * The round plan: every public constant that shapes one attempt of one round.
 *
 * The coordinator proposes it; each hospital checks it against its own site policy and recomputes
 * everything its safety rests on from these fields (DESIGN §1.2). The canonical encoding below is hashed
 * into the secure-aggregation session id, so two hospitals with different views of any field derive
 * different masks and their sum is noise, not a leak.
 */
import { z } from 'zod';
import { FedwardError } from './errors.ts';
import { type AttemptId, type HospitalId, hospitalId, ID_PATTERN, ID_RULE, jobId } from './vocabulary.ts';

export const SECAGG_PROTOCOL = 'fedward-secagg/1';

/** A record of norm `clip` spans this many bits of the integer grid: s·C = 2^16 (DESIGN §6). */
export const GRID_BITS = 16;
/** L2 sensitivity of the integer gradient sum to one record. */
export const GRID_SENSITIVITY = 2 ** GRID_BITS;
/** Grid of the model delta in mode `local`, where the noise is already inside: steps of 2^-20. */
const DELTA_SCALE = 2 ** 20;
/** Largest cohort on the complete graph; a larger one needs `cohort.graph` (DESIGN §5). */
const COMPLETE_GRAPH_LIMIT = 100;
/** Neighbours are told apart by points of GF(2⁸) other than 0. */
const MAX_DEGREE = 254;

/** Room kept for noise in the ring: an exact discrete Gaussian exceeds 64 σ with probability < 2^-2900. */
const NOISE_TAIL = 64;

export const PRIVACY_MODES = ['distributed', 'local', 'none'] as const;
/** Who adds noise: each hospital its share, each hospital all of it, or (benchmarks only) nobody. */
export type PrivacyMode = (typeof PRIVACY_MODES)[number];

const positive = z.number().positive().finite();
const count = z.number().int().nonnegative().max(1_000_000);
/** Lone surrogates have no UTF-8: two texts with different ones would share their canonical bytes. */
const text = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{Surrogate}*$/u, 'must be well-formed Unicode');
const bytes32 = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.length === 32,
  'must be 32 bytes',
);
const id = z.string().regex(ID_PATTERN, ID_RULE);

const rosterEntry = z.strictObject({
  id: id.transform(hospitalId),
  /** Ed25519 public key, raw 32 bytes. */
  identityKey: bytes32,
});

/** Random Harary graph of Bell et al. 2020. Protects against an honest-but-curious coordinator only. */
const graph = z.strictObject({
  /** Neighbours k of each hospital. */
  degree: z.number().int().min(2).max(MAX_DEGREE).multipleOf(2),
  /** Shares t_k, of k, that give a secret back. */
  threshold: z.number().int().min(2),
});

export const roundPlanSchema = z
  .strictObject({
    protocol: z.literal(SECAGG_PROTOCOL),
    job: id.transform(jobId),
    round: count.min(1),
    attempt: count.min(1),
    /** Name in the coordinator's strategy catalogue; part of the plan because it decides what the sum is for. */
    strategy: text,
    model: z.strictObject({
      threat: text,
      /** Name and version of the encoder, so that both sides mean the same features. */
      encoder: text,
      /** Number of model parameters, the length of every vector. */
      dimension: z.number().int().min(1).max(50_000_000),
      /** SHA-256 of the model's weights as `FetchModel` delivers them. */
      hash: bytes32,
    }),
    privacy: z.strictObject({
      mode: z.enum(PRIVACY_MODES),
      unit: z.literal('record'),
      /** L2 bound C of one record's gradient. */
      clip: positive.max(1e6),
      /** Noise multiplier σ of the sum over honest hospitals, relative to the sensitivity C; 0 in mode `none`. */
      noiseMultiplier: z.number().nonnegative().max(1e6),
      /** Poisson sampling rate q of records, per round. */
      sampleRate: z.number().gt(0).max(1),
      delta: z.number().gt(0).lt(1),
      /** Budget ε of the whole job at `delta`; null in mode `none`. */
      epsilon: positive.nullable(),
    }),
    training: z.strictObject({
      /** Rounds of the whole job. */
      rounds: count.min(1),
      /** Attempts beyond `rounds` that σ was calibrated for. */
      spareAttempts: count,
      /** Public normaliser q·N: planned records per round over all hospitals, never the realised batch. */
      expectedBatch: positive,
      /** Local DP-SGD steps per round (mode `local`; 1 otherwise). */
      localSteps: count.min(1),
      /** Learning rate of local steps (mode `local`). */
      localLearningRate: positive,
    }),
    cohort: z.strictObject({
      /** All hospitals of the job in ascending order of id; fixed for the job, the dead included. */
      roster: z.array(rosterEntry).min(3).max(1000),
      maxDropouts: count,
      maxColluders: count,
      /** Null: the complete graph, where everyone masks with everyone. */
      graph: graph.nullable().default(null),
    }),
    deadlines: z.strictObject({
      /** Milliseconds from the plan until every advertisement must have arrived. */
      trainMs: count.min(1),
      /** Milliseconds for each later stage. */
      stageMs: count.min(1),
    }),
  })
  .superRefine((plan, context) => {
    const issue = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { roster, maxDropouts, maxColluders } = plan.cohort;
    for (let i = 1; i < roster.length; i++) {
      if ((roster[i - 1]?.id ?? '') >= (roster[i]?.id ?? ''))
        issue(['cohort', 'roster'], 'ids must be distinct and in ascending order');
    }
    const keys = new Set(roster.map((entry) => Buffer.from(entry.identityKey).toString('hex')));
    if (keys.size !== roster.length) issue(['cohort', 'roster'], 'identity keys must be distinct');
    const threshold = roster.length - maxDropouts;
    if (2 * threshold <= roster.length + maxColluders) {
      // Otherwise two conflicting unmaskings could both find t helpers (DESIGN §5).
      issue(['cohort', 'maxDropouts'], 'threshold t = n − maxDropouts must satisfy 2t > n + maxColluders');
    }
    if (threshold - maxColluders < 2) issue(['cohort'], 'fewer than two honest survivors (h = t − c < 2)');
    checkGraph(plan.cohort.graph, roster.length, (field, message) => issue(['cohort', ...field], message));
    const { mode, noiseMultiplier, epsilon } = plan.privacy;
    if ((mode === 'none') !== (noiseMultiplier === 0))
      issue(['privacy', 'noiseMultiplier'], 'must be 0 in mode none and above 0 otherwise');
    if ((mode === 'none') !== (epsilon === null))
      issue(['privacy', 'epsilon'], 'must be null in mode none and a number otherwise');
    if (mode !== 'local' && plan.training.localSteps !== 1)
      issue(['training', 'localSteps'], 'must be 1 unless the mode is local');
  });

function checkGraph(
  asked: z.output<typeof graph> | null,
  n: number,
  issue: (field: string[], message: string) => void,
): void {
  if ((asked === null) !== n <= COMPLETE_GRAPH_LIMIT) {
    issue(['graph'], `must be null up to ${COMPLETE_GRAPH_LIMIT} hospitals and given above`);
  }
  if (asked === null) return;
  if (asked.degree >= n) issue(['graph', 'degree'], 'must be below the number of hospitals');
  if (asked.threshold > asked.degree) issue(['graph', 'threshold'], 'must be at most the degree');
}

/** A validated round plan. Lengths in records, times in milliseconds, keys as raw bytes. */
export type RoundPlan = Readonly<z.output<typeof roundPlanSchema>>;
export type RosterEntry = RoundPlan['cohort']['roster'][number];

/** @throws FedwardError `PROTOCOL_VIOLATION` that names the first wrong field. */
export function parseRoundPlan(value: unknown): RoundPlan {
  const result = roundPlanSchema.safeParse(value);
  if (!result.success) {
    const first = result.error.issues[0];
    throw new FedwardError(
      'PROTOCOL_VIOLATION',
      `The round plan is not valid at ${first?.path.join('.') || 'its root'}: ${first?.message}.`,
    );
  }
  checkRingCapacity(result.data);
  return result.data;
}

/** n, t, c and h of DESIGN §5, worked out from the roster and the two allowances. */
export interface Cohort {
  readonly n: number;
  /** Fewest survivors with which a sum may be unmasked. */
  readonly threshold: number;
  readonly colluders: number;
  /** Fewest honest survivors: each carries 1/h of the noise variance. */
  readonly honest: number;
}

export function cohortOf(plan: RoundPlan): Cohort {
  const n = plan.cohort.roster.length;
  const threshold = n - plan.cohort.maxDropouts;
  return { n, threshold, colluders: plan.cohort.maxColluders, honest: threshold - plan.cohort.maxColluders };
}

/**
 * Integer σᵢ of the discrete Gaussian that one hospital adds per coordinate: ⌈σ·2^16/√h⌉ in mode
 * `distributed`, ⌈σ·2^16⌉ per local step in mode `local`, 0 in mode `none`.
 */
export function noiseShare(plan: RoundPlan): number {
  const { mode, noiseMultiplier } = plan.privacy;
  if (mode === 'none') return 0;
  const honest = mode === 'local' ? 1 : cohortOf(plan).honest;
  return Math.ceil((noiseMultiplier * GRID_SENSITIVITY) / Math.sqrt(honest));
}

/** Integer units per real unit in the vectors that are summed. */
export function gridScale(plan: RoundPlan): number {
  return plan.privacy.mode === 'local' ? DELTA_SCALE : GRID_SENSITIVITY / plan.privacy.clip;
}

/**
 * Largest magnitude a hospital's coordinate may have before noise, so that the sum over all n hospitals
 * with its noise stays inside the ring's (−2^31, 2^31).
 */
export function coordinateBound(plan: RoundPlan): number {
  const share = plan.privacy.mode === 'local' ? 0 : noiseShare(plan);
  return Math.floor((2 ** 31 - 1) / plan.cohort.roster.length) - NOISE_TAIL * share;
}

function checkRingCapacity(plan: RoundPlan): void {
  const least = plan.privacy.mode === 'local' ? DELTA_SCALE : GRID_SENSITIVITY;
  if (coordinateBound(plan) < least) {
    throw new FedwardError(
      'PROTOCOL_VIOLATION',
      `The round plan does not fit the ring: ${plan.cohort.roster.length} hospitals with noise σ = ${noiseShare(plan)} leave no room for one record in 32 bits. Lower the noise multiplier or the number of hospitals.`,
    );
  }
}

export function attemptOf(plan: RoundPlan): AttemptId {
  return { job: plan.job, round: plan.round, attempt: plan.attempt };
}

export function rosterKeys(plan: RoundPlan): ReadonlyMap<HospitalId, Uint8Array> {
  return new Map(plan.cohort.roster.map((entry) => [entry.id, entry.identityKey]));
}

/**
 * Canonical bytes of the whole plan: for each field in ascending order of its dotted path, the path and a
 * tagged value, each behind its length as u32 big-endian. Numbers are IEEE 754 binary64, big-endian.
 * Injective: no two different plans share an encoding.
 */
export function canonicalPlan(plan: RoundPlan): Uint8Array {
  const parts: Buffer[] = [];
  const push = (piece: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(piece.length);
    parts.push(length, piece);
  };
  const walk = (path: string, value: unknown): void => {
    if (value instanceof Uint8Array) {
      push(Buffer.from(path));
      push(Buffer.concat([Buffer.from('b'), value]));
    } else if (value !== null && typeof value === 'object') {
      // Array indices are padded so that their order as text is their order as numbers.
      const entries = Array.isArray(value)
        ? value.map((item, i) => [String(i).padStart(6, '0'), item] as const)
        : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
      for (const [key, item] of entries) walk(path === '' ? key : `${path}.${key}`, item);
    } else {
      push(Buffer.from(path));
      push(Buffer.from(scalar(value)));
    }
  };
  walk('', plan);
  return Buffer.concat(parts);
}

function scalar(value: unknown): Uint8Array {
  if (value === null) return Buffer.from('0');
  if (typeof value === 'string') return Buffer.from(`s${value}`);
  if (typeof value === 'number') {
    const buffer = Buffer.alloc(9);
    buffer.write('n');
    buffer.writeDoubleBE(value, 1);
    return buffer;
  }
  throw new FedwardError('INVALID_ARGUMENT', `A plan holds numbers, text and bytes, not ${typeof value}.`);
}

/** True when two plans ask for the same thing, whatever their attempt: an unsent update may serve both. */
export function sameButAttempt(a: RoundPlan, b: RoundPlan): boolean {
  const neutral = (plan: RoundPlan) => Buffer.from(canonicalPlan({ ...plan, attempt: 1 }));
  return neutral(a).equals(neutral(b));
}
