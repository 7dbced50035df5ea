/** `fedward detect` on a log, with a model whose weights are known: what it finds, why, and what it says to scripts. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDetect } from '../../participant/cli/detect.ts';
import { contextLine, contextOf } from '../../participant/row-context.ts';
import { loadEngine } from '../../threats/engine.ts';
import { featureNames } from '../../threats/features.ts';
import { saveModel } from '../../threats/model-files.ts';
import { networkFlows } from '../../threats/network-intrusion/network-flows.ts';
import { PHISHING_FIELDS, phishingWebsite } from '../../threats/phishing-website/index.ts';
import type { RowSample } from '../../threats/record.ts';
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
  const summary = await runDetect({ model, input: file, format: 'json', all: true, ...options }, (text) =>
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
  expect(summary).toEqual({ scored: 3, detected: 1, skipped: 1, passedOver: {} });
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

test('a verdict that is none of those known keeps no record from being scored', async () => {
  const file = join(folder, 'reviewed.csv');
  writeFileSync(file, `${line(['SSLfinal_State', 'Prefix_Suffix']).replace(/1$/, '0')}\n`);
  const { summary } = await scan(file, { reader: 'uci-phishing-websites' });
  expect(summary).toMatchObject({ scored: 1, detected: 1, skipped: 0 });
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
    all: true,
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
  expect(await following).toEqual({ scored: 2, detected: 1, skipped: 0, passedOver: {} });
  expect(seen.map(({ type, detected }) => [type, detected])).toEqual([
    ['record', false],
    ['record', true],
    ['summary', 1],
  ]);
});

test('without --all only what was detected is listed, for programs too', async () => {
  const file = join(folder, 'quiet.csv');
  writeFileSync(file, `${line([])}\n${line(['SSLfinal_State', 'Prefix_Suffix'])}\n`);
  const { items } = await scan(file, { all: false });
  expect(items.map(({ type, position }) => [type, position])).toEqual([
    ['record', 2],
    ['summary', undefined],
  ]);
});

test('reasons have room at 80 columns where nothing is known of what a record is about', async () => {
  const file = join(folder, 'narrow.csv');
  writeFileSync(file, `${line(['SSLfinal_State', 'Prefix_Suffix'])}\n1,2,3\n`);
  const { columns } = process.stdout;
  process.stdout.columns = 80;
  let text = '';
  try {
    await runDetect({ model, input: file, format: 'table', reader: 'uci-phishing-websites' }, (part) => {
      text += part;
    });
  } finally {
    process.stdout.columns = columns;
  }
  const lines = text.trimEnd().split('\n');
  expect(lines[1]).toMatch(/narrow\.csv#1 .* SSLfinal_State \+4\.0, Prefix/);
  expect(lines[2]).toMatch(/narrow\.csv#2 +skipped: The row has 3 values/);
  expect(lines.filter((one) => one.length > 80)).toEqual([]);
  expect(lines[3]).toBe('1 record, 1 detected at threshold 0.5, 1 skipped');
});

describe('an alarm says what it is about', () => {
  const conn = (cells: object) => JSON.stringify({ _path: 'conn', ts: 1300475167.09, uid: 'CHhA', ...cells });
  const flow = { 'id.orig_h': '10.0.0.7', 'id.orig_p': 50123, 'id.resp_h': '10.0.0.9', 'id.resp_p': 445 };
  const flows = join(folder, 'flows');
  const file = join(folder, 'conn.log');

  beforeAll(async () => {
    // Everything is malicious: the last weight is the last layer's bias.
    const always = new Float32Array(parameterCount(networkFlows.network));
    always[always.length - 1] = 5;
    await saveModel(await loadEngine({ prefer: 'wasm' }), flows, {
      ...{ threat: networkFlows, weights: always, threshold: 0.5 },
      ...{ createdBy: 'test', training: {} },
    });
    const rest = { proto: 'tcp', conn_state: 'SF', duration: 1, orig_bytes: 1, resp_bytes: 2 };
    const counts = { orig_pkts: 1, orig_ip_bytes: 60, resp_pkts: 1, resp_ip_bytes: 60 };
    const dns = JSON.stringify({ _path: 'dns', ts: 1, uid: 'D', query: 'example.org', ...flow });
    writeFileSync(file, `${conn({ ...flow, ...rest, ...counts, label: 'Nobody knows' })}\n${dns}\n`);
  });

  test('with its time, id and endpoints, and foreign rows are counted', async () => {
    const { items, summary } = await scan(file, { model: flows, reader: 'zeek' });
    expect(summary).toEqual({ scored: 1, detected: 1, skipped: 0, passedOver: { 'zeek/dns': 1 } });
    expect(items[0]).toMatchObject({ detected: true, context: { ts: 1300475167.09, uid: 'CHhA', ...flow } });
    expect(items[1]).toMatchObject({ type: 'summary', passedOver: { 'zeek/dns': 1 } });
    let table = '';
    await runDetect({ model: flows, input: file, format: 'table', reader: 'zeek' }, (part) => {
      table += part;
    });
    expect(table).toMatch(/conn\.log#1 +10\.0\.0\.7 → 10\.0\.0\.9:445, /);
    expect(table).toMatch(/1 record, 1 detected at threshold 0\.5; 1 row of zeek\/dns was passed over\n$/);
  });

  test('a log of foreign rows alone is an error', async () => {
    const dns = join(folder, 'dns.log');
    writeFileSync(dns, `${JSON.stringify({ _path: 'dns', ts: 1, uid: 'D', query: 'a' })}\n`.repeat(3));
    await expect(scan(dns, { model: flows, reader: 'zeek' })).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(
        /was scored\. 3 rows of zeek\/dns were passed over: "network-flows" takes/,
      ),
    });
  });
});

test('a line is as short as what is known, and cannot write to the terminal', () => {
  const row = (context: object, fields: object) =>
    contextOf({ format: 'x', labels: {}, context, fields } as RowSample);
  expect(contextLine(row({ a: null, b: '\u001b[2J', c: 'x'.repeat(99) }, { d: 1 }))).toBe(
    `b \ufffd[2J, c ${'x'.repeat(63)}…`,
  );
  expect(contextLine(row({ flow_id: 'f', source_ip: '10.0.0.1' }, {}))).toBe('flow_id f, source_ip 10.0.0.1');
  expect(contextLine(row({ timestamp: 't' }, { src_ip: 'a', dest_ip: 'b' }))).toBe('a → b, timestamp t');
});

describe('what cannot be looked at beforehand', () => {
  test('a pipe needs a reader, or all that it held would be gone', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(scan(pipe)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/pipe or a device.*name --reader/),
    });
    const writing = writeFile(pipe, `${line(['SSLfinal_State'])}\n`);
    expect((await scan(pipe, { reader: 'uci-phishing-websites' })).summary.scored).toBe(1);
    await writing;
  });

  test.each(['missing.csv', 'empty.csv'])('%s is waited for only with a reader', async (name) => {
    writeFileSync(join(folder, 'empty.csv'), '');
    const file = join(folder, name);
    await expect(scan(file, { follow: true })).rejects.toThrow(/name --reader to wait for it/);
    const over = AbortSignal.timeout(20);
    const options = { model, input: file, format: 'json', follow: true } as const;
    const waited = runDetect({ ...options, reader: 'uci-phishing-websites' }, () => {}, over);
    expect(await waited).toEqual({ scored: 0, detected: 0, skipped: 0, passedOver: {} });
  });

  test('a folder is not followed, and an empty log is an error', async () => {
    await expect(scan(folder, { follow: true })).rejects.toThrow(/--follow is for one file/);
    const reader = 'uci-phishing-websites';
    await expect(scan(join(folder, 'empty.csv'), { reader })).rejects.toThrow(/it holds no records/);
  });
});

test('nothing that could be read is an error, not silence', async () => {
  const file = join(folder, 'bad.csv');
  writeFileSync(file, '1,2,3\n');
  await expect(scan(file, { reader: 'uci-phishing-websites' })).rejects.toThrow(/could be read/);
});
