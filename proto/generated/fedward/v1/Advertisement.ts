// Original file: fedward.proto


export interface Advertisement {
  'from'?: (string);
  'maskKey'?: (Buffer | Uint8Array | string);
  'sealKey'?: (Buffer | Uint8Array | string);
  'seedCommitment'?: (Buffer | Uint8Array | string);
  'signature'?: (Buffer | Uint8Array | string);
}

export interface Advertisement__Output {
  'from': (string);
  'maskKey': (Buffer);
  'sealKey': (Buffer);
  'seedCommitment': (Buffer);
  'signature': (Buffer);
}
