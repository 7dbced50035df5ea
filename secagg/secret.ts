/**
 * Where secrets live between two steps of the protocol: behind a name that cannot be printed by mistake.
 *
 * Erasing overwrites this buffer. It cannot reach copies that the runtime made on the way (OpenSSL's key
 * objects, a JWK's text): those are never stored in a state and live until they are collected.
 */
import { inspect } from 'node:util';
import { FedwardError } from '../proto/errors.ts';

/** Source of fresh random bytes: the operating system's in production, a seeded one only in tests. */
export type Entropy = (bytes: number) => Uint8Array;

/** Bytes that print as `[secret]` however they are logged, and that can be zeroed. */
export class Secret {
  readonly #bytes: Uint8Array;
  #erased = false;

  /** Takes ownership of `bytes`: `erase` zeroes this very buffer. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws FedwardError `INVALID_ARGUMENT` when `entropy` does not hand over `length` bytes. */
  static draw(entropy: Entropy, length: number): Secret {
    return new Secret(draw(entropy, length));
  }

  /** The live bytes, not a copy. @throws FedwardError `ALREADY_SPENT` after `erase`. */
  expose(): Uint8Array {
    if (this.#erased) {
      throw new FedwardError(
        'ALREADY_SPENT',
        'This secret was erased: start a new session with fresh secrets.',
      );
    }
    return this.#bytes;
  }

  erase(): void {
    this.#bytes.fill(0);
    this.#erased = true;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** @throws FedwardError `INVALID_ARGUMENT` when `entropy` does not hand over `length` bytes. */
export function draw(entropy: Entropy, length: number): Uint8Array {
  const bytes = entropy(length);
  if (bytes.length !== length) {
    throw new FedwardError(
      'INVALID_ARGUMENT',
      `The entropy source gave ${bytes.length} bytes instead of ${length}: pass one that fills every request.`,
    );
  }
  return bytes;
}
