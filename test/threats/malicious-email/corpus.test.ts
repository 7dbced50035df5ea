/**
 * The real corpus, parsed once for all of this: quality reached without privacy, what must not be
 * learnable, and that `detect` gives the evaluation's scores again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CorpusMail, encodeMails, loadMailCorpus } from '../../../benchmarks/mail-corpus.ts';
import { writeMailShare } from '../../../benchmarks/mail-share.ts';
import { splitTest } from '../../../benchmarks/partition.ts';
import { seededUniform, shuffled } from '../../../benchmarks/seeded.ts';
import { runDetect } from '../../../participant/cli/detect.ts';
import { loadDataset } from '../../../participant/dataset.ts';
import { mailReader } from '../../../participant/readers/mail.ts';
import { type Engine, loadEngine } from '../../../threats/engine.ts';
import { maliciousEmail } from '../../../threats/malicious-email/index.ts';
import { accuracy, auroc } from '../../../threats/metrics.ts';
import { saveModel } from '../../../threats/model-files.ts';
import { buildNetwork } from '../../../threats/networks.ts';
import { scoreDataset } from '../../../threats/scoring.ts';
import type { Dataset } from '../../../threats/threat.ts';
import { setFlatWeights } from '../../../threats/weights.ts';
import { subset, trainCentrally } from '../central-training.ts';

const root = mkdtempSync(join(tmpdir(), 'fedward-corpus-'));
let engine: Engine;
let mails: readonly CorpusMail[];
let data: Dataset;

beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' });
  mails = await loadMailCorpus();
  data = encodeMails(mails);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function scoresOf(weights: Float32Array, dataset: Dataset): Float32Array {
  const model = buildNetwork(engine, maliciousEmail.network);
  setFlatWeights(engine, model, weights);
  const scores = scoreDataset(engine, model, dataset);
  model.dispose();
  return scores;
}

test('5,915 different mails remain, 1,805 of them spam', () => {
  expect(mails).toHaveLength(5915);
  expect(mails.filter((mail) => mail.label === 1)).toHaveLength(1805);
});

test('central training reaches the reference quality: accuracy .971, AUROC .995', () => {
  const { train, test: held } = splitTest(data.labels, 1);
  const public_ = subset(data, held);
  const scores = scoresOf(trainCentrally(subset(data, train), 1), public_);
  expect(accuracy(scores, public_.labels)).toBeGreaterThan(0.96);
  expect(auroc(scores, public_.labels)).toBeGreaterThan(0.99);
});

test('shuffled labels cannot be learned: nothing leaks from training into test rows', () => {
  const labels = Uint8Array.from(shuffled(data.labels, seededUniform(5)));
  const { train, test: held } = splitTest(labels, 5);
  const public_ = subset({ ...data, labels }, held);
  const scores = scoresOf(trainCentrally(subset({ ...data, labels }, train), 5), public_);
  expect(Math.abs(auroc(scores, public_.labels) - 0.5)).toBeLessThan(0.05);
});

describe('a hospital’s share on disk', () => {
  const share = join(root, 'share');
  let mine: CorpusMail[];
  beforeAll(async () => {
    // A quarter of the test set, of both classes.
    mine = splitTest(data.labels, 1)
      .test.filter((_, k) => k % 4 === 0)
      .flatMap((i) => mails[i] ?? []);
    await writeMailShare(share, mine);
  });
  // Both classes' files, one after the other.
  const inOrder = () => [0, 1].flatMap((label) => mine.filter((mail) => mail.label === label));

  test('reads back as exactly the rows that were written', async () => {
    const { dataset, report } = await loadDataset(maliciousEmail, mailReader, share);
    const written = encodeMails(inOrder());
    expect(dataset.labels).toEqual(written.labels);
    // As bytes: comparing 2.4 million numbers one by one takes half a minute.
    expect(bytesOf(dataset.features).equals(bytesOf(written.features))).toBe(true);
    expect(report).toMatchObject({ read: 296, skippedCount: 0, duplicates: 0, contradictions: 0 });
    expect(report.classes).toEqual({ benign: 206, malicious: 90 });
  });

  test('detect gives the evaluation’s scores again, to the bit', async () => {
    const weights = trainCentrally(subset(data, splitTest(data.labels, 1).train), 1);
    const model = join(root, 'model');
    const release = { threat: maliciousEmail, weights, threshold: 0.5, createdBy: 'test', training: {} };
    await saveModel(engine, model, release);
    let output = '';
    const summary = await runDetect({ model, input: share, threshold: undefined, format: 'json' }, (text) => {
      output += text;
    });
    const lines = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const scores = scoresOf(weights, encodeMails(inOrder()));
    expect(lines.slice(0, -1).map(({ score }) => score)).toEqual([...scores]);
    const detected = scores.filter((score) => score >= 0.5).length;
    expect(summary).toEqual({ scored: mine.length, detected, skipped: 0, passedOver: {} });
    expect(lines.at(-1)).toMatchObject({
      type: 'summary',
      mails: mine.length,
      detected,
      threat: 'malicious-email',
    });
  });
});
