/** The processes of `fedward bench rounds`, and all that they need before they start. */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobSpec } from '../coordinator/job.ts';
import {
  createAuthority,
  createTlsKeys,
  type Issue,
  issueHospitalCertificate,
  issueServerCertificate,
} from '../coordinator/pki.ts';
import type { TlsFiles } from '../coordinator/server.ts';
import { noiseMultiplierFor } from '../dp/accounting/calibrate.ts';
import { osEntropy } from '../dp/sampling/entropy.ts';
import { sitePolicySchema } from '../participant/policy.ts';
import { FedwardError } from '../proto/errors.ts';
import { hospitalId, jobId } from '../proto/vocabulary.ts';
import { identityFromSeed } from '../secagg/identity.ts';
import type { CoordinatorTask, HospitalTask, RoundsMessage } from './rounds-child.ts';

export interface RoundsOptions {
  readonly hospitals: number;
  /** Parameters of the model. */
  readonly dimension: number;
  /** Measured rounds. */
  readonly rounds: number;
  /** Rounds before those, whose sums are checked and whose times do not count. */
  readonly warmUp: number;
  readonly mode: 'distributed' | 'none';
}

const RECORDS_PER_HOSPITAL = 8;
const SAMPLE_RATE = 0.25;
const EPSILON = 1;
const DELTA = 1e-5;
const SPARE_ATTEMPTS = 5;

export interface Consortium {
  readonly coordinator: CoordinatorTask;
  hospitals(port: number): HospitalTask[];
}

/** Keys, certificates and constants of one run; nothing of them outlives it. */
export async function provision(
  { hospitals: n, dimension, rounds, warmUp, mode }: RoundsOptions,
  folder: string,
): Promise<Consortium> {
  const issue: Issue = { now: new Date(), entropy: osEntropy(), days: 1 };
  const authority = await createAuthority('Fedward benchmark authority', issue);
  const files = async (issued: (publicKey: string) => Promise<string>): Promise<TlsFiles> => {
    const keys = createTlsKeys();
    const certificate = Buffer.from(await issued(keys.publicKey));
    return { ca: Buffer.from(authority.certificate), certificate, privateKey: Buffer.from(keys.privateKey) };
  };
  const members = await Promise.all(
    Array.from({ length: n }, async (_, i) => {
      const id = hospitalId(`hospital-${String(i + 1).padStart(3, '0')}`);
      const seed = randomBytes(32);
      const tls = await files((key) => issueHospitalCertificate(authority, id, key, issue));
      return { id, seed, tls, identityKey: identityFromSeed(seed).publicKey };
    }),
  );
  const roster = members.map(({ id, identityKey }) => ({ id, identityKey }));
  const all = warmUp + rounds;
  const isPrivate = mode !== 'none';
  const steps = all + SPARE_ATTEMPTS;
  const budget = { epsilon: EPSILON, delta: DELTA, sampleRate: SAMPLE_RATE, steps };
  const job: JobSpec = {
    ...{ id: jobId('bench'), threat: 'bench', encoder: 'bench/1', strategy: 'dp-sgd' },
    ...{ dimension, mode, roster, rounds: all, spareAttempts: SPARE_ATTEMPTS },
    epsilon: isPrivate ? EPSILON : null,
    noiseMultiplier: isPrivate ? noiseMultiplierFor(budget) : 0,
    ...{ delta: DELTA, sampleRate: SAMPLE_RATE, clip: 1, plannedRecords: RECORDS_PER_HOSPITAL * n },
    ...{ localSteps: 1, localLearningRate: 1 },
    maxDropouts: Math.floor(n / 4),
    maxColluders: Math.max(1, Math.floor(n / 5)),
    ...{ trainMs: 60_000, stageMs: 60_000 },
  };
  const policy = sitePolicySchema.parse({
    ...{ threats: [job.threat], modes: [mode], minHospitals: Math.min(n, 5) },
    maxEpsilonIfOthersCollude: null,
  });
  return {
    coordinator: {
      role: 'coordinator',
      tls: await files((key) => issueServerCertificate(authority, [], key, issue)),
      job,
      tellRounds: warmUp,
    },
    hospitals: (port) =>
      members.map(({ id, seed, tls }) => ({
        role: 'hospital',
        ...{ tls, seed, roster, policy, dimension, self: id },
        address: `127.0.0.1:${port}`,
        ledger: join(folder, `${id}.db`),
        records: RECORDS_PER_HOSPITAL,
        tellRounds: warmUp,
      })),
  };
}

export interface Process {
  /** The first message of this type. */
  said<T extends RoundsMessage['type']>(type: T): Promise<Extract<RoundsMessage, { type: T }>>;
  /** Rejects when it ends badly; never resolves. */
  readonly failed: Promise<never>;
  readonly gone: Promise<void>;
  kill(): void;
}

const FROM_SOURCE = import.meta.url.endsWith('.ts');
const ENTRY = fileURLToPath(
  new URL(FROM_SOURCE ? './rounds-child.ts' : './rounds-child.js', import.meta.url),
);

export function startProcess(
  name: string,
  task: CoordinatorTask | HospitalTask,
  hear: (message: RoundsMessage) => void,
): Process {
  const child = fork(ENTRY, {
    execArgv: FROM_SOURCE ? ['--import', 'tsx'] : [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4000);
  });
  child.on('message', (message) => hear(message as RoundsMessage));
  // Not in the arguments, which every user of the machine may read: the task holds keys.
  child.send(task);
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return;
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      reject(new FedwardError('UNEXPECTED', `The process ${name} ended ${how}. Its last lines:\n${log}`));
    });
  });
  failed.catch(() => {});
  return {
    ...{ failed, gone },
    said: (type) =>
      new Promise((resolve) => {
        child.on('message', (message: RoundsMessage) => {
          if (message.type === type) resolve(message as Extract<RoundsMessage, { type: typeof type }>);
        });
      }),
    kill: () => child.kill('SIGKILL'),
  };
}
