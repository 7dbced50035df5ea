// Original file: fedward.proto

import type { Envelope as _fedward_v1_Envelope, Envelope__Output as _fedward_v1_Envelope__Output } from '../../fedward/v1/Envelope.ts';

export interface Inbox {
  'u2'?: (string)[];
  'envelopes'?: (_fedward_v1_Envelope)[];
}

export interface Inbox__Output {
  'u2': (string)[];
  'envelopes': (_fedward_v1_Envelope__Output)[];
}
