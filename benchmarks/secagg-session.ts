/** The coordinator's side of one session of `fedward bench secagg`, timed. The members are another process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { uploadBytes } from '../coordinator/upload.ts';
import { VectorAssembly } from '../proto/chunks.ts';
import { FedwardError } from '../proto/errors.ts';
import type { StageBody } from '../proto/messages.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
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
} from '../secagg/gatherer.ts';
import type { MaskExecutor } from '../secagg/unmask-tasks.ts';
import { finishWith } from '../secagg/unmasking.ts';
import type { Answer, Ask } from './secagg-members.ts';
import { consortiumOf, isExact, type Setting } from './secagg-setting.ts';

export interface SessionFigures {
  readonly exact: boolean;
  /** R2 and R1 of each member that took part in them. */
  readonly maskSeconds: readonly number[];
  readonly shareSeconds: readonly number[];
  /** Adding all the masked vectors as they arrive. */
  readonly sumSeconds: number;
  /** From the last answer to the sum: secrets reconstructed, keys agreed, masks removed. */
  readonly unmaskSeconds: number;
  /** Of a member that stayed to the end. */
  readonly uploadBytesPerMember: number;
}

/** The process in which all members live. */
export interface Members {
  /** Asks, and hands over the answers until `heard` has enough. */
  ask(question: Ask, heard: (answer: Answer) => boolean): Promise<void>;
  close(): Promise<void>;
}

export function openMembers(): Members {
  const fromSource = import.meta.url.endsWith('.ts');
  const entry = new URL(fromSource ? './secagg-members.ts' : './secagg-members.js', import.meta.url);
  const child = fork(fileURLToPath(entry), [], {
    execArgv: fromSource ? ['--import', 'tsx'] : [],
    serialization: 'advanced',
  });
  const exited = once(child, 'exit');
  const crashed = exited.then(([code, signal]) => {
    throw new FedwardError('UNEXPECTED', `The members' process ended by ${signal ?? `exit code ${code}`}.`);
  });
  crashed.catch(() => {});
  return {
    async ask(question, heard) {
      const answered = new Promise<void>((resolve, reject) => {
        const listen = (answer: Answer) => {
          try {
            if (!heard(answer)) return;
            child.off('message', listen);
            resolve();
          } catch (error) {
            reject(error);
          }
        };
        child.on('message', listen);
      });
      child.send(question);
      await Promise.race([answered, crashed]);
    },
    async close() {
      child.kill();
      await exited;
    },
  };
}

/**
 * @param heard told after each vector, how many of how many have arrived.
 * @throws FedwardError as the gatherer; `UNEXPECTED` when the members' process ends.
 */
export async function runSession(
  setting: Setting,
  session: number,
  members: Members,
  execute: MaskExecutor,
  heard: (vectors: number, of: number) => void = () => {},
): Promise<SessionFigures> {
  const { plan, dropped } = consortiumOf(setting, session);
  const maskSeconds: number[] = [];
  let shareSeconds: readonly number[] = [];
  let sumSeconds = 0;
  const witness = plan.cohort.roster.find(({ id }) => !dropped.has(id))?.id;
  let upload = 0;
  const count = (from: HospitalId, body: StageBody) => {
    if (from === witness) upload += uploadBytes(body);
  };

  let r0 = openGathering(plan);
  await members.ask({ stage: 'R0', setting, session }, (answer) => {
    if (answer.stage !== 'R0') return false;
    for (const message of answer.messages) {
      count(message.from, { stage: 'R0', message });
      r0 = acceptAdvertisement(r0, message);
    }
    return true;
  });

  const afterR0 = closeAdvertise(r0);
  let r1 = afterR0.state;
  await members.ask({ stage: 'R1', u1: afterR0.u1 }, (answer) => {
    if (answer.stage !== 'R1') return false;
    shareSeconds = answer.seconds;
    for (const message of answer.messages) {
      count(message.from, { stage: 'R1', message });
      r1 = acceptShares(r1, message);
    }
    return true;
  });

  const { state, inboxes } = closeShares(r1);
  let r2 = state;
  const survivors = [...inboxes].filter(([id]) => !dropped.has(id));
  for (const [member, inbox] of survivors) {
    const assembly = new VectorAssembly(setting.dimension);
    await members.ask({ stage: 'R2', member, inbox }, (answer) => {
      if (answer.stage !== 'R2') return false;
      count(member, answer);
      const vector = assembly.add(answer.chunk);
      if (vector === null) return false;
      maskSeconds.push(answer.seconds);
      const start = performance.now();
      r2 = acceptMasked(r2, { from: member, vector });
      sumSeconds += (performance.now() - start) / 1000;
      return true;
    });
    heard(maskSeconds.length, survivors.length);
  }

  const afterR2 = closeMasked(r2);
  let r3 = afterR2.state;
  await members.ask({ stage: 'R3', u3: afterR2.u3 }, (answer) => {
    if (answer.stage !== 'R3') return false;
    for (const message of answer.messages) {
      count(message.from, { stage: 'R3', message });
      r3 = acceptAttestation(r3, message);
    }
    return true;
  });

  const afterR3 = closeAttest(r3);
  let r4 = afterR3.state;
  await members.ask({ stage: 'R4', attestations: afterR3.attestations }, (answer) => {
    if (answer.stage !== 'R4') return false;
    for (const message of answer.messages) {
      count(message.from, { stage: 'R4', message });
      r4 = acceptUnmasking(r4, message);
    }
    return true;
  });

  const start = performance.now();
  const { sum, contributors } = await finishWith(r4, execute);
  const unmaskSeconds = (performance.now() - start) / 1000;
  return {
    exact: isExact(sum, contributors, session),
    ...{ maskSeconds, shareSeconds, sumSeconds, unmaskSeconds },
    uploadBytesPerMember: upload,
  };
}
