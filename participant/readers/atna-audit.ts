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
    return readByLines(path, options, { open: (source) => createMessageParser(source, limit) });
  },
);

const START = /<(?:[A-Za-z_][\w.-]*:)?AuditMessage(?=[\s>/]|$)/;
const END = /<\/(?:[A-Za-z_][\w.-]*:)?AuditMessage\s*>/;
/** Wrappers, declarations, comments in one line, a syslog header: what may stand between messages. */
const BETWEEN = /^\s*(?:<\?xml[^<>]*\?>\s*|<\/?[A-Za-z_][\w.:-]*(?:\s[^<>]*)?>\s*)*$/;
const SYSLOG = /^(?:\d+ )?<\d{1,3}>[^<]*(?:<\?xml[^<>]*\?>\s*)?$/;

/** Where in the file the parser is. */
type State =
  | { readonly kind: 'between' }
  | { readonly kind: 'comment'; readonly line: number }
  | { readonly kind: 'message'; readonly line: number; readonly lines: string[]; size: number };

function createMessageParser(source: string, limit: number): LineParser {
  let state: State = { kind: 'between' };
  let note: string | null = null;

  const between = (text: string, line: number, into: RowItem[]) => {
    if (BETWEEN.test(text)) return;
    if (SYSLOG.test(text.trim())) return;
    into.push(refused(source, line, 'Text stands here that belongs to no audit message.'));
  };

  /** Takes what `text` begins with, and gives the rest; null when nothing is left. */
  const step = (text: string, line: number, into: RowItem[]): string | null => {
    switch (state.kind) {
      case 'comment': {
        const end = text.indexOf('-->');
        if (end < 0) return null;
        state = { kind: 'between' };
        return text.slice(end + 3);
      }
      case 'between': {
        const start = START.exec(text)?.index ?? -1;
        const comment = text.indexOf('<!--');
        if (comment >= 0 && (start < 0 || comment < start)) {
          between(text.slice(0, comment), line, into);
          state = { kind: 'comment', line };
          note = COMMENTED;
          return text.slice(comment + 4);
        }
        between(start < 0 ? text : text.slice(0, start), line, into);
        if (start < 0) return null;
        state = { kind: 'message', line, lines: [], size: 0 };
        return text.slice(start);
      }
      case 'message': {
        const end = END.exec(text);
        const stop = end === null ? text.length : end.index + end[0].length;
        state.lines.push(text.slice(0, stop));
        state.size += stop + 1;
        const isEmpty = end === null && state.lines.length === 1 && /^<[^<>]*\/>\s*$/.test(text);
        if (state.size > limit) {
          into.push(refused(source, state.line, `The message has more than ${limit} characters.`));
          state = { kind: 'between' };
          note = null;
        } else if (end !== null || isEmpty) {
          into.push(messageRow(source, state.line, state.lines.join('\n'), note));
          state = { kind: 'between' };
          note = null;
        }
        return end === null ? null : text.slice(stop);
      }
      default:
        return state satisfies never;
    }
  };

  return {
    push(text, line, into) {
      for (let rest: string | null = text; rest !== null && rest !== ''; ) rest = step(rest, line, into);
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
