import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { createRecordWriter, openRecordFile } from '../../participant/record-file.ts';
import { inMemory, type RecordSource } from '../../participant/record-source.ts';
import { createTrainer } from '../../participant/trainer.ts';
import { loadEngine } from '../../threats/engine.ts';
import { initialWeights } from '../../threats/initial-weights.ts';
import type { Dataset } from '../../threats/threat.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedward-records-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FILES = { data: join(folder, 'x.records'), index: join(folder, 'x.offsets') };

async function written({ rows, width, features, labels }: Dataset): Promise<RecordSource> {
  const writer = await createRecordWriter(FILES, width);
  for (let row = 0; row < rows; row++) {
    await writer.append(features.subarray(row * width, (row + 1) * width), labels[row] ?? 0);
  }
  return openRecordFile(FILES, { ...(await writer.close()), width });
}

const datasets = fc
  .record({ rows: fc.integer({ min: 1, max: 20 }), width: fc.integer({ min: 1, max: 30 }) })
  .chain(({ rows, width }) => {
    const value = fc.oneof(fc.constant(0), fc.float({ noNaN: true }));
    return fc.record({
      rows: fc.constant(rows),
      width: fc.constant(width),
      features: fc
        .array(value, { minLength: rows * width, maxLength: rows * width })
        .map((values) => Float32Array.from(values)),
      labels: fc.uint8Array({ minLength: rows, maxLength: rows }),
    });
  });

test('what was written is gathered, in any order and as often as asked', async () => {
  const property = fc.asyncProperty(datasets, fc.array(fc.nat()), async (dataset, wanted) => {
    const rows = Int32Array.from(wanted, (n) => n % dataset.rows);
    const source = await written(dataset);
    const expected = inMemory(dataset).gather(rows);
    const found = source.gather(rows);
    source.dispose();
    // −0 is no feature of its own: it is left out like 0.
    expect([...found.features].map((value) => value + 0)).toEqual(
      [...expected.features].map((value) => value + 0),
    );
    expect([...found.labels]).toEqual([...expected.labels]);
    expect(source.classCounts).toEqual(inMemory(dataset).classCounts);
  });
  await fc.assert(property, { numRuns: 60 });
});

test('more than its buffer holds is written too, and only its owner may read it', async () => {
  const width = 4000;
  const rows = 150;
  const features = Float32Array.from({ length: rows * width }, (_, i) => i + 1);
  const source = await written({ rows, width, features, labels: new Uint8Array(rows) });
  expect(source.gather(Int32Array.of(149)).features[3999]).toBe(rows * width);
  expect(statSync(FILES.data).size).toBeGreaterThan(3 * 2 ** 20);
  for (const file of Object.values(FILES)) expect(statSync(file).mode & 0o777).toBe(0o600);
  source.dispose();
});

test('a trainer gets the same gradients from a file as from memory', async () => {
  const dataset: Dataset = {
    ...{ rows: 6, width: 3 },
    features: Float32Array.from({ length: 18 }, (_, i) => (i % 4) / 4),
    labels: Uint8Array.of(0, 1, 2, 0, 1, 2),
  };
  const network = { inputs: 3, layers: [{ units: 3, activation: 'softmax' as const }] };
  const engine = await loadEngine({ prefer: 'wasm' });
  const weights = initialWeights(network, 1);
  const rows = Int32Array.of(0, 2, 3, 5);
  const trainers = [
    createTrainer(engine, network, await written(dataset)),
    createTrainer(engine, network, dataset),
  ];
  const [fromFile, fromMemory] = trainers.map((trainer) => trainer.layerFactors(weights, rows));
  expect(fromFile).toEqual(fromMemory);
  for (const trainer of trainers) trainer.dispose();
});

describe('damage is told, not trained on', () => {
  const dataset = {
    rows: 3,
    width: 2,
    features: Float32Array.of(1, 0, 1, 2, 0, 0),
    labels: new Uint8Array(3),
  };
  const shape = { rows: 3, width: 2, classCounts: [3] };

  test('a file cut short', async () => {
    (await written(dataset)).dispose();
    truncateSync(FILES.data, statSync(FILES.data).size - 1);
    expect(() => openRecordFile(FILES, shape)).toThrow(/damaged or not whole. Delete the file/);
  });

  test('an index cut short', async () => {
    (await written(dataset)).dispose();
    truncateSync(FILES.index, 12);
    expect(() => openRecordFile(FILES, shape)).toThrow(/damaged or not whole/);
  });

  test('rows that are not what they claim', async () => {
    const source = await written(dataset);
    const garbled = Buffer.alloc(statSync(FILES.data).size, 0xff);
    writeFileSync(FILES.data, garbled);
    expect(() => source.gather(Int32Array.of(0))).toThrow(/damaged or not whole/);
    source.dispose();
  });
});
