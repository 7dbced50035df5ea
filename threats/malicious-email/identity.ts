/** When two mails count as the same one. */
import { createHash } from 'node:crypto';
import type { MailSample } from './message.ts';

/** Equal for mails whose subject and visible text differ in nothing but case and white space. */
export function mailIdentity(sample: MailSample): string {
  // A line break cannot occur in a normalised subject, so it parts the two unambiguously.
  const text = `${normalised(sample.subject)}\n${normalised(sample.body)}`;
  return createHash('sha256').update(text).digest('base64');
}

function normalised(text: string): string {
  return text.toLowerCase().replace(/\s+/g, ' ').trim();
}
