/**
 * Audit messages of IHE ATNA (DICOM PS3.15 §A.5, RFC 3881): a message a file, many in one file, or a line of
 * syslog each (RFC 5424). Messages are found by their tags while the file streams by, so that its size does
 * not matter; only one message is ever held.
 */
import { messageRow } from './atna-audit-message.ts';
import { LINE_LIMIT } from './lines.ts';
import { type LineParser, readByLines } from './lines-source.ts';
import { type RowItem, refused, rowReader } from './table-row.ts';

export const atnaAuditReader = rowReader(
  { id: 'atna-audit', title: 'ATNA / DICOM audit messages (XML, syslog)', threat: 'ehr-access' },
  (path, options) => {
    const limit = options.limit ?? LINE_LIMIT;
    return readByLines(path, options, {
      open: (source) => createMessageParser(source, limit),
      closesItself: () => true,
    });
  },
);

const START = /<(?:[A-Za-z_][\w.-]*:)?AuditMessage(?=[\s>/]|$)/g;
const END = /<\/(?:[A-Za-z_][\w.-]*:)?AuditMessage\s*>/g;
/** Wrappers, declarations, comments in one line, a syslog header: what may stand between messages. */
const BETWEEN = /^\s*(?:<\?xml[^<>]*\?>\s*|<\/?[A-Za-z_][\w.:-]*(?:\s[^<>]*)?>\s*)*$/;
const SYSLOG = /^(?:\d+ )?<\d{1,3}>[^<]*(?:<\?xml[^<>]*\?>\s*)?$/;

/** Where in the file the parser is. */
type State =
  | { readonly kind: 'between' }
  | { readonly kind: 'comment'; readonly line: number }
  | { readonly kind: 'message'; readonly line: number; readonly lines: string[]; size: number };

/** One line, and where in it the next message and the next comment begin. */
interface Line {
  readonly text: string;
  readonly number: number;
  readonly start: (from: number) => number;
  readonly comment: (from: number) => number;
}

/**
 * Remembers what `find` found, for questions that go forward: else a line of many comments would be searched to its
 * end for a message after each of them. Infinity when there is nothing ahead.
 */
function ahead(find: (from: number) => number): (from: number) => number {
  let next = -1;
  return (from) => {
    if (next < from) {
      const found = find(from);
      next = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    return next;
  };
}

function match(pattern: RegExp, text: string, from: number): RegExpExecArray | null {
  pattern.lastIndex = from;
  return pattern.exec(text);
}

function createMessageParser(source: string, limit: number): LineParser {
  let state: State = { kind: 'between' };
  let note: string | null = null;

  const between = (text: string, line: number, into: RowItem[]) => {
    if (BETWEEN.test(text)) return;
    if (SYSLOG.test(text.trim())) return;
    into.push(refused(source, line, 'Text stands here that belongs to no audit message.'));
  };

  /** Takes what stands at `at`, and says where to go on. */
  const step = ({ text, number, start, comment }: Line, at: number, into: RowItem[]): number => {
    switch (state.kind) {
      case 'comment': {
        const end = text.indexOf('-->', at);
        if (end < 0) return text.length;
        state = { kind: 'between' };
        return end + 3;
      }
      case 'between': {
        const next = Math.min(start(at), comment(at), text.length);
        between(text.slice(at, next), number, into);
        if (next === text.length) return next;
        if (next === comment(at)) {
          state = { kind: 'comment', line: number };
          note = COMMENTED;
          return next + 4;
        }
        state = { kind: 'message', line: number, lines: [], size: 0 };
        return next;
      }
      case 'message': {
        const end = match(END, text, at);
        const stop = end === null ? text.length : end.index + end[0].length;
        const part = text.slice(at, stop);
        state.lines.push(part);
        state.size += part.length + 1;
        const isEmpty = end === null && state.lines.length === 1 && /^<[^<>]*\/>\s*$/.test(part);
        if (state.size > limit) {
          into.push(refused(source, state.line, `The message has more than ${limit} characters.`));
          state = { kind: 'between' };
          note = null;
        } else if (end !== null || isEmpty) {
          into.push(messageRow(source, state.line, state.lines.join('\n'), note));
          state = { kind: 'between' };
          note = null;
        }
        return stop;
      }
      default:
        return state satisfies never;
    }
  };

  return {
    push(text, number, into) {
      const line: Line = {
        text,
        number,
        start: ahead((from) => match(START, text, from)?.index ?? -1),
        comment: ahead((from) => text.indexOf('<!--', from)),
      };
      for (let at = 0; at < text.length; ) at = step(line, at, into);
    },
    interrupt(into) {
      if (state.kind === 'message') into.push(refused(source, state.line, 'The message is cut off.'));
      if (state.kind === 'comment') into.push(refused(source, state.line, 'A comment is never closed.'));
      state = { kind: 'between' };
    },
  };
}

const COMMENTED =
  'A comment stands before the message, perhaps before the XML declaration; it is passed over.';
