/**
 * Hashed bag of words (Weinberger et al. 2009): no vocabulary, so nothing is learned from data before
 * training, no privacy is spent, and hospitals that never met agree on every feature.
 *
 * A token counted n times weighs 1 + ln n; the row has L2 norm 1, so that the gradient of one record is
 * bounded by construction and clipping rarely bites. Other weights were compared on validation splits of
 * the training data: docs/threats/malicious-email.md.
 */
import type { Encoder } from '../threat.ts';
import type { MailSample } from './message.ts';
import { murmur3 } from './murmur3.ts';
import { countTokens } from './tokens.ts';

export const MAIL_FEATURES = 2048;
/** Any change of tokens, hash or weights changes every feature: then this name changes too. */
const ENCODER_ID = 'mail-words-2048/1';
const HASH_SEED = 0;

export interface TokenFeature {
  readonly token: string;
  readonly bucket: number;
  /** Share of the row's entry at `bucket`, normalised as the row is. */
  readonly value: number;
}

const utf8 = new TextEncoder();

/** The row of one mail before tokens of the same bucket are added up; empty for a mail without words. */
export function tokenFeatures(sample: MailSample): TokenFeature[] {
  const features: TokenFeature[] = [];
  const row = new Map<number, number>();
  for (const [token, count] of countTokens(sample)) {
    const bucket = murmur3(utf8.encode(token), HASH_SEED) % MAIL_FEATURES;
    const value = 1 + Math.log(count);
    features.push({ token, bucket, value });
    row.set(bucket, (row.get(bucket) ?? 0) + value);
  }
  let square = 0;
  for (const value of row.values()) square += value * value;
  const norm = Math.sqrt(square);
  return features.map(({ token, bucket, value }) => ({ token, bucket, value: value / norm }));
}

export const mailEncoder: Encoder<MailSample> = {
  id: ENCODER_ID,
  width: MAIL_FEATURES,
  encode(sample, target, offset) {
    for (const { bucket, value } of tokenFeatures(sample)) {
      target[offset + bucket] = (target[offset + bucket] ?? 0) + value;
    }
  },
};
