/** Whole sessions: what the sum is, when there is none, and what a masked vector shows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HospitalId } from '../../proto/vocabulary.ts';
import { applyMasks } from '../../secagg/keystream.ts';
import { pairMaskTask, removalOf, selfMaskTask } from '../../secagg/masks.ts';
import type { PeerShare, Unmasking } from '../../secagg/messages.ts';
import { finish } from '../../secagg/unmasking.ts';
import {
  at,
  type Consortium,
  type Drops,
  idAt,
  ringSum,
  runR0,
  runR1,
  runR2,
  runR3,
  runR4,
  runSession,
  runToR4,
  testConsortium,
  testVectors,
  thresholdOf,
} from './support.ts';

const STAGES = ['R0', 'R1', 'R2', 'R3', 'R4'] as const;

/** A consortium and up to its allowed number of drops, each at some stage. */
const dropPattern = fc
  .record({ n: fc.integer({ min: 3, max: 10 }), salt: fc.nat(), colluders: fc.integer({ min: 0, max: 2 }) })
  .chain(({ n, salt, colluders: wanted }) => {
    const colluders = Math.min(wanted, n - 3);
    const most = Math.ceil((n - colluders) / 2) - 1; // 2(n − d) > n + c
    const maxDropouts = Math.min(most, n - colluders - 2);
    return fc.record({
      n: fc.constant(n),
      salt: fc.constant(salt),
      maxDropouts: fc.constant(maxDropouts),
      maxColluders: fc.constant(colluders),
      drops: fc
        .shuffledSubarray(
          Array.from({ length: n }, (_, i) => i),
          { maxLength: maxDropouts },
        )
        .chain((who) => fc.tuple(...who.map((i) => fc.tuple(fc.constant(i), fc.constantFrom(...STAGES))))),
    });
  });

function byStage(drops: readonly (readonly [number, (typeof STAGES)[number]])[]): Drops {
  return Object.fromEntries(
    STAGES.map((stage) => [stage, drops.filter(([, when]) => when === stage).map(([i]) => idAt(i))]),
  );
}

describe('a session', () => {
  it('gives the exact sum over U3 whoever drops, where, within the allowance', () => {
    fc.assert(
      fc.property(dropPattern, ({ n, salt, maxDropouts, maxColluders, drops }) => {
        const consortium = testConsortium(n, { cohort: { maxDropouts, maxColluders } });
        const vectors = testVectors(consortium, `${salt}`);
        const before = new Map([...vectors].map(([id, vector]) => [id, vector.slice()]));
        const stages = byStage(drops);
        const { sum, contributors } = runSession(consortium, stages, vectors);
        const early = [...(stages.R0 ?? []), ...(stages.R1 ?? []), ...(stages.R2 ?? [])];
        expect(contributors).toEqual(consortium.ids.filter((id) => !early.includes(id)));
        expect(sum).toEqual(ringSum(vectors, contributors));
        expect(vectors).toEqual(before);
      }),
      { numRuns: 60 },
    );
  });

  it('wraps around as the ring does', () => {
    const consortium = testConsortium(5, { model: { dimension: 3 } });
    const extremes = Int32Array.of(2 ** 31 - 1, -(2 ** 31), -1);
    const vectors = new Map(consortium.ids.map((id) => [id, extremes]));
    const { sum } = runSession(consortium, {}, vectors);
    expect(sum).toEqual(Int32Array.of(2 ** 31 - 5, -(2 ** 31), -5));
  });

  it.each(STAGES)('ends with QUORUM_LOST when one too many drops at %s', (stage) => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 10 }), fc.nat(), (n, salt) => {
        const consortium = testConsortium(n);
        const tooMany = n - thresholdOf(consortium) + 1;
        const who = Array.from({ length: tooMany }, (_, i) => idAt((salt + i) % n));
        const run = () => runSession(consortium, { [stage]: who });
        expect(run).toThrowError(expect.objectContaining({ code: 'QUORUM_LOST' }));
        for (const id of who) expect(run).toThrowError(new RegExp(`"${id}" \\(${stage}\\)`));
      }),
      { numRuns: 5 },
    );
  });

  it('counts drops over all stages, and names every one with its stage', () => {
    const consortium = testConsortium(8);
    const drops: Drops = { R0: [idAt(0)], R1: [idAt(3)], R2: [idAt(5)] };
    expect(() => runSession(consortium, drops)).toThrowError(
      expect.objectContaining({
        code: 'QUORUM_LOST',
        details: expect.objectContaining({
          stage: 'R2',
          answered: 5,
          threshold: 6,
          lost: [
            { hospital: idAt(0), stage: 'R0' },
            { hospital: idAt(3), stage: 'R1' },
            { hospital: idAt(5), stage: 'R2' },
          ],
        }),
      }),
    );
  });

  it('sends messages of the sizes that the wire reckons with', () => {
    const dimension = 20;
    const consortium = testConsortium(5, { model: { dimension } });
    const self = idAt(0);
    const r0 = runR0(consortium);
    const r1 = runR1(r0);
    const r2 = runR2(r1, [idAt(4)]);
    const r3 = runR3(r2);
    const { from: _, ...fields } = at(r0.messages, self);
    expect(Object.values(fields).map((field) => field.length)).toEqual([32, 32, 32, 64]);
    const { envelopes } = at(r1.messages, self);
    expect(envelopes.map(({ ciphertext }) => ciphertext.length)).toEqual([80, 80, 80, 80]);
    expect(at(r2.messages, self).vector.byteLength).toBe(4 * dimension);
    expect(at(r3.messages, self).signature).toHaveLength(64);
    const { shares } = at(runR4(r3).messages, self);
    expect(shares.map(({ share }) => share.length)).toEqual([32, 32, 32, 32, 32]);
    expect(shares.map(({ kind }) => kind)).toEqual(['seed', 'seed', 'seed', 'seed', 'key']);
  });
});

