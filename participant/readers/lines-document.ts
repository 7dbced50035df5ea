/** Documents that can only be read whole, under a limit. */
import { isUtf8 } from 'node:buffer';
import { asBuffer } from './gzip.ts';
import { SourceFault } from './lines-fault.ts';

export const DOCUMENT_LIMIT = 64 * 2 ** 20;

/**
 * All of `bytes` as text, without a byte-order mark.
 * @throws SourceFault when there are more than `limit` bytes, or they are not UTF-8.
 */
export async function readDocument(bytes: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const held: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > limit) {
      throw new SourceFault(`The document has more than ${limit} bytes. Split it, or export it as NDJSON.`);
    }
    held.push(chunk);
  }
  return documentText(Buffer.concat(held));
}

/** @throws SourceFault when `bytes` are not UTF-8. */
export function documentText(bytes: Uint8Array): string {
  const data = asBuffer(bytes);
  if (!isUtf8(data)) throw new SourceFault('The document is not UTF-8. Convert the file.');
  const text = data.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
