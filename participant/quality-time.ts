/** Whether a log goes forward in time, and where it pauses. */
import type { Cell, RowSample } from '../threats/record.ts';
import type { TimeReport } from './quality-report.ts';
import { formatPlace, type RowItem } from './readers/table-row.ts';

/** In the order of trust: the event's own time before that of its writing. */
const COLUMNS = ['ts', 'timestamp', 'recorded', 'start', 'flow.start', 'published', 'date_added'];
/** Beyond them the column is looked for in every row: whoever writes a log can name any number of formats. */
const MOST_FORMATS = 100;

export interface Timeline {
  take(sample: RowSample, item: RowItem): void;
  report(): TimeReport | null;
}

export function createTimeline(): Timeline {
  /** Column by format, of the first formats; null where there is none. */
  const columns = new Map<string, string | null>();
  let field: string | null = null;
  let source = '';
  let previous: number | null = null;
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  let steps = 0;
  let backwards = 0;
  let largestGap = 0;
  let largestGapAt: string | null = null;

  return {
    take(sample, item) {
      let column = columns.get(sample.format);
      if (column === undefined) {
        column = COLUMNS.find((name) => seconds(cellOf(sample, name)) !== null) ?? null;
        if (columns.size < MOST_FORMATS) columns.set(sample.format, column);
      }
      const time = column === null ? null : seconds(cellOf(sample, column));
      if (time === null) return;
      field ??= column;
      if (item.source !== source) {
        source = item.source;
        previous = null;
      }
      if (previous !== null) {
        steps++;
        if (time < previous) backwards++;
        if (time - previous > largestGap) {
          largestGap = time - previous;
          largestGapAt = formatPlace(item);
        }
      }
      previous = time;
      if (time < from) from = time;
      if (time > to) to = time;
    },
    report: () => (field === null ? null : { field, from, to, steps, backwards, largestGap, largestGapAt }),
  };
}

function cellOf({ context, fields }: RowSample, name: string): Cell {
  return context[name] ?? fields[name] ?? null;
}

/** From here on a number counts milliseconds: as seconds it would lie beyond the year 5000. */
const MILLISECONDS = 1e11;

/** Seconds since 1970; null for what is no time. */
function seconds(cell: Cell): number | null {
  const number = typeof cell === 'string' && cell !== '' ? Number(cell) : cell;
  if (typeof number === 'number' && Number.isFinite(number)) {
    return Math.abs(number) >= MILLISECONDS ? number / 1000 : number;
  }
  const time = typeof cell === 'string' ? Date.parse(cell) : Number.NaN;
  return Number.isNaN(time) ? null : time / 1000;
}
