// Original file: fedward.proto

import type { Hello as _fedward_v1_Hello, Hello__Output as _fedward_v1_Hello__Output } from '../../fedward/v1/Hello.ts';
import type { Heartbeat as _fedward_v1_Heartbeat, Heartbeat__Output as _fedward_v1_Heartbeat__Output } from '../../fedward/v1/Heartbeat.ts';
import type { StageMessage as _fedward_v1_StageMessage, StageMessage__Output as _fedward_v1_StageMessage__Output } from '../../fedward/v1/StageMessage.ts';
import type { Refusal as _fedward_v1_Refusal, Refusal__Output as _fedward_v1_Refusal__Output } from '../../fedward/v1/Refusal.ts';

export interface FromHospital {
  'hello'?: (_fedward_v1_Hello | null);
  'heartbeat'?: (_fedward_v1_Heartbeat | null);
  'stage'?: (_fedward_v1_StageMessage | null);
  'refusal'?: (_fedward_v1_Refusal | null);
  'body'?: "hello"|"heartbeat"|"stage"|"refusal";
}

export interface FromHospital__Output {
  'hello'?: (_fedward_v1_Hello__Output | null);
  'heartbeat'?: (_fedward_v1_Heartbeat__Output | null);
  'stage'?: (_fedward_v1_StageMessage__Output | null);
  'refusal'?: (_fedward_v1_Refusal__Output | null);
  'body'?: "hello"|"heartbeat"|"stage"|"refusal";
}
