import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, loadEngine } from '../../threats/engine.ts';
import { maliciousEmail } from '../../threats/malicious-email/index.ts';
import { loadModel, type ModelRelease, saveModel } from '../../threats/model-files.ts';
import { scoreDataset } from '../../threats/scoring.ts';

const root = mkdtempSync(join(tmpdir(), 'fedward-model-'));
const saved = join(root, 'v1');
const release: ModelRelease = {
  threat: maliciousEmail,
  weights: Float32Array.from({ length: 2049 }, (_, i) => Math.sin(i)),
  threshold: 0.4,
  createdBy: 'fedward 0.1.0',
  training: { job: 'mail', mode: 'distributed', rounds: 300, epsilon: 3, private: true, auroc: null },
};

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' });
  await saveModel(engine, saved, release);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A copy of the saved model whose `model.json` was edited as text. */
function edited(name: string, edit: (json: string) => string): string {
  const directory = join(root, name);
  cpSync(saved, directory, { recursive: true });
  const file = join(directory, 'model.json');
  writeFileSync(file, edit(readFileSync(file, 'utf8')));
  return directory;
}

describe('model files', () => {
  test('round trip', async () => {
    const { model, ...loaded } = await loadModel(engine, saved);
    expect(loaded).toEqual(release);
    model.dispose();
  });

  test('saving twice gives the same bytes and leaves nothing else behind', async () => {
    const again = join(root, 'again');
    await saveModel(engine, again, release);
    await saveModel(engine, again, release);
    expect(readdirSync(again).sort()).toEqual(['model.json', 'weights.bin']);
    for (const name of ['model.json', 'weights.bin']) {
      expect(readFileSync(join(again, name)).equals(readFileSync(join(saved, name)))).toBe(true);
    }
  });

  test('any TensorFlow.js loads them, and computes the same', async () => {
    const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(saved, 'model.json'), 'utf8'));
    const weightData = new Uint8Array(readFileSync(join(saved, 'weights.bin'))).buffer;
    const foreign = await engine.layers.loadLayersModel({
      load: async () => ({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }),
    });
    const { model } = await loadModel(engine, saved);
    const features = Float32Array.from({ length: 2048 }, (_, i) => Math.cos(i) / 50);
    const [score] = scoreDataset(engine, model, {
      rows: 1,
      width: 2048,
      features,
      labels: new Uint8Array(1),
    });
    const output = foreign.predict(engine.tf.tensor2d(features, [1, 2048])) as Tensor;
    expect(output.dataSync()[0]).toBeCloseTo(score ?? Number.NaN, 6);
    foreign.dispose();
    model.dispose();
  });

  test.each([
    [
      'an unknown threat',
      (s: string) => s.replace('"malicious-email"', '"coffee"'),
      /"coffee", a threat that/,
    ],
    ['other features', (s: string) => s.replace(/mail-words-2048\/\d+/, 'mail-words-9/9'), /Retrain it/],
    ['other classes', (s: string) => s.replace('"benign"', '"ham"'), /classes are not benign/],
    ['another activation', (s: string) => s.replace('"sigmoid"', '"linear"'), /layers are Dense 1 linear/],
    ['a huge layer', (s: string) => s.replace('"units": 1', '"units": 1000000000'), /Dense 1000000000/],
    ['another layer', (s: string) => s.replace('"class_name": "Dense"', '"class_name": "Lambda"'), /Lambda/],
    ['another shape', (s: string) => s.replace(/2048,\s+1\s+\],\s+"dtype"/, '2047, 1], "dtype"'), /2047×1/],
    ['weights elsewhere', (s: string) => s.replace('weights.bin', '../../etc/passwd'), /weightsManifest/],
    ['a threshold of 0', (s: string) => s.replace('"threshold": 0.4', '"threshold": 0'), /threshold/],
    ['no JSON', (s: string) => s.slice(0, 100), /model\.json is not JSON/],
    ['too much of it', (s: string) => s + ' '.repeat(2 ** 20), /larger than/],
  ])('%s is refused', async (name, edit, message) => {
    await expect(loadModel(engine, edited(name.replaceAll(' ', '-'), edit))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(message),
    });
  });

  test('weights of another release, half of them, or none, are refused', async () => {
    const other = edited('other-weights', (s) => s);
    writeFileSync(join(other, 'weights.bin'), Buffer.alloc(2049 * 4));
    await expect(loadModel(engine, other)).rejects.toThrow(/not the file that model\.json was written with/);
    truncateSync(join(other, 'weights.bin'), 4000);
    await expect(loadModel(engine, other)).rejects.toThrow(/take 8196 bytes; got 4000/);
    rmSync(join(other, 'weights.bin'));
    await expect(loadModel(engine, other)).rejects.toThrow(/weights\.bin is missing/);
    await expect(loadModel(engine, join(root, 'nowhere'))).rejects.toThrow(/model\.json is missing/);
  });
});
