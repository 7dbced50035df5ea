/**
 * Encoded records in one file: how a public test set reaches the coordinator, which never sees raw records.
 *
 * Layout: magic (8 bytes), encoder id behind its u32 length, rows u32, width u32, labels (rows bytes),
 * features (rows × width float32). All integers and floats little-endian.
 */
import { FedwardError } from '../proto/errors.ts';
import type { Dataset } from './threat.ts';
import { weightsFromBytes, weightsToBytes } from './weights.ts';

const MAGIC = Buffer.from('FWDATA01');
const MAX_VALUES = 2 ** 29;

export function encodeDataset(encoder: string, { rows, width, features, labels }: Dataset): Buffer {
  const id = Buffer.from(encoder);
  const head = Buffer.alloc(MAGIC.length + 4 + id.length + 8);
  let at = MAGIC.copy(head);
  at = head.writeUInt32LE(id.length, at);
  at += id.copy(head, at);
  at = head.writeUInt32LE(rows, at);
  head.writeUInt32LE(width, at);
  return Buffer.concat([head, labels, weightsToBytes(features)]);
}

/**
 * @param encoder id that the file must have been encoded with.
 * @throws FedwardError `DATA_INVALID` when the file is something else, of another encoder, or cut short.
 */
export function decodeDataset(bytes: Buffer, encoder: string, source: string): Dataset {
  const refuse = (why: string): never => {
    throw new FedwardError('DATA_INVALID', `${source} is not a usable data set file: ${why}.`);
  };
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return refuse('it does not begin as one');
  const reader = { at: MAGIC.length };
  const u32 = (): number => {
    if (reader.at + 4 > bytes.length) return refuse('it is cut short');
    const value = bytes.readUInt32LE(reader.at);
    reader.at += 4;
    return value;
  };
  const idLength = u32();
  if (idLength > 200) return refuse('its encoder name is too long');
  const id = bytes.toString('utf8', reader.at, reader.at + idLength);
  reader.at += idLength;
  if (id !== encoder) return refuse(`it was encoded by "${id}" and the job's encoder is "${encoder}"`);
  const rows = u32();
  const width = u32();
  if (rows * width > MAX_VALUES) return refuse('it claims more values than fit in memory');
  if (bytes.length !== reader.at + rows + 4 * rows * width) return refuse('its length is not what it claims');
  const labels = new Uint8Array(bytes.subarray(reader.at, reader.at + rows));
  const features = weightsFromBytes(bytes.subarray(reader.at + rows), rows * width);
  return { rows, width, features, labels };
}
