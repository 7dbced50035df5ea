/**
 * Delimited text (RFC 4180), line by line: a line without a quotation mark is split at once, the rest goes
 * through a scanner that carries a quoted cell over line breaks.
 *
 * A quotation mark inside an unquoted cell is taken as it stands, as spreadsheets and Python's csv do. A
 * quoted cell that never closes must not swallow the file: after `MOST_LINES` lines, or the byte limit, the
 * line that opened it is refused and the lines behind it are read anew, each for itself.
 */

export interface DelimitedSink {
  /** One row; `line` is where it begins. */
  row(cells: string[], line: number): void;
  /** One line that is no row. `column` is 1-based. */
  refused(line: number, column: number, reason: string): void;
}

export interface DelimitedParser {
  push(text: string, line: number): void;
  /** A quoted cell waits for more lines. */
  isOpen(): boolean;
  /** What stands open cannot be completed: the file ended, or its next line was unreadable. */
  end(): void;
}

/** Lines that one row may span. */
const MOST_LINES = 100;
const QUOTE = '"';

interface OpenRow {
  readonly cells: string[];
  /** Text of the quoted cell that stands open. */
  cell: string;
  readonly first: number;
  readonly lines: string[];
  size: number;
}

/** @param limit characters one row may have. */
export function createDelimitedParser(
  delimiter: string,
  limit: number,
  sink: DelimitedSink,
): DelimitedParser {
  let open: OpenRow | null = null;

  const giveUp = (row: OpenRow, column: number, reason: string) => {
    open = null;
    sink.refused(row.first, column, reason);
    // At most MOST_LINES deep, since each level leaves out a line.
    for (const [i, text] of row.lines.entries()) {
      if (i > 0) push(text, row.first + i);
    }
  };

  const push = (text: string, line: number): void => {
    if (open === null && !text.includes(QUOTE)) {
      sink.row(text.split(delimiter), line);
      return;
    }
    const row: OpenRow = open ?? { cells: [], cell: '', first: line, lines: [], size: 0 };
    row.lines.push(text);
    row.size += text.length + 1;
    const state = scan(text, delimiter, row, open !== null);
    const column = row.cells.length + 1;
    if (state === 'complete') {
      open = null;
      sink.row(row.cells, row.first);
    } else if (state === 'trailing') {
      giveUp(row, column - 1, 'There is text between a closing quotation mark and the next delimiter.');
    } else if (row.lines.length >= MOST_LINES || row.size > limit) {
      giveUp(row, column, `A quotation mark is still open after ${row.lines.length} lines.`);
    } else {
      open = row;
    }
  };

  return {
    push,
    isOpen: () => open !== null,
    end() {
      while (open !== null) giveUp(open, open.cells.length + 1, 'A quotation mark is never closed.');
    },
  };
}

/** Takes one more line into `row`; `quoted` says that a quoted cell stands open. */
function scan(
  text: string,
  delimiter: string,
  row: OpenRow,
  quoted: boolean,
): 'complete' | 'open' | 'trailing' {
  let inside = quoted;
  let at = 0;
  for (;;) {
    if (!inside && text.startsWith(QUOTE, at)) {
      inside = true;
      row.cell = '';
      at++;
    }
    if (inside) {
      const mark = text.indexOf(QUOTE, at);
      if (mark < 0) {
        row.cell += `${text.slice(at)}\n`;
        return 'open';
      }
      if (text.startsWith(QUOTE, mark + 1)) {
        row.cell += text.slice(at, mark + 1);
        at = mark + 2;
        continue;
      }
      row.cells.push(row.cell + text.slice(at, mark));
      inside = false;
      at = mark + 1;
      if (at === text.length) return 'complete';
      if (!text.startsWith(delimiter, at)) return 'trailing';
    } else {
      const next = text.indexOf(delimiter, at);
      row.cells.push(next < 0 ? text.slice(at) : text.slice(at, next));
      if (next < 0) return 'complete';
      at = next;
    }
    at += delimiter.length;
  }
}

/** Whichever of the usual delimiters stands most often in `text`; null when none does. */
export function likelyDelimiter(text: string): string | null {
  let best: string | null = null;
  let most = 1;
  for (const delimiter of [',', ';', '\t', '|']) {
    const parts = text.split(delimiter).length;
    if (parts > most) {
      best = delimiter;
      most = parts;
    }
  }
  return best;
}
