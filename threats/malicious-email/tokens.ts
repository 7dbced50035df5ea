/** From a mail to counted tokens: words, and generic tokens for what changes from mail to mail. */
import { withoutListMarks, withoutSubjectTags } from './collection-marks.ts';
import type { MailSample } from './message.ts';

/** Text beyond this many characters is not read: bounds the work one mail can cause. */
const MAX_CHARACTERS = 100_000;
const LONGEST_WORD = 24;

// Alternatives in order; every repetition that can fail is bounded, so the scan is linear.
const TOKEN = new RegExp(
  [
    '(?<url>(?:https?://|www\\.)\\S+)',
    '(?<address>[\\p{L}\\p{N}._%+-]{1,64}@[\\p{L}\\p{N}.-]+)',
    '(?<money>[$€£¥]\\s?\\d[\\d.,]*)',
    '(?<number>\\d[\\d.,:/-]*%?)',
    '(?<ideograph>[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}])',
    "(?<word>\\p{L}[\\p{L}\\p{M}\\p{N}']*)",
    '(?<shout>!+)',
  ].join('|'),
  'giu',
);

/**
 * Tokens with their counts. Words are lower-case; a token of the subject counts twice, once as `subject:…`
 * and once as such. Tokens in angle brackets stand for a kind: `<url>`, `<address>`, `<money>`, `<percent>`,
 * `<number:3>` (by digits), `<capitals>`, `<long>`, `<!>`, `<!!>`.
 */
export function countTokens(sample: MailSample): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (token: string): void => {
    counts.set(token, (counts.get(token) ?? 0) + 1);
  };
  for (const token of tokens(withoutSubjectTags(sample.subject.slice(0, MAX_CHARACTERS)))) {
    add(token);
    add(`subject:${token}`);
  }
  for (const token of tokens(withoutListMarks(sample.body.slice(0, MAX_CHARACTERS)))) add(token);
  return counts;
}

function* tokens(text: string): Generator<string> {
  // Compatibility forms fold (ﬁ, fullwidth letters); invisible format characters would split words.
  const plain = text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/[‘’ʼ]/g, "'");
  for (const { 0: match, groups = {} } of plain.matchAll(TOKEN)) {
    if (groups.word !== undefined) {
      if (match.length > 3 && match === match.toUpperCase() && match !== match.toLowerCase())
        yield '<capitals>';
      const word = match.toLowerCase().replace(/'s$/, '').replaceAll("'", '');
      yield word.length > LONGEST_WORD ? '<long>' : word;
    } else if (groups.number !== undefined) {
      const digits = match.replace(/\D/g, '').length;
      yield match.endsWith('%') ? '<percent>' : `<number:${Math.min(digits, 6)}>`;
    } else if (groups.shout !== undefined) {
      yield match.length > 1 ? '<!!>' : '<!>';
    } else if (groups.ideograph !== undefined) {
      yield match;
    } else if (groups.url !== undefined) {
      yield '<url>';
    } else {
      yield groups.money === undefined ? '<address>' : '<money>';
    }
  }
}
