/** The hospital's runtime over real gRPC: charges before it trains, commits before it sends, and ends. */
import pino from 'pino';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Driver } from '../../coordinator/driver.ts';
import type { JobSpec } from '../../coordinator/job.ts';
import { FederationServer, type TlsFiles } from '../../coordinator/server.ts';
import { createStrategy } from '../../coordinator/strategies/catalogue.ts';
import { type Ledger, openLedger } from '../../dp/ledger.ts';
import { BitSource } from '../../dp/sampling/entropy.ts';
import { sitePolicySchema } from '../../participant/policy.ts';
import { type RunResult, type RuntimeHooks, takePart } from '../../participant/runtime.ts';
import { FedwardError } from '../../proto/errors.ts';
import { attemptOf } from '../../proto/plan.ts';
import { type HospitalId, jobId, type Stage } from '../../proto/vocabulary.ts';
import { weightsHash, weightsToBytes } from '../../threats/weights.ts';
import { type Loopback, type Seen, serve } from '../coordinator/loopback.ts';
import { TestPki } from '../coordinator/tls.ts';
import { MemoryLedgerStore } from '../dp/memory-ledger-store.ts';
import { at, idAt, ringSum, seededEntropy, testConsortium, testPlan } from '../secagg/support.ts';
import { STUB_DIMENSION, stubTrainer } from './stub-trainer.ts';

const consortium = testConsortium(3, { cohort: { maxDropouts: 0 } });
const self = idAt(0);
const policy = sitePolicySchema.parse({
  threats: ['test'],
  modes: ['none'],
  minHospitals: 3,
  minColluders: 0,
});
const model = new Float32Array(STUB_DIMENSION).fill(0.25);
const plan = (attempt: number) =>
  testPlan(3, {
    ...{ attempt, model: { hash: weightsHash(model) }, cohort: { maxDropouts: 0 } },
    privacy: { mode: 'none', noiseMultiplier: 0, epsilon: null },
  });

let server: TlsFiles;
const files = new Map<HospitalId, TlsFiles>();
beforeAll(async () => {
  const pki = await TestPki.create();
  server = await pki.server();
  for (const id of consortium.ids) files.set(id, await pki.hospital(id));
});

interface Hospital {
  readonly ledger: Ledger;
  readonly store: MemoryLedgerStore;
  readonly ended: Promise<RunResult>;
  readonly stop: () => void;
}

function hospital(
  id: HospitalId,
  address: string,
  options: { once?: boolean; hooks?: RuntimeHooks; onTrain?: () => void } = {},
): Hospital {
  const store = new MemoryLedgerStore();
  const ledger = openLedger(store, {
    ...{ hospital: id, dataset: 'stub', unit: 'record', delta: 1e-5 },
    ...{ maxEpsilon: 3, maxEpsilonIfOthersCollude: null },
  });
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const entropy = seededEntropy(`runtime of ${id}`);
  const { once = false, hooks } = options;
  const ended = takePart({
    ...{ ledger, once, hooks, signal: ending.signal, trainer: stubTrainer(options.onTrain) },
    client: { address, tls: at(files, id), giveUpMs: 20_000 },
    environment: {
      self: id,
      identity: at(consortium.identities, id),
      pinned: consortium.pinned,
      policy,
      entropy,
    },
    bits: new BitSource(entropy),
    log: pino({ level: 'silent' }),
  });
  // A test that fails before it awaits this must not fail for the rejection as well.
  ended.catch(() => {});
  return { ledger, store, ended, stop: () => ending.abort() };
}

async function coordinator(): Promise<Loopback> {
  const loopback = await serve(server, consortium.ids);
  loopback.models.set(Buffer.from(weightsHash(model)).toString('hex'), weightsToBytes(model));
  return loopback;
}

const stageOf = (event: Seen): string | null =>
  event.type === 'received' && event.message.type === 'stage' ? event.message.body.stage : null;

