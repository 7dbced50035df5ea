/** A consortium in one process: plans, identities and seeded entropy, and the stages driven one by one. */
import { ok, throws } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type ErrorCode, FedwardError } from '../../proto/errors.ts';
import { cohortOf, parseRoundPlan, type RoundPlan } from '../../proto/plan.ts';
import { type HospitalId, hospitalId } from '../../proto/vocabulary.ts';
import {
  acceptAdvertisement,
  acceptAttestation,
  acceptMasked,
  acceptShares,
  acceptUnmasking,
  closeAdvertise,
  closeAttest,
  closeMasked,
  closeShares,
  openGathering,
} from '../../secagg/gatherer.ts';
import { type Identity, identityFromSeed } from '../../secagg/identity.ts';
import { advertise, attest, mask, openSession, shareKeys, unmask } from '../../secagg/member.ts';
import type { Advertisement, Unmasking } from '../../secagg/messages.ts';
import type { Entropy } from '../../secagg/secret.ts';
import { advertisementStatement, sessionId } from '../../secagg/transcript.ts';
import { finish } from '../../secagg/unmasking.ts';

/** Replaces single fields, section by section. */
export interface PlanOverrides
  extends Partial<Pick<RoundPlan, 'job' | 'round' | 'attempt' | 'strategy' | 'deadlines'>> {
  readonly model?: Partial<RoundPlan['model']>;
  readonly privacy?: Partial<RoundPlan['privacy']>;
  readonly training?: Partial<RoundPlan['training']>;
  readonly cohort?: Partial<RoundPlan['cohort']>;
}

export interface Consortium {
  readonly plan: RoundPlan;
  /** In ascending order, as on the roster. */
  readonly ids: readonly HospitalId[];
  readonly identities: ReadonlyMap<HospitalId, Identity>;
  readonly pinned: ReadonlyMap<HospitalId, Uint8Array>;
}

/** `hospital-001` is index 0. */
export function idAt(index: number): HospitalId {
  return hospitalId(`hospital-${String(index + 1).padStart(3, '0')}`);
}

/** The same identity for the same index in every test. */
export function testIdentity(index: number): Identity {
  return identityFromSeed(
    createHash('sha256')
      .update(`identity of ${idAt(index)}`)
      .digest(),
  );
}

/** A valid plan for `n` hospitals with the default allowances of DESIGN §5 and a model of 8 parameters. */
export function testPlan(n: number, overrides: PlanOverrides = {}): RoundPlan {
  const { model, privacy, training, cohort, ...rest } = overrides;
  return parseRoundPlan({
    protocol: 'fedward-secagg/1',
    job: 'test-job',
    round: 1,
    attempt: 1,
    strategy: 'fedsgd',
    model: { threat: 'test', encoder: 'test/1', dimension: 8, hash: new Uint8Array(32), ...model },
    privacy: {
      mode: 'distributed',
      unit: 'record',
      clip: 1,
      noiseMultiplier: 1,
      sampleRate: 0.1,
      delta: 1e-5,
      epsilon: 3,
      ...privacy,
    },
    training: {
      rounds: 10,
      spareAttempts: 2,
      expectedBatch: 100,
      localSteps: 1,
      localLearningRate: 0.1,
      ...training,
    },
    cohort: {
      roster: Array.from({ length: n }, (_, i) => ({
        id: idAt(i),
        identityKey: testIdentity(i).publicKey,
      })),
      maxDropouts: Math.floor(n / 4),
      maxColluders: Math.floor(n / 5),
      ...cohort,
    },
    deadlines: { trainMs: 60_000, stageMs: 10_000 },
    ...rest,
  });
}

export function testConsortium(n: number, overrides: PlanOverrides = {}): Consortium {
  const plan = testPlan(n, overrides);
  const identities = new Map(Array.from({ length: n }, (_, i) => [idAt(i), testIdentity(i)] as const));
  return {
    plan,
    ids: plan.cohort.roster.map((entry) => entry.id),
    identities,
    pinned: new Map([...identities].map(([id, { publicKey }]) => [id, publicKey])),
  };
}

/** Reproducible bytes; never outside tests. */
export function seededEntropy(seed: string): Entropy {
  let counter = 0;
  return (length) => {
    const blocks: Buffer[] = [];
    for (let have = 0; have < length; have += 64) {
      blocks.push(createHash('sha512').update(`${seed}/${counter++}`).digest());
    }
    return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
  };
}

/** One full-range int32 vector for each hospital. */
export function testVectors({ plan, ids }: Consortium, seed = 'vectors'): Map<HospitalId, Int32Array> {
  return new Map(
    ids.map((id) => {
      const bytes = seededEntropy(`${seed}/${id}`)(4 * plan.model.dimension);
      return [id, new Int32Array(bytes.buffer, bytes.byteOffset, plan.model.dimension)];
    }),
  );
}

/** Σ mod 2^32 over `ids`, reckoned in big integers. */
export function ringSum(
  vectors: ReadonlyMap<HospitalId, Int32Array>,
  ids: readonly HospitalId[],
): Int32Array {
  const length = [...vectors.values()][0]?.length ?? 0;
  return Int32Array.from({ length }, (_, k) => {
    let total = 0n;
    for (const id of ids) total += BigInt(vectors.get(id)?.[k] ?? 0);
    return Number(BigInt.asIntN(32, total));
  });
}

/** The entry of a map that the test put there. */
export function at<V>(map: ReadonlyMap<HospitalId, V>, id: HospitalId): V {
  const value = map.get(id);
  if (value === undefined) throw new Error(`the test has nothing for ${id}`);
  return value;
}

