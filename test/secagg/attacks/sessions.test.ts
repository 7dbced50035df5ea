/** What belongs to one session shown in another, and hospitals in one round that were told of different rounds. */
import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { HospitalId } from '../../../proto/vocabulary.ts';
import {
  acceptAdvertisement,
  acceptAttestation,
  acceptUnmasking,
  openGathering,
} from '../../../secagg/gatherer.ts';
import { mask, shareKeys } from '../../../secagg/member.ts';
import { addInPlace, subtractInPlace } from '../../../secagg/ring.ts';
import { finish } from '../../../secagg/unmasking.ts';
import { Attempt, environmentOf, Ward } from '../../participant/sessions.ts';
import { inboxesOf, Members } from '../members.ts';
import {
  at,
  type Consortium,
  expectRefused,
  flipped,
  idAt,
  type PlanOverrides,
  resigned,
  ringSum,
  runR0,
  runR1,
  runR2,
  runR3,
  runR4,
  seededEntropy,
  testConsortium,
  testVectors,
} from '../support.ts';

const victim = idAt(0);

describe('a replayed session', () => {
  const before = testConsortium(5);
  const now = testConsortium(5, { attempt: 2 });
  const { ids } = now;
  const others = ids.slice(1);
  const r0 = runR0(before);
  const r3 = runR3(runR2(runR1(r0)));
  const r4 = runR4(r3);

  it('has no advertisement that holds in the next attempt', () => {
    const replayed = at(r0.messages, victim);
    const refusal = /"hospital-001" is not signed .* for this session/;
    expectRefused(() => acceptAdvertisement(openGathering(now.plan), replayed), refusal);
    const members = new Members(now);
    const u1 = [...members.advertise(ids).values()].with(0, replayed);
    expect(members.share(others, () => u1).size).toBe(0);
    for (const id of others) expect(members.refusals.get(id)?.message).toMatch(refusal);
  });

  it('has no attestation that holds in the next attempt, of the same sets', () => {
    const replayed = at(r3.messages, victim);
    const { gathering } = runR2(runR1(runR0(now)));
    expectRefused(() => acceptAttestation(gathering, replayed), /does not hold/);
    const members = new Members(now);
    const u1 = [...members.advertise(ids).values()];
    members.mask(
      ids,
      inboxesOf(
        members.share(ids, () => u1),
        ids,
      ),
    );
    const list = [...members.attest(ids, () => ids).values()].with(0, replayed);
    expect(members.unmask(others, () => list).size).toBe(0);
  });

  it('has shares that fit nothing in the next attempt: they are passed over, and the sum is exact', () => {
    const next = runR4(runR3(runR2(runR1(runR0(now)))), [victim]);
    const { sum, contributors } = finish(acceptUnmasking(next.collecting, at(r4.messages, victim)));
    expect(contributors).toEqual(ids);
    expect(sum).toEqual(ringSum(testVectors(now), ids));
  });
});

describe('an envelope moved to another sender', () => {
  it('and sent back to the first does not open: both directions are sealed under one key', () => {
    const consortium = testConsortium(5);
    const { ids } = consortium;
    const members = new Members(consortium);
    const u1 = [...members.advertise(ids).values()];
    const { envelopes } = at(
      members.share(ids, () => u1),
      victim,
    );
    const reflected = envelopes.map(({ from, to, ciphertext }) => ({ from: to, to: from, ciphertext }));
    members.mask([victim], () => ({ u2: ids, envelopes: reflected }));
    const state = at(members.states, victim).at(-1);
    if (state?.at !== 'masked') return expect.fail('not masked');
    expect([...state.held.keys()]).toEqual([victim]);
  });
});

