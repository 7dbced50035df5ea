// Original file: fedward.proto


export interface ModelChunk {
  'data'?: (Buffer | Uint8Array | string);
}

export interface ModelChunk__Output {
  'data': (Buffer);
}
