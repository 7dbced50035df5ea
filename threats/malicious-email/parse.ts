/** From the raw bytes of one mail to what its reader sees. */
import PostalMime, { type Email } from 'postal-mime';
import type { MailSample } from './message.ts';
import { visibleText } from './visible-text.ts';
import { repairC1 } from './windows-1252.ts';

export interface ParsedMail {
  readonly sample: MailSample;
  /** What could not be read as it should, in one sentence; null when all is well. */
  readonly note: string | null;
}

/**
 * Never throws: of a broken mail it gives what is readable, and a note. Charsets and transfer encodings
 * are decoded, a leading mbox `From ` line is skipped. Where a mail has a plain and an HTML version the
 * HTML counts, because that is what mail programs show.
 */
export async function parseMail(raw: Uint8Array): Promise<ParsedMail> {
  const bytes = withoutFromLine(raw);
  if (bytes.length === 0) return { sample: { subject: '', body: '' }, note: 'The mail is empty.' };
  let email: Email;
  try {
    email = await PostalMime.parse(bytes);
  } catch (error) {
    return {
      sample: readCrudely(bytes),
      note: `Read as plain text, because its MIME structure is broken: ${reason(error)}.`,
    };
  }
  const text =
    email.html === undefined ? (email.text ?? '').replace(/\r\n?/g, '\n') : visibleText(email.html);
  const sample = { subject: repairC1(email.subject ?? ''), body: repairC1(text) };
  if (email.headers.length === 0) return { sample, note: 'The mail has no header.' };
  if (sample.subject === '' && sample.body.trim() === '') {
    return { sample, note: 'The mail has neither a subject nor visible text.' };
  }
  return { sample, note: null };
}

const FROM_LINE = Buffer.from('From ');

function withoutFromLine(raw: Uint8Array): Uint8Array {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  if (!bytes.subarray(0, FROM_LINE.length).equals(FROM_LINE)) return raw;
  const end = bytes.indexOf(0x0a);
  return end < 0 ? new Uint8Array() : raw.subarray(end + 1);
}

/** Header and body parted at the first empty line, bytes as Latin-1, nothing decoded. */
function readCrudely(bytes: Uint8Array): MailSample {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const gap = /\r?\n\r?\n/.exec(text);
  const header = text.slice(0, gap?.index ?? 0);
  const body = gap === null ? text : text.slice(gap.index + gap[0].length);
  return { subject: /^subject:[ \t]*(.*)$/im.exec(header)?.[1]?.trim() ?? '', body };
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}
