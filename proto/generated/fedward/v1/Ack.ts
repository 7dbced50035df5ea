// Original file: fedward.proto

import type { AttemptRef as _fedward_v1_AttemptRef, AttemptRef__Output as _fedward_v1_AttemptRef__Output } from '../../fedward/v1/AttemptRef.ts';

export interface Ack {
  'attempt'?: (_fedward_v1_AttemptRef | null);
  'stage'?: (string);
  'code'?: (string);
  'reason'?: (string);
}

export interface Ack__Output {
  'attempt': (_fedward_v1_AttemptRef__Output | null);
  'stage': (string);
  'code': (string);
  'reason': (string);
}
