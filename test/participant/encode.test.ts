import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { encodeRecords, readRecords } from '../../benchmarks/accuracy/data.ts';
import { writeOutput } from '../../participant/cli/output-file.ts';
import { encode } from '../../participant/encode.ts';
import { tableReader } from '../../participant/readers/table.ts';
import { phishingWebsites } from '../../participant/readers/table-phishing.ts';
import { maliciousEmail } from '../../threats/malicious-email/index.ts';
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

test('a test set of one side only is refused: no ranking can be judged on it', async () => {
  const file = join(folder, 'one-sided.csv');
  const format = 'uci-phishing-websites';
  writeFileSync(file, [site(1, '1'), '1,2', site(0, '1')].join('\n'));
  await expect(encode(phishingWebsite, file, { format })).rejects.toThrow(
    /only records of class "legitimate".*none of phishing.*First problem: .*one-sided\.csv:2/,
  );
  writeFileSync(file, site(-1, '-1'));
  await expect(encode(phishingWebsite, file, { format })).rejects.toThrow(/no record of class "legitimate"/);
});

test('mail takes neither reader nor mapping, and a pipe needs a reader', async () => {
  await expect(encode(maliciousEmail, folder, { format: 'zeek' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(/are for logs/),
  });
  await expect(encode(phishingWebsite, '/dev/null', {})).rejects.toThrow(/name --reader/);
});

test.skipIf(process.getuid?.() === 0)('a folder that is not writable', async () => {
  const locked = join(folder, 'locked');
  mkdirSync(locked, { mode: 0o500 });
  await expect(writeOutput('--output', join(locked, 'a'), Buffer.from('x'))).rejects.toThrow(
    /permission denied/,
  );
});

test('a file is written whole, or nothing is left', async () => {
  const out = join(folder, 'out');
  // As /dev/null is; a broken check must not cost the machine its own.
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  mkdirSync(out);
  const file = join(out, 'set.bin');
  await writeOutput('--output', file, Buffer.from('one'));
  await writeOutput('--output', file, Buffer.from('two'));
  expect(readFileSync(file, 'utf8')).toBe('two');
  for (const [path, why] of [
    [join(out, 'nowhere/a'), /--output .*nowhere\/a cannot be written: the folder does not exist/],
    [join(file, 'a'), /what should be its folder is a file/],
    [out, /is there already, and is no file/],
    [pipe, /is there already, and is no file/],
    ['-', /must be a file, not standard output/],
  ] as const) {
    await expect(writeOutput('--output', path, Buffer.from('x'))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(why),
    });
  }
  // Any fault while it is written.
  const full = writeOutput('--output', file, { length: -1 } as unknown as Uint8Array);
  await expect(full).rejects.toThrow();
  expect(readdirSync(out)).toEqual(['set.bin']);
});

test('a log without a single label is refused with the first reason', async () => {
  const file = join(folder, 'unlabelled.csv');
  writeFileSync(file, site(1, '0'));
  const refused = encode(phishingWebsite, file, { format: 'uci-phishing-websites' });
  await expect(refused).rejects.toThrow(
    /holds no labelled record.*First problem: .*unlabelled\.csv:1: Result must be/,
  );
});
