import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { deal } from '../../benchmarks/accuracy/bench.ts';
import { fitCentrally } from '../../benchmarks/accuracy/central.ts';
import { encodeRecords, recordsOfRows, rowsBetween } from '../../benchmarks/accuracy/data.ts';
import { federatedJob, trainFederated } from '../../benchmarks/accuracy/federated.ts';
import { phishingWebsiteSubject } from '../../benchmarks/accuracy/phishing-website.ts';
import { telemedicineSessionSubject } from '../../benchmarks/accuracy/telemedicine-session.ts';
import { unlabelled, withoutLabels } from '../../benchmarks/accuracy/unsupervised.ts';
import { seededUniform } from '../../benchmarks/seeded.ts';
import { createEvaluator } from '../../coordinator/evaluation.ts';
import { BitSource } from '../../dp/sampling/entropy.ts';
import { type Engine, loadEngine } from '../../threats/engine.ts';
import { initialWeights } from '../../threats/initial-weights.ts';
import { loadModel, saveModel } from '../../threats/model-files.ts';
import { scoreDataset } from '../../threats/scoring.ts';
import { generateSessionRows } from '../../threats/telemedicine-session/generator.ts';
import { telemedicineSession } from '../../threats/telemedicine-session/index.ts';
import { parameterCount } from '../../threats/threat.ts';
import { seededEntropy } from '../dp/seeded-entropy.ts';

const subject = withoutLabels(telemedicineSessionSubject);
const { model: threat } = subject;
const often = { 'session-hijack': 0.05, 'account-takeover': 0.05, 'prescription-fraud': 0.05 };
const records = recordsOfRows(
  telemedicineSession,
  generateSessionRows(seededUniform(2), { sessions: 4000, rates: often }),
);
const data = encodeRecords(threat.encoder, records, [...records.labels.keys()]);
const learnt = rowsBetween(data, 0, 3000);
const later = rowsBetween(data, 3000, 4000);

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' });
});

test('the same features and records, another network and id', () => {
  expect(threat.encoder).toBe(telemedicineSession.encoder);
  expect(threat.formats).toBe(telemedicineSession.formats);
  expect(threat.id).toBe('telemedicine-session-unsupervised');
  expect(parameterCount(threat.network)).toBe(115 * 16 + 17 * 114);
});

/** Federated over three hospitals in mode `none`, with the same samples each time. */
async function train(labels: Uint8Array, rounds: number): Promise<Float32Array> {
  const constants = { ...subject.training, rounds };
  const job = federatedJob({ threat, constants, epsilon: null, hospitals: 3, records: learnt.rows });
  const hospitals = [0, 1, 2].map((h) => rowsBetween({ ...learnt, labels }, 1000 * h, 1000 * (h + 1)));
  const bits = new BitSource(seededEntropy('autoencoder'));
  return (await trainFederated(engine, job, threat, hospitals, 1, bits)).weights;
}

test('no label is read: whatever they are, the trained weights are the same to the bit', async () => {
  const trained = await train(learnt.labels, 5);
  expect(trained).not.toEqual(initialWeights(threat.network, 1));
  expect(await train(learnt.labels.toReversed(), 5)).toEqual(trained);
  expect(await train(new Uint8Array(learnt.rows).fill(255), 5)).toEqual(trained);
  // Nor by the choice of the epoch.
  const [few, others] = [rowsBetween(data, 0, 200), rowsBetween(data, 200, 400)];
  const central = await fitCentrally(engine, threat.network, few, others, 1);
  expect(await fitCentrally(engine, threat.network, few, unlabelled(others), 1)).toEqual(central);
});

test('what is unusual scores higher, and a released model says so to the bit', async () => {
  const weights = await train(learnt.labels, 100);
  const evaluator = createEvaluator(engine, threat.network, later);
  const { auroc, loss } = evaluator.evaluate(weights);
  evaluator.dispose();
  expect(auroc).toBeGreaterThan(0.7);
  expect(loss).toBeLessThan(2);

  const folder = mkdtempSync(join(tmpdir(), 'fedward-autoencoder-'));
  const release = { threat, weights, threshold: 0.25, createdBy: 'test', training: {} };
  await saveModel(engine, folder, release);
  const { threat: known, model, weights: same } = await loadModel(engine, folder);
  expect(known.id).toBe(threat.id);
  expect(same).toEqual(weights);
  const again = createEvaluator(engine, known.network, later);
  expect(again.evaluate(same).auroc).toBe(auroc);
  expect(scoreDataset(engine, model, later).every((score) => score >= 0 && score < 1)).toBe(true);
  model.dispose();
  again.dispose();
});

test('the benchmark hides labels, judges by those of the test set, and leaves threats out of quiet weeks', () => {
  const options = { hospitals: 3, alpha: 1, head: 'unsupervised' } as const;
  const benign = (labels: Uint8Array) => labels.filter((label) => label === 0).length;
  const dealt = deal(subject, { train: records, test: null }, options, 1);
  const quiet = deal(subject, { train: records, test: null }, { ...options, quiet: true }, 1);
  for (const { pooled, validation, shares } of [dealt, quiet]) {
    for (const { labels } of [pooled, validation, ...shares]) expect(Math.max(...labels)).toBe(0);
  }
  const { labels } = dealt.test.dataset;
  expect(Math.max(...labels)).toBeGreaterThan(0);
  expect(dealt.pooled.rows + dealt.validation.rows + labels.length).toBe(records.labels.length);
  expect(quiet.pooled.rows + quiet.validation.rows + benign(labels)).toBe(benign(records.labels));
  expect(withoutLabels(phishingWebsiteSubject).threshold).toEqual({ type: 'falseAlarms', share: 0.05 });
});
