// Original file: fedward.proto

import type { AttemptRef as _fedward_v1_AttemptRef, AttemptRef__Output as _fedward_v1_AttemptRef__Output } from '../../fedward/v1/AttemptRef.ts';
import type { AdvertisementList as _fedward_v1_AdvertisementList, AdvertisementList__Output as _fedward_v1_AdvertisementList__Output } from '../../fedward/v1/AdvertisementList.ts';
import type { Inbox as _fedward_v1_Inbox, Inbox__Output as _fedward_v1_Inbox__Output } from '../../fedward/v1/Inbox.ts';
import type { HospitalSet as _fedward_v1_HospitalSet, HospitalSet__Output as _fedward_v1_HospitalSet__Output } from '../../fedward/v1/HospitalSet.ts';
import type { AttestationList as _fedward_v1_AttestationList, AttestationList__Output as _fedward_v1_AttestationList__Output } from '../../fedward/v1/AttestationList.ts';

export interface Instruction {
  'attempt'?: (_fedward_v1_AttemptRef | null);
  'u1'?: (_fedward_v1_AdvertisementList | null);
  'inbox'?: (_fedward_v1_Inbox | null);
  'u3'?: (_fedward_v1_HospitalSet | null);
  'attestations'?: (_fedward_v1_AttestationList | null);
  'body'?: "u1"|"inbox"|"u3"|"attestations";
}

export interface Instruction__Output {
  'attempt': (_fedward_v1_AttemptRef__Output | null);
  'u1'?: (_fedward_v1_AdvertisementList__Output | null);
  'inbox'?: (_fedward_v1_Inbox__Output | null);
  'u3'?: (_fedward_v1_HospitalSet__Output | null);
  'attestations'?: (_fedward_v1_AttestationList__Output | null);
  'body'?: "u1"|"inbox"|"u3"|"attestations";
}
