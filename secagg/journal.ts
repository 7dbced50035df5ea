/**
 * What survives a crash: the states of a session, sealed, in a journal that only grows (DESIGN §5, "journalled
 * (encrypted) before sending").
 *
 * The rule that everything rests on: an entry is durable before anything that follows from it leaves. So a
 * restart finds the very bytes that were sent or none that were, and resends them or goes on from there; a
 * second run of the same step finds its position taken and dies before its message is out.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { FedwardError } from '../proto/errors.ts';
import type { HospitalId } from '../proto/vocabulary.ts';
import { draw, type Entropy, type Secret } from './secret.ts';
import { domain, lengthPrefixed } from './transcript.ts';

/** One state of one session, with the message that led to it. */
export interface JournalEntry {
  /** 32 bytes. */
  readonly sid: Uint8Array;
  /** How far the session has come: grows with every entry of a session. */
  readonly position: number;
  /** From `sealJournal`. */
  readonly sealed: Uint8Array;
}

/**
 * A journal of one hospital, or of the coordinator. Append-only in this sense: it never forgets that a
 * session was opened nor how far it came. The sealed bytes below the latest position it may delete, and
 * should: they hold secrets that the session itself has erased since.
 */
export interface Journal {
  /**
   * Durable when it returns. One atomic step, whatever other processes hold the journal open.
   * @throws FedwardError `ALREADY_SPENT` unless `position` is above every one that was appended for this sid.
   */
  append(entry: JournalEntry): void;
  /** The entry at the greatest position, never an older one; null when the session was not opened here. */
  latest(sid: Uint8Array): JournalEntry | null;
  /** True for ever once an entry of this session was appended: it is never opened again. */
  hasOpened(sid: Uint8Array): boolean;
}

/** A journal with what seals its entries. */
export interface Keeping {
  readonly journal: Journal;
  /** 32 bytes, from the keystore; of this journal alone. */
  readonly key: Secret;
  readonly entropy: Entropy;
}

/** Where an entry belongs. It opens nowhere else. */
export interface JournalPlace {
  readonly sid: Uint8Array;
  /** Null in the gatherer's journal. */
  readonly self: HospitalId | null;
  /** The state's name. */
  readonly at: string;
  readonly position: number;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/**
 * AES-256-GCM (NIST SP 800-38D) over an encoded state: nonce ‖ ciphertext ‖ tag. The nonce is random (§8.2.2,
 * good for 2^32 entries under one key). Draws 12 bytes. `bytes` is the caller's to zero.
 */
export function sealJournal(
  bytes: Uint8Array,
  key: Secret,
  place: JournalPlace,
  entropy: Entropy,
): Uint8Array {
  const nonce = draw(entropy, NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.expose(), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associated(place));
  const sealed = [nonce, cipher.update(bytes), cipher.final()];
  return Buffer.concat([...sealed, cipher.getAuthTag()]);
}

/** The encoded state, which the caller zeroes. @throws FedwardError `DATA_INVALID` for any other bytes, key or place. */
export function openJournal(sealed: Uint8Array, key: Secret, place: JournalPlace): Uint8Array {
  const end = sealed.length - TAG_BYTES;
  if (end < NONCE_BYTES) unopened(place);
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key.expose(), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated(place)).setAuthTag(sealed.subarray(end));
  const bytes = decipher.update(sealed.subarray(NONCE_BYTES, end));
  try {
    decipher.final();
  } catch (cause) {
    bytes.fill(0);
    unopened(place, cause);
  }
  return bytes;
}

function associated({ sid, self, at, position }: JournalPlace): Uint8Array {
  return lengthPrefixed(domain('journal'), sid, self ?? '', at, String(position));
}

function unopened({ at, position }: JournalPlace, cause?: unknown): never {
  throw new FedwardError(
    'DATA_INVALID',
    `The journal entry at position ${position} (${at}) does not open: it was changed, moved or sealed under another key. Sit this round out and wait for the next attempt.`,
    { cause },
  );
}

/** @throws FedwardError `ALREADY_SPENT` when the journal knows this session. */
export function checkUnopened({ journal }: Keeping, sid: Uint8Array): void {
  if (journal.hasOpened(sid)) {
    throw new FedwardError(
      'ALREADY_SPENT',
      'This session was opened before and is never opened twice: resume it from the journal, or wait for the next attempt.',
    );
  }
}

/** Seals and appends `bytes`, and zeroes them whatever happens. @throws whatever the journal throws. */
export function appendSealed(bytes: Uint8Array, place: JournalPlace, keeping: Keeping): void {
  const { journal, key, entropy } = keeping;
  try {
    const { sid, position } = place;
    journal.append({ sid, position, sealed: sealJournal(bytes, key, place, entropy) });
  } finally {
    bytes.fill(0);
  }
}