describe('a hospital', () => {
  it('leaves when it is told to', async () => {
    const { address, seen } = await coordinator();
    const { ended, stop } = hospital(self, address);
    await seen.when((event) => event.type === 'connected');
    stop();
    expect(await ended).toEqual({ failure: null });
    await seen.when((event) => event.type === 'disconnected');
  });

  it.each([null, { code: 'QUORUM_LOST', reason: 'Two are left.' } as const])(
    'leaves when the job is over, with its outcome (%j), if it came for one job only',
    async (failure) => {
      const { address, seen, server: sessions } = await coordinator();
      const { ended } = hospital(self, address, { once: true });
      await seen.when((event) => event.type === 'connected');
      sessions.send(self, { type: 'job-closed', job: plan(1).job, failure });
      expect(await ended).toEqual({ failure });
    },
  );

  it('charges its ledger before it advertises', async () => {
    const { address, seen, server: sessions } = await coordinator();
    const charged: number[] = [];
    const hooks = { beforeSend: () => void charged.push(ledger.summary().reserved) };
    const { ledger } = hospital(self, address, { hooks });
    await seen.when((event) => event.type === 'connected');
    sessions.send(self, { type: 'plan', plan: plan(1) });
    await seen.when((event) => stageOf(event) === 'R0');
    expect(charged).toEqual([1]);
  });

  it('is not charged for an attempt that was given up before it began to train', async () => {
    const { address, seen, server: sessions } = await coordinator();
    const { ledger } = hospital(self, address);
    await seen.when((event) => event.type === 'connected');
    // Both are there before the model can be.
    sessions.send(self, { type: 'plan', plan: plan(1) });
    sessions.send(self, { type: 'round-closed', attempt: attemptOf(plan(1)), failure: null });
    sessions.send(self, { type: 'plan', plan: plan(2) });
    await seen.when((event) => stageOf(event) === 'R0');
    expect(ledger.summary()).toMatchObject({ reserved: 1 });
    expect(ledger.last(plan(1).job)).toMatchObject({ attempt: 2 });
  });

  it('carries an update that was not sent over to the next attempt, at no charge', async () => {
    const { address, seen, server: sessions } = await coordinator();
    const updates: Int32Array[] = [];
    const hooks: RuntimeHooks = { onUpdate: (_, vector) => updates.push(vector.slice()) };
    const { ledger } = hospital(self, address, { hooks });
    await seen.when((event) => event.type === 'connected');
    for (const attempt of [1, 2]) {
      sessions.send(self, { type: 'plan', plan: plan(attempt) });
      await seen.when((event) => stageOf(event) === 'R0', attempt);
      sessions.send(self, { type: 'round-closed', attempt: attemptOf(plan(attempt)), failure: null });
    }
    expect(ledger.summary()).toMatchObject({ reserved: 1, committed: 0 });
    expect(updates[1]).toEqual(updates[0]);
  });

  it('erases an update that its ledger does not let it carry over', async () => {
    const { address, seen, server: sessions } = await coordinator();
    const updates: Int32Array[] = [];
    const { ledger } = hospital(self, address, { hooks: { onUpdate: (_, vector) => updates.push(vector) } });
    await seen.when((event) => event.type === 'connected');
    sessions.send(self, { type: 'plan', plan: plan(1) });
    await seen.when((event) => stageOf(event) === 'R0');
    const [update] = updates;
    expect(update?.some((value) => value !== 0)).toBe(true);
    // Another process of this hospital has joined a later attempt meanwhile.
    ledger.reserve({ attempt: attemptOf(plan(5)), event: null, eventIfOthersCollude: null });
    sessions.send(self, { type: 'plan', plan: plan(2) });
    const refused = (event: Seen) => event.type === 'received' && event.message.type === 'refusal';
    expect(await seen.when(refused)).toMatchObject({ message: { code: 'ALREADY_SPENT' } });
    expect(update?.every((value) => value === 0)).toBe(true);
  });

  it('refuses with the reason when it cannot get the model', async () => {
    const { address, seen, server: sessions, models } = await coordinator();
    models.clear();
    const { ledger } = hospital(self, address);
    await seen.when((event) => event.type === 'connected');
    sessions.send(self, { type: 'plan', plan: plan(1) });
    const { message } = await seen.when((event) => event.type === 'received');
    expect(message).toMatchObject({
      ...{
        type: 'refusal',
        code: 'UNREACHABLE',
        reason: expect.stringMatching(/model could not be fetched/),
      },
    });
    expect(ledger.summary().reserved).toBe(0);
  });
});

