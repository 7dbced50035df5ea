import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAIL_FEATURES, mailEncoder } from '../../../threats/malicious-email/encoder.ts';
import { mailIdentity } from '../../../threats/malicious-email/identity.ts';
import { parseMail } from '../../../threats/malicious-email/parse.ts';

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const MIXED = [
  'Subject: =?utf-8?B?R3LDvMOfZQ==?=',
  'Content-Type: multipart/alternative; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain',
  '',
  'harmless words',
  '--b',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  '<p>Pay =E2=82=AC5 <span style=3D"display:none">HIDDEN</span>now</p>',
  '--b',
  'Content-Type: text/plain; name=a.txt',
  'Content-Disposition: attachment',
  '',
  'ATTACHED',
  '--b--',
  '',
].join('\r\n');

describe('parsing a mail', () => {
  test('the HTML version counts, decoded, without attachments', async () => {
    expect(await parseMail(latin1(MIXED))).toEqual({
      sample: { subject: 'Grüße', body: 'Pay €5 now' },
      note: null,
    });
  });

  test.each([
    ['iso-8859-1', 'caf\xe9', 'café'],
    ['windows-1252', '\x93q\x94', '“q”'],
    ['utf-8', '\xe2\x82\xac', '€'],
    ['no-such-charset', 'plain', 'plain'],
  ])('charset %s', async (charset, bytes, text) => {
    const mail = `Subject: s\nContent-Type: text/plain; charset=${charset}\nContent-Transfer-Encoding: 8bit\n\n${bytes}\n`;
    expect((await parseMail(latin1(mail))).sample.body.trim()).toBe(text);
  });

  test('a leading mbox line is no part of the mail', async () => {
    const mail = 'Subject: hello\n\nworld\n';
    const plain = await parseMail(latin1(mail));
    expect(await parseMail(latin1(`From bob@x.example Thu Aug 22 12:36:23 2002\n${mail}`))).toEqual(plain);
    expect(plain.sample).toEqual({ subject: 'hello', body: 'world\n' });
    const headless = await parseMail(latin1('From bob@x.example Thu Aug 22 12:36:23 2002\n\ntext\n'));
    expect(headless).toEqual({ sample: { subject: '', body: 'text\n' }, note: 'The mail has no header.' });
  });

  test('no header but the subject reaches the features', async () => {
    const row = async (header: string) => {
      const { sample } = await parseMail(latin1(`${header}Subject: hello\n\nworld\n`));
      const features = new Float32Array(MAIL_FEATURES);
      mailEncoder.encode(sample, features, 0);
      return features;
    };
    const telling = [
      'From: spammer@x.example',
      'To: undisclosed-recipients',
      'List-Id: <ilug.linux.ie>',
      'X-Spam-Status: Yes, hits=20',
      'X-Mailing-List: exmh-workers@redhat.com',
      'Received: from evil.example',
      '',
    ].join('\n');
    expect(await row(telling)).toEqual(await row(''));
  });

  test('what is broken is read as far as it goes, with a note', async () => {
    expect(await parseMail(new Uint8Array())).toMatchObject({ note: 'The mail is empty.' });
    expect(await parseMail(latin1('From x'))).toMatchObject({ note: 'The mail is empty.' });
    expect(await parseMail(latin1('\n\njust text'))).toMatchObject({ note: 'The mail has no header.' });
    expect(await parseMail(latin1('To: x\n\n'))).toMatchObject({ note: expect.stringContaining('neither') });
    const deep = Array.from(
      { length: 400 },
      (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n`,
    );
    const broken = await parseMail(latin1(`Subject: deep\n${deep.join('')}\n\nbottom`));
    expect(broken.note).toMatch(/MIME structure is broken/);
    expect(broken.sample).toMatchObject({ subject: 'deep', body: expect.stringContaining('bottom') });
  });

  test('no bytes make it throw: binary, truncated, without line breaks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        expect(typeof (await parseMail(bytes)).sample.body).toBe('string');
      }),
    );
    for (let end = 0; end < MIXED.length; end += 7) await parseMail(latin1(MIXED.slice(0, end)));
    for (const head of ['', 'Subject: s\n\n', 'Subject: ', 'Content-Type: text/html\n\n', 'To: ']) {
      const { sample } = await parseMail(latin1(head + 'x'.repeat(3_000_000)));
      expect(typeof sample.body).toBe('string');
    }
  });
});

test('mails are the same when they differ in case and white space only', () => {
  const id = mailIdentity({ subject: 'A b', body: 'c\n d' });
  expect(mailIdentity({ subject: ' a  B', body: 'C D\r\n' })).toBe(id);
  expect(mailIdentity({ subject: 'a', body: 'b c d' })).not.toBe(id);
});
