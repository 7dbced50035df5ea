import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { encodeRecords, readRecords } from '../../benchmarks/accuracy/data.ts';
import { encode } from '../../participant/encode.ts';
import { tableReader } from '../../participant/readers/table.ts';
import { phishingWebsites } from '../../participant/readers/table-phishing.ts';
import { phishingWebsite } from '../../threats/phishing-website/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedward-encode-'));
afterAll(() => rmSync(folder, { recursive: true }));

const site = (judgement: number, result: string) => [...Array<number>(30).fill(judgement), result].join();

test('a test set is what the benchmark makes of the same file; what cannot be used is counted', async () => {
  const whole = join(folder, 'whole.csv');
  writeFileSync(whole, [site(1, '1'), site(-1, '-1'), site(0, '-1')].join('\n'));
  const records = await readRecords(phishingWebsite, tableReader(phishingWebsites), whole);
  const expected = encodeRecords(phishingWebsite.encoder, records, [0, 1, 2]);
  expect(await encode(phishingWebsite, whole, {})).toEqual({ dataset: expected, skipped: 0 });

  const torn = join(folder, 'torn.csv');
  writeFileSync(torn, [site(1, '1'), '1,2', site(-1, '-1'), site(1, '0'), site(0, '-1')].join('\n'));
  const format = 'uci-phishing-websites';
  expect(await encode(phishingWebsite, torn, { format })).toEqual({ dataset: expected, skipped: 2 });
});

test('a log without a single label is refused with the first reason', async () => {
  const file = join(folder, 'unlabelled.csv');
  writeFileSync(file, site(1, '0'));
  const refused = encode(phishingWebsite, file, { format: 'uci-phishing-websites' });
  await expect(refused).rejects.toThrow(
    /holds no labelled record.*First problem: .*unlabelled\.csv:1: Result must be/,
  );
});
