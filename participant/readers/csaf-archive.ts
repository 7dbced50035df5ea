/** Members of a tar archive (POSIX ustar and pax, GNU long names), one after another as the bytes arrive. */
import { asBuffer } from './gzip.ts';
import { SourceFault } from './lines-fault.ts';

const BLOCK = 512;

export type TarMember =
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Buffer }
  /** Larger than the limit, passed over unread. */
  | { readonly kind: 'too large'; readonly name: string; readonly size: number };

export function isTar(head: Uint8Array): boolean {
  return asBuffer(head).subarray(257, 262).toString('latin1') === 'ustar';
}

/**
 * The regular files of the archive; folders and links hold nothing to read. Memory is bounded by `limit`.
 * @throws SourceFault when the archive is damaged or truncated.
 */
export async function* tarMembers(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<TarMember> {
  const reader = createReader(chunks);
  let longName: string | null = null;
  try {
    for (;;) {
      const header = await reader.take(BLOCK);
      // An archive ends with blocks of zeros; some writers leave them out.
      if (header === null || header.every((byte) => byte === 0)) return;
      checkSum(header);
      const size = octal(header, 124, 12);
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      const type = String.fromCharCode(header[156] ?? 0);
      const isFile = type === '0' || type === '\0';
      const isName = type === 'x' || type === 'L';
      const name = longName ?? memberName(header);
      if ((isFile || isName) && size <= limit) {
        const data = (await reader.take(padded))?.subarray(0, size) ?? Buffer.alloc(0);
        longName = isName ? nameFrom(type, data) : null;
        if (isFile) yield { kind: 'file', name, bytes: data };
      } else {
        await reader.skip(padded);
        longName = null;
        if (isFile) yield { kind: 'too large', name, size };
      }
    }
  } finally {
    await reader.close();
  }
}

function memberName(header: Buffer): string {
  const prefix = string(header, 345, 155);
  const name = string(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function nameFrom(type: string, data: Buffer): string | null {
  const text = data.toString('utf8');
  // A pax record is "<length> path=<value>\n".
  return type === 'L' ? text.replace(/\0.*$/s, '') : (/^\d+ path=(.*)$/m.exec(text)?.[1] ?? null);
}

function string(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString('utf8');
}

function octal(header: Buffer, start: number, length: number): number {
  const text = string(header, start, length).trim();
  if (!/^[0-7]{1,11}$/.test(text)) throw new SourceFault('A header of the tar archive cannot be read.');
  return Number.parseInt(text, 8);
}

/** The sum of the header's bytes with the sum's own eight taken as blanks. */
function checkSum(header: Buffer): void {
  let sum = 8 * 0x20;
  for (const [i, byte] of header.entries()) if (i < 148 || i >= 156) sum += byte;
  if (sum !== octal(header, 148, 8)) throw new SourceFault('A header of the tar archive is damaged.');
}

function createReader(chunks: AsyncIterable<Uint8Array>) {
  const iterator = chunks[Symbol.asyncIterator]();
  let held: Buffer[] = [];
  let size = 0;

  const more = async (): Promise<boolean> => {
    const next = await iterator.next();
    if (next.done === true) return false;
    held.push(asBuffer(next.value));
    size += next.value.length;
    return true;
  };
  const truncated = () => new SourceFault('The tar archive ends in the middle. Fetch it again.');

  return {
    /** Exactly `length` bytes; null when the stream has ended before the first of them. */
    async take(length: number): Promise<Buffer | null> {
      while (size < length && (await more()));
      if (size === 0 && length > 0) return null;
      if (size < length) throw truncated();
      const all = Buffer.concat(held);
      held = [all.subarray(length)];
      size -= length;
      return all.subarray(0, length);
    },
    async skip(length: number): Promise<void> {
      let left = length - size;
      if (left <= 0) {
        held = [Buffer.concat(held).subarray(length)];
        size -= length;
        return;
      }
      for (held = [], size = 0; left > 0; held = [], size = 0) {
        if (!(await more())) throw truncated();
        if (size > left) {
          held = [Buffer.concat(held).subarray(left)];
          size -= left;
          return;
        }
        left -= size;
      }
    },
    close: async () => void (await iterator.return?.()),
  };
}
