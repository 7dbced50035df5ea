/**
 * One attempt's gathering on the coordinator's side: wire messages in, the gatherer's states in between, the
 * instructions that open the next stage out. The driver decides when; this knows what.
 */
import { VectorAssembly } from '../../proto/chunks.ts';
import { FedwardError } from '../../proto/errors.ts';
import type { InstructionBody, StageBody, VectorChunk } from '../../proto/messages.ts';
import type { RoundPlan } from '../../proto/plan.ts';
import type { HospitalId } from '../../proto/vocabulary.ts';
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
import type { Gathering } from '../../secagg/gatherer-state.ts';
import { type Aggregate, finish } from '../../secagg/unmasking.ts';
import type { WaitingStage } from './events.ts';

export class AttemptGathering {
  readonly plan: RoundPlan;
  #gathering: Gathering;
  /** Vectors of which only the first chunks have come. */
  readonly #assemblies = new Map<HospitalId, VectorAssembly>();
  readonly #onMasked: (hospital: HospitalId, vector: Int32Array) => void;

  constructor(plan: RoundPlan, onMasked: (hospital: HospitalId, vector: Int32Array) => void) {
    this.plan = plan;
    this.#gathering = openGathering(plan);
    this.#onMasked = onMasked;
  }

  get stage(): WaitingStage {
    return this.#gathering.at;
  }

  /**
   * Takes one stage message; false while its vector is still incomplete.
   * @throws FedwardError `DEADLINE_EXCEEDED` when another stage is open; whatever the gatherer refuses.
   */
  accept(hospital: HospitalId, body: StageBody): boolean {
    const gathering = this.#gathering;
    if (body.stage === 'R0' && gathering.at === 'R0') {
      this.#gathering = acceptAdvertisement(gathering, body.message);
    } else if (body.stage === 'R1' && gathering.at === 'R1') {
      this.#gathering = acceptShares(gathering, body.message);
    } else if (body.stage === 'R2' && gathering.at === 'R2') {
      const vector = this.#assemble(hospital, body.chunk);
      if (vector === null) return false;
      this.#gathering = acceptMasked(gathering, { from: hospital, vector });
      this.#onMasked(hospital, vector);
    } else if (body.stage === 'R3' && gathering.at === 'R3') {
      this.#gathering = acceptAttestation(gathering, body.message);
    } else if (body.stage === 'R4' && gathering.at === 'R4') {
      this.#gathering = acceptUnmasking(gathering, body.message);
    } else {
      throw new FedwardError(
        'DEADLINE_EXCEEDED',
        `Stage ${body.stage} is not open: the round is at ${gathering.at}. Wait for the next plan.`,
      );
    }
    return true;
  }

  /** Closes the current stage with whoever answered; gives what opens `next` for each hospital. */
  open(next: Exclude<WaitingStage, 'R0'>): (hospital: HospitalId) => InstructionBody | null {
    const gathering = this.#gathering;
    if (next === 'R1' && gathering.at === 'R0') {
      const { state, u1 } = closeAdvertise(gathering);
      this.#gathering = state;
      const body: InstructionBody = { opens: 'R1', u1 };
      return () => body;
    }
    if (next === 'R2' && gathering.at === 'R1') {
      const { state, inboxes } = closeShares(gathering);
      this.#gathering = state;
      return (hospital) => {
        const inbox = inboxes.get(hospital);
        return inbox === undefined ? null : { opens: 'R2', inbox };
      };
    }
    if (next === 'R3' && gathering.at === 'R2') {
      const { state, u3 } = closeMasked(gathering);
      this.#gathering = state;
      this.#assemblies.clear();
      const body: InstructionBody = { opens: 'R3', u3 };
      return () => body;
    }
    if (next === 'R4' && gathering.at === 'R3') {
      const { state, attestations } = closeAttest(gathering);
      this.#gathering = state;
      const body: InstructionBody = { opens: 'R4', attestations };
      return () => body;
    }
    throw new Error(`The machine opens ${next} and the gatherer is at ${gathering.at}.`);
  }

  /** Unmasks the sum. @throws FedwardError `ROUND_ABORTED` when a secret cannot be reconstructed. */
  finish(): Aggregate {
    if (this.#gathering.at !== 'R4') throw new Error(`Nothing to unmask: the gatherer is at ${this.stage}.`);
    return finish(this.#gathering);
  }

  /** A vector is kept apart until it is whole, so that a hospital lost half-way leaves nothing in the sum. */
  #assemble(hospital: HospitalId, chunk: VectorChunk): Int32Array | null {
    const assembly = this.#assemblies.get(hospital) ?? new VectorAssembly(this.plan.model.dimension);
    this.#assemblies.set(hospital, assembly);
    const vector = assembly.add(chunk);
    if (vector !== null) this.#assemblies.delete(hospital);
    return vector;
  }
}
