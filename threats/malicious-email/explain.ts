/** Why a mail got its score: which of its own words pushed it, by a logistic regression's weights. */
import { tokenFeatures } from './encoder.ts';
import type { MailSample } from './message.ts';

export interface Contribution {
  readonly token: string;
  /** Share of the score's logit; above 0 speaks for malicious. */
  readonly logit: number;
}

/**
 * The `top` tokens that speak most for malicious, strongest first; fewer when fewer do. Words whose
 * hashes collide share a weight, so a harmless word can appear here: it did count.
 * @param kernel the one layer's weights, one per feature.
 */
export function explainMail(sample: MailSample, kernel: Float32Array, top: number): Contribution[] {
  return tokenFeatures(sample)
    .map(({ token, bucket, value }) => ({ token, logit: value * (kernel[bucket] ?? 0) }))
    .filter(({ logit }) => logit > 0)
    .sort((a, b) => b.logit - a.logit || (a.token < b.token ? -1 : 1))
    .slice(0, top);
}
