/** What a plan may ask, what follows from it, and that its canonical bytes stand for it alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attemptOf,
  canonicalPlan,
  cohortOf,
  coordinateBound,
  GRID_SENSITIVITY,
  gridScale,
  noiseShare,
  PRIVACY_MODES,
  parseRoundPlan,
  type RoundPlan,
  rosterKeys,
  sameButAttempt,
} from '../../proto/plan.ts';
import { planFromWire, planToWire } from '../../proto/plan-codec.ts';
import { type HospitalId, type JobId, jobId } from '../../proto/vocabulary.ts';
import {
  expectRefused,
  flipped,
  idAt,
  type PlanOverrides,
  testIdentity,
  testPlan,
} from '../secagg/support.ts';
import { wire } from './messages.ts';

const plan = testPlan(5);
type Leaf = string | number | null | Uint8Array;

/** Every field of a plan with its dotted path, array indices as in the canonical bytes. */
function leaves(value: unknown, path = ''): [string, Leaf][] {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array)
    return [[path, value as Leaf]];
  const entries = Array.isArray(value)
    ? value.map((item, i) => [String(i).padStart(6, '0'), item] as const)
    : Object.entries(value);
  return entries.flatMap(([key, item]) => leaves(item, path === '' ? key : `${path}.${key}`));
}

