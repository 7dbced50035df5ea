// Original file: fedward.proto


export interface TrainingPlan {
  'rounds'?: (number);
  'spareAttempts'?: (number);
  'expectedBatch'?: (number | string);
  'localSteps'?: (number);
  'localLearningRate'?: (number | string);
}

export interface TrainingPlan__Output {
  'rounds': (number);
  'spareAttempts': (number);
  'expectedBatch': (number);
  'localSteps': (number);
  'localLearningRate': (number);
}
