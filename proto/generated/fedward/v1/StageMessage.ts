// Original file: fedward.proto

import type { AttemptRef as _fedward_v1_AttemptRef, AttemptRef__Output as _fedward_v1_AttemptRef__Output } from '../../fedward/v1/AttemptRef.ts';
import type { Advertisement as _fedward_v1_Advertisement, Advertisement__Output as _fedward_v1_Advertisement__Output } from '../../fedward/v1/Advertisement.ts';
import type { SealedShares as _fedward_v1_SealedShares, SealedShares__Output as _fedward_v1_SealedShares__Output } from '../../fedward/v1/SealedShares.ts';
import type { VectorChunk as _fedward_v1_VectorChunk, VectorChunk__Output as _fedward_v1_VectorChunk__Output } from '../../fedward/v1/VectorChunk.ts';
import type { Attestation as _fedward_v1_Attestation, Attestation__Output as _fedward_v1_Attestation__Output } from '../../fedward/v1/Attestation.ts';
import type { Unmasking as _fedward_v1_Unmasking, Unmasking__Output as _fedward_v1_Unmasking__Output } from '../../fedward/v1/Unmasking.ts';

export interface StageMessage {
  'attempt'?: (_fedward_v1_AttemptRef | null);
  'advertisement'?: (_fedward_v1_Advertisement | null);
  'shares'?: (_fedward_v1_SealedShares | null);
  'masked'?: (_fedward_v1_VectorChunk | null);
  'attestation'?: (_fedward_v1_Attestation | null);
  'unmasking'?: (_fedward_v1_Unmasking | null);
  'body'?: "advertisement"|"shares"|"masked"|"attestation"|"unmasking";
}

export interface StageMessage__Output {
  'attempt': (_fedward_v1_AttemptRef__Output | null);
  'advertisement'?: (_fedward_v1_Advertisement__Output | null);
  'shares'?: (_fedward_v1_SealedShares__Output | null);
  'masked'?: (_fedward_v1_VectorChunk__Output | null);
  'attestation'?: (_fedward_v1_Attestation__Output | null);
  'unmasking'?: (_fedward_v1_Unmasking__Output | null);
  'body'?: "advertisement"|"shares"|"masked"|"attestation"|"unmasking";
}
