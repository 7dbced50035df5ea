/**
 * A shard of a vector in work: little-endian pieces of keystream are added to it, word by word, mod 2^32.
 *
 * JavaScript has no SIMD, so the addition is a few instructions of WebAssembly, assembled below: with them a
 * mask of 10^6 words costs 1.3 ms, nearly all of it AES, and with the loops of `ring.ts` 2.2 ms and more. Those
 * serve where there is no WebAssembly (`--jitless`), no SIMD in it, or a big-endian processor.
 */
import { endianness } from 'node:os';
import { addInPlace, subtractInPlace } from './ring.ts';

/** A shard stays in the cache while mask after mask is added to it. A multiple of four: AES blocks. */
export const SHARD_WORDS = 2 ** 16;
/**
 * Pieces of keystream that stay in the cache too; a shard is a whole number of them. Each is a fresh buffer
 * of OpenSSL's, and from 64 KiB on glibc gives such a buffer's pages back to the kernel when it is freed:
 * to have them cleared for the next one costs as much as the AES.
 */
export const PIECE_BYTES = 32 * 1024;

export interface Shard {
  /** Starts from a copy of `words`, at most `SHARD_WORDS`. */
  load(words: Int32Array): void;
  /** shard[from…] ← shard[from…] + sign · piece. A piece below `PIECE_BYTES` is the shard's last. */
  add(piece: Uint8Array, from: number, sign: 1 | -1): void;
  /** Copies the shard back to `words`, as long as those loaded, and erases all it was made of. */
  store(words: Int32Array): void;
}

/** Neither es2023 nor node's own types declare the little that is used; absent under `--jitless`. */
declare const WebAssembly:
  | {
      readonly Module: new (code: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: unknown };
      validate(code: Uint8Array): boolean;
    }
  | undefined;

/** Bytes of one turn of the kernel's loop: four vectors of four words. */
const STEP_BYTES = 64;
const VECTOR_BYTES = 16;

/** target, source: addresses; bytes: a positive multiple of `STEP_BYTES`. */
type Kernel = (target: number, source: number, bytes: number) => void;

/** The fastest that this machine has. One for each thread, for one caller at a time. */
export function openShard(): Shard {
  return simdShard() ?? portableShard();
}

/** Null where it cannot run. */
export function simdShard(): Shard | null {
  if (typeof WebAssembly === 'undefined' || endianness() === 'BE') return null;
  const code = assemble();
  if (!WebAssembly.validate(code)) return null;
  const { memory, add, subtract } = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly add: Kernel;
    readonly subtract: Kernel;
  };
  const piece = new Uint8Array(memory.buffer, 0, PIECE_BYTES);
  const shard = new Int32Array(memory.buffer, PIECE_BYTES, SHARD_WORDS);
  return {
    load: (words) => shard.set(words),
    add(bytes, from, sign) {
      piece.set(bytes);
      // The last step may run past a short piece, into words of the shard that nobody stores.
      const steps = Math.ceil(bytes.length / STEP_BYTES);
      (sign === 1 ? add : subtract)(PIECE_BYTES + 4 * from, 0, steps * STEP_BYTES);
    },
    store(words) {
      words.set(shard.subarray(0, words.length));
      shard.fill(0, 0, words.length + STEP_BYTES / 4);
      piece.fill(0);
    },
  };
}

/** The same in plain JavaScript. */
export function portableShard(): Shard {
  const swap = endianness() === 'BE';
  const words = new Int32Array(SHARD_WORDS);
  const piece = new Uint8Array(PIECE_BYTES);
  return {
    load: (source) => words.set(source),
    add(bytes, from, sign) {
      piece.set(bytes);
      if (swap) Buffer.from(piece.buffer).swap32();
      const addend = new Int32Array(piece.buffer, 0, bytes.length / 4);
      (sign === 1 ? addInPlace : subtractInPlace)(words.subarray(from, from + addend.length), addend);
    },
    store(target) {
      target.set(words.subarray(0, target.length));
      words.fill(0, 0, target.length);
      piece.fill(0);
    },
  };
}

/** Opcodes of the WebAssembly Core Specification 2.0 §5.4; SIMD's own stand behind the prefix 0xfd. */
const OP = {
  loop: 0x03,
  branchIf: 0x0d,
  end: 0x0b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  v128Load: [0xfd, 0x00],
  v128Store: [0xfd, 0x0b],
  i32x4Add: [0xfd, 0xae, 0x01],
  i32x4Sub: [0xfd, 0xb1, 0x01],
} as const;
const I32 = 0x7f;
const EMPTY = 0x40;
const ALIGNED_16 = 4;
const [TARGET, SOURCE, BYTES] = [0, 1, 2];

/** A module of two functions, `add` and `subtract`, over a memory of its own: a piece, then the shard. */
function assemble(): Uint8Array {
  const pages = Math.ceil((PIECE_BYTES + 4 * SHARD_WORDS) / 65_536);
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const section = (id: number, ...content: number[]) => [id, ...unsigned(content.length), ...content];
  const functions = [OP.i32x4Add, OP.i32x4Sub].map(kernel);
  return Uint8Array.from([
    ...Buffer.from('\0asm'),
    ...[1, 0, 0, 0],
    ...section(1, 1, 0x60, 3, I32, I32, I32, 0), // one type: (i32, i32, i32) → ()
    ...section(3, 2, 0, 0), // two functions of it
    ...section(5, 1, 1, pages, pages), // one memory that does not grow
    ...section(7, 3, ...name('memory'), 2, 0, ...name('add'), 0, 0, ...name('subtract'), 0, 1),
    ...section(10, 2, ...functions.flatMap((body) => [...unsigned(body.length), ...body])),
  ]);
}

/** do { four vectors: target ← target ± source; } while ((bytes −= STEP_BYTES) ≠ 0). */
function kernel(operation: readonly number[]): number[] {
  const vectors = [0, 1, 2, 3].flatMap((index) => {
    const place = [ALIGNED_16, ...unsigned(index * VECTOR_BYTES)];
    return [
      ...[OP.localGet, TARGET],
      ...[OP.localGet, TARGET, ...OP.v128Load, ...place],
      ...[OP.localGet, SOURCE, ...OP.v128Load, ...place],
      ...[...operation, ...OP.v128Store, ...place],
    ];
  });
  const step = [OP.i32Const, ...signed(STEP_BYTES)];
  return [
    0, // no locals but the parameters
    ...[OP.loop, EMPTY, ...vectors],
    ...[OP.localGet, TARGET, ...step, OP.i32Add, OP.localSet, TARGET],
    ...[OP.localGet, SOURCE, ...step, OP.i32Add, OP.localSet, SOURCE],
    ...[OP.localGet, BYTES, ...step, OP.i32Sub, OP.localTee, BYTES, OP.branchIf, 0],
    ...[OP.end, OP.end],
  ];
}

/** LEB128 of a number in 0…2^14 − 1. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >>> 7];
}

/** Signed LEB128 of a number in 0…2^13 − 1: bit 6 of the last byte is the sign. */
function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, value >>> 7];
}
