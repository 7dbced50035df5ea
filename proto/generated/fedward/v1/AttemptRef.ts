// Original file: fedward.proto


export interface AttemptRef {
  'job'?: (string);
  'round'?: (number);
  'attempt'?: (number);
}

export interface AttemptRef__Output {
  'job': (string);
  'round': (number);
  'attempt': (number);
}
