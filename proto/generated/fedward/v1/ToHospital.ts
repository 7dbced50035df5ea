// Original file: fedward.proto

import type { Welcome as _fedward_v1_Welcome, Welcome__Output as _fedward_v1_Welcome__Output } from '../../fedward/v1/Welcome.ts';
import type { RoundPlan as _fedward_v1_RoundPlan, RoundPlan__Output as _fedward_v1_RoundPlan__Output } from '../../fedward/v1/RoundPlan.ts';
import type { Instruction as _fedward_v1_Instruction, Instruction__Output as _fedward_v1_Instruction__Output } from '../../fedward/v1/Instruction.ts';
import type { Ack as _fedward_v1_Ack, Ack__Output as _fedward_v1_Ack__Output } from '../../fedward/v1/Ack.ts';
import type { RoundClosed as _fedward_v1_RoundClosed, RoundClosed__Output as _fedward_v1_RoundClosed__Output } from '../../fedward/v1/RoundClosed.ts';
import type { JobClosed as _fedward_v1_JobClosed, JobClosed__Output as _fedward_v1_JobClosed__Output } from '../../fedward/v1/JobClosed.ts';

export interface ToHospital {
  'welcome'?: (_fedward_v1_Welcome | null);
  'plan'?: (_fedward_v1_RoundPlan | null);
  'instruction'?: (_fedward_v1_Instruction | null);
  'ack'?: (_fedward_v1_Ack | null);
  'roundClosed'?: (_fedward_v1_RoundClosed | null);
  'jobClosed'?: (_fedward_v1_JobClosed | null);
  'weights'?: (Buffer | Uint8Array | string);
  'body'?: "welcome"|"plan"|"instruction"|"ack"|"roundClosed"|"jobClosed";
}

export interface ToHospital__Output {
  'welcome'?: (_fedward_v1_Welcome__Output | null);
  'plan'?: (_fedward_v1_RoundPlan__Output | null);
  'instruction'?: (_fedward_v1_Instruction__Output | null);
  'ack'?: (_fedward_v1_Ack__Output | null);
  'roundClosed'?: (_fedward_v1_RoundClosed__Output | null);
  'jobClosed'?: (_fedward_v1_JobClosed__Output | null);
  'weights': (Buffer);
  'body'?: "welcome"|"plan"|"instruction"|"ack"|"roundClosed"|"jobClosed";
}
