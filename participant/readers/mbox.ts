/**
 * The mbox format in its reversible variant mboxrd: mails one after another, each behind a line that
 * starts with "From "; a line of a mail that would look like one carries a ">" more
 * (https://www.loc.gov/preservation/digital/formats/fdd/fdd000385.shtml).
 *
 * The line break before the empty line that ends a mail belongs to the separator, so that a mail without
 * a final line break survives: `splitMbox` of `mboxEntry` gives back the bytes exactly.
 */

export type MboxPart =
  | { readonly kind: 'mail'; readonly index: number; readonly raw: Uint8Array }
  | { readonly kind: 'refused'; readonly index: number; readonly reason: string };

export interface MboxSplitter {
  /** Takes the next bytes of the file and gives the mails that they complete. */
  push(chunk: Uint8Array): MboxPart[];
  /** The last mail. */
  end(): MboxPart[];
}

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x3e;
const FROM = Buffer.from('From ');
/** The date's time of day sets a separator apart from prose that was never escaped. */
const SEPARATOR = /^From .*\d:\d\d/;
/** This much of an unfinished line is kept until more arrives; enough to tell what the line is. */
const LINE_PROBE = 4096;

/**
 * Splits an mbox that arrives in chunks of any size. Memory is bounded by `limit` and the chunk.
 * @param limit bytes that one mail may have; a larger one is refused and passed over.
 */
export function createMboxSplitter(limit: number): MboxSplitter {
  let carry: Buffer = Buffer.alloc(0);
  let atLineStart = true;
  let afterBlank = true;
  /** 0 while what stands before the first separator is read. */
  let index = 0;
  const mail = createSink(limit);

  const finish = (): MboxPart[] => {
    const size = mail.size();
    const raw = withoutFinalBlank(mail.take());
    if (index === 0) {
      if (isBlank(raw)) return [];
      return [{ kind: 'refused', index, reason: 'Text before the first "From " line belongs to no mail.' }];
    }
    if (size > limit + 4) {
      return [{ kind: 'refused', index, reason: `The mail has ${size} bytes; the limit is ${limit}.` }];
    }
    return [{ kind: 'mail', index, raw }];
  };

  const scan = (data: Buffer, last: boolean): MboxPart[] => {
    const parts: MboxPart[] = [];
    // Bytes from `kept` on await being appended: whole runs at once, cut only where a line is special.
    let kept = 0;
    let at = 0;
    while (at < data.length) {
      const newline = data.indexOf(LF, at);
      const unfinished = newline < 0;
      if (unfinished && !last && atLineStart && data.length - at < LINE_PROBE) break;
      const next = unfinished ? data.length : newline + 1;
      if (atLineStart) {
        if (afterBlank && isSeparator(data.subarray(at, next), index === 0)) {
          mail.append(data.subarray(kept, at));
          parts.push(...finish());
          index++;
          kept = next;
        } else if (isQuotedFrom(data, at, next)) {
          mail.append(data.subarray(kept, at));
          kept = at + 1;
        }
        afterBlank = data[at] === LF || (data[at] === CR && data[at + 1] === LF);
      }
      atLineStart = !unfinished;
      at = next;
    }
    mail.append(data.subarray(kept, at));
    carry = data.subarray(at);
    return parts;
  };

  return {
    push: (chunk) => scan(carry.length === 0 ? Buffer.from(chunk) : Buffer.concat([carry, chunk]), false),
    end: () => [...scan(carry, true), ...finish()],
  };
}

/** A mail as it stands in an mbox, with the separator's lines around it. */
export function mboxEntry(raw: Uint8Array): Uint8Array {
  const data = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const pieces: Uint8Array[] = [Buffer.from('From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n')];
  let kept = 0;
  for (let at = 0; at < data.length; ) {
    const newline = data.indexOf(LF, at);
    const next = newline < 0 ? data.length : newline + 1;
    let quotes = at;
    while (data[quotes] === QUOTE) quotes++;
    if (startsWithFrom(data, quotes)) {
      pieces.push(data.subarray(kept, at), Buffer.from('>'));
      kept = at;
    }
    at = next;
  }
  pieces.push(data.subarray(kept), Buffer.from('\n\n'));
  return Buffer.concat(pieces);
}

function isSeparator(line: Buffer, first: boolean): boolean {
  if (!startsWithFrom(line, 0)) return false;
  return first || SEPARATOR.test(line.subarray(0, LINE_PROBE).toString('latin1'));
}

function isQuotedFrom(data: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && data[at] === QUOTE) at++;
  return at > start && startsWithFrom(data, at);
}

function startsWithFrom(data: Buffer, at: number): boolean {
  return data[at] === FROM[0] && data.subarray(at, at + FROM.length).equals(FROM);
}

function withoutFinalBlank(raw: Buffer): Buffer {
  const end = raw.length;
  if (raw[end - 1] !== LF) return raw;
  if (raw[end - 2] === LF) return raw.subarray(0, end - 2);
  const crlf = raw[end - 2] === CR && raw[end - 3] === LF && raw[end - 4] === CR;
  return crlf ? raw.subarray(0, end - 4) : raw;
}

function isBlank(raw: Buffer): boolean {
  return raw.every((byte) => byte === LF || byte === CR || byte === 0x20 || byte === 0x09);
}

/** Growing bytes that stop being kept, but not counted, once they are past the limit. */
function createSink(limit: number) {
  let bytes = Buffer.allocUnsafe(16_384);
  let size = 0;
  return {
    size: () => size,
    append(run: Buffer): void {
      // The separator's line breaks may come on top.
      if (size + run.length <= limit + 4) {
        if (size + run.length > bytes.length) {
          const larger = Buffer.allocUnsafe(Math.max(2 * bytes.length, size + run.length));
          bytes.copy(larger, 0, 0, size);
          bytes = larger;
        }
        run.copy(bytes, size);
      }
      size += run.length;
    },
    /** What was kept, empty when it was too much; and starts anew. */
    take(): Buffer {
      const taken = Buffer.from(bytes.subarray(0, size > limit + 4 ? 0 : size));
      size = 0;
      return taken;
    },
  };
}
