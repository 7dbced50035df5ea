/** Text for a terminal of some width. */

/** Lines of at most `width` characters, broken at blanks but before no percent sign; a longer word stands alone. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ (?!%)/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** `2.0 MB`. */
export function bytes(count: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** Large numbers whole, others to five significant digits; with an exponent where that would be long. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e12 || size < 1e-4)) return value.toExponential(2);
  const digits = size >= 1e5 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 5 };
  return value.toLocaleString('en-GB', digits);
}
