/** One history of a whole federation: everything but gRPC, disks and training is real. */
import { Driver, type JobOutcome } from '../../coordinator/driver.ts';
import type { JobSpec } from '../../coordinator/job.ts';
import type { JobEvent } from '../../coordinator/progress.ts';
import { createStrategy } from '../../coordinator/strategies/catalogue.ts';
import { sitePolicySchema } from '../../participant/policy.ts';
import { jobId } from '../../proto/vocabulary.ts';
import { at, type Consortium, testConsortium } from '../secagg/support.ts';
import { Hospital, type Sabotage } from './hospital.ts';
import { Invariants, type Tally } from './invariants.ts';
import { Network } from './network.ts';
import { World } from './world.ts';

const DIMENSION = 5;
/** Simulated milliseconds by which every deadline of the longest job has passed. */
const LONGEST_MS = 200_000;
/** What may still arrive after the end does so within this time. */
const AFTERMATH_MS = 3000;

const policy = sitePolicySchema.parse({
  ...{ threats: ['test'], modes: ['none'], minHospitals: 3, minColluders: 0 },
});

export interface History {
  readonly outcome: JobOutcome;
  readonly trace: readonly string[];
  readonly tally: Tally;
  /** Stages in which hospitals dropped. */
  readonly drops: ReadonlySet<string>;
}

/**
 * @param sabotage what the first hospital does wrong, in a history that is calm otherwise.
 * @throws Error with the broken invariant and the last events before it.
 */
export async function simulate(seed: number, sabotage: Sabotage | null = null): Promise<History> {
  const world = new World(seed);
  try {
    return await run(world, sabotage);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    const tail = world.trace.slice(-30).join('\n');
    throw new Error(`Seed ${seed}: ${what}\nReplay it with FEDWARD_SIMULATION_SEED=${seed}.\n${tail}`, {
      cause,
    });
  }
}

async function run(world: World, sabotage: Sabotage | null): Promise<History> {
  const calm = sabotage !== null;
  const { consortium, job } = drawJob(world, calm);
  const { ids, identities, pinned } = consortium;
  const invariants = new Invariants(ids.length - job.maxDropouts);
  const network = new Network(world);
  const drops = new Set<string>();
  let endedAt = Number.POSITIVE_INFINITY;
  const announce = (event: JobEvent) => {
    if (event.type === 'answered' || event.type === 'stage-started') return;
    world.note(JSON.stringify(event));
    if (event.type === 'dropped') drops.add(event.stage);
    if (event.type === 'round-aborted') invariants.aborted({ job: job.id, ...event });
    if (event.type === 'job-ended') endedAt = world.now();
  };
  const driver = new Driver({
    ...{ job, announce, clock: world, engine: 'none', observer: invariants },
    sessions: {
      send(hospital, message) {
        if (message.type === 'plan') invariants.published(message.plan);
        network.send(hospital, message);
      },
      disconnect: (hospital, reason) => network.disconnect(hospital, reason),
      traffic: () => 0,
    },
    strategy: createStrategy(job.strategy, job.mode),
    initialWeights: new Float32Array(DIMENSION),
    evaluator: {
      evaluate(weights) {
        invariants.model(weights);
        return { loss: 0, accuracy: 1, auroc: 1 };
      },
      dispose() {},
    },
    ...{ assembleMs: 3000, rejoinMs: 2000, attemptsPerRound: world.between(2, 4) },
  });
  // A broken invariant inside the driver rejects; so does a defect.
  let settled = false;
  const settle = () => {
    settled = true;
  };
  driver.done.then(settle, settle);
  network.serve(driver);

  const weather = calm ? null : world.pick([null, 20_000, 6000, 2500] as const);
  const hospitals = ids.map((self, i) => {
    const environment = { self, identity: at(identities, self), pinned, policy };
    const temper = { refuses: !calm && world.chance(0.2) ? 0.15 : 0, repeats: world.chance(0.3) };
    const saboteur = i === 0 ? sabotage : null;
    const hospital = new Hospital({
      ...{ world, network, environment, temper, witness: invariants, sabotage: saboteur },
    });
    network.join(self, hospital);
    world.after(world.between(0, 500), () => hospital.start());
    if (weather !== null) disturb(world, network, hospital, weather);
    return hospital;
  });

  driver.start();
  while (world.now() < Math.min(endedAt + AFTERMATH_MS, LONGEST_MS) && world.advance()) {
    invariants.afterEvent(hospitals);
  }
  await Promise.resolve();
  if (!settled) throw new Error('Broken invariant: the job ends');
  const outcome = await driver.done;
  invariants.model(outcome.weights);
  return { outcome, drops, trace: world.trace, tally: invariants.tally };
}

function drawJob(world: World, calm: boolean): { consortium: Consortium; job: JobSpec } {
  // Small consortia more often: they take less time, and one drop matters more.
  const n = world.pick([3, 3, 3, 4, 4, 4, 5, 5, 6, 7]);
  const maxDropouts = world.between(0, Math.min(Math.ceil(n / 2) - 1, n - 2));
  // What 2t > n + c and h ≥ 2 leave.
  const maxColluders = world.between(0, Math.min(n - 2 * maxDropouts - 1, n - maxDropouts - 2));
  const consortium = testConsortium(n, { cohort: { maxDropouts, maxColluders } });
  const job: JobSpec = {
    ...{ id: jobId('simulated'), threat: 'test', encoder: 'test/1', dimension: DIMENSION },
    // Updates are noise already; without a privacy accountant at work a history takes a quarter of the time.
    ...{ mode: 'none', epsilon: null, delta: 1e-5, noiseMultiplier: 0, clip: 1, sampleRate: 0.1 },
    ...{ rounds: world.between(calm ? 2 : 1, 3), spareAttempts: world.between(0, 2), plannedRecords: 1000 },
    ...{ localSteps: 1, localLearningRate: 0.1, strategy: 'dp-sgd', roster: consortium.plan.cohort.roster },
    ...{ maxDropouts, maxColluders, trainMs: 1000, stageMs: 300 },
  };
  return { consortium, job };
}

/** Breaks a hospital's line or its process every now and then, about `mean` milliseconds apart. */
function disturb(world: World, network: Network, hospital: Hospital, mean: number): void {
  world.after(world.between(0, 2 * mean), () => {
    if (world.chance(0.7)) network.break(hospital.self);
    else hospital.crash(world.chance(0.2) ? world.between(3000, 10_000) : world.between(10, 1500));
    disturb(world, network, hospital, mean);
  });
}
