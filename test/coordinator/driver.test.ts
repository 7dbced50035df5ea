/** What the driver does with messages that come at the wrong time, and how it ends. */
import { describe, expect, it } from 'vitest';
import { type Clock, Driver, type DriverOptions } from '../../coordinator/driver.ts';
import type { JobSpec } from '../../coordinator/job.ts';
import { createStrategy } from '../../coordinator/strategies/catalogue.ts';
import { sitePolicySchema } from '../../participant/policy.ts';
import type { SessionEffect } from '../../participant/session.ts';
import { splitVector } from '../../proto/chunks.ts';
import type { FromHospital, ToHospital } from '../../proto/messages.ts';
import { type HospitalId, jobId } from '../../proto/vocabulary.ts';
import { CHUNK_BYTES } from '../../proto/wire.ts';
import { weightsFromBytes, weightsHash } from '../../threats/weights.ts';
import { environmentOf, updateOf, Ward } from '../participant/sessions.ts';
import { advertisementOf } from '../proto/messages.ts';
import { at, expectRefused, idAt, ringSum, testConsortium, testVectors } from '../secagg/support.ts';

const consortium = testConsortium(5, { model: { dimension: 4 } });
const vectors = testVectors(consortium);
const policy = sitePolicySchema.parse({ threats: ['test'], modes: ['none'] });
const JOB: JobSpec = {
  ...{ id: jobId('test-job'), threat: 'test', encoder: 'test/1', dimension: 4, mode: 'none', epsilon: null },
  ...{ delta: 1e-5, noiseMultiplier: 0, clip: 1, sampleRate: 0.1, rounds: 1, spareAttempts: 3 },
  ...{ plannedRecords: 1000, localSteps: 1, localLearningRate: 0.1, strategy: 'dp-sgd' },
  ...{ roster: consortium.plan.cohort.roster, maxDropouts: 1, maxColluders: 1, trainMs: 2, stageMs: 1 },
};

