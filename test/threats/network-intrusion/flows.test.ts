import { describe, expect, test } from 'vitest';
import { pick } from '../../../benchmarks/accuracy/data.ts';
import { nslKddSubject, unswNb15Subject } from '../../../benchmarks/accuracy/network-intrusion.ts';
import { type FieldSpec, featureNames } from '../../../threats/features.ts';
import {
  KDD_FAMILIES,
  kddLabel,
  UNSW_FAMILIES,
  unswLabel,
} from '../../../threats/network-intrusion/attacks.ts';
import {
  NSL_KDD_FIELDS,
  networkIntrusion,
  nslKddSampleSchema,
} from '../../../threats/network-intrusion/nsl-kdd.ts';
import {
  networkIntrusionUnsw,
  UNSW_NB15_FIELDS,
  unswNb15SampleSchema,
} from '../../../threats/network-intrusion/unsw-nb15.ts';
import { publicData } from '../public-data.ts';
import { aurocOf } from '../shuffled-labels.ts';

test('attack families, those of the test set included', () => {
  expect(['normal', 'neptune', 'mscan', 'snmpguess', 'xterm'].map(kddLabel)).toEqual([0, 1, 2, 3, 4]);
  expect(unswLabel(' Backdoors')).toBe(unswLabel('Backdoor'));
  expect(unswLabel('Normal')).toBe(0);
  expect(() => unswLabel('')).toThrow(/^attack_cat must be one of normal, generic/);
});

test('a label that is none is refused without its content, which may be a person’s name', () => {
  const name = 'Maria Muster';
  for (const labelOf of [kddLabel, unswLabel]) {
    expect(() => labelOf(name)).toThrow(/^(label|attack_cat) must be .*order of the columns/);
    expect(() => labelOf(name)).not.toThrow(/Muster/i);
  }
});

describe.each<[string, readonly FieldSpec[], number, string[]]>([
  ['nsl-kdd', NSL_KDD_FIELDS, 41, ['label', 'difficulty']],
  // 42 features less the two initial sequence numbers.
  ['unsw-nb15', UNSW_NB15_FIELDS, 40, ['id', 'label', 'attack_cat', 'stcpb', 'dtcpb']],
])('%s', (_, specs, count, leaks) => {
  test('reads every feature and none that gives the label away', () => {
    const fields = specs.map(({ field }) => field);
    expect(fields).toHaveLength(count);
    for (const leak of leaks) {
      expect(fields).not.toContain(leak);
      expect(featureNames(specs).filter((name) => name.startsWith(leak))).toEqual([]);
    }
  });
});

test('what an encoder does not declare changes nothing', () => {
  const { encoder } = networkIntrusion;
  const fields = { protocol_type: 'tcp', flag: 'S0', src_bytes: 0, count: 123 };
  const [plain, leaky] = [fields, { ...fields, difficulty: 21, label: 'neptune' }].map((cells) => {
    const row = new Float32Array(encoder.width);
    encoder.encode({ fields: cells }, row, 0);
    return row;
  });
  expect(leaky).toEqual(plain);
  expect(encoder.width).toBe(featureNames(NSL_KDD_FIELDS).length);
});

const nsl = publicData('nsl-kdd');
describe.skipIf(!nsl.present)('NSL-KDD (skipped where the data is not there)', () => {
  test('official counts of the test set, and every row fits the schema', async () => {
    const { train, test: official } = await nslKddSubject.load(nsl.path);
    const counts = (labels: Uint8Array) =>
      KDD_FAMILIES.map((_, label) => labels.filter((own) => own === label).length);
    expect(counts(train.labels)).toEqual([67_343, 45_927, 11_656, 995, 52]);
    expect(counts(official?.labels ?? new Uint8Array())).toEqual([9711, 7460, 2421, 2885, 67]);
    for (const sample of official?.samples.slice(0, 2000) ?? []) nslKddSampleSchema.parse(sample);
  });

  test('shuffled labels teach nothing, true ones much', { timeout: 60_000 }, async () => {
    const { train: all } = await nslKddSubject.load(nsl.path);
    const train = pick(all, [...Array(12_000).keys()]);
    const shuffledAuroc = await aurocOf(networkIntrusion, train, 8_000, true);
    expect(shuffledAuroc).toBeGreaterThanOrEqual(0.45);
    expect(shuffledAuroc).toBeLessThanOrEqual(0.55);
    expect(await aurocOf(networkIntrusion, train, 3_000, false)).toBeGreaterThan(0.98);
  });
});

const unsw = publicData('unsw-nb15');
describe.skipIf(!unsw.present)('UNSW-NB15 (skipped where the data is not there)', () => {
  test('row and label counts; shuffled labels teach nothing', { timeout: 60_000 }, async () => {
    const { train } = await unswNb15Subject.load(unsw.path);
    expect(train.labels).toHaveLength(39_126);
    for (const sample of train.samples.slice(0, 2000)) unswNb15SampleSchema.parse(sample);
    expect(UNSW_FAMILIES.map((_, k) => train.labels.filter((label) => label === k).length)).toEqual([
      ...[23_961, 2583, 5374, 3349, 1204, 1845, 283, 228, 272, 27],
    ]);
    const shuffledAuroc = await aurocOf(networkIntrusionUnsw, train, 8_000, true);
    expect(shuffledAuroc).toBeGreaterThanOrEqual(0.45);
    expect(shuffledAuroc).toBeLessThanOrEqual(0.55);
  });
});
