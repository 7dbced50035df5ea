// Original file: fedward.proto


export interface JobClosed {
  'job'?: (string);
  'code'?: (string);
  'reason'?: (string);
}

export interface JobClosed__Output {
  'job': (string);
  'code': (string);
  'reason': (string);
}
