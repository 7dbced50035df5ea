import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import yargs from 'yargs';
import { detectCommand, runDetect } from '../../participant/cli/detect.ts';
import { printable, shortened } from '../../participant/cli/printable.ts';
import { mboxEntry } from '../../participant/readers/mbox.ts';
import { loadEngine } from '../../threats/engine.ts';
import { tokenFeatures } from '../../threats/malicious-email/encoder.ts';
import { maliciousEmail } from '../../threats/malicious-email/index.ts';
import { saveModel } from '../../threats/model-files.ts';

const root = mkdtempSync(join(tmpdir(), 'fedward-detect-'));
const model = join(root, 'model');
const mixed = join(root, 'mixed.mbox');
const benign = join(root, 'benign.eml');

beforeAll(async () => {
  const weights = new Float32Array(2049);
  for (const { bucket } of tokenFeatures({ subject: '', body: 'viagra casino' })) weights[bucket] = 9;
  weights[2048] = -3;
  const release = { threat: maliciousEmail, weights, threshold: 0.5, createdBy: 'test', training: {} };
  await saveModel(await loadEngine({ prefer: 'wasm' }), model, release);
  const mail = (subject: string, body: string) => mboxEntry(Buffer.from(`Subject: ${subject}\n\n${body}\n`));
  const evil = '\x1b]0;owned\x07=?utf-8?B?4oCuZXhl?= sale';
  writeFileSync(mixed, Buffer.concat([mail('lunch', 'at noon'), mail(evil, 'viagra casino viagra')]));
  writeFileSync(benign, 'Subject: lunch\n\nat noon\n');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function run(input: string, format: 'table' | 'json', threshold?: number) {
  let output = '';
  const summary = await runDetect({ model, input, threshold, format }, (text) => {
    output += text;
  });
  return { output, summary };
}

describe('fedward detect', () => {
  test('json: one line a mail with its reasons, then the summary', async () => {
    const { output } = await run(mixed, 'json');
    const [first, second, summary] = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toEqual({
      type: 'mail',
      source: mixed,
      position: 1,
      subject: 'lunch',
      score: expect.closeTo(1 / (1 + Math.exp(3)), 6),
      detected: false,
      words: [],
      note: null,
    });
    expect(second).toMatchObject({ position: 2, detected: true });
    expect(second.words.map(({ token }: { token: string }) => token)).toEqual(['viagra', 'casino']);
    expect(summary).toMatchObject({ type: 'summary', mails: 2, detected: 1, skipped: 0, threshold: 0.5 });
  });

  test('table: a row a mail, with subjects that cannot write to the terminal', async () => {
    const { output, summary } = await run(mixed, 'table');
    const lines = output.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/mixed\.mbox#1\s+lunch\s+0\.0474\s+benign/);
    expect(lines[2]).toMatch(/mixed\.mbox#2\s+.*sale\s+0\.9\d+\s+malicious\s+viagra, casino/);
    expect(lines[3]).toBe('2 mails, 1 detected at threshold 0.5');
    expect(output.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(summary).toEqual({ scored: 2, detected: 1, skipped: 0, passedOver: {} });
  });

  test('the threshold decides, and is checked', async () => {
    expect((await run(mixed, 'json', 0.04)).summary.detected).toBe(2);
    expect((await run(mixed, 'json', 1)).summary.detected).toBe(0);
    for (const bad of [0, -1, 1.1, Number.NaN]) {
      await expect(run(mixed, 'json', bad)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  test('a scan that could read nothing does not look like one that found nothing', async () => {
    const junk = join(root, 'junk.bin');
    writeFileSync(junk, Buffer.from([0, 1, 2]));
    await expect(run(junk, 'table')).rejects.toMatchObject({ code: 'DATA_INVALID', exitCode: 2 });
  });

  test('exit code 10 says that a mail was detected, 0 that none was', async () => {
    const write = process.stdout.write;
    const exitCodes: unknown[] = [];
    process.stdout.write = () => true;
    try {
      for (const input of [benign, mixed]) {
        process.exitCode = undefined;
        await yargs(['detect', '--model', model, '--input', input, '--format', 'json'])
          .command(detectCommand)
          .parseAsync();
        exitCodes.push(process.exitCode);
      }
    } finally {
      process.stdout.write = write;
      process.exitCode = undefined;
    }
    expect(exitCodes).toEqual([undefined, 10]);
  });
});

test('text from outside is made printable', () => {
  expect(printable('a\x1b[31mb\u202ec\x9bd\u2028e')).toBe('a\ufffd[31mb\ufffdc\ufffdd\ufffde');
  expect(shortened('  two \n lines ', 20)).toBe('two lines');
  expect(shortened('abcdef', 4)).toBe('abc…');
  expect(shortened('😀😀😀', 2)).toBe('😀…');
});
