import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutListMarks, withoutSubjectTags } from '../../../threats/malicious-email/collection-marks.ts';
import { MAIL_FEATURES, mailEncoder, tokenFeatures } from '../../../threats/malicious-email/encoder.ts';
import { explainMail } from '../../../threats/malicious-email/explain.ts';
import { murmur3 } from '../../../threats/malicious-email/murmur3.ts';
import { countTokens } from '../../../threats/malicious-email/tokens.ts';

const tokensOf = (body: string) => Object.fromEntries(countTokens({ subject: '', body }));

describe('MurmurHash3_x86_32', () => {
  // Reference vectors of Appleby's implementation.
  test.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['aa', 0x9747b28c, 0x5d211726],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ])('%j with seed %d', (text, seed, hash) => {
    expect(murmur3(new TextEncoder().encode(text), seed)).toBe(hash);
  });
});

describe('tokens', () => {
  test('words are folded, and what changes from mail to mail becomes its kind', () => {
    expect(
      tokensOf(
        'Don’t miss the ＦＲＥＥ offer!!! Pay $1,000.00 or 50% at HTTP://x.example/?q or WWW.x.example, ' +
          'mail bob@x.example, call 555-1234, 7 days! Bob’s zero\u200bwidth',
      ),
    ).toEqual({
      dont: 1,
      miss: 1,
      the: 1,
      '<capitals>': 1,
      free: 1,
      offer: 1,
      '<!!>': 1,
      pay: 1,
      '<money>': 1,
      or: 2,
      '<percent>': 1,
      at: 1,
      '<url>': 2,
      mail: 1,
      '<address>': 1,
      call: 1,
      '<number:6>': 1,
      '<number:1>': 1,
      days: 1,
      '<!>': 1,
      bob: 1,
      zerowidth: 1,
    });
  });

  test('other scripts: letters make words, ideographs stand alone', () => {
    expect(tokensOf('Grüße 免费 привет')).toEqual({ grüße: 1, 免: 1, 费: 1, привет: 1 });
  });

  test('subject words count twice', () => {
    expect(Object.fromEntries(countTokens({ subject: 'Win', body: 'win' }))).toEqual({
      win: 2,
      'subject:win': 1,
    });
  });

  test('text without end is read in part', () => {
    expect(tokensOf('a '.repeat(1_000_000))).toEqual({ a: 50_000 });
    expect(tokensOf('x'.repeat(1_000_000))).toEqual({ '<long>': 1 });
    for (const piece of ['a.', '1.', '>', ' ', '\n', '-', '!', '$ ', '[x]']) {
      const text = piece.repeat(1_000_000 / piece.length);
      expect(countTokens({ subject: text, body: text }).size).toBeLessThan(10);
    }
  });
});

describe('marks of where a mail was collected', () => {
  test.each([
    ['[ILUG] hello', 'hello'],
    ['Re: [SAtalk] hello', 'Re: hello'],
    ['RE: Fwd: [EXTERNAL] [list] hello [sic]', 'RE: Fwd: hello [sic]'],
    ['*****SPAM***** hello', 'hello'],
    ['hello', 'hello'],
    ['[a tag so long that it must be a part of the subject] hello', null],
  ])('%s', (subject, expected) => {
    expect(withoutSubjectTags(subject).replace(/\s+/g, ' ').trim()).toBe(expected ?? subject);
  });

  const mailman =
    '_______________________________________________\nX mailing list\nhttp://h.example/mailman/listinfo/x';

  test('a list’s footer and the advertisement above it', () => {
    const sponsor = `${'-'.repeat(55)}\nThis sf.net email is sponsored by: ThinkGeek\nhttp://thinkgeek.com/sf`;
    expect(withoutListMarks(`text\n${sponsor}\n${mailman}\n\n`)).toBe('text');
    expect(
      withoutListMarks(`text\n-- \nIrish Linux: i@l.example\nhttp://l.example/listinfo/ilug for help`),
    ).toBe('text');
  });

  test('Yahoo! Groups’ advertisement, and the head of a feed', () => {
    const yahoo = `${'-'.repeat(24)} Yahoo! Groups Sponsor ${'-'.repeat(21)}~-->\n4 DVDs Free\n${'-'.repeat(69)}~->`;
    expect(withoutListMarks(`above\n${yahoo}\nbelow`)).toBe('above\nbelow');
    expect(withoutListMarks('URL: http://f.example/1\nDate: Not supplied\n\ntext')).toBe('\ntext');
  });

  test('a signature, a rule, or a footer too long to be one stays', () => {
    for (const body of [
      'text\n-- \nBob\nhttp://bob.example',
      `text\n${'-'.repeat(60)}\nBuy now`,
      `text\n${'_'.repeat(47)}\n${'buy now\n'.repeat(8)}mailing list`,
    ]) {
      expect(withoutListMarks(body)).toBe(body);
    }
  });
});

