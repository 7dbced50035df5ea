/** Spoilt messages on the wire: changes of their bytes, and of their protobuf structure. */
import type fc from 'fast-check';
import { type Edit, edited, pick } from './edits.ts';

/** The first three keep what stands around them in place, so that more of them are read at all. */
const BYTE_EDITS = [
  ...['flip', 'graft', 'exchange', 'flip', 'graft', 'exchange'],
  ...['set', 'cut', 'insert', 'repeat', 'truncate', 'extend'],
];

/** `honest` with bits, bytes and ranges changed, cut and grafted from `donors`. */
export function spoiltBytes(honest: Buffer, donors: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return edited<Buffer, string>(honest, BYTE_EDITS, (buffer, edit) => {
    const at = edit.at % (buffer.length + 1);
    const length = 1 + (edit.to % 40);
    const [before, range] = [buffer.subarray(0, at), buffer.subarray(at, at + length)];
    const after = buffer.subarray(at + length);
    const donor = pick(donors, edit.donor) ?? buffer;
    switch (edit.kind) {
      case 'flip':
        return Buffer.concat([
          before,
          Buffer.of((range[0] ?? 0) ^ (1 << (edit.to & 7))),
          buffer.subarray(at + 1),
        ]);
      case 'set':
        return Buffer.concat([before, edit.bytes, buffer.subarray(at + edit.bytes.length)]);
      case 'cut':
        return Buffer.concat([before, after]);
      case 'insert':
        return Buffer.concat([before, edit.bytes, range, after]);
      case 'repeat':
        return Buffer.concat([before, range, range, after]);
      case 'truncate':
        return before;
      case 'extend':
        return Buffer.concat([buffer, donor.subarray(edit.to % (donor.length + 1))]);
      case 'graft':
        return Buffer.concat([before, donor.subarray(at, at + length), after]);
      default: {
        const half = range.length >> 1;
        return Buffer.concat([before, range.subarray(half), range.subarray(0, half), after]);
      }
    }
  });
}

/** A field as it stands in protobuf's encoding. */
interface Field {
  readonly number: number;
  /** 0 varint, 1 fixed64, 2 length-delimited, 5 fixed32. */
  readonly type: number;
  /** Behind the tag and the length. */
  readonly payload: Buffer;
  /** Bytes by which tag and length are longer than they need to be. */
  readonly padding: number;
}

const FIELD_EDITS = [
  ...['drop', 'double', 'last', 'renumber', 'retype', 'swap', 'pad', 'resize', 'donate', 'unknown', 'group'],
] as const;

/** `honest` with fields dropped, repeated, moved, swapped, renamed, resized or written in another way. */
export function spoiltFields(honest: Buffer, donors: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const payloads = donors.flatMap((donor) => payloadsOf(donor));
  return edited<Buffer, string>(honest, FIELD_EDITS, (buffer, edit) => editFields(buffer, edit, payloads));
}

function editFields(buffer: Buffer, edit: Edit<string>, donors: readonly Buffer[]): Buffer {
  const fields = fieldsOf(buffer);
  const at = edit.at % (fields?.length || 1);
  const field = fields?.[at];
  if (fields === null || field === undefined) return buffer;
  const put = (...replacement: Field[]) => writeFields(fields.toSpliced(at, 1, ...replacement));
  if (field.type === 2 && edit.depth > 0 && (fieldsOf(field.payload)?.length ?? 0) > 0) {
    const inner = { ...edit, depth: edit.depth - 1, at: Math.floor(edit.at / fields.length) };
    return put({ ...field, payload: editFields(field.payload, inner, donors) });
  }
  switch (edit.kind) {
    case 'drop':
      return put();
    case 'double':
      return put(field, field);
    case 'last':
      return writeFields([...fields.toSpliced(at, 1), field]);
    case 'renumber':
      return put({ ...field, number: 1 + (edit.to % 8) });
    case 'retype':
      return put({ ...field, type: [0, 1, 2, 5][edit.to % 4] ?? 0 });
    case 'swap': {
      const other = edit.to % fields.length;
      const { payload } = fields[other] ?? field;
      const mine = { ...field, payload };
      const theirs = { ...(fields[other] ?? field), payload: field.payload };
      return writeFields(fields.with(at, mine).with(other, theirs));
    }
    case 'pad':
      return put({ ...field, padding: 1 + (edit.to % 4) });
    case 'resize': {
      const { payload } = field;
      const resized = edit.to % 2 === 0 ? payload.subarray(0, -1) : Buffer.concat([payload, edit.bytes]);
      return put({ ...field, payload: resized });
    }
    case 'donate':
      return put({ ...field, payload: pick(donors, edit.donor) ?? field.payload });
    case 'unknown':
      return put(field, { number: 50, type: 2, payload: Buffer.from(edit.bytes), padding: 0 });
    default: {
      // Start and end of a group, which proto3 has no use for, around nothing.
      const nested = 1 + (edit.to % 200);
      return Buffer.concat([put(field), Buffer.alloc(nested, 0x7b), Buffer.alloc(nested, 0x7c)]);
    }
  }
}

function fieldsOf(buffer: Buffer): Field[] | null {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = buffer[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    return 0;
  };
  while (at < buffer.length) {
    const tag = varint();
    const [number, type] = [tag >>> 3, tag & 7];
    const start = at;
    if (type === 0) varint();
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else if (type === 2) {
      const length = varint();
      const payload = buffer.subarray(at, at + length);
      at += length;
      if (at <= buffer.length) fields.push({ number, type, payload, padding: 0 });
      continue;
    } else return null;
    fields.push({ number, type, payload: buffer.subarray(start, at), padding: 0 });
  }
  return at === buffer.length && fields.every(({ number }) => number > 0) ? fields : null;
}

function writeFields(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(({ number, type, payload, padding }) => {
      const head = varintOf(number * 8 + type, padding);
      return type === 2 ? [head, varintOf(payload.length, padding), payload] : [head, payload];
    }),
  );
}

function varintOf(value: number, padding: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  } while (rest > 0);
  for (let i = 0; i < padding && bytes.length < 5; i++) bytes.push(0x80);
  bytes.push((bytes.pop() ?? 0) & 0x7f);
  return Buffer.from(bytes);
}

/** What every length-delimited field holds, at all depths. */
function payloadsOf(buffer: Buffer): Buffer[] {
  return (fieldsOf(buffer) ?? [])
    .filter(({ type }) => type === 2)
    .flatMap(({ payload }) => [payload, ...payloadsOf(payload)]);
}
