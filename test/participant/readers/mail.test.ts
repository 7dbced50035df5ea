import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { type MailItem, mailReader, readMails } from '../../../participant/readers/mail.ts';
import { mboxEntry } from '../../../participant/readers/mbox.ts';
import type { ReadOptions } from '../../../participant/readers/reader.ts';

const root = mkdtempSync(join(tmpdir(), 'fedward-mail-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function file(path: string, content: string | Uint8Array): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  return full;
}

/** `source#position: content` of each item, with the source relative to the test's folder. */
async function read(path: string, options?: ReadOptions): Promise<string[]> {
  const items: MailItem[] = [];
  for await (const item of readMails(path, options)) items.push(item);
  return items.map((item) => {
    const content =
      item.kind === 'mail' ? Buffer.from(item.raw).toString('latin1') : `refused: ${item.reason}`;
    return `${item.source.replace(`${root}/`, '')}#${item.position}: ${content}`;
  });
}

const two = Buffer.concat([mboxEntry(Buffer.from('A: 1\n\none')), mboxEntry(Buffer.from('A: 2\n\ntwo'))]);

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('reading mails', () => {
  test('an .eml is one mail, even if it begins as an mbox does', async () => {
    const mail = 'From x\nA: 1\n\none\n\nFrom y 10:00\ntext';
    expect(await read(file('one.eml', mail))).toEqual([`one.eml#1: ${mail}`]);
  });

  test('an mbox, whatever its name', async () => {
    for (const name of ['in.mbox', 'Inbox']) {
      expect(await read(file(name, two))).toEqual([`${name}#1: A: 1\n\none`, `${name}#2: A: 2\n\ntwo`]);
    }
  });

  test('a folder, with a Maildir in it, in the order of paths', async () => {
    file('tree/b.eml', 'A: b\n\n');
    file('tree/a/deep/x.mbox', two);
    file('tree/maildir/cur/1234.host:2,S', 'A: cur\n\n');
    file('tree/maildir/new/1235.host', 'From z\nA: new\n\n');
    file('tree/maildir/tmp/1236.host', 'A: unfinished\n\n');
    file('tree/.index', 'bookkeeping');
    file('tree/notes.docx', 'PK\u0003\u0004');
    symlinkSync(join(root, 'tree', 'b.eml'), join(root, 'tree', 'link.eml'));
    symlinkSync(join(root, 'tree'), join(root, 'tree', 'ring'));
    expect(await read(join(root, 'tree'))).toEqual([
      'tree/a/deep/x.mbox#1: A: 1\n\none',
      'tree/a/deep/x.mbox#2: A: 2\n\ntwo',
      'tree/b.eml#1: A: b\n\n',
      'tree/link.eml#1: A: b\n\n',
      'tree/maildir/cur/1234.host:2,S#1: A: cur\n\n',
      'tree/maildir/new/1235.host#1: From z\nA: new\n\n',
      'tree/notes.docx#0: refused: Neither a mail nor an mbox: it begins with no header. Save mails as .eml or mbox.',
      'tree/ring#0: refused: Neither a file nor a folder.',
    ]);
  });

  test('standard input: one mail or an mbox, in chunks of any size', async () => {
    for (const size of [1, 700, 5000]) {
      const mail = `Subject: long\n\n${'text '.repeat(1000)}`;
      expect(await read('-', { stdin: inChunks(Buffer.from(mail), size) })).toEqual([`<stdin>#1: ${mail}`]);
      expect(await read('-', { stdin: inChunks(two, size) })).toHaveLength(2);
      const binary = Uint8Array.from({ length: 5000 }, (_, i) => i % 256);
      expect(await read('-', { stdin: inChunks(binary, size) })).toEqual([
        expect.stringContaining('<stdin>#0: refused: Neither'),
      ]);
    }
    expect(await read('-', { stdin: inChunks(new Uint8Array(), 1) })).toEqual([]);
  });

  test('a mail beyond the limit is refused with its place, and the rest is read', async () => {
    const path = file('big/a.eml', `A: 1\n\n${'x'.repeat(500_000)}`);
    file('big/b.mbox', Buffer.concat([mboxEntry(Buffer.alloc(500_000, 'y')), two]));
    expect(await read(dirname(path), { limit: 1000 })).toEqual([
      'big/a.eml#1: refused: The mail has more than 1000 bytes.',
      'big/b.mbox#1: refused: The mail has 500002 bytes; the limit is 1000.',
      'big/b.mbox#2: A: 1\n\none',
      'big/b.mbox#3: A: 2\n\ntwo',
    ]);
  });

  test('a path that does not exist is an error that names it', async () => {
    await expect(read(join(root, 'nowhere'))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(/nowhere: it does not exist/),
    });
  });

  test('no bytes make the reader throw', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), async (bytes, asMbox) => {
        const content = asMbox ? Buffer.concat([Buffer.from('From x\n'), bytes]) : bytes;
        for await (const item of mailReader.read('-', { stdin: inChunks(content, 999) })) {
          expect(['record', 'refused']).toContain(item.kind);
        }
      }),
    );
  });
});