describe('the encoder', () => {
  const encode = (subject: string, body: string) => {
    const row = new Float32Array(MAIL_FEATURES);
    mailEncoder.encode({ subject, body }, row, 0);
    return row;
  };

  test('a known row: a change of features must change the encoder’s id', () => {
    expect(mailEncoder.id).toBe('mail-words-2048/1');
    const row = encode('Win', 'you you win');
    const entries = [...row.entries()].filter(([, value]) => value !== 0);
    const one = 1 / Math.hypot(1, 1 + Math.log(2), 1 + Math.log(2));
    const bucket = (token: string) => murmur3(new TextEncoder().encode(token), 0) % 2048;
    const expected = [
      [bucket('subject:win'), one],
      [bucket('win'), one * (1 + Math.log(2))],
      [bucket('you'), one * (1 + Math.log(2))],
    ];
    expect(entries).toEqual(
      expected.sort(([a = 0], [b = 0]) => a - b).map(([index, value = 0]) => [index, Math.fround(value)]),
    );
    expect(entries.map(([index]) => index)).toEqual([924, 1658, 1996]);
  });

  test('rows have norm 1, or are zero for a mail without words, and stay in their place', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (subject, body) => {
          const target = new Float32Array(3 * MAIL_FEATURES);
          mailEncoder.encode({ subject, body }, target, MAIL_FEATURES);
          const outside = target.slice();
          outside.fill(0, MAIL_FEATURES, 2 * MAIL_FEATURES);
          expect(outside.some((value) => value !== 0)).toBe(false);
          const row = target.slice(MAIL_FEATURES, 2 * MAIL_FEATURES);
          expect(Buffer.from(row.buffer).equals(Buffer.from(encode(subject, body).buffer))).toBe(true);
          const norm = Math.hypot(...row);
          expect(norm === 0 || Math.abs(norm - 1) < 1e-5).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
    expect(encode('', ' \n ?').every((value) => value === 0)).toBe(true);
  });

  test('an explanation’s shares are the row’s, and name the mail’s own words, strongest first', () => {
    const sample = { subject: 'Win', body: 'you you win' };
    const kernel = new Float32Array(MAIL_FEATURES);
    for (const { token, bucket } of tokenFeatures(sample)) {
      kernel[bucket] = token === 'you' ? 2 : token === 'win' ? 1 : -1;
    }
    const row = encode(sample.subject, sample.body);
    const logit = row.reduce((sum, value, k) => sum + value * (kernel[k] ?? 0), 0);
    const words = explainMail(sample, kernel, 5);
    expect(words.map(({ token }) => token)).toEqual(['you', 'win']);
    const against = tokenFeatures(sample).find(({ token }) => token === 'subject:win')?.value ?? 0;
    expect(words.reduce((sum, word) => sum + word.logit, 0) - against).toBeCloseTo(logit, 5);
    expect(explainMail(sample, kernel, 1)).toHaveLength(1);
  });
});