/** Reads canonical bytes back, by their documented format alone. That this is possible is what injective means. */
function readCanonical(bytes: Uint8Array): [string, Leaf][] {
  const buffer = Buffer.from(bytes);
  const pieces: Buffer[] = [];
  for (let at = 0; at < buffer.length; ) {
    const length = buffer.readUInt32BE(at);
    pieces.push(buffer.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  const read: [string, Leaf][] = [];
  for (let i = 0; i < pieces.length; i += 2) {
    const [path, value] = pieces.slice(i, i + 2) as [Buffer, Buffer];
    const body = value.subarray(1);
    const readers: Record<string, () => Leaf> = {
      0: () => null,
      s: () => body.toString(),
      n: () => body.readDoubleBE(),
      b: () => new Uint8Array(body),
    };
    const reader = readers[value.toString('latin1', 0, 1)] ?? expect.fail('an unknown tag');
    read.push([path.toString(), reader()]);
  }
  return read;
}

const anyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const anyNumber = fc.double({ noNaN: true });
const anyBytes = fc.uint8Array({ maxLength: 40 });
/** Whatever fits the type, not only what a plan may ask. */
const anyPlan: fc.Arbitrary<RoundPlan> = fc.record({
  protocol: fc.constant('fedward-secagg/1' as const),
  job: anyText.map((text) => text as JobId),
  round: anyNumber,
  attempt: anyNumber,
  strategy: anyText,
  model: fc.record({ threat: anyText, encoder: anyText, dimension: anyNumber, hash: anyBytes }),
  privacy: fc.record({
    mode: fc.constantFrom(...PRIVACY_MODES),
    unit: fc.constant('record' as const),
    clip: anyNumber,
    noiseMultiplier: anyNumber,
    sampleRate: anyNumber,
    delta: anyNumber,
    epsilon: fc.option(anyNumber),
  }),
  training: fc.record({
    rounds: anyNumber,
    spareAttempts: anyNumber,
    expectedBatch: anyNumber,
    localSteps: anyNumber,
    localLearningRate: anyNumber,
  }),
  cohort: fc.record({
    roster: fc.array(fc.record({ id: anyText.map((text) => text as HospitalId), identityKey: anyBytes }), {
      minLength: 1,
      maxLength: 12,
    }),
    maxDropouts: anyNumber,
    maxColluders: anyNumber,
    graph: fc.option(fc.record({ degree: anyNumber, threshold: anyNumber })),
  }),
  deadlines: fc.record({ trainMs: anyNumber, stageMs: anyNumber }),
});

describe('canonicalPlan', () => {
  it('can be read back whole, in ascending order of paths, so no two plans share their bytes', () => {
    fc.assert(
      fc.property(anyPlan, (any) => {
        const expected = leaves(any).map(([path, leaf]): [string, Leaf] => [
          path,
          leaf instanceof Uint8Array ? Uint8Array.from(leaf) : leaf,
        ]);
        expected.sort(([a], [b]) => (a < b ? -1 : 1));
        expect(readCanonical(canonicalPlan(any))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('changes with every single field', () => {
    const seen = new Set([hex(plan)]);
    const fields = leaves(plan);
    for (const [path, leaf] of fields) {
      const changed = structuredClone(plan) as unknown as Record<string, unknown>;
      const keys = path.split('.').map((key) => (/^\d{6}$/.test(key) ? String(Number(key)) : key));
      const last = keys.pop() ?? '';
      let node = changed;
      for (const key of keys) node = node[key] as Record<string, unknown>;
      expect(node).toHaveProperty(last);
      node[last] = other(leaf);
      seen.add(hex(changed as unknown as RoundPlan));
    }
    expect(fields.length).toBeGreaterThan(30);
    expect(seen.size).toBe(fields.length + 1);
  });

  it('does not depend on the order in which an object holds its fields', () => {
    const { protocol, ...rest } = plan;
    expect(hex({ ...rest, protocol })).toBe(hex(plan));
  });

  function hex(of: RoundPlan): string {
    return Buffer.from(canonicalPlan(of)).toString('hex');
  }

  function other(leaf: Leaf): Leaf {
    if (leaf === null) return 1;
    if (typeof leaf === 'string') return `${leaf}.`;
    return typeof leaf === 'number' ? leaf + 1 : flipped(leaf);
  }
});

describe('sameButAttempt', () => {
  it('holds for another attempt and for nothing else', () => {
    expect(sameButAttempt(plan, testPlan(5, { attempt: 7 }))).toBe(true);
    const others: PlanOverrides[] = [
      { round: 2 },
      { job: jobId('other') },
      { strategy: 'other' },
      { model: { hash: flipped(plan.model.hash) } },
      { privacy: { sampleRate: 0.11 } },
      { training: { spareAttempts: 3 } },
      { cohort: { maxDropouts: 0 } },
      { deadlines: { trainMs: 60_001, stageMs: 10_000 } },
    ];
    for (const other of others)
      expect(sameButAttempt(plan, testPlan(5, { attempt: 7, ...other }))).toBe(false);
  });
});

describe('parseRoundPlan', () => {
  const [first, second] = [testIdentity(0).publicKey, testIdentity(1).publicKey];
  const seats = (ids: readonly [string, Uint8Array][]) =>
    ids.map(([id, identityKey]) => ({ id, identityKey }));
  const third: [string, Uint8Array] = ['c', testIdentity(2).publicKey];
  const roster = (...ids: [string, Uint8Array][]) => ({ cohort: { roster: seats(ids) } });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['another protocol', { protocol: 'fedward-secagg/2' }, /at protocol/],
    ['a job id that is none', { job: 'Not An Id' }, /at job: must be 1–63/],
    ['round 0', { round: 0 }, /at round/],
    ['attempt 1.5', { attempt: 1.5 }, /at attempt/],
    ['no strategy', { strategy: '' }, /at strategy/],
    ['a strategy that has no UTF-8', { strategy: '\ud800' }, /at strategy: must be well-formed/],
    ['an unknown field', { extra: 1 }, /at its root/],
    ['an empty model', { model: { dimension: 0 } }, /at model.dimension/],
    ['a model beyond memory', { model: { dimension: 50_000_001 } }, /at model.dimension/],
    ['a short model hash', { model: { hash: new Uint8Array(31) } }, /at model.hash: must be 32 bytes/],
    ['an unknown mode', { privacy: { mode: 'central' } }, /at privacy.mode/],
    ['another unit', { privacy: { unit: 'patient' } }, /at privacy.unit/],
    ['clip 0', { privacy: { clip: 0 } }, /at privacy.clip/],
    ['clip NaN', { privacy: { clip: Number.NaN } }, /at privacy.clip/],
    ['an infinite clip', { privacy: { clip: Number.POSITIVE_INFINITY } }, /at privacy.clip/],
    ['negative noise', { privacy: { noiseMultiplier: -1 } }, /at privacy.noiseMultiplier/],
    [
      'no noise where noise is due',
      { privacy: { noiseMultiplier: 0 } },
      /noiseMultiplier: must be 0 in mode none/,
    ],
    [
      'noise in mode none',
      { privacy: { mode: 'none', epsilon: null } },
      /noiseMultiplier: must be 0 in mode none/,
    ],
    ['no ε where noise is due', { privacy: { epsilon: null } }, /epsilon: must be null in mode none/],
    [
      'ε in mode none',
      { privacy: { mode: 'none', noiseMultiplier: 0 } },
      /epsilon: must be null in mode none/,
    ],
    ['sampling nobody', { privacy: { sampleRate: 0 } }, /at privacy.sampleRate/],
    ['sampling more than all', { privacy: { sampleRate: 1.1 } }, /at privacy.sampleRate/],
    ['δ of 1', { privacy: { delta: 1 } }, /at privacy.delta/],
    ['δ of 0', { privacy: { delta: 0 } }, /at privacy.delta/],
    ['no rounds', { training: { rounds: 0 } }, /at training.rounds/],
    ['a batch of nothing', { training: { expectedBatch: 0 } }, /at training.expectedBatch/],
    ['local steps in mode distributed', { training: { localSteps: 2 } }, /localSteps: must be 1 unless/],
    ['two hospitals', roster(['a', first], ['b', second]), /at cohort.roster/],
    [
      'a roster out of order',
      roster(['b', first], ['a', second], third),
      /ids must be distinct and in ascending/,
    ],
    ['a hospital twice', roster(['a', first], ['a', second], third), /ids must be distinct/],
    ['a key twice', roster(['a', first], ['b', first], third), /identity keys must be distinct/],
    ['an id that is none', roster(['a', first], ['B', second], third), /at cohort.roster.1.id/],
    ['a short key', roster(['a', first], ['b', new Uint8Array(31)], third), /at cohort.roster.1.identityKey/],
    [
      'a key that is no bytes',
      roster(['a', first], ['b', 'key' as never], third),
      /at cohort.roster.1.identityKey/,
    ],
    ['a negative allowance', { cohort: { maxColluders: -1 } }, /at cohort.maxColluders/],
    ['no time to train', { deadlines: { trainMs: 0, stageMs: 1 } }, /at deadlines.trainMs/],
  ])('refuses %s', (_, change, what) => {
    expectRefused(() => parseRoundPlan(changed(change)), what);
  });

  it('refuses what is no plan at all', () => {
    for (const value of [undefined, null, 3, 'plan', [], {}])
      expectRefused(() => parseRoundPlan(value), /not valid/);
  });

  it('takes exactly the cohorts with 2t > n + c and h ≥ 2', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 12 }), fc.nat(12), fc.nat(12), (n, maxDropouts, maxColluders) => {
        const threshold = n - maxDropouts;
        const safe = 2 * threshold > n + maxColluders && threshold - maxColluders >= 2;
        const build = () => testPlan(n, { cohort: { maxDropouts, maxColluders } });
        if (!safe) return expectRefused(build, /at cohort/);
        expect(cohortOf(build())).toEqual({
          ...{ n, threshold, colluders: maxColluders, honest: threshold - maxColluders },
        });
      }),
      { numRuns: 300 },
    );
  });

  it('takes exactly the noise that leaves room for one record in 32 bits', () => {
    const most = Math.floor((2 ** 31 - 1) / 5) - GRID_SENSITIVITY;
    // h = 3 and 64 σᵢ of tail: the largest σ whose ⌈σ·2^16/√3⌉ still fits.
    const fits = (Math.floor(most / 64) * Math.sqrt(3)) / GRID_SENSITIVITY;
    const at = (noiseMultiplier: number) => testPlan(5, { privacy: { noiseMultiplier } });
    expect(coordinateBound(at(fits * (1 - 1e-12)))).toBeGreaterThanOrEqual(GRID_SENSITIVITY);
    expectRefused(() => at(fits * (1 + 1e-6)), /does not fit the ring: 5 hospitals .* Lower the noise/);
  });

  function changed(change: Record<string, unknown>): unknown {
    const copy: Record<string, unknown> = { ...structuredClone(plan) };
    for (const [section, value] of Object.entries(change)) {
      const before = copy[section];
      copy[section] =
        typeof before === 'object' && typeof value === 'object' ? { ...before, ...value } : value;
    }
    // Three hospitals allow no drop and no colluder.
    if (JSON.stringify(change).includes('"roster"')) {
      copy.cohort = { ...(copy.cohort as object), maxDropouts: 0, maxColluders: 0 };
    }
    return copy;
  }
});

describe('what follows from a plan', () => {
  const sigma = 2;
  const at = (overrides: PlanOverrides) => testPlan(5, overrides);
  const distributed = at({ privacy: { noiseMultiplier: sigma, clip: 4 } });
  const local = at({
    privacy: { mode: 'local', noiseMultiplier: sigma, clip: 4 },
    training: { localSteps: 8 },
  });
  const none = at({ privacy: { mode: 'none', noiseMultiplier: 0, epsilon: null } });

  it('the noise of one hospital: shared by the h honest survivors, whole in mode local, none in mode none', () => {
    expect(noiseShare(distributed)).toBe(Math.ceil((sigma * 65_536) / Math.sqrt(3)));
    expect(noiseShare(local)).toBe(sigma * 65_536);
    expect(noiseShare(none)).toBe(0);
  });

  it('the grid: 2^16 units for the clip, 2^20 units for a model delta', () => {
    expect(gridScale(distributed)).toBe(65_536 / 4);
    expect(gridScale(local)).toBe(2 ** 20);
  });

  it('a bound with which n hospitals and their noise cannot leave the ring', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 100 }),
        fc.double({ min: 0.01, max: 5, noNaN: true }),
        (n, noiseMultiplier) => {
          const any = testPlan(n, { privacy: { noiseMultiplier } });
          expect(n * (coordinateBound(any) + 64 * noiseShare(any))).toBeLessThan(2 ** 31);
          expect(coordinateBound(any)).toBeGreaterThanOrEqual(GRID_SENSITIVITY);
        },
      ),
      { numRuns: 50 },
    );
    expect(coordinateBound(local)).toBe(Math.floor((2 ** 31 - 1) / 5));
  });

  it('its position and its keys', () => {
    expect(attemptOf(plan)).toEqual({ job: 'test-job', round: 1, attempt: 1 });
    expect([...rosterKeys(plan).keys()]).toEqual(plan.cohort.roster.map(({ id }) => id));
    expect(rosterKeys(plan).get(idAt(3))).toEqual(testIdentity(3).publicKey);
  });
});

