/** The consortium of `fedward bench secagg`: the coordinator's process and the members' each work it out alike. */
import { createHash } from 'node:crypto';
import { FedwardError } from '../proto/errors.ts';
import { parseRoundPlan, type RoundPlan, SECAGG_PROTOCOL } from '../proto/plan.ts';
import { type HospitalId, hospitalId } from '../proto/vocabulary.ts';
import { membersIn, planGraph } from '../secagg/graph-parameters.ts';
import { type Identity, identityFromSeed } from '../secagg/identity.ts';

export interface Setting {
  readonly members: number;
  /** Length of every vector. */
  readonly dimension: number;
  /** Share of the members that drop out, as many as the plan allows: all after they have sent their shares. */
  readonly dropout: number;
}

export interface Consortium {
  readonly plan: RoundPlan;
  readonly identities: ReadonlyMap<HospitalId, Identity>;
  readonly dropped: ReadonlySet<HospitalId>;
}

/** Above n = 100 the graph is chosen against this share of colluders. */
const CORRUPT = 0.1;

/**
 * @param session from 1: the number of the round, so that each session has keys and vectors of its own.
 * @throws FedwardError `INVALID_ARGUMENT` for a setting that no safe plan exists for.
 */
export function consortiumOf({ members, dimension, dropout }: Setting, session: number): Consortium {
  const dropouts = membersIn(dropout, members, 'dropout');
  const { graph, degree, threshold } = planGraph({
    members,
    dropouts,
    corrupt: members > 100 ? membersIn(CORRUPT, members, 'corrupt') : 0,
  });
  const survivors = members - dropouts;
  const identities = new Map(
    Array.from({ length: members }, (_, i): [HospitalId, Identity] => {
      const id = hospitalId(`site-${String(i).padStart(3, '0')}`);
      return [id, identityFromSeed(createHash('sha256').update(`benchmark identity of ${id}`).digest())];
    }),
  );
  const ids = [...identities.keys()];
  return {
    plan: parseRoundPlan({
      protocol: SECAGG_PROTOCOL,
      ...{ job: 'benchmark', round: session, attempt: 1, strategy: 'fedsgd' },
      model: { threat: 'benchmark', encoder: 'benchmark/1', dimension, hash: new Uint8Array(32) },
      privacy: {
        ...{ mode: 'none', unit: 'record', clip: 1, noiseMultiplier: 0, sampleRate: 1, delta: 1e-5 },
        epsilon: null,
      },
      training: { rounds: 1, spareAttempts: 0, expectedBatch: 1, localSteps: 1, localLearningRate: 1 },
      cohort: {
        roster: [...identities].map(([id, { publicKey }]) => ({ id, identityKey: publicKey })),
        maxDropouts: dropouts,
        maxColluders: Math.min(Math.floor(members / 5), 2 * survivors - members - 1, survivors - 2),
        graph: graph === 'complete' ? null : { degree, threshold },
      },
      deadlines: { trainMs: 60_000, stageMs: 60_000 },
    }),
    identities,
    dropped: new Set(ids.filter((_, i) => share(i + 1, dropouts, members) > share(i, dropouts, members))),
  };
}

/** Spreads the dropped evenly over the roster. */
function share(index: number, dropouts: number, members: number): number {
  return Math.floor((index * dropouts) / members);
}

/** Throws what is wrong with the numbers before anything is measured. */
export function checkSetting({ members, dimension }: Setting, repeat: number): void {
  const whole = (name: string, value: number, least: number, most: number) => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `--${name} must be a whole number from ${least} to ${most}; got ${value}.`,
    );
  };
  whole('members', members, 5, 1000);
  whole('dimension', dimension, 1, 50_000_000);
  whole('repeat', repeat, 1, 1000);
}

/** What a member puts in: x_k = slope · k + start mod 2^32, so that any sum of them is checked in one pass. */
interface Line {
  readonly slope: number;
  readonly start: number;
}

function lineOf(id: HospitalId, session: number): Line {
  const digest = createHash('sha256').update(`benchmark vector of ${id} in ${session}`).digest();
  return { slope: digest.readInt32LE(0), start: digest.readInt32LE(4) };
}

function draw({ slope, start }: Line, dimension: number): Int32Array {
  const vector = new Int32Array(dimension);
  for (let k = 0; k < dimension; k++) vector[k] = (Math.imul(slope, k) + start) | 0;
  return vector;
}

export function vectorOf(id: HospitalId, session: number, dimension: number): Int32Array {
  return draw(lineOf(id, session), dimension);
}

/** True when `sum` is that of the vectors of `contributors`, bit for bit. */
export function isExact(sum: Int32Array, contributors: readonly HospitalId[], session: number): boolean {
  const lines = contributors.map((id) => lineOf(id, session));
  const total = lines.reduce((a, b) => ({ slope: (a.slope + b.slope) | 0, start: (a.start + b.start) | 0 }), {
    slope: 0,
    start: 0,
  });
  return Buffer.compare(bytesOf(sum), bytesOf(draw(total, sum.length))) === 0;
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
