/** Text that came from outside, made safe for a terminal. */

/**
 * Control and format characters become U+FFFD: escape sequences could rewrite the screen or the window's
 * title, bidirectional overrides could show "exe.fdp" as "pdf.exe", line breaks could forge rows.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, '\ufffd');
}

/** One line of at most `width` characters; what is cut off shows as "…". */
export function shortened(text: string, width: number): string {
  const line = [...printable(text.replace(/\s+/g, ' ').trim())];
  return line.length <= width ? line.join('') : `${line.slice(0, Math.max(0, width - 1)).join('')}…`;
}