/** Pearson's χ² of the bytes against uniform: 255 degrees of freedom, mean 255, standard deviation 22.6. */
function chiSquare(vector: Int32Array): number {
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  const expected = bytes.length / 256;
  return counts.reduce((sum, observed) => sum + (observed - expected) ** 2 / expected, 0);
}

/** Six standard deviations above the mean: a uniform vector exceeds it once in 10^7. */
const looksUniform = (vector: Int32Array) => chiSquare(vector) < 255 + 6 * 22.6;

describe('a masked vector', () => {
  const dimension = 1 << 14;
  const consortium: Consortium = testConsortium(5, { model: { dimension } });
  const vectors = new Map(
    consortium.ids.map((id, i) => [
      id,
      Int32Array.from({ length: dimension }, (_, k) => ((k * 7) % 100) - 50 + i),
    ]),
  );
  const self = idAt(2);
  const masked = at(runR2(runR1(runR0(consortium)), [], vectors).messages, self).vector;
  const raw = at(vectors, self);
  // A second run of the same session up to R1, whose states still hold the masks' keys.
  const { selfMask, pairs } = at(runR1(runR0(consortium)).members, self);
  const removeOwn = (rest: Int32Array) => applyMasks(rest, [removalOf(selfMaskTask(selfMask))]);
  const removeShared = (rest: Int32Array, peers: readonly HospitalId[] = [...pairs.keys()]) => {
    const shared = peers.map((peer) => pairMaskTask(at(pairs, peer).mask, self, peer));
    applyMasks(rest, shared.map(removalOf));
  };

  it('looks uniform, and the same test tells a vector that is not masked', () => {
    expect(looksUniform(masked)).toBe(true);
    expect(looksUniform(raw)).toBe(false);
  });

  it('looks uniform still without its own mask, which the gatherer may learn', () => {
    const rest = masked.slice();
    removeOwn(rest);
    expect(looksUniform(rest)).toBe(true);
    removeShared(rest);
    expect(rest).toEqual(raw);
  });

  it('looks uniform still without its pairwise masks, which a lying gatherer might learn', () => {
    const rest = masked.slice();
    removeShared(rest);
    expect(looksUniform(rest)).toBe(true);
  });

  it('looks uniform still while a single pair of masks is missing', () => {
    const rest = masked.slice();
    removeOwn(rest);
    removeShared(
      rest,
      [...pairs.keys()].filter((peer) => peer !== idAt(4)),
    );
    expect(looksUniform(rest)).toBe(true);
  });

  it('is masked otherwise in the next attempt', () => {
    const next = testConsortium(5, { model: { dimension }, attempt: 2 });
    const again = at(runR2(runR1(runR0(next)), [], vectors).messages, self).vector;
    const difference = again.map((value, k) => value - (masked[k] ?? 0));
    expect(looksUniform(difference)).toBe(true);
  });
});

