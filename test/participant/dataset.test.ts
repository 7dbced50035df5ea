import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadDataset } from '../../participant/dataset.ts';
import { mailReader } from '../../participant/readers/mail.ts';
import { mboxEntry } from '../../participant/readers/mbox.ts';
import { mailEncoder } from '../../threats/malicious-email/encoder.ts';
import { maliciousEmail } from '../../threats/malicious-email/index.ts';

const root = mkdtempSync(join(tmpdir(), 'fedward-dataset-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const mail = (subject: string) => Buffer.from(`Subject: ${subject}\n\nbody\n`);
const mbox = (...subjects: string[]) => Buffer.concat(subjects.map((subject) => mboxEntry(mail(subject))));

function folder(name: string, files: Record<string, Uint8Array>): string {
  const path = join(root, name);
  for (const [file, bytes] of Object.entries(files)) {
    mkdirSync(join(path, file, '..'), { recursive: true });
    writeFileSync(join(path, file), bytes);
  }
  return path;
}

test('rows, labels and an account of everything that was left out', async () => {
  const path = folder('full', {
    'benign.mbox': mbox('alpha', 'beta', 'ALPHA', 'both', 'both'),
    'benign/extra.eml': mail('gamma'),
    'malicious/one.eml': mail('delta'),
    'malicious/two.eml': mail('Both'),
    'malicious/empty.eml': Buffer.alloc(0),
    'malicious/photo.jpg': Buffer.from('\xff\xd8', 'latin1'),
  });
  const { dataset, report } = await loadDataset(maliciousEmail, mailReader, path);
  expect(report).toEqual({
    threat: 'malicious-email',
    encoder: mailEncoder.id,
    read: 9,
    skipped: [
      {
        kind: 'refused',
        source: join(path, 'malicious/photo.jpg'),
        position: 0,
        reason: expect.stringContaining('Neither'),
      },
    ],
    skippedCount: 1,
    damaged: [
      {
        kind: 'refused',
        source: join(path, 'malicious/empty.eml'),
        position: 1,
        reason: 'The mail is empty.',
      },
    ],
    damagedCount: 1,
    duplicates: 2,
    contradictions: 2,
    classes: { benign: 3, malicious: 2 },
  });
  expect([...dataset.labels]).toEqual([0, 0, 0, 1, 1]);
  const row = new Float32Array(dataset.width);
  mailEncoder.encode({ subject: 'gamma', body: 'body\n' }, row, 0);
  expect(dataset.features.subarray(2 * dataset.width, 3 * dataset.width)).toEqual(row);
});

test('a missing class, and one without a usable mail, are refused with what to do', async () => {
  const missing = folder('missing', { 'benign.mbox': mbox('a') });
  await expect(loadDataset(maliciousEmail, mailReader, missing)).rejects.toMatchObject({
    code: 'DATA_INVALID',
    message: expect.stringMatching(/class "malicious".*malicious\.mbox or .*malicious\//),
  });
  const unusable = folder('unusable', { 'benign.mbox': mbox('a'), 'malicious/x.zip': Buffer.from('PK') });
  await expect(loadDataset(maliciousEmail, mailReader, unusable)).rejects.toThrow(/x\.zip: Neither/);
});
