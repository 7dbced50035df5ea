/**
 * The text that a reader of an HTML mail sees. One linear scan after the tokenizer of the HTML standard
 * (§13.2.5), tolerant of anything: comments, scripts, styles and hidden elements are dropped, inline tags
 * join ("V<b></b>IAGRA" reads as one word), block tags break the line.
 */
import { decodeEntities } from './html-entities.ts';

/** Content that is never shown, up to the end tag of the same name, whatever stands between. */
const RAW = new Set('script style title template iframe noembed noframes xml'.split(' '));
const VOID = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '));
const BREAKING = new Set(
  (
    'address article aside blockquote body br center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 ' +
    'h6 head header hr html li main nav ol option p pre section select table tbody td tfoot th thead tr ul'
  ).split(' '),
);

/** Inline styles that hide text from the reader. Same colour on colour would need a layout engine. */
const HIDING_STYLE = new RegExp(
  [
    'display:none',
    'visibility:(hidden|collapse)',
    'opacity:0*\\.?0+(;|!|$)',
    'font-size:[01](\\.0+)?(px|pt)?(;|!|$)',
    'max-(height|width):0',
    'mso-hide:all',
  ]
    .map((declaration) => `(^|;)${declaration}`)
    .join('|'),
);

interface Tag {
  readonly name: string;
  readonly closing: boolean;
  /** It carries `hidden` or a style of `HIDING_STYLE`. */
  readonly hiding: boolean;
  /** Index after the tag. */
  readonly end: number;
}

/**
 * Lines separated by "\n", runs of white space as one space. Never throws; an unfinished tag or comment
 * swallows the rest of the document, as it does in a browser.
 */
export function visibleText(html: string): string {
  const shown: string[] = [];
  let hidden: { readonly name: string; depth: number } | undefined;
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    const stop = open < 0 ? html.length : open;
    if (hidden === undefined) shown.push(html.slice(at, stop));
    if (open < 0) break;
    if (isMarkupDeclaration(html, open)) {
      at = commentEnd(html, open);
      continue;
    }
    if (!startsTag(html, open)) {
      if (hidden === undefined) shown.push('<');
      at = open + 1;
      continue;
    }
    const tag = readTag(html, open);
    at = !tag.closing && RAW.has(tag.name) ? rawEnd(html, tag) : tag.end;
    if (hidden === undefined) {
      if (BREAKING.has(tag.name)) shown.push('\n');
      if (tag.hiding && !tag.closing && !VOID.has(tag.name)) hidden = { name: tag.name, depth: 1 };
    } else if (hidden.name === tag.name) {
      hidden.depth += tag.closing ? -1 : 1;
      if (hidden.depth === 0) hidden = undefined;
    }
  }
  return decodeEntities(shown.join(''))
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .trim();
}

const LETTER = /^[a-z]$/i;

function startsTag(html: string, open: number): boolean {
  const first = html[open + 1] === '/' ? html[open + 2] : html[open + 1];
  return LETTER.test(first ?? '');
}

/** `<!…`, `<?…` and `</` before anything but a letter: comments, real or bogus. */
function isMarkupDeclaration(html: string, open: number): boolean {
  const next = html[open + 1];
  return next === '!' || next === '?' || (next === '/' && !LETTER.test(html[open + 2] ?? ''));
}

function commentEnd(html: string, open: number): number {
  const mark = html.startsWith('<!--', open) ? '-->' : '>';
  const end = html.indexOf(mark, open + 2);
  return end < 0 ? html.length : end + mark.length;
}

/** Where the content of a raw element ends: before its end tag, else at the end of the document. */
function rawEnd(html: string, tag: Tag): number {
  const endTag = new RegExp(`</${tag.name}(?=[\\s/>])`, 'gi');
  endTag.lastIndex = tag.end;
  return endTag.exec(html)?.index ?? html.length;
}

function readTag(html: string, open: number): Tag {
  const closing = html[open + 1] === '/';
  let at = open + (closing ? 2 : 1);
  const take = (stop: RegExp): string => {
    const start = at;
    while (at < html.length && !stop.test(html[at] ?? '')) at++;
    return html.slice(start, at);
  };
  const name = take(/[\s/>]/).toLowerCase();
  let hiding = false;
  for (;;) {
    take(/[^\s/]/);
    if (at >= html.length || html[at] === '>') break;
    // A leading "=" belongs to the attribute's name, in the standard too; so every turn moves on.
    const start = at++;
    take(/[\s/>=]/);
    const attribute = html.slice(start, at).toLowerCase();
    take(/\S/);
    let value = '';
    if (html[at] === '=') {
      at++;
      take(/\S/);
      const quote = html[at];
      if (quote === '"' || quote === "'") {
        const end = html.indexOf(quote, at + 1);
        value = html.slice(at + 1, end < 0 ? html.length : end);
        at = end < 0 ? html.length : end + 1;
      } else {
        value = take(/[\s>]/);
      }
    }
    if (attribute === 'hidden' || (attribute === 'style' && hides(value))) hiding = true;
  }
  return { name, closing, hiding, end: Math.min(at + 1, html.length) };
}

function hides(style: string): boolean {
  return HIDING_STYLE.test(decodeEntities(style).toLowerCase().replace(/\s+/g, ''));
}
