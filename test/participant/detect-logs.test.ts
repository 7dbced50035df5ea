/** `fedward detect` on a log, with a model whose weights are known: what it finds, why, and what it says to scripts. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runDetect } from '../../participant/cli/detect.ts';
import { loadEngine } from '../../threats/engine.ts';
import { featureNames } from '../../threats/features.ts';
import { saveModel } from '../../threats/model-files.ts';
import { PHISHING_FIELDS, phishingWebsite } from '../../threats/phishing-website/index.ts';
import { parameterCount } from '../../threats/threat.ts';

const folder = mkdtempSync(join(tmpdir(), 'fedward-detect-'));
const model = join(folder, 'model');
const FIELDS = PHISHING_FIELDS.map(({ field }) => field);

/** Two judgements speak for phishing, against a bias of −3; nothing else counts. */
function weights(): Float32Array {
  const flat = new Float32Array(parameterCount(phishingWebsite.network));
  const names = featureNames(PHISHING_FIELDS);
  flat[names.indexOf('SSLfinal_State=-1')] = 4;
  flat[names.indexOf('Prefix_Suffix=-1')] = 2;
  flat[names.length] = -3;
  return flat;
}

/** A row of judgements, all legitimate but those named, without the result: a site that nobody has judged yet. */
function line(suspicious: readonly string[]): string {
  return [...FIELDS.map((field) => (suspicious.includes(field) ? '-1' : '1')), '1'].join();
}

beforeAll(async () => {
  await saveModel(await loadEngine({ prefer: 'wasm' }), model, {
    ...{ threat: phishingWebsite, weights: weights(), threshold: 0.5 },
    ...{ createdBy: 'test', training: {} },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

async function scan(file: string, options: Partial<Parameters<typeof runDetect>[0]> = {}) {
  const lines: string[] = [];
  const summary = await runDetect({ model, input: file, format: 'json', ...options }, (text) =>
    lines.push(text),
  );
  return { summary, items: lines.map((text) => JSON.parse(text)) };
}

test('records are scored where they stand, and a broken row is told', async () => {
  const file = join(folder, 'sites.csv');
  writeFileSync(
    file,
    [line([]), line(['SSLfinal_State', 'Prefix_Suffix']), '1,2,3', line(['Prefix_Suffix'])].join('\n'),
  );
  const { summary, items } = await scan(file, { reader: 'uci-phishing-websites' });
  expect(summary).toEqual({ scored: 3, detected: 1, skipped: 1 });
  const [first, second, broken, last, total] = items;
  expect(first).toMatchObject({
    type: 'record',
    position: 1,
    detected: false,
    class: 'legitimate',
    reasons: [],
  });
  expect(first.score).toBeCloseTo(1 / (1 + Math.exp(3)), 6);
  expect(second).toMatchObject({ position: 2, detected: true, class: 'phishing' });
  expect(second.score).toBeCloseTo(1 / (1 + Math.exp(-3)), 6);
  // Each judgement's share of the logit: what the score would lose without it.
  expect(second.reasons.map(({ field }: { field: string }) => field)).toEqual([
    'SSLfinal_State',
    'Prefix_Suffix',
  ]);
  expect(second.reasons[0].logit).toBeCloseTo(4, 4);
  expect(second.reasons[1].logit).toBeCloseTo(2, 4);
  expect(broken).toMatchObject({ type: 'skipped', position: 3, reason: expect.stringContaining('3 values') });
  expect(last).toMatchObject({ position: 4, detected: false });
  expect(total).toMatchObject({
    type: 'summary',
    records: 3,
    detected: 1,
    skipped: 1,
    threat: 'phishing-website',
  });
});

test('the threshold is the site’s to set, and a wrong one is refused', async () => {
  const file = join(folder, 'one.csv');
  writeFileSync(file, `${line(['SSLfinal_State'])}\n`);
  // Logit 1.
  expect((await scan(file, { threshold: 0.74 })).summary.detected).toBe(0);
  expect((await scan(file, { threshold: 0.73 })).summary.detected).toBe(1);
  await expect(scan(file, { threshold: 0 })).rejects.toThrow(/--threshold must be above 0/);
});

test('a table for people lists what was detected, and all on demand', async () => {
  const file = join(folder, 'two.csv');
  writeFileSync(file, `${line([])}\n${line(['SSLfinal_State', 'Prefix_Suffix'])}\n`);
  const table = async (all: boolean) => {
    let text = '';
    await runDetect({ model, input: file, format: 'table', all }, (part) => {
      text += part;
    });
    return text.trimEnd().split('\n');
  };
  const [, detected, ...rest] = await table(false);
  expect(detected).toMatch(/two\.csv#2 .*0\.9526 .*phishing .*SSLfinal_State \+4\.0/);
  expect(rest).toEqual(['2 records, 1 detected at threshold 0.5']);
  expect(await table(true)).toHaveLength(4);
});

test('a log is followed until that is enough', async () => {
  const file = join(folder, 'live.csv');
  writeFileSync(file, `${line([])}\n`);
  const until = new AbortController();
  const seen: { type: string; detected: boolean | number }[] = [];
  const options = {
    model,
    input: file,
    format: 'json',
    follow: true,
    reader: 'uci-phishing-websites',
  } as const;
  const following = runDetect(
    options,
    (text) => {
      seen.push(JSON.parse(text));
      if (seen.length === 2) until.abort();
    },
    until.signal,
  );
  while (seen.length < 1) await sleep(5);
  appendFileSync(file, `${line(['SSLfinal_State'])}\n`);
  expect(await following).toEqual({ scored: 2, detected: 1, skipped: 0 });
  expect(seen.map(({ type, detected }) => [type, detected])).toEqual([
    ['record', false],
    ['record', true],
    ['summary', 1],
  ]);
});

test('nothing that could be read is an error, not silence', async () => {
  const file = join(folder, 'bad.csv');
  writeFileSync(file, '1,2,3\n');
  await expect(scan(file, { reader: 'uci-phishing-websites' })).rejects.toThrow(/could be read/);
});
