import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AccuracyOptions, type Run, runAccuracy } from '../../benchmarks/accuracy/bench.ts';
import { deduplicated, readRecords, rowsBetween } from '../../benchmarks/accuracy/data.ts';
import { federatedJob } from '../../benchmarks/accuracy/federated.ts';
import { precisionAtTop, thresholdOf } from '../../benchmarks/accuracy/judge.ts';
import { nslKddSubject } from '../../benchmarks/accuracy/network-intrusion.ts';
import { reportLines, spreadOf, summariesOf } from '../../benchmarks/accuracy/report.ts';
import { SUBJECTS, subjectFor } from '../../benchmarks/accuracy/subjects.ts';
import { alphaOf } from '../../benchmarks/cli/accuracy.ts';
import { seededUniform } from '../../benchmarks/seeded.ts';
import { privacySpent } from '../../coordinator/job.ts';
import { BitSource, osEntropy } from '../../dp/sampling/entropy.ts';
import { tableReader } from '../../participant/readers/table.ts';
import { phishingWebsites } from '../../participant/readers/table-phishing.ts';
import { binaryHead } from '../../threats/binary-head.ts';
import { loadEngine } from '../../threats/engine.ts';
import { fieldEncoder } from '../../threats/features.ts';
import { phishingWebsite } from '../../threats/phishing-website/index.ts';
import { parameterCount } from '../../threats/threat.ts';

describe('thresholds', () => {
  const labels = Uint8Array.of(0, 0, 0, 0, 3, 1);
  const scores = Float32Array.of(0.125, 0.25, 0.5, 0.75, 0.625, 0.875);

  test('at most the share of benign records raise an alarm', () => {
    const at = (share: number) => thresholdOf({ type: 'falseAlarms', share }, scores, labels);
    // Four benign records, of which all, two, one and none may raise an alarm; 2^-24 is half an ulp of 1.
    expect([1, 0.5, 0.25, 0.2].map(at)).toEqual([0, 0.25 + 2 ** -25, 0.5 + 2 ** -24, 0.75 + 2 ** -24]);
    const tied = Float32Array.of(0.5, 0.5, 0.5, 0.75, 0, 0);
    expect(thresholdOf({ type: 'falseAlarms', share: 0.5 }, tied, labels)).toBe(0.5 + 2 ** -24);
    // No score is above it, and JSON can say it.
    expect(thresholdOf({ type: 'falseAlarms', share: 0.5 }, Float32Array.of(1, 1, 1, 0.75), labels)).toBe(
      1 + 2 ** -23,
    );
  });

  // Few values, so that most of them are ties.
  const score = fc.oneof(fc.constantFrom(0, 0.5, 1), fc.float({ min: 0, max: 1, noNaN: true }));
  const judged = fc.array(fc.tuple(score, fc.constantFrom(0, 0, 1)), { minLength: 1, maxLength: 150 });

  test('never more than the share, and no lower threshold would do', () => {
    const shares = fc.constantFrom(0, 0.01, 0.05, 0.25, 1);
    const property = fc.property(judged, shares, (records, share) => {
      const own = Float32Array.from(records, ([one]) => one);
      const is = Uint8Array.from(records, ([, label]) => label);
      const benign = own.filter((_, i) => is[i] === 0);
      const alarms = (threshold: number) => benign.filter((one) => one >= threshold).length;
      const threshold = thresholdOf({ type: 'falseAlarms', share }, own, is);
      const most = Math.floor(share * benign.length);
      expect(alarms(threshold)).toBeLessThanOrEqual(most);
      if (threshold > 0) expect(alarms(nextBelow(threshold))).toBeGreaterThan(most);
    });
    fc.assert(property, { numRuns: 500 });
  });

  /** The next lower float32 of a positive one. */
  function nextBelow(value: number): number {
    const bits = new DataView(new ArrayBuffer(4));
    bits.setFloat32(0, value);
    bits.setUint32(0, bits.getUint32(0) - 1);
    return bits.getFloat32(0);
  }

  test('0.5 where it is as good as the best, else the nearest that is', () => {
    const most = (values: number[], of: number[]) =>
      thresholdOf({ type: 'accuracy' }, Float32Array.from(values), Uint8Array.from(of));
    expect(most([0.25, 0.75], [0, 1])).toBe(0.5);
    const shifted = Array.from({ length: 100 }, (_, i) => (i < 50 ? 0.0625 : 0.125));
    expect(
      most(
        shifted,
        shifted.map((score) => (score > 0.1 ? 1 : 0)),
      ),
    ).toBe(0.09375);
  });
});

