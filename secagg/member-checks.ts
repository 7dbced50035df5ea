/**
 * What a member checks before it answers (DESIGN §5, "Member's checks"). Each function returns, or throws
 * FedwardError `PROTOCOL_VIOLATION` with the first thing that is wrong.
 */
import type { HospitalId } from '../proto/vocabulary.ts';
import { checkAscending, refuse, sameBytes, seatOf } from './context.ts';
import { verifySignature } from './identity.ts';
import type { Advertised, Attested, Session } from './member-state.ts';
import type { Advertisement, Attestation } from './messages.ts';
import { advertisementEntry, advertisementStatement } from './transcript.ts';

/** Roster, order, own entry, quorum, signatures, distinct keys. Each key itself is checked at its import. */
export function checkU1({ session, own }: Advertised, u1: readonly Advertisement[]): void {
  const { self, context } = session;
  const ids = u1.map((entry) => entry.from);
  checkSet('U1', ids, (id) => context.seats.has(id), 'the roster', session);
  const keys = new Set<string>();
  for (const entry of u1) {
    const { verifyKey } = seatOf(context, entry.from);
    if (entry.from === self) {
      if (!sameBytes(advertisementEntry(entry), advertisementEntry(own))) {
        refuse(`U1 holds another advertisement of "${self}" than it sent: relay each byte for byte.`);
      }
    } else if (!verifySignature(verifyKey, advertisementStatement(context.sid, entry), entry.signature)) {
      refuse(
        `The advertisement of "${entry.from}" is not signed by its identity key for this session: leave it out of U1.`,
      );
    }
    for (const key of [entry.maskKey, entry.sealKey]) keys.add(Buffer.from(key).toString('hex'));
  }
  if (keys.size !== 2 * u1.length) {
    refuse('Two X25519 keys in U1 are the same: each member must generate two of its own for each session.');
  }
}

/**
 * Order, subset, own presence, quorum: what holds alike for U1, U2 and U3. With a graph also a quorum of
 * neighbours, without which this member's own secrets could not be given back.
 */
export function checkSet(
  name: 'U1' | 'U2' | 'U3',
  ids: readonly HospitalId[],
  within: (id: HospitalId) => boolean,
  outer: string,
  { self, context }: Session,
): void {
  checkAscending(name, ids);
  const stranger = ids.find((id) => !within(id));
  if (stranger !== undefined) refuse(`${name} names "${stranger}", which is not in ${outer}: leave it out.`);
  if (!ids.includes(self))
    refuse(`${name} lacks "${self}", which sent its part: the round goes on without it.`);
  const { threshold } = context.cohort;
  if (ids.length < threshold) {
    refuse(
      `${name} has ${ids.length} members and the plan's threshold is ${threshold}: the coordinator must abort the round.`,
    );
  }
  const { topology } = context;
  const holders = ids.filter((id) => topology.shareOf(self, id) !== null).length;
  if (holders < topology.threshold) {
    refuse(
      `${name} has ${holders} neighbours of "${self}" and the graph's threshold is ${topology.threshold}: the coordinator must abort the round.`,
    );
  }
}

/** Distinct members of U3, every signature valid, at least t of them; its own counts whether listed or not. */
export function checkAttestations(state: Attested, attestations: readonly Attestation[]): void {
  const { session, u3, statement, own } = state;
  const { self, context } = session;
  checkAscending(
    'the attestations',
    attestations.map((attestation) => attestation.from),
  );
  const signers = new Set([self]);
  for (const { from, signature } of attestations) {
    if (!u3.includes(from)) refuse(`"${from}" attested without being in U3: relay those of U3 only.`);
    const valid =
      from === self
        ? sameBytes(signature, own.signature)
        : verifySignature(seatOf(context, from).verifyKey, statement, signature);
    if (!valid) {
      refuse(
        `The attestation of "${from}" does not hold for this session's U1, U2 and U3: members were shown different sets, do not answer.`,
      );
    }
    signers.add(from);
  }
  const { threshold } = context.cohort;
  if (signers.size < threshold) {
    refuse(
      `${signers.size} members attested and the plan's threshold is ${threshold}: the coordinator must abort the round.`,
    );
  }
}
