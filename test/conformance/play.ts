/** The session of the vectors, played by our own member and gatherer from fixed bytes, state by state. */
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
import { advertise, attest, mask, openSession, shareKeys, unmask } from '../../secagg/member.ts';
import type { Entropy } from '../../secagg/secret.ts';
import { sessionId } from '../../secagg/transcript.ts';
import { type Aggregate, finish } from '../../secagg/unmasking.ts';
import { at } from '../secagg/support.ts';
import { fixed, IDS, identityOf, LOST_IN_R1, LOST_IN_R2, vectorOf } from './consortium.ts';
import { toHex } from './wire.ts';

/** What a hospital draws in a session, in the order in which our member draws it. */
export function drawsOf(plan: RoundPlan, id: HospitalId) {
  const sid = toHex(sessionId(plan));
  const rows = plan.cohort.roster.length - plan.cohort.maxDropouts - 1;
  return {
    maskSecret: fixed(`mask key of ${id} in ${sid}`, 32),
    sealSecret: fixed(`seal key of ${id} in ${sid}`, 32),
    seed: fixed(`seed of ${id} in ${sid}`, 32),
    seedCoefficients: fixed(`seed coefficients of ${id} in ${sid}`, 32 * rows),
    keyCoefficients: fixed(`key coefficients of ${id} in ${sid}`, 32 * rows),
  };
}

/** Hands out copies of `draws` one by one: what is drawn is zeroed after its use. */
export function entropyOf(draws: readonly Uint8Array[]): Entropy {
  const left = [...draws];
  return (bytes) => {
    const next = left.shift();
    if (next?.length !== bytes) throw new Error(`The member draws ${bytes} bytes, not ${next?.length}.`);
    return next.slice();
  };
}

/** `step` for each of `members` but `lost`. */
function each<S, T>(
  members: ReadonlyMap<HospitalId, S>,
  lost: readonly HospitalId[],
  step: (state: S, id: HospitalId) => T,
): Map<HospitalId, T> {
  const staying = [...members].filter(([id]) => !lost.includes(id));
  return new Map(staying.map(([id, state]) => [id, step(state, id)]));
}

const statesOf = <S>(steps: ReadonlyMap<HospitalId, { readonly state: S }>) =>
  new Map([...steps].map(([id, { state }]) => [id, state]));
const messagesOf = <M>(steps: ReadonlyMap<HospitalId, { readonly message: M }>) =>
  [...steps.values()].map(({ message }) => message);

/** What members say and what the gatherer answers, up to the attestations. */
export function playToR4(plan: RoundPlan) {
  const pinned = new Map(IDS.map((id) => [id, identityOf(id).publicKey]));
  const opened = new Map(IDS.map((self) => [self, openSession({ plan, self, pinned })]));
  const r0 = each(opened, [], (session, id) => {
    const { maskSecret, sealSecret, seed } = drawsOf(plan, id);
    return advertise(session, identityOf(id), entropyOf([maskSecret, sealSecret, seed]));
  });
  const advertised = closeAdvertise(messagesOf(r0).reduce(acceptAdvertisement, openGathering(plan)));
  const { u1 } = advertised;

  const r1 = each(statesOf(r0), [LOST_IN_R1], (state, id) => {
    const { seedCoefficients, keyCoefficients } = drawsOf(plan, id);
    return shareKeys(state, u1, entropyOf([seedCoefficients, keyCoefficients]));
  });
  const shared = closeShares(messagesOf(r1).reduce(acceptShares, advertised.state));
  const { u2, inboxes } = shared;

  const r2 = each(statesOf(r1), [LOST_IN_R2], (state, id) => mask(state, at(inboxes, id), vectorOf(id)));
  const masked = closeMasked(messagesOf(r2).reduce(acceptMasked, shared.state));
  const { u3 } = masked;

  const r3 = each(statesOf(r2), [], (state, id) => attest(state, u3, identityOf(id)));
  const attested = closeAttest(messagesOf(r3).reduce(acceptAttestation, masked.state));
  const { attestations } = attested;
  return { u1, u2, u3, inboxes, attestations, r0, r1, r2, r3, gathering: attested.state };
}

export type Play = ReturnType<typeof playToR4>;

/** The last step, which erases what the members still held. */
export async function playR4({ r3, attestations, gathering }: Play) {
  const r4 = each(statesOf(r3), [], (state) => unmask(state, attestations));
  const aggregate: Aggregate = await finish(messagesOf(r4).reduce(acceptUnmasking, gathering));
  return { r4, aggregate };
}
