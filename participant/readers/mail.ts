/**
 * Mails from wherever a hospital keeps them: `.eml` files, mbox files, Maildirs, folders of all of these,
 * or standard input. Files are told apart by content: names say little about mail.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { FedwardError } from '../../proto/errors.ts';
import { mailIdentity } from '../../threats/malicious-email/identity.ts';
import type { MailSample } from '../../threats/malicious-email/message.ts';
import { parseMail } from '../../threats/malicious-email/parse.ts';
import { createMboxSplitter, type MboxPart } from './mbox.ts';
import type { IdentifyingReader, ReadOptions, Refused, Whereabouts } from './reader.ts';

export interface RawMail extends Whereabouts {
  readonly kind: 'mail';
  readonly raw: Uint8Array;
}

export type MailItem = RawMail | Refused;

const MAIL_LIMIT = 32 * 2 ** 20;
const STDIN = '<stdin>';
/** Files of a Maildir that are still being delivered. */
const MAILDIR_UNFINISHED = 'tmp';

export const mailReader: IdentifyingReader<MailSample> = {
  id: 'mail',
  title: 'Mails: .eml, mbox, Maildir, folders of them',
  threat: 'malicious-email',
  async *read(path, options) {
    for await (const item of readMails(path, options)) {
      if (item.kind === 'refused') {
        yield item;
      } else {
        const { source, position, raw } = item;
        const { sample, note } = await parseMail(raw);
        yield { kind: 'record', source, position, sample, note };
      }
    }
  },
  identity: mailIdentity,
};

/**
 * The raw mails at `path`, in the order of their paths.
 * @throws FedwardError `DATA_INVALID` when `path` itself cannot be opened.
 */
export async function* readMails(path: string, options: ReadOptions = {}): AsyncGenerator<MailItem> {
  const limit = options.limit ?? MAIL_LIMIT;
  if (path === '-') {
    yield* readStream(STDIN, options.stdin ?? process.stdin, 'unknown', limit);
    return;
  }
  let isDirectory: boolean;
  try {
    isDirectory = (await stat(path)).isDirectory();
  } catch (cause) {
    throw new FedwardError('DATA_INVALID', `There are no mails to read at ${path}: ${failure(cause)}.`, {
      cause,
    });
  }
  if (isDirectory) yield* readFolder(path, limit);
  else yield* readFile(path, limit);
}

async function* readFolder(folder: string, limit: number): AsyncGenerator<MailItem> {
  let entries: Awaited<ReturnType<typeof listFolder>>;
  try {
    entries = await listFolder(folder);
  } catch (error) {
    yield {
      kind: 'refused',
      source: folder,
      position: 0,
      reason: `The folder cannot be read: ${failure(error)}.`,
    };
    return;
  }
  const isMaildir = entries.some(({ name, kind }) => kind === 'folder' && name === 'cur');
  for (const { name, kind } of entries) {
    const path = join(folder, name);
    if (kind === 'folder') {
      if (!(isMaildir && name === MAILDIR_UNFINISHED)) yield* readFolder(path, limit);
    } else if (kind === 'file') {
      // Hidden files are the mail store's own bookkeeping.
      if (!name.startsWith('.')) yield* readFile(path, limit);
    } else {
      yield { kind: 'refused', source: path, position: 0, reason: 'Neither a file nor a folder.' };
    }
  }
}

async function listFolder(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true });
  const listed = entries.map(async (entry) => {
    // A link to a file counts as the file; links to folders are not followed, since they can form a ring.
    const linked = entry.isSymbolicLink() && (await isFile(join(folder, entry.name)));
    const kind = entry.isDirectory() ? 'folder' : entry.isFile() || linked ? 'file' : 'other';
    return { name: entry.name, kind } as const;
  });
  return (await Promise.all(listed)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** What a stream holds; `unknown` until its first bytes decide. */
type Content = 'mail' | 'mbox' | 'neither' | 'unknown';

async function* readFile(path: string, limit: number): AsyncGenerator<MailItem> {
  try {
    yield* readStream(path, createReadStream(path), contentOf(path), limit);
  } catch (error) {
    yield {
      kind: 'refused',
      source: path,
      position: 0,
      reason: `The file cannot be read: ${failure(error)}.`,
    };
  }
}

function contentOf(path: string): Content {
  const extension = extname(path).toLowerCase();
  if (extension === '.mbox' || extension === '.mbx') return 'mbox';
  // In a Maildir every file is one mail, whatever its name; so is an .eml that begins like an mbox.
  const folder = basename(dirname(path));
  return extension === '.eml' || folder === 'cur' || folder === 'new' ? 'mail' : 'unknown';
}

async function* readStream(
  source: string,
  chunks: AsyncIterable<Uint8Array>,
  claimed: Content,
  limit: number,
): AsyncGenerator<MailItem> {
  const splitter = createMboxSplitter(limit);
  let content = claimed;
  // What has come of a single mail, or of something whose kind is not known yet.
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    size += chunk.length;
    if (content === 'unknown' && size >= PROBE_BYTES) content = sniff(Buffer.concat(held));
    if (content === 'mbox') {
      for (const part of splitter.push(Buffer.concat(held))) yield located(source, part);
      held = [];
    } else if (content === 'neither') {
      break;
    } else if (size > limit) {
      yield { kind: 'refused', source, position: 1, reason: `The mail has more than ${limit} bytes.` };
      return;
    }
  }
  const rest = Buffer.concat(held);
  // An empty file is an mbox without mails.
  if (content === 'unknown') content = rest.length === 0 ? 'mbox' : sniff(rest);
  if (content === 'mbox') {
    for (const part of [...splitter.push(rest), ...splitter.end()]) yield located(source, part);
  } else if (content === 'mail') {
    yield { kind: 'mail', source, position: 1, raw: rest };
  } else {
    const reason = 'Neither a mail nor an mbox: it begins with no header. Save mails as .eml or mbox.';
    yield { kind: 'refused', source, position: 0, reason };
  }
}

const PROBE_BYTES = 1024;

function sniff(bytes: Buffer): 'mail' | 'mbox' | 'neither' {
  const text = bytes.subarray(0, PROBE_BYTES).toString('latin1');
  if (text.startsWith('From ')) return 'mbox';
  // A header field's name (RFC 5322 §3.6.8).
  return /^[!-9;-~]+[ \t]*:/.test(text) ? 'mail' : 'neither';
}

function located(source: string, part: MboxPart): MailItem {
  const { index: position, ...rest } = part;
  return { source, position, ...rest };
}

function failure(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  return message ?? String(error);
}
