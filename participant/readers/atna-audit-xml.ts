/**
 * As much XML 1.0 as an audit message has: elements, attributes, text, comments, CDATA, processing
 * instructions. A document type is refused, and with it every entity but the five of XML itself, so that no
 * message can grow or reach for a file. One pass, no backtracking.
 */

export interface XmlElement {
  /** Without its namespace prefix. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** Where and why a text is not the XML that is read here; `at` counts characters from 0. */
export class XmlFault extends Error {
  override readonly name = 'XmlFault';
  readonly at: number;
  constructor(reason: string, at: number) {
    super(reason);
    this.at = at;
  }
}

const DEEPEST = 32;
const MOST_ELEMENTS = 20_000;
const NAME = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y;
const BLANK = /[ \t\r\n]*/y;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

interface OpenElement {
  readonly tag: string;
  readonly element: {
    name: string;
    attributes: Record<string, string>;
    children: XmlElement[];
    text: string;
  };
}

/** @throws XmlFault when `text` is not exactly one element, with comments and the like around it. */
export function parseXml(text: string): XmlElement {
  const open: OpenElement[] = [];
  let root: XmlElement | null = null;
  let count = 0;
  let at = 0;

  const upTo = (end: string, from: number, what: string): number => {
    const found = text.indexOf(end, from);
    if (found < 0) throw new XmlFault(`${what} is not closed`, at);
    return found;
  };
  const addText = (piece: string) => {
    const top = open.at(-1);
    if (top !== undefined) top.element.text += piece;
    else if (piece.trim() !== '') throw new XmlFault('there is text outside the message', at);
  };

  while (at < text.length) {
    const mark = text.indexOf('<', at);
    if (mark !== at) {
      const end = mark < 0 ? text.length : mark;
      addText(decoded(text.slice(at, end), at));
      at = end;
    } else if (text.startsWith('<!--', at)) {
      at = upTo('-->', at + 4, 'a comment') + 3;
    } else if (text.startsWith('<![CDATA[', at)) {
      const end = upTo(']]>', at + 9, 'a CDATA section');
      addText(text.slice(at + 9, end));
      at = end + 3;
    } else if (text.startsWith('<?', at)) {
      at = upTo('?>', at + 2, 'a processing instruction') + 2;
    } else if (text.startsWith('<!', at)) {
      throw new XmlFault('a document type is not allowed', at);
    } else if (text.startsWith('</', at)) {
      const end = upTo('>', at + 2, 'an end tag');
      const closed = open.pop();
      if (closed === undefined || closed.tag !== text.slice(at + 2, end).trim()) {
        throw new XmlFault('an end tag has no start tag', at);
      }
      at = end + 1;
    } else {
      const start = startTag(text, at);
      const element = { name: localName(start.tag), attributes: start.attributes, children: [], text: '' };
      const parent = open.at(-1);
      if (parent !== undefined) parent.element.children.push(element);
      else if (root === null) root = element;
      else throw new XmlFault('there is a second message', at);
      if (++count > MOST_ELEMENTS) throw new XmlFault(`there are more than ${MOST_ELEMENTS} elements`, at);
      if (!start.empty) open.push({ tag: start.tag, element });
      if (open.length > DEEPEST) throw new XmlFault(`elements lie deeper than ${DEEPEST} levels`, at);
      at = start.end;
    }
  }
  if (open.length > 0 || root === null) throw new XmlFault('the message is cut off', text.length);
  return root;
}

function startTag(text: string, from: number) {
  const tag = match(NAME, text, from + 1);
  if (tag === '') throw new XmlFault('a "<" begins no tag', from);
  const attributes: Record<string, string> = {};
  let at = from + 1 + tag.length;
  for (;;) {
    const blank = match(BLANK, text, at);
    at += blank.length;
    if (text.startsWith('/>', at)) return { tag, attributes, empty: true, end: at + 2 };
    if (text.startsWith('>', at)) return { tag, attributes, empty: false, end: at + 1 };
    const name = blank === '' ? '' : match(NAME, text, at);
    if (name === '') throw new XmlFault('a tag is not closed, or its attributes cannot be read', at);
    at += name.length;
    at += match(BLANK, text, at).length;
    if (text[at] !== '=') throw new XmlFault('an attribute has no value', at);
    at += 1 + match(BLANK, text, at + 1).length;
    const quote = text[at] ?? '';
    const end = quote === '"' || quote === "'" ? text.indexOf(quote, at + 1) : -1;
    const value = text.slice(at + 1, Math.max(end, at + 1));
    if (end < 0 || value.includes('<')) throw new XmlFault("an attribute's value is not closed", at);
    // A namespace declaration can be named like an attribute that is read.
    if (!name.startsWith('xmlns')) attributes[localName(name)] = decoded(value, at);
    at = end + 1;
  }
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function decoded(text: string, at: number): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&]{0,16};?)/g, (_, name: string) => {
    const key = name.slice(0, -1);
    const known = name.endsWith(';') && Object.hasOwn(ENTITIES, key) ? ENTITIES[key] : undefined;
    if (known !== undefined) return known;
    const hex = /^#x([0-9a-fA-F]{1,6});$/.exec(name)?.[1];
    const decimal = /^#([0-9]{1,7});$/.exec(name)?.[1];
    const code = hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal ?? Number.NaN);
    if (!(code > 0 && code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) {
      throw new XmlFault('an entity is not known', at);
    }
    return String.fromCodePoint(code);
  });
}
