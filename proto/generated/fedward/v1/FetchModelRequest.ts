// Original file: fedward.proto


export interface FetchModelRequest {
  'hash'?: (Buffer | Uint8Array | string);
}

export interface FetchModelRequest__Output {
  'hash': (Buffer);
}
