/**
 * Removes what a mailing list or a mail gateway wrote into subject and body. Such marks say where a mail
 * was collected, not what it is: in a corpus whose benign half comes from lists they give the label away,
 * and in a hospital "[EXTERNAL]" or "***SPAM***" would teach the model to repeat the gateway's verdict.
 *
 * Each rule is narrow, because whatever is removed here is a place for an attacker to hide text in.
 */

/** "[ILUG]", "[EXTERNAL]" before the subject proper or after its "Re:", and verdicts of spam filters. */
const SUBJECT_TAGS = /^((?:\s*(?:re|fwd?|aw|wg|sv)\s*:)*\s*)(?:\[[^\]]{1,30}\]\s*){1,3}/i;
const SUBJECT_VERDICT = /\*{3,10}\s*(?:spam|junk|virus)\s*\*{3,10}/gi;

export function withoutSubjectTags(subject: string): string {
  return subject.replace(SUBJECT_VERDICT, ' ').replace(SUBJECT_TAGS, '$1');
}

const SEPARATOR = /^(?:-- ?|[_=-]{20,}) *$/;
const LIST_ADDRESS = /\/listinfo\/|-unsubscribe@|\bmailing list\b/i;
const YAHOO_OPENS = /^-{10,} ?Yahoo! Groups Sponsor/;
const YAHOO_CLOSES = /^-{40,}[~_]*-?>?/;
/** A footer is at most this many lines, the separator not counted. */
const FOOTER_LINES = 8;

/** Removes a list's footer and the advertisement above it, Yahoo! Groups' advertisement and a feed's head. */
export function withoutListMarks(body: string): string {
  let lines = body.trimEnd().split('\n');
  if (/^URL: https?:/.test(lines[0] ?? '') && /^Date: /.test(lines[1] ?? '')) lines = lines.slice(2);
  lines = withoutYahooAdvertisement(lines);
  const footer = footerStart(lines, (block) => block.some((line) => LIST_ADDRESS.test(line)));
  if (footer === undefined) return lines.join('\n');
  lines = lines.slice(0, footer);
  return lines.slice(0, footerStart(lines, isSponsored)).join('\n');
}

function isSponsored(block: readonly string[]): boolean {
  return block.some((line) => /\bsponsored by\b/i.test(line));
}

/** Index of the last separator line whose block, down to the end, is short and passes `test`. */
function footerStart(
  lines: readonly string[],
  test: (block: readonly string[]) => boolean,
): number | undefined {
  for (let i = lines.length - 1; i >= 0 && i >= lines.length - 1 - FOOTER_LINES; i--) {
    if (SEPARATOR.test(lines[i] ?? '') && test(lines.slice(i + 1))) return i;
  }
  return undefined;
}

function withoutYahooAdvertisement(lines: string[]): string[] {
  const opens = lines.findIndex((line) => YAHOO_OPENS.test(line));
  if (opens < 0) return lines;
  const closes = lines.findIndex((line, i) => i > opens && YAHOO_CLOSES.test(line));
  if (closes < 0 || closes - opens > FOOTER_LINES) return lines;
  return [...lines.slice(0, opens), ...lines.slice(closes + 1)];
}