describe('a plan on the wire', () => {
  const over = (sent: RoundPlan): RoundPlan => {
    const { plan: received } = wire.toHospital.deserialize(
      wire.toHospital.serialize({ plan: planToWire(sent) }),
    );
    return planFromWire(received ?? expect.fail('the plan is lost'));
  };

  it.each([
    ['distributed', plan],
    ['with ε null', testPlan(5, { privacy: { mode: 'none', noiseMultiplier: 0, epsilon: null } })],
    ['local', testPlan(7, { privacy: { mode: 'local' }, training: { localSteps: 3 } })],
    [
      'with fractions that decimal text would round',
      testPlan(5, { privacy: { clip: 0.1 + 0.2, delta: 1e-300 } }),
    ],
    ['of the largest consortium', testPlan(100)],
  ])('%s: the same canonical bytes on the other side', (_, sent) => {
    expect(Buffer.from(canonicalPlan(over(sent))).equals(canonicalPlan(sent))).toBe(true);
  });

  it('tells ε = 0 from no ε', () => {
    const { privacy, ...rest } = planToWire(plan);
    const { epsilon: _, ...without } = privacy ?? expect.fail('no privacy');
    for (const [changed, what] of [
      [{ ...without, epsilon: 0 }, /epsilon: Too small/],
      [without, /epsilon: must be null in mode none/],
    ] as const) {
      const bytes = wire.toHospital.serialize({ plan: { ...rest, privacy: changed } });
      const { plan: received } = wire.toHospital.deserialize(bytes);
      expectRefused(() => planFromWire(received ?? expect.fail('the plan is lost')), what);
    }
  });
});
