// Original file: fedward.proto

import type { ShareKind as _fedward_v1_ShareKind, ShareKind__Output as _fedward_v1_ShareKind__Output } from '../../fedward/v1/ShareKind.ts';

export interface PeerShare {
  'peer'?: (string);
  'kind'?: (_fedward_v1_ShareKind);
  'share'?: (Buffer | Uint8Array | string);
}

export interface PeerShare__Output {
  'peer': (string);
  'kind': (_fedward_v1_ShareKind__Output);
  'share': (Buffer);
}
