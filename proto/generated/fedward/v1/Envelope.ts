// Original file: fedward.proto


export interface Envelope {
  'from'?: (string);
  'to'?: (string);
  'ciphertext'?: (Buffer | Uint8Array | string);
}

export interface Envelope__Output {
  'from': (string);
  'to': (string);
  'ciphertext': (Buffer);
}
