// Original file: fedward.proto


export interface Attestation {
  'from'?: (string);
  'signature'?: (Buffer | Uint8Array | string);
}

export interface Attestation__Output {
  'from': (string);
  'signature': (Buffer);
}
