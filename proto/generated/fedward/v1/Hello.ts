// Original file: fedward.proto


export interface Hello {
  'protocol'?: (string);
  'software'?: (string);
}

export interface Hello__Output {
  'protocol': (string);
  'software': (string);
}