describe('unmasking with lying members', () => {
  const change = (share: PeerShare): PeerShare => ({ ...share, share: share.share.map((byte) => byte ^ 1) });
  const liesAbout =
    (liars: readonly HospitalId[], peers: readonly HospitalId[]) =>
    (message: Unmasking): Unmasking =>
      liars.includes(message.from)
        ? { ...message, shares: message.shares.map((s) => (peers.includes(s.peer) ? change(s) : s)) }
        : message;

  it('finds t shares that fit as long as t members are honest, whoever lies about whom', () => {
    const consortium = testConsortium(8, { cohort: { maxDropouts: 3, maxColluders: 1 } });
    const vectors = testVectors(consortium);
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...consortium.ids], { maxLength: 3 }),
        fc.subarray([...consortium.ids]),
        (liars, peers) => {
          const { collecting } = runToR4(consortium, {}, vectors, liesAbout(liars, peers));
          expect(finish(collecting).sum).toEqual(ringSum(vectors, consortium.ids));
        },
      ),
      { numRuns: 15 },
    );
  });

  it('finds a wrong share of a dropped member’s mask key', () => {
    const consortium = testConsortium(8);
    const vectors = testVectors(consortium);
    const dropped = idAt(6);
    const tamper = liesAbout([idAt(0)], [dropped]);
    const { sum, contributors } = finish(runToR4(consortium, { R2: [dropped] }, vectors, tamper).collecting);
    expect(sum).toEqual(ringSum(vectors, contributors));
    expect(contributors).not.toContain(dropped);
  });

  it.each(['seed', 'key'] as const)(
    'aborts, and names everybody it is about, when no t %s shares fit',
    (kind) => {
      const consortium = testConsortium(5);
      const drops: Drops = kind === 'key' ? { R2: [idAt(3)] } : {};
      const peers = kind === 'key' ? [idAt(3)] : [idAt(0), idAt(3)];
      const { collecting } = runToR4(consortium, drops, undefined, liesAbout([idAt(1), idAt(2)], peers));
      expect(() => finish(collecting)).toThrowError(expect.objectContaining({ code: 'ROUND_ABORTED' }));
      for (const peer of peers) expect(() => finish(collecting)).toThrowError(new RegExp(`"${peer}"`));
    },
  );

  it('aborts when a secret has fewer than t shares, and goes on once more have come', () => {
    const consortium = testConsortium(5);
    const vectors = testVectors(consortium);
    const withheld = (message: Unmasking): Unmasking =>
      [idAt(0), idAt(1)].includes(message.from)
        ? { ...message, shares: message.shares.filter(({ peer }) => peer !== idAt(4)) }
        : message;
    const { collecting } = runToR4(consortium, {}, vectors, withheld);
    expect(() => finish(collecting)).toThrowError(/"hospital-005" \(3 shares\)/);

    const all = runToR4(consortium, {}, vectors).collecting;
    const partial = { ...all, received: new Map([...all.received].slice(0, 3)) };
    expect(() => finish(partial)).toThrowError(expect.objectContaining({ code: 'QUORUM_LOST' }));
    expect(finish(all).sum).toEqual(ringSum(vectors, consortium.ids));
  });

  it('releases a sum once', () => {
    const { collecting } = runToR4(testConsortium(5));
    finish(collecting);
    expect(() => finish(collecting)).toThrowError(expect.objectContaining({ code: 'ALREADY_SPENT' }));
  });
});

describe('an envelope that does not open', () => {
  it('is a missing share and no reason to abort', () => {
    const consortium = testConsortium(5);
    const vectors = testVectors(consortium);
    const r1 = runR1(runR0(consortium));
    const [liar, victim] = [idAt(0), idAt(1)];
    const inbox = at(r1.inboxes, victim);
    const envelopes = inbox.envelopes.map((envelope) =>
      envelope.from === liar ? { ...envelope, ciphertext: new Uint8Array(80) } : envelope,
    );
    const inboxes = new Map(r1.inboxes).set(victim, { ...inbox, envelopes });
    const r4 = runR4(runR3(runR2({ ...r1, inboxes }, [], vectors)));
    const about = at(r4.messages, victim).shares.map(({ peer }) => peer);
    expect(about).toEqual(consortium.ids.filter((id) => id !== liar));
    expect(finish(r4.collecting).sum).toEqual(ringSum(vectors, consortium.ids));
  });
});
