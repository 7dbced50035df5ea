/** A hospital's share of the corpus as the hospital would have it: one mbox per class. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mboxEntry } from '../participant/readers/mbox.ts';
import { maliciousEmail } from '../threats/malicious-email/index.ts';
import type { CorpusMail } from './mail-corpus.ts';

/** Writes `benign.mbox` and `malicious.mbox` into `folder`, which is created. */
export async function writeMailShare(folder: string, mails: readonly CorpusMail[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [label, name] of maliciousEmail.classes.entries()) {
    const entries = mails.filter((mail) => mail.label === label).map((mail) => mboxEntry(mail.raw));
    await writeFile(join(folder, `${name}.mbox`), Buffer.concat(entries));
  }
}
