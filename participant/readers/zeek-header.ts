/** The header of Zeek's TSV logs (https://docs.zeek.org/en/master/log-formats.html): it says how to read the rows. */
import { SourceFault } from './lines-fault.ts';

export interface ZeekHeader {
  readonly separator: string;
  readonly emptyField: string;
  readonly unsetField: string;
  readonly path: string | null;
  readonly fields: readonly string[];
  readonly types: readonly string[];
}

export const NO_HEADER: ZeekHeader = {
  separator: '\t',
  emptyField: '(empty)',
  unsetField: '-',
  path: null,
  fields: [],
  types: [],
};

/**
 * `header` with what the line that begins with `#` says. A lone `#fields` (an intelligence file) serves too.
 * @throws SourceFault when the line cannot be meant.
 */
export function withHeaderLine(header: ZeekHeader, line: string): ZeekHeader {
  // Zeek writes a blank behind #separator; tools that rewrite logs put the separator itself there.
  const separator = /^#separator[ \t]+(\S+)/.exec(line)?.[1];
  if (separator !== undefined) return { ...header, separator: oneCharacter(separator) };
  const [key = '', ...values] = line.split(header.separator);
  const value = values[0] ?? '';
  switch (key) {
    case '#empty_field':
      return { ...header, emptyField: value };
    case '#unset_field':
      return { ...header, unsetField: value };
    case '#path':
      return { ...header, path: value };
    case '#fields':
      // Types belong to the fields before them.
      return { ...header, fields: checked(values), types: [] };
    case '#types':
      if (values.length !== header.fields.length) {
        throw new SourceFault(`#types names ${values.length} columns and #fields ${header.fields.length}.`);
      }
      return { ...header, types: values };
    default:
      // #set_separator, #open, #close, comments.
      return header;
  }
}

function checked(fields: readonly string[]): readonly string[] {
  if (fields.length === 0 || fields.some((name) => name === '' || name === '__proto__')) {
    throw new SourceFault('#fields has no names, or one that cannot be meant. Check #separator.');
  }
  if (new Set(fields).size < fields.length) throw new SourceFault('#fields names a column twice.');
  return fields;
}

function oneCharacter(text: string): string {
  const separator = unescaped(text);
  if (separator.length !== 1) throw new SourceFault('#separator is not one character, such as \\x09.');
  return separator;
}

/** Zeek writes a byte that would be misread as `\xHH`; runs of them are UTF-8. */
export function unescaped(text: string): string {
  if (!text.includes('\\x')) return text;
  return text.replace(/(?:\\x[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('\\x', ''), 'hex').toString(),
  );
}
