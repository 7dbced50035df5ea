/**
 * One job of one round over real gRPC: our coordinator and four of our hospitals in this process, the Python
 * member in its own. Mode `none`, so that each vector is known and their sum can be compared to the last bit.
 */
import { pino } from 'pino';
import { Driver, type JobOutcome } from '../../coordinator/driver.ts';
import type { JobSpec } from '../../coordinator/job.ts';
import { FederationServer } from '../../coordinator/server.ts';
import { createStrategy } from '../../coordinator/strategies/catalogue.ts';
import { openLedger } from '../../dp/ledger.ts';
import { BitSource, osEntropy } from '../../dp/sampling/entropy.ts';
import { sitePolicySchema } from '../../participant/policy.ts';
import { takePart } from '../../participant/runtime.ts';
import type { Trainer } from '../../participant/trainer.ts';
import { bytesToWords } from '../../proto/chunks.ts';
import { type HospitalId, jobId } from '../../proto/vocabulary.ts';
import { MemoryLedgerStore } from '../dp/memory-ledger-store.ts';
import { at, ringSum } from '../secagg/support.ts';
import { type LiveConsortium, type LiveHospital, PYTHON } from './live-consortium.ts';
import { type PythonExit, startMember } from './python-member.ts';

/** One dense layer with a bias. More than one chunk of a masked vector. */
const [INPUTS, UNITS] = [699, 100];
export const DIMENSION = (INPUTS + 1) * UNITS;

const DEADLINE_MS = 60_000;
const STAGE_MS = 20_000;

export interface RoundResult {
  readonly contributors: readonly HospitalId[];
  readonly exact: boolean;
  /** Milliseconds of the whole job, from its start. */
  readonly tookMs: number;
  /** Null when the Python member failed before the job ended. */
  readonly outcome: JobOutcome | null;
  readonly python: PythonExit;
}

/** @param leaver goes away before its masked vector; null when everyone stays. */
export async function playRound(
  { server, hospitals }: LiveConsortium,
  job: string,
  leaver: HospitalId | null,
): Promise<RoundResult> {
  const vectors = new Map<HospitalId, Int32Array>();
  const summed: { contributors: readonly HospitalId[]; sum: Int32Array }[] = [];
  const ending = new AbortController();
  const roster = hospitals.map(({ id, identity }) => ({ id, identityKey: identity.publicKey }));
  const sessions = new FederationServer({
    tls: server,
    roster: new Set(roster.map(({ id }) => id)),
    heartbeatMs: 1000,
  });
  const driver = new Driver({
    job: jobSpec(job, roster),
    ...{ sessions, engine: 'none', announce: () => {} },
    ...{ assembleMs: STAGE_MS, rejoinMs: 200, attemptsPerRound: 1 },
    strategy: createStrategy('dp-sgd', 'none'),
    initialWeights: new Float32Array(DIMENSION).fill(0.25),
    evaluator: { evaluate: () => ({ loss: 0, accuracy: 1, auroc: 1 }), dispose() {} },
    clock: { now: () => performance.now(), after: timer },
    observer: { summed: (_, contributors, sum) => void summed.push({ contributors, sum: sum.slice() }) },
  });
  const port = await sessions.listen('127.0.0.1', 0, driver);
  const started = performance.now();
  driver.start();
  const address = `127.0.0.1:${port}`;
  const ours = Promise.all(
    hospitals
      .filter(({ id }) => id !== PYTHON)
      .map((hospital) =>
        takePartAs(hospital, roster, address, ending.signal, leaver === hospital.id, (vector) =>
          vectors.set(hospital.id, vector),
        ),
      ),
  );
  // Whoever awaits it below gets the rejection; until then it must not end the process.
  ours.catch(() => {});
  const words = osEntropy()(4 * DIMENSION);
  vectors.set(PYTHON, bytesToWords(words));
  const python = await startMember(folderOf(hospitals, PYTHON), {
    hospital: PYTHON,
    coordinator: address,
    members: Object.fromEntries(
      roster.map(({ id, identityKey }) => [id, Buffer.from(identityKey).toString('base64')]),
    ),
    vector: words,
    deadlineSeconds: DEADLINE_MS / 1000,
    leaveBefore: leaver === PYTHON ? 'R2' : null,
  });
  const cancel = timer(DEADLINE_MS, () => python.kill());
  try {
    const failed = new Promise<null>((resolve) => {
      void python.exited.then(({ code }) => code !== 0 && resolve(null));
    });
    const outcome = await Promise.race([driver.done, failed]);
    const tookMs = performance.now() - started;
    const exit = await python.exited;
    if (outcome !== null) await ours;
    const [last] = summed;
    const contributors = last?.contributors ?? [];
    const exact =
      last !== undefined &&
      Buffer.compare(bytesOf(last.sum), bytesOf(ringSum(pick(vectors, contributors), contributors))) === 0;
    return { contributors, exact, tookMs, outcome, python: exit };
  } finally {
    cancel();
    python.kill();
    ending.abort();
    await Promise.allSettled([ours]);
    await sessions.close(500);
  }
}

