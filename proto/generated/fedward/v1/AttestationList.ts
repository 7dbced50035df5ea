// Original file: fedward.proto

import type { Attestation as _fedward_v1_Attestation, Attestation__Output as _fedward_v1_Attestation__Output } from '../../fedward/v1/Attestation.ts';

export interface AttestationList {
  'entries'?: (_fedward_v1_Attestation)[];
}

export interface AttestationList__Output {
  'entries': (_fedward_v1_Attestation__Output)[];
}
