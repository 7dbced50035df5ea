// Original file: fedward.proto


export interface DeadlinePlan {
  'trainMs'?: (number);
  'stageMs'?: (number);
}

export interface DeadlinePlan__Output {
  'trainMs': (number);
  'stageMs': (number);
}
