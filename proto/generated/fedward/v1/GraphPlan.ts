// Original file: fedward.proto


export interface GraphPlan {
  'degree'?: (number);
  'threshold'?: (number);
}

export interface GraphPlan__Output {
  'degree': (number);
  'threshold': (number);
}
