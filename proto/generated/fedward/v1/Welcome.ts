// Original file: fedward.proto


export interface Welcome {
  'heartbeatMs'?: (number);
}

export interface Welcome__Output {
  'heartbeatMs': (number);
}