it('tells the coordinator nothing of its disk or records when these fail', async () => {
  const { address, seen, server: sessions } = await coordinator();
  const onTrain = () => {
    throw new FedwardError(
      'DATA_INVALID',
      'The prepared records in /srv/ward-7/x.records are damaged at row 5.',
    );
  };
  hospital(self, address, { onTrain });
  await seen.when((event) => event.type === 'connected');
  sessions.send(self, { type: 'plan', plan: plan(1) });
  const { message } = await seen.when((event) => event.type === 'received');
  expect(message).toMatchObject({ type: 'refusal', code: 'DATA_INVALID' });
  expect(JSON.stringify(message)).not.toMatch(/ward|row|records in/);
});

describe('a job', () => {
  const spec: JobSpec = {
    ...{ id: jobId('test-job'), threat: 'test', encoder: 'test/1', dimension: STUB_DIMENSION },
    ...{ mode: 'none', epsilon: null, delta: 1e-5, noiseMultiplier: 0, clip: 1, sampleRate: 0.1 },
    ...{ rounds: 2, spareAttempts: 0, plannedRecords: 120, localSteps: 1, localLearningRate: 0.1 },
    ...{ strategy: 'dp-sgd', roster: consortium.plan.cohort.roster, maxDropouts: 0, maxColluders: 0 },
    ...{ trainMs: 20_000, stageMs: 20_000 },
  };

  /** A driver behind a real server. */
  async function drive() {
    const sums = new Map<string, Int32Array>();
    const sessions = new FederationServer({
      ...{ tls: server, roster: new Set(consortium.ids), heartbeatMs: 5000 },
    });
    onTestFinished(() => sessions.close(0));
    const driver = new Driver({
      ...{ job: spec, sessions, engine: 'none', announce: () => {} },
      ...{ assembleMs: 20_000, rejoinMs: 200, attemptsPerRound: 1 },
      strategy: createStrategy(spec.strategy, spec.mode),
      initialWeights: model,
      evaluator: { evaluate: () => ({ loss: 0, accuracy: 1, auroc: 1 }), dispose() {} },
      clock: {
        now: () => 0,
        after(ms, action) {
          const timer = setTimeout(action, ms);
          return () => clearTimeout(timer);
        },
      },
      observer: { summed: ({ round }, _, sum) => void sums.set(`${round}`, sum) },
    });
    const port = await sessions.listen('127.0.0.1', 0, driver);
    driver.start();
    return { driver, sums, address: `127.0.0.1:${port}` };
  }

  it('runs to its end: each sum is exact, each update committed once, before its R2', async () => {
    const { driver, sums, address } = await drive();
    const inputs = new Map<string, Map<HospitalId, Int32Array>>();
    const hospitals = consortium.ids.map((id) => {
      const committed: Record<string, number> = {};
      const one: Hospital = hospital(id, address, {
        once: true,
        hooks: {
          onUpdate({ round }, vector) {
            const round1 = inputs.get(`${round}`) ?? new Map<HospitalId, Int32Array>();
            inputs.set(`${round}`, round1.set(id, vector.slice()));
          },
          beforeSend(stage: Stage, { round }) {
            committed[`${stage} ${round}`] = one.ledger.summary().committed;
          },
        },
      });
      return { ...one, committed };
    });
    expect(await driver.done).toMatchObject({ outcome: 'completed', roundsCommitted: 2 });
    for (const { ended, ledger, committed } of hospitals) {
      expect(await ended).toEqual({ failure: null });
      expect(ledger.summary()).toMatchObject({ reserved: 2, committed: 2 });
      expect(committed).toMatchObject({ 'R1 1': 0, 'R2 1': 1, 'R1 2': 1, 'R2 2': 2 });
    }
    for (const [round, vectors] of inputs) expect(sums.get(round)).toEqual(ringSum(vectors, consortium.ids));
    expect([...sums.keys()]).toEqual(['1', '2']);
  });

  it('gets nothing from a hospital whose ledger cannot commit', async () => {
    const { driver, sums, address } = await drive();
    const stages: string[] = [];
    const [first, ...others] = consortium.ids.map((id) => {
      const one: Hospital = hospital(id, address, {
        once: true,
        hooks: {
          beforeSend(stage) {
            if (id !== self) return;
            stages.push(stage);
            if (stage === 'R1') one.store.failAtCommit = true;
          },
        },
      });
      return one;
    });
    await expect(first?.ended).rejects.toThrowError('disk full');
    expect(await driver.done).toMatchObject({ outcome: 'failed', roundsCommitted: 0 });
    expect(stages).toEqual(['R0', 'R1']);
    expect(sums.size).toBe(0);
    for (const { ended } of others) expect((await ended).failure).not.toBeNull();
  });
});