/** A job whose hospitals answer when the test lets them. */
class Bench {
  readonly sent: { readonly to: HospitalId; readonly message: ToHospital }[] = [];
  readonly sums: { readonly contributors: readonly HospitalId[]; readonly sum: Int32Array }[] = [];
  readonly driver: Driver;
  readonly #wards = new Map(
    consortium.ids.map((id) => [id, new Ward({ ...environmentOf(consortium, id), policy })]),
  );
  /** The timer that runs. */
  #due: () => void = () => {};

  constructor(change: Partial<DriverOptions> = {}) {
    const clock: Clock = {
      now: () => 0,
      after: (_, action) => {
        this.#due = action;
        return () => {};
      },
    };
    this.driver = new Driver({
      ...{ job: JOB, clock, engine: 'none', announce: () => {}, initialWeights: new Float32Array(4) },
      ...{
        assembleMs: 3,
        rejoinMs: 3,
        attemptsPerRound: 3,
        strategy: createStrategy(JOB.strategy, JOB.mode),
      },
      sessions: { send: (to, message) => this.sent.push({ to, message }), disconnect() {}, traffic: () => 0 },
      evaluator: { evaluate: () => ({ loss: 0, accuracy: 1, auroc: 1 }), dispose() {} },
      observer: { summed: (_, contributors, sum) => this.sums.push({ contributors, sum }) },
      ...change,
    });
    for (const id of consortium.ids) this.driver.connected(id);
    this.driver.start();
  }

  timeout(): void {
    this.#due();
  }

  /** What a hospital would answer to everything it has got since it was last asked. */
  answers(id: HospitalId): FromHospital[] {
    const inbox = this.sent.filter(({ to }) => to === id).map(({ message }) => message);
    this.sent.splice(0, this.sent.length, ...this.sent.filter(({ to }) => to !== id));
    return inbox.flatMap((message) => {
      if (message.type !== 'plan' && message.type !== 'instruction' && message.type !== 'round-closed')
        return [];
      return at(this.#wards, id)
        .feed(message)
        .flatMap((effect) => this.#perform(id, effect));
    });
  }

  /** Lets hospitals answer, and hands what they say to the driver. */
  answer(ids: readonly HospitalId[] = consortium.ids): void {
    const all = ids.map((id) => [id, this.answers(id)] as const);
    for (const [id, messages] of all) for (const message of messages) this.driver.received(id, message);
  }

  acks(to: HospitalId) {
    return this.sent.flatMap((one) => (one.to === to && one.message.type === 'ack' ? [one.message] : []));
  }

  #perform(id: HospitalId, effect: SessionEffect): FromHospital[] {
    switch (effect.type) {
      case 'prepare': {
        const attempt = { job: effect.plan.job, round: effect.plan.round, attempt: effect.plan.attempt };
        const update = updateOf('x', at(vectors, id).slice());
        const next = at(this.#wards, id).feed({ type: 'prepared', attempt, update });
        return next.flatMap((one) => this.#perform(id, one));
      }
      case 'send':
        return [{ type: 'stage', attempt: effect.attempt, body: effect.body }];
      case 'spend-and-send':
        return [...splitVector(effect.masked)].map((chunk) => ({
          ...{ type: 'stage', attempt: effect.attempt, body: { stage: 'R2', chunk } },
        }));
      default:
        return [];
    }
  }
}

const [a, b] = [idAt(0), idAt(1)];
const others = (...ids: HospitalId[]) => consortium.ids.filter((id) => !ids.includes(id));

describe('who fell out of an attempt', () => {
  it('has no place in its sum, even if it is back in time and sends what it would have sent', () => {
    const bench = new Bench();
    for (const _ of ['R0', 'R1']) bench.answer();
    const late = bench.answers(a);
    bench.driver.disconnected(a, 'the line broke');
    bench.driver.connected(a);
    for (const message of late) bench.driver.received(a, message);
    expect(bench.acks(a)).toMatchObject([
      {
        stage: 'R2',
        failure: { code: 'ROUND_ABORTED', reason: expect.stringMatching(/fell out of attempt/) },
      },
    ]);
    for (const _ of ['R2', 'R3', 'R4']) bench.answer(others(a));
    expect(bench.sums).toEqual([{ contributors: others(a), sum: ringSum(vectors, others(a)) }]);
  });

  it('is not in the first stage of it either', () => {
    const bench = new Bench();
    const late = bench.answers(a);
    bench.driver.disconnected(a, 'the line broke');
    bench.driver.connected(a);
    for (const message of late) bench.driver.received(a, message);
    bench.answer(others(a));
    const opened = bench.sent.find(({ message }) => message.type === 'instruction')?.message;
    if (opened?.type !== 'instruction' || opened.body.opens !== 'R1') return expect.fail('R1 is not open');
    expect(opened.body.u1.map(({ from }) => from)).toEqual(others(a));
  });
});

describe('a message', () => {
  it('that is repeated counts as the first did, and neither needs a word', () => {
    const bench = new Bench();
    const [message] = bench.answers(a);
    for (let i = 0; i < 2; i++) bench.driver.received(a, message ?? expect.fail('no answer'));
    expect(bench.acks(a)).toEqual([]);
    bench.answer(others(a));
    expect(bench.sent.filter(({ message: { type } }) => type === 'instruction')).toHaveLength(5);
  });

  it('that the gatherer refuses costs its sender the attempt, and is answered with the reason', () => {
    const bench = new Bench();
    const attempt = { job: JOB.id, round: 1, attempt: 1 };
    bench.driver.received(a, { type: 'stage', attempt, body: { stage: 'R0', message: advertisementOf(a) } });
    expect(bench.acks(a)).toMatchObject([{ failure: { code: 'PROTOCOL_VIOLATION' } }]);
    for (const _ of ['R0', 'R1', 'R2', 'R3', 'R4']) bench.answer(others(a));
    expect(bench.sums).toMatchObject([{ contributors: others(a) }]);
  });

  it('of another stage is refused, and costs nothing', () => {
    const bench = new Bench();
    const [early] = bench.answers(a);
    bench.driver.received(a, early ?? expect.fail('no answer'));
    bench.answer(others(a));
    bench.driver.received(a, early ?? expect.fail('no answer'));
    expect(bench.acks(a).at(-1)).toMatchObject({ failure: { code: 'DEADLINE_EXCEEDED' } });
    for (const _ of ['R1', 'R2', 'R3', 'R4']) bench.answer();
    expect(bench.sums).toMatchObject([{ contributors: consortium.ids }]);
  });

  it('of another attempt is refused, and a refusal of one means nothing', () => {
    const bench = new Bench();
    const [first] = bench.answers(a);
    bench.driver.received(b, {
      type: 'refusal',
      attempt: { job: JOB.id, round: 1, attempt: 9 },
      code: 'POLICY_REFUSED',
      reason: '',
    });
    for (const id of [a, b]) bench.driver.disconnected(id, 'the line broke');
    for (const id of [a, b]) bench.driver.connected(id);
    bench.driver.received(a, first ?? expect.fail('no answer'));
    expect(bench.acks(a)).toMatchObject([
      { failure: { code: 'ROUND_ABORTED', reason: expect.stringMatching(/1\.1 is over/) } },
    ]);
    const plans = bench.sent.flatMap(({ to, message }) =>
      message.type === 'plan' && message.plan.attempt === 2 ? [to] : [],
    );
    // The quorum is back as soon as one of the two is.
    expect(plans).toEqual(others(b));
  });
});

describe('a model', () => {
  it('is given out by the hash in the plan, and by no other', () => {
    const { driver, sent } = new Bench();
    const plan = sent.flatMap(({ message }) => (message.type === 'plan' ? [message.plan] : []))[0];
    const { hash } = plan?.model ?? expect.fail('no plan');
    expect(weightsHash(weightsFromBytes(driver.model(hash), 4))).toEqual(hash);
    expectRefused(() => driver.model(new Uint8Array(32)), /No current model/, 'INVALID_ARGUMENT');
    expectRefused(() => driver.model(new Uint8Array()), /No current model/, 'INVALID_ARGUMENT');
  });

  it('comes with its plan if it fits one chunk, and else has to be fetched', () => {
    const dimension = CHUNK_BYTES / 4;
    const planOf = ({ sent }: Bench) =>
      sent.flatMap(({ message }) => (message.type === 'plan' ? [message] : []))[0] ?? expect.fail('no plan');
    const bench = (size: number) =>
      new Bench({ job: { ...JOB, dimension: size }, initialWeights: new Float32Array(size).fill(1) });
    const { plan, weights } = planOf(bench(dimension));
    const enclosed = weightsFromBytes(weights ?? expect.fail('no weights'), dimension);
    expect(weightsHash(enclosed)).toEqual(plan.model.hash);
    expect(planOf(bench(dimension + 1)).weights).toBeUndefined();
  });

  it('is in one message for everybody, as is all that everybody is told', () => {
    const bench = new Bench();
    const messages = (type: ToHospital['type']) =>
      new Set(bench.sent.flatMap(({ message }) => (message.type === type ? [message] : [])));
    expect(messages('plan').size).toBe(1);
    bench.answer();
    expect(messages('instruction').size).toBe(1);
  });

  it('that a strategy refuses to make costs an attempt, not the job', async () => {
    const { initial, step, id } = createStrategy(JOB.strategy, JOB.mode);
    let refusals = 1;
    const bench = new Bench({
      strategy: {
        ...{ id, initial },
        step: (plan, state, aggregate) =>
          step(plan, state, refusals-- > 0 ? { ...aggregate, contributors: 0 } : aggregate),
      },
    });
    for (let i = 0; i < 10; i++) bench.answer();
    expect(await bench.driver.done).toMatchObject({ outcome: 'completed', roundsCommitted: 1 });
    expect(bench.sums).toHaveLength(2);
  });
});

describe('a job', () => {
  it('ends for everybody, with the released model', async () => {
    const bench = new Bench();
    for (const _ of ['R0', 'R1', 'R2', 'R3', 'R4']) bench.answer();
    const outcome = await bench.driver.done;
    expect(outcome).toMatchObject({ outcome: 'completed', failure: null, roundsCommitted: 1 });
    expect(outcome.weights.some((weight) => weight !== 0)).toBe(true);
    for (const id of consortium.ids) {
      const last = bench.sent.filter(({ to }) => to === id).at(-1);
      expect(last?.message).toEqual({ type: 'job-closed', job: JOB.id, failure: null });
    }
  });

  it('ends when deadlines pass and nobody answers', async () => {
    const bench = new Bench();
    bench.timeout();
    bench.timeout();
    expect(await bench.driver.done).toMatchObject({
      ...{ outcome: 'failed', failure: { code: 'QUORUM_LOST' }, roundsCommitted: 0 },
      weights: new Float32Array(4),
    });
  });

  it('rejects on a defect, wherever it is', async () => {
    const broken = new Bench({
      evaluator: { evaluate: () => expect.fail('no engine'), dispose() {} },
    });
    for (const _ of ['R0', 'R1', 'R2', 'R3', 'R4']) broken.answer();
    await expect(broken.driver.done).rejects.toThrowError('no engine');

    const watched = new Bench({ observer: { masked: () => expect.fail('no verification') } });
    for (const _ of ['R0', 'R1']) watched.answer();
    const [masked] = watched.answers(a);
    watched.driver.received(a, masked ?? expect.fail('no answer'));
    await expect(watched.driver.done).rejects.toThrowError('no verification');
  });

  it('shows whoever verifies sums a vector only once it is in the sum', () => {
    const seen: HospitalId[] = [];
    const bench = new Bench({ observer: { masked: (_, id) => seen.push(id) } });
    for (const _ of ['R0', 'R1']) bench.answer();
    const [masked] = bench.answers(a);
    for (let i = 0; i < 2; i++) bench.driver.received(a, masked ?? expect.fail('no answer'));
    expect(seen).toEqual([a]);
    expect(bench.acks(a)).toMatchObject([{ failure: { code: 'ALREADY_SPENT' } }]);
  });
});
