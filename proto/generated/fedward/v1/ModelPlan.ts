// Original file: fedward.proto


export interface ModelPlan {
  'threat'?: (string);
  'encoder'?: (string);
  'dimension'?: (number);
  'hash'?: (Buffer | Uint8Array | string);
}

export interface ModelPlan__Output {
  'threat': (string);
  'encoder': (string);
  'dimension': (number);
  'hash': (Buffer);
}
