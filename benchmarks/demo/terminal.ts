/**
 * What a terminal can show, and a block at its bottom that is redrawn without flicker.
 *
 * listr2's renderers own the tasks they show and write to `process.stdout`; a job that tells its progress in
 * events fits neither, so the demo draws its few lines itself.
 */

export interface Out {
  write(text: string): unknown;
}

type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
  readonly glyphs: Glyphs;
  /** Replaces what a terminal without UTF-8 cannot show; applied to every line on its way out. */
  readonly text: Paint;
}

export interface Glyphs {
  readonly done: string;
  readonly failed: string;
  readonly waiting: string;
  readonly up: string;
  readonly down: string;
  readonly level: string;
  readonly full: string;
  readonly empty: string;
  readonly spinner: readonly string[];
}

const UNICODE: Glyphs = {
  done: '✓',
  failed: '✗',
  waiting: '·',
  up: '▲',
  down: '▼',
  level: '=',
  full: '━',
  empty: '─',
  spinner: [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'],
};

const ASCII: Glyphs = {
  done: '+',
  failed: 'x',
  waiting: '.',
  up: '^',
  down: 'v',
  level: '=',
  full: '#',
  empty: '-',
  spinner: [...'-\\|/'],
};

const TRANSLITERATION: Readonly<Record<string, string>> = {
  ε: 'eps',
  δ: 'delta',
  '…': '...',
  '·': '-',
  '’': "'",
  '–': '-',
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Colour on a terminal unless `NO_COLOR` is set (no-color.org); UTF-8 unless the locale says otherwise. */
export function styleOf(env: Environment, isTty: boolean): Style {
  const coloured = isTty && !env.NO_COLOR && env.TERM !== 'dumb';
  const sgr =
    (open: number, close: number): Paint =>
    (text) =>
      coloured ? `\x1b[${open}m${text}\x1b[${close}m` : text;
  // POSIX: the first of these that is set and not empty decides.
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || 'UTF-8';
  const unicode = /utf-?8/i.test(locale);
  return {
    bold: sgr(1, 22),
    dim: sgr(2, 22),
    red: sgr(31, 39),
    green: sgr(32, 39),
    yellow: sgr(33, 39),
    cyan: sgr(36, 39),
    glyphs: unicode ? UNICODE : ASCII,
    text: unicode ? (text) => text : (text) => text.replace(/\P{ASCII}/gu, (c) => TRANSLITERATION[c] ?? '?'),
  };
}

/** Reasons come from other machines: nothing in them may move the cursor or start a line. */
export function oneLine(text: string): string {
  return [...text].map((c) => (c < ' ' || (c >= '\x7f' && c < '\xa0') ? ' ' : c)).join('');
}

/** `share` of `width` cells filled; a share outside 0…1 fills none or all. */
export function bar(share: number, width: number, style: Style, paint: Paint): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return paint(style.glyphs.full.repeat(filled)) + style.dim(style.glyphs.empty.repeat(width - filled));
}

/** The last lines of a terminal, which may change; what is printed goes above and stays. */
export interface LiveBlock {
  /** Replaces the block by `lines`, after `above` has been printed over it for good. */
  paint(lines: readonly string[], above?: readonly string[]): void;
}

/** Terminals that know it show everything in between at once; the others ignore it. */
const AT_ONCE = { begin: '\x1b[?2026h', end: '\x1b[?2026l' } as const;
/** In the block a long line is cut at the edge: wrapped, it would spoil the count of lines to go up. */
const WRAP = { off: '\x1b[?7l', on: '\x1b[?7h' } as const;
const CLEAR = { restOfLine: '\x1b[K', below: '\x1b[J' } as const;

/** Every frame leaves the terminal as it found it, cursor below the block: a killed demo spoils no shell. */
export function liveBlock(out: Out): LiveBlock {
  let height = 0;
  return {
    paint(lines, above = []) {
      const up = height > 0 ? `\x1b[${height}A` : '';
      const rows = (texts: readonly string[]) => texts.map((text) => `${text}${CLEAR.restOfLine}\n`).join('');
      // One write for the whole frame: half of it is never on the screen.
      out.write(
        `${AT_ONCE.begin}\r${up}${rows(above)}${WRAP.off}${rows(lines)}${CLEAR.below}${WRAP.on}${AT_ONCE.end}`,
      );
      height = lines.length;
    },
  };
}