describe('a model hash mismatch', () => {
  const hash = new Uint8Array(32);
  const other = flipped(hash);

  it('is refused at R0 by the gatherer, and by every hospital on either side', () => {
    const base: PlanOverrides = { privacy: { noiseMultiplier: 4 } };
    const ours = testConsortium(5, { ...base, model: { hash } });
    const theirs = testConsortium(5, { ...base, model: { hash: other } });
    const wards = new Map(ours.ids.map((id) => [id, new Ward(environmentOf(ours, id))]));
    const odd = at(wards, victim);
    const rest = new Map([...wards].filter(([id]) => id !== victim));
    new Attempt(new Map([[victim, odd]]), theirs.plan).publish();
    const sent = odd.effects.at(-1);
    if (sent?.type !== 'send' || sent.body.stage !== 'R0') return expect.fail('it did not advertise');
    const { message } = sent.body;
    const refusal = /"hospital-001" is not signed .* for this session/;
    expectRefused(() => acceptAdvertisement(openGathering(ours.plan), message), refusal);

    const instruction = new Attempt(rest, ours.plan).publish().close('R1')(idAt(1));
    if (instruction.body.opens !== 'R1') return expect.fail('R1 is not open');
    const u1 = [message, ...instruction.body.u1];
    for (const ward of wards.values()) {
      const effects = ward.feed({ ...instruction, body: { opens: 'R1', u1 } });
      expect(effects.map(({ type }) => type)).toEqual(['erase', 'refuse']);
    }
  });

  const dimension = 2 ** 14;
  const cohort = { maxDropouts: 1, maxColluders: 0 };
  const ours = testConsortium(6, { model: { dimension, hash }, cohort });
  const theirs = testConsortium(6, { model: { dimension, hash: other }, cohort });
  const { ids } = ours;
  const half = ids.slice(0, 3);
  const vectors = new Map(
    ids.map((id, i) => [id, Int32Array.from({ length: dimension }, (_, k) => ((k * 7) % 100) - 50 + i)]),
  );

  it('would give noise without that check, whatever is taken off it, and never a sum', () => {
    const together = unchecked(() => ours);
    expect(together.of(ids)).toEqual(ringSum(vectors, ids));

    // Three hospitals with one model and three with another: nothing they send adds up, neither all of it nor
    // that of either half.
    const apart = unchecked((id) => (half.includes(id) ? ours : theirs));
    for (const who of [ids, half, ids.slice(3)]) expect(looksUniform(apart.of(who))).toBe(true);
    expect(looksUniform(ringSum(vectors, ids))).toBe(false);
  });

  /**
   * R0 to R2 with the check of signatures taken out: everybody sees all advertisements signed anew for the
   * session that it is in. `of` adds up what some have sent and takes their own masks off, all of them.
   */
  function unchecked(consortiumOf: (id: HospitalId) => Consortium) {
    const advertised = new Map(ids.map((id) => [id, at(runR0(consortiumOf(id)).members, id)]));
    const entries = [...advertised.values()].map(({ own }) => own);
    const sent = new Map<HospitalId, Int32Array>();
    for (const [id, state] of advertised) {
      const consortium = consortiumOf(id);
      const u1 = entries.map((entry) =>
        resigned(consortium, entry, {}, at(consortium.identities, entry.from)),
      );
      const { state: shared } = shareKeys(state, u1, seededEntropy(`R1/${id}`));
      const selfMask = keystream(shared.selfMask.expose());
      const { message } = mask(shared, { u2: ids, envelopes: [] }, at(vectors, id));
      subtractInPlace(message.vector, selfMask);
      sent.set(id, message.vector);
    }
    return {
      of: (who: readonly HospitalId[]) => {
        const total = new Int32Array(dimension);
        for (const id of who) addInPlace(total, at(sent, id));
        return total;
      },
    };
  }

  function keystream(key: Uint8Array): Int32Array {
    const bytes = createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(Buffer.alloc(4 * dimension));
    return Int32Array.from({ length: dimension }, (_, k) => bytes.readInt32LE(4 * k));
  }

  /** Pearson's χ² of the bytes is within six standard deviations of its mean. */
  function looksUniform(vector: Int32Array): boolean {
    const counts = new Float64Array(256);
    for (const byte of new Uint8Array(vector.buffer)) counts[byte] = (counts[byte] ?? 0) + 1;
    const expected = vector.byteLength / 256;
    const chiSquare = counts.reduce((sum, observed) => sum + (observed - expected) ** 2 / expected, 0);
    return chiSquare < 255 + 6 * Math.sqrt(510);
  }
});
