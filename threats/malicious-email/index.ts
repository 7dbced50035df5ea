/** Malicious e-mail, by what its reader sees: docs/threats/malicious-email.md. */
import type { Threat } from '../threat.ts';
import { MAIL_FEATURES, mailEncoder } from './encoder.ts';
import type { MailSample } from './message.ts';

export const maliciousEmail: Threat<MailSample> = {
  id: 'malicious-email',
  title: 'Malicious e-mail',
  encoder: mailEncoder,
  // Logistic regression: convex, explained word by word, and few weights for the noise to fall on.
  network: { inputs: MAIL_FEATURES, layers: [{ units: 1, activation: 'sigmoid' }] },
  classes: ['benign', 'malicious'],
};
