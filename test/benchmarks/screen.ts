/** Just enough of a terminal to see what a display leaves on it: rows of text, and what was written. */

export interface Screen {
  write(text: string): void;
  /** What the user sees, scrolled back to the top. */
  text(): string;
  /** Everything that was written, one entry per write. */
  readonly writes: readonly string[];
}

const ESCAPE = '\x1b';
/** A control sequence with its parameters and command, or one character. */
const TOKEN = new RegExp(`${ESCAPE}\\[([?\\d;]*)([A-Za-z])|[\\s\\S]`, 'gu');

export function screen(): Screen {
  const rows: string[][] = [[]];
  const writes: string[] = [];
  let row = 0;
  let column = 0;
  const control = (parameter: string, command: string) => {
    if (command === 'A') row -= Number(parameter || 1);
    else if (command === 'K') rows[row] = (rows[row] ?? []).slice(0, column);
    else if (command === 'J') {
      rows[row] = (rows[row] ?? []).slice(0, column);
      rows.length = row + 1;
    } else if (!'mhl'.includes(command)) throw new Error(`The display must not use CSI ${command}.`);
    if (row < 0) throw new Error('The display went above the first line.');
  };
  return {
    writes,
    write(text) {
      writes.push(text);
      for (const [token, parameter, command] of text.matchAll(TOKEN)) {
        if (command !== undefined) control(parameter ?? '', command);
        else if (token === '\r') column = 0;
        else if (token === '\n') {
          row += 1;
          column = 0;
          rows[row] ??= [];
        } else {
          const line = rows[row] ?? [];
          line[column++] = token;
          rows[row] = line;
        }
      }
    },
    text: () => rows.map((cells) => cells.join('').trimEnd()).join('\n'),
  };
}