/** The element of a list that the test put there. */
export function nth<V>(list: readonly V[], index: number): V {
  const value = list[index];
  if (value === undefined) throw new Error(`the test has nothing at ${index}`);
  return value;
}

/** Asserts the code and the sentence of a refusal. */
export function expectRefused(
  run: () => unknown,
  what: RegExp,
  code: ErrorCode = 'PROTOCOL_VIOLATION',
): void {
  throws(run, (error) => {
    ok(error instanceof FedwardError, `not a FedwardError: ${error}`);
    ok(error.code === code && what.test(error.message), `${error.code}: ${error.message}`);
    return true;
  });
}

/** A copy with one bit of one byte flipped. */
export function flipped(bytes: Uint8Array, index = 0): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

/** An advertisement with other fields that `identity` has signed for the same session. */
export function resigned(
  { plan }: Consortium,
  entry: Advertisement,
  change: Partial<Advertisement>,
  identity: Identity,
): Advertisement {
  const changed = { ...entry, ...change };
  return { ...changed, signature: identity.sign(advertisementStatement(sessionId(plan), changed)) };
}

type Stage = 'R0' | 'R1' | 'R2' | 'R3' | 'R4';
export type Drops = Partial<Record<Stage, readonly HospitalId[]>>;

/** Runs `step` for everyone who did not drop: what each sends, and the state it is in then. */
function each<S, T extends { state: unknown; message: unknown }>(
  members: ReadonlyMap<HospitalId, S>,
  dropped: readonly HospitalId[],
  step: (state: S, id: HospitalId) => T,
) {
  const results = [...members]
    .filter(([id]) => !dropped.includes(id))
    .map(([id, s]) => [id, step(s, id)] as const);
  return {
    members: new Map<HospitalId, T['state']>(results.map(([id, { state }]) => [id, state])),
    messages: new Map<HospitalId, T['message']>(results.map(([id, { message }]) => [id, message])),
  };
}

export function openAll({ plan, ids, pinned }: Consortium) {
  return new Map(ids.map((self) => [self, openSession({ plan, self, pinned, minimumRoster: 3 })]));
}

/*
 * One function for each stage, from the result of the stage before. `collecting` is the gatherer with every
 * answer accepted, `gathering` the gatherer of the next stage.
 */

export function runR0(consortium: Consortium, dropped: readonly HospitalId[] = []) {
  const { plan, identities } = consortium;
  const sent = each(openAll(consortium), dropped, (session, id) =>
    advertise(session, at(identities, id), seededEntropy(`R0/${plan.round}.${plan.attempt}/${id}`)),
  );
  let collecting = openGathering(plan);
  for (const message of sent.messages.values()) collecting = acceptAdvertisement(collecting, message);
  const { state: gathering, u1 } = closeAdvertise(collecting);
  return { consortium, ...sent, collecting, gathering, u1 };
}

export function runR1(before: ReturnType<typeof runR0>, dropped: readonly HospitalId[] = []) {
  const { consortium } = before;
  const sent = each(before.members, dropped, (state, id) =>
    shareKeys(state, before.u1, seededEntropy(`R1/${id}`)),
  );
  let collecting = before.gathering;
  for (const message of sent.messages.values()) collecting = acceptShares(collecting, message);
  const { state: gathering, u2, inboxes } = closeShares(collecting);
  return { consortium, ...sent, collecting, gathering, u2, inboxes };
}

export function runR2(
  before: ReturnType<typeof runR1>,
  dropped: readonly HospitalId[] = [],
  vectors = testVectors(before.consortium),
) {
  const { consortium } = before;
  const sent = each(before.members, dropped, (state, id) =>
    mask(state, at(before.inboxes, id), at(vectors, id)),
  );
  for (const message of sent.messages.values()) acceptMasked(before.gathering, message);
  const { state: gathering, u3 } = closeMasked(before.gathering);
  return { consortium, ...sent, gathering, u3 };
}

export function runR3(before: ReturnType<typeof runR2>, dropped: readonly HospitalId[] = []) {
  const { consortium } = before;
  const sent = each(before.members, dropped, (state, id) =>
    attest(state, before.u3, at(consortium.identities, id)),
  );
  let collecting = before.gathering;
  for (const message of sent.messages.values()) collecting = acceptAttestation(collecting, message);
  const { state: gathering, attestations } = closeAttest(collecting);
  return { consortium, ...sent, collecting, gathering, attestations };
}

/** `tamper` changes what members send on its way. */
export function runR4(
  before: ReturnType<typeof runR3>,
  dropped: readonly HospitalId[] = [],
  tamper: (message: Unmasking) => Unmasking = (message) => message,
) {
  const { consortium } = before;
  const sent = each(before.members, dropped, (state) => unmask(state, before.attestations));
  let collecting = before.gathering;
  for (const message of sent.messages.values()) collecting = acceptUnmasking(collecting, tamper(message));
  return { consortium, ...sent, collecting };
}

/** A session up to the last answers. */
export function runToR4(
  consortium: Consortium,
  drops: Drops = {},
  vectors = testVectors(consortium),
  tamper?: (message: Unmasking) => Unmasking,
) {
  const r1 = runR1(runR0(consortium, drops.R0), drops.R1);
  return runR4(runR3(runR2(r1, drops.R2, vectors), drops.R3), drops.R4, tamper);
}

/** A whole session; throws what the gatherer throws. */
export function runSession(consortium: Consortium, drops: Drops = {}, vectors?: Map<HospitalId, Int32Array>) {
  return finish(runToR4(consortium, drops, vectors).collecting);
}

export function thresholdOf({ plan }: Consortium): number {
  return cohortOf(plan).threshold;
}