type Roster = readonly { readonly id: HospitalId; readonly identityKey: Uint8Array }[];

function jobSpec(job: string, roster: Roster): JobSpec {
  return {
    ...{ id: jobId(job), threat: 'conformance', encoder: 'none/1', dimension: DIMENSION },
    ...{ mode: 'none', epsilon: null, delta: 1e-5, noiseMultiplier: 0, clip: 1, sampleRate: 1 },
    ...{ rounds: 1, spareAttempts: 0, plannedRecords: 100, localSteps: 1, localLearningRate: 0.1 },
    ...{ strategy: 'dp-sgd', roster: [...roster], maxDropouts: 1, maxColluders: 1 },
    ...{ trainMs: STAGE_MS, stageMs: STAGE_MS },
  };
}

class Leaving extends Error {}

/** One of our hospitals, with its runtime, ledger and client; settles when it has left or the job is over. */
async function takePartAs(
  { id, tls, identity }: LiveHospital,
  roster: Roster,
  address: string,
  signal: AbortSignal,
  leaves: boolean,
  onUpdate: (vector: Int32Array) => void,
): Promise<void> {
  const entropy = osEntropy();
  const policy = sitePolicySchema.parse({ threats: ['conformance'], modes: ['none'], maxSampleRate: 1 });
  const ledger = openLedger(new MemoryLedgerStore(), {
    ...{ hospital: id, dataset: 'conformance', unit: 'record', delta: 1e-5 },
    ...{ maxEpsilon: 3, maxEpsilonIfOthersCollude: null },
  });
  try {
    await takePart({
      client: { address, tls, giveUpMs: DEADLINE_MS },
      environment: {
        ...{ self: id, identity, policy, entropy },
        pinned: new Map(roster.map((entry) => [entry.id, entry.identityKey])),
      },
      ...{ ledger, signal, trainer: trainerOf(id), bits: new BitSource(entropy), once: true },
      log: pino({ level: 'silent' }),
      hooks: {
        onUpdate: (_, vector) => onUpdate(vector.slice()),
        beforeSend: (stage) => {
          if (leaves && stage === 'R2') throw new Leaving();
        },
      },
    });
  } catch (error) {
    if (!(error instanceof Leaving)) throw error;
  }
}

/** Gradients of twenty records that differ from hospital to hospital, without TensorFlow.js. */
function trainerOf(id: HospitalId): Trainer {
  const records = 20;
  const wave = (i: number) => Math.sin(i + id.length * id.charCodeAt(0));
  return {
    records,
    layerFactors: (_, { length: rows }) => [
      {
        ...{ rows, fanIn: INPUTS, fanOut: UNITS },
        inputs: Float32Array.from({ length: rows * INPUTS }, (_, i) => wave(i)),
        deltas: Float32Array.from({ length: rows * UNITS }, (_, i) => wave(2 * i)),
      },
    ],
    dispose() {},
  };
}

function folderOf(hospitals: readonly LiveHospital[], id: HospitalId): string {
  return hospitals.find((hospital) => hospital.id === id)?.folder ?? '';
}

function pick(vectors: ReadonlyMap<HospitalId, Int32Array>, ids: readonly HospitalId[]) {
  return new Map(ids.map((id) => [id, at(vectors, id)]));
}

function bytesOf(words: Int32Array): Buffer {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength);
}

function timer(ms: number, action: () => void): () => void {
  const timeout = setTimeout(action, ms);
  return () => clearTimeout(timeout);
}