test('partitions by name', () => {
  expect([alphaOf('dirichlet:0.5'), alphaOf('iid')]).toEqual([0.5, null]);
  for (const wrong of ['dirichlet', 'dirichlet:0', 'dirichlet:-1', 'pathological']) {
    expect(() => alphaOf(wrong)).toThrow(/--partition must be/);
  }
});

test('data sets are told apart by their files, and a wrong one is refused in words', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedward-accuracy-'));
  const missing = subjectFor('network-intrusion', folder);
  await expect(missing).rejects.toThrow(/KDDTrain\+\.txt\.gz or \*unsw/);
  writeFileSync(join(folder, 'KDDTrain+.txt.gz'), '');
  expect(await subjectFor('network-intrusion', folder)).toBe(nslKddSubject);
  const unknown = subjectFor('coffee', folder);
  await expect(unknown).rejects.toThrow(/must be one of network-intrusion, .*phishing-website/);
  await expect(subjectFor('network-intrusion', null)).rejects.toThrow(/--data is needed/);
});

test('rows that cannot be read are located', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'fedward-accuracy-')), 'phishing-websites.csv');
  writeFileSync(file, `${Array(31).fill('1').join()}\n1,2\n`);
  const read = readRecords(nslKddSubject.model, tableReader(phishingWebsites), file);
  await expect(read).rejects.toThrow(/phishing-websites\.csv:1/);
  const whole = readRecords(phishingWebsite, tableReader(phishingWebsites), file);
  await expect(whole).rejects.toThrow(/phishing-websites\.csv:2: The row has 2 values; 31 are expected/);
});

test('records of one label that are encoded alike count once', () => {
  // 7 and 9 are both beyond the last knot; what the encoder does not read tells nothing apart.
  const scale = { type: 'linear', least: 0, most: 5 } as const;
  const encoder = fieldEncoder('a/1', [{ kind: 'knots', field: 'a', scale, bins: 5 }]);
  const samples = [0, 7, 0, 0, 9, 1].map((a, i) => ({ fields: { a, unread: i } }));
  const details = samples.map((_, i) => String(i));
  const kept = deduplicated(encoder, { samples, labels: Uint8Array.of(0, 1, 0, 1, 1, 1), details });
  expect(kept.details).toEqual(['0', '1', '3', '5']);
  expect([...kept.labels]).toEqual([0, 1, 1, 1]);
});

test('precision among the highest scores, ties by their share', () => {
  const scores = Float32Array.from({ length: 200 }, (_, i) => i / 256);
  const labels = Uint8Array.from(scores, (_, i) => (i === 199 ? 2 : 0));
  expect(precisionAtTop(scores, labels, 0.01)).toBe(0.5);
  expect(precisionAtTop(scores, labels, 0.005)).toBe(1);
  expect(precisionAtTop(new Float32Array(200), labels, 0.01)).toBeCloseTo(1 / 200, 12);
});

test('rows of a matrix are shared, not copied', () => {
  const data = {
    rows: 3,
    width: 2,
    features: Float32Array.of(1, 2, 3, 4, 5, 6),
    labels: Uint8Array.of(0, 1, 2),
  };
  const { rows, features, labels } = rowsBetween(data, 1, 3);
  expect({ rows, features: [...features], labels: [...labels] }).toEqual({
    ...{ rows: 2, features: [3, 4, 5, 6], labels: [1, 2] },
  });
  expect(features.buffer).toBe(data.features.buffer);
});

