// Original file: fedward.proto

import type { Envelope as _fedward_v1_Envelope, Envelope__Output as _fedward_v1_Envelope__Output } from '../../fedward/v1/Envelope.ts';

export interface SealedShares {
  'envelopes'?: (_fedward_v1_Envelope)[];
}

export interface SealedShares__Output {
  'envelopes': (_fedward_v1_Envelope__Output)[];
}
