// Original file: fedward.proto

import type { PeerShare as _fedward_v1_PeerShare, PeerShare__Output as _fedward_v1_PeerShare__Output } from '../../fedward/v1/PeerShare.ts';

export interface Unmasking {
  'shares'?: (_fedward_v1_PeerShare)[];
}

export interface Unmasking__Output {
  'shares': (_fedward_v1_PeerShare__Output)[];
}