test('the job is the coordinator’s: the least noise that keeps rounds and spares within ε', () => {
  const of = { constants: nslKddSubject.training, hospitals: 10, records: 113_375 };
  const { plan } = federatedJob({ ...of, threat: nslKddSubject.model, epsilon: 1 });
  const { rounds, spareAttempts, expectedBatch } = plan.training;
  expect(privacySpent(plan, rounds + spareAttempts)?.epsilon).toBeLessThanOrEqual(1);
  expect(privacySpent(plan, rounds + spareAttempts)?.epsilon).toBeGreaterThan(0.99);
  expect(expectedBatch).toBeCloseTo(0.05 * 110_000, 6);
  expect(federatedJob({ ...of, threat: nslKddSubject.model, epsilon: null }).plan.privacy).toMatchObject({
    ...{ mode: 'none', noiseMultiplier: 0, clip: 10 },
  });
  const binary = binaryHead(nslKddSubject.model);
  expect(parameterCount(binary.network)).toBe(nslKddSubject.model.encoder.width + 1);
});

const oneLayer = SUBJECTS.filter(({ model }) => model.network.layers.length === 1);
test.each(oneLayer.map((one) => [one.model.id, one] as const))(
  '%s: without privacy no gradient is clipped',
  (_, { model: { encoder, network }, training }) => {
    const fields = encoder.spans?.length ?? Number.POSITIVE_INFINITY;
    const errors = network.layers[0]?.activation === 'softmax' ? 2 : 1;
    expect(training.clipWithoutDp).toBeGreaterThanOrEqual(Math.sqrt(errors * (fields + 1)));
  },
);

test('spread', () => {
  expect(spreadOf([1, 2, 3])).toEqual({ mean: 2, sd: 1 });
  expect(spreadOf([5])).toEqual({ mean: 5, sd: 0 });
});

test('a whole benchmark on a small file', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedward-accuracy-'));
  const uniform = seededUniform(1);
  const lines = Array.from({ length: 900 }, () => {
    const cells = Array.from({ length: 30 }, () => Math.floor(3 * uniform()) - 1);
    const sum = cells.slice(0, 6).reduce((a, b) => a + b, 0);
    return [...cells, sum < 0 ? -1 : 1].join(',');
  });
  writeFileSync(join(folder, 'phishing-websites.csv'), lines.join('\n'));
  const options: AccuracyOptions = {
    ...{ threat: 'phishing-website', data: folder, hospitals: 3, head: 'family' },
    ...{ alpha: 1, epsilons: [8], seeds: [1] },
  };
  const runs: Run[] = [];
  const setting = await runAccuracy(
    await loadEngine({ prefer: 'wasm' }),
    options,
    new BitSource(osEntropy()),
    () => 0,
    { progress: () => {}, run: (run) => runs.push(run) },
  );
  expect(setting.records).toEqual({ train: 648, validation: 72, test: 180 });
  expect(runs.map(({ training }) => training)).toEqual(['federated-dp', 'federated', 'pooled', 'alone']);
  const [dp, plain] = runs;
  expect(dp?.epsilonSpent).toBeGreaterThan(7.5);
  expect(dp?.epsilonSpent).toBeLessThanOrEqual(8);
  expect([plain?.epsilonSpent, plain?.delta]).toEqual([null, null]);
  expect(plain?.accuracy).toBeGreaterThan(0.85);
  expect(plain?.auroc).toBeGreaterThan(dp?.auroc ?? 1);
  const [summary] = summariesOf(setting, runs);
  expect(summary?.kept?.accuracy).toBeCloseTo((dp?.accuracy ?? 0) / (plain?.accuracy ?? 1), 12);
  expect(reportLines(options, setting, runs).join('\n')).toContain('federated, ε = 8');
});
