// Original file: fedward.proto

import type { AttemptRef as _fedward_v1_AttemptRef, AttemptRef__Output as _fedward_v1_AttemptRef__Output } from '../../fedward/v1/AttemptRef.ts';
import type { ModelPlan as _fedward_v1_ModelPlan, ModelPlan__Output as _fedward_v1_ModelPlan__Output } from '../../fedward/v1/ModelPlan.ts';
import type { PrivacyPlan as _fedward_v1_PrivacyPlan, PrivacyPlan__Output as _fedward_v1_PrivacyPlan__Output } from '../../fedward/v1/PrivacyPlan.ts';
import type { TrainingPlan as _fedward_v1_TrainingPlan, TrainingPlan__Output as _fedward_v1_TrainingPlan__Output } from '../../fedward/v1/TrainingPlan.ts';
import type { CohortPlan as _fedward_v1_CohortPlan, CohortPlan__Output as _fedward_v1_CohortPlan__Output } from '../../fedward/v1/CohortPlan.ts';
import type { DeadlinePlan as _fedward_v1_DeadlinePlan, DeadlinePlan__Output as _fedward_v1_DeadlinePlan__Output } from '../../fedward/v1/DeadlinePlan.ts';

export interface RoundPlan {
  'protocol'?: (string);
  'attempt'?: (_fedward_v1_AttemptRef | null);
  'strategy'?: (string);
  'model'?: (_fedward_v1_ModelPlan | null);
  'privacy'?: (_fedward_v1_PrivacyPlan | null);
  'training'?: (_fedward_v1_TrainingPlan | null);
  'cohort'?: (_fedward_v1_CohortPlan | null);
  'deadlines'?: (_fedward_v1_DeadlinePlan | null);
}

export interface RoundPlan__Output {
  'protocol': (string);
  'attempt': (_fedward_v1_AttemptRef__Output | null);
  'strategy': (string);
  'model': (_fedward_v1_ModelPlan__Output | null);
  'privacy': (_fedward_v1_PrivacyPlan__Output | null);
  'training': (_fedward_v1_TrainingPlan__Output | null);
  'cohort': (_fedward_v1_CohortPlan__Output | null);
  'deadlines': (_fedward_v1_DeadlinePlan__Output | null);
}
