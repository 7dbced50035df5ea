// Original file: fedward.proto

import type { AttemptRef as _fedward_v1_AttemptRef, AttemptRef__Output as _fedward_v1_AttemptRef__Output } from '../../fedward/v1/AttemptRef.ts';

export interface RoundClosed {
  'attempt'?: (_fedward_v1_AttemptRef | null);
  'code'?: (string);
  'reason'?: (string);
}

export interface RoundClosed__Output {
  'attempt': (_fedward_v1_AttemptRef__Output | null);
  'code': (string);
  'reason': (string);
}
